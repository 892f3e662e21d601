// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// trunkCall is what a branch with the trunk knows besides.
type trunkCall struct {
	// proceeded: the network beyond has the call; rang: the called phone rings.
	proceeded, rang bool
}

// ringTrunk calls a number on the target's trunk: by an edge where there is one,
// since only edges are known outside.
func (d *Driver) ringTrunk(l *leg, c callmodel.Ring) {
	trunk := d.config().Trunk
	if trunk == nil {
		l.failLater(503)
		return
	}
	peer, err := sipstack.ParseURI(trunk.GetUri())
	if err != nil {
		l.failLater(503)
		return
	}
	l.ring.number = c.External
	l.party = callmodel.Party{Number: c.Connection.Device}
	peer.User = escapeUser(c.External)
	called := peer
	called.UriParams = nil
	from := anonymous
	if !l.ring.shown.Restricted {
		from = l.asserted(l.ring.shown)
	}
	spec := sipstack.InviteSpec{RequestURI: peer, From: from, To: sipstack.NameAddr{URI: called}}
	if trunk.GetUsername() != "" {
		spec.Credentials = &sipstack.Credentials{Username: trunk.GetUsername(), Password: trunk.Secret.Password}
	}
	if d.trunkRoute != nil {
		route, ok := d.trunkRoute(d.target)
		if !ok {
			l.failLater(503)
			return
		}
		spec.Route = []string{"<" + route + ">"}
	}
	b := &branch{leg: l, trunk: &trunkCall{}}
	l.branches = append(l.branches, b)
	b.call(spec)
}

// TrunkRoute is the URI of an edge, at its "host:port" for phone-control, by which
// the calls of a target go out to its trunk.
func TrunkRoute(edge, target string) string {
	return "sip:" + target + "@" + edge + ";transport=tcp;lr;" + targetconfig.TrunkFlag
}

// advances tells the model how far a call on the trunk has come: ISDN gateways
// give 183 where the network has the call, with its tones, and 180 where the
// called phone rings.
func (b *branch) advances(code int) {
	l := b.leg
	if !b.trunk.proceeded {
		b.trunk.proceeded = true
		l.driver.loop.Indicate(callmodel.LegProceeds{Leg: l.id})
	}
	if code == 180 && !b.trunk.rang {
		b.trunk.rang = true
		l.driver.loop.Indicate(callmodel.LegRinging{Leg: l.id})
	}
}

// fromTrunk tells whether a new INVITE is a call from the trunk, which needs no
// password: the edge has marked it, or it came straight from the trunk.
func fromTrunk(trunk *targetconfig.Trunk, tx *sipstack.ServerTx) bool {
	if trunk == nil {
		return false
	}
	for _, value := range sipstack.ListValues(tx.Request(), "Record-Route") {
		route, err := sipstack.ParseNameAddr(value) // the first is that of the edge
		return err == nil && route.URI.UriParams.Has(targetconfig.TrunkFlag)
	}
	return trunk.Accepts(tx.Flow().Network, tx.Flow().Remote)
}

// dialledFromTrunk makes the leg of a call from outside and asks the call model.
func (d *Driver) dialledFromTrunk(trunk *targetconfig.Trunk, tx *sipstack.ServerTx) {
	l := d.receive(tx)
	l.branch.trunk = &trunkCall{}
	l.party = callerOf(tx.Request())
	l.party.Number = callmodel.DeviceID(d.config().DialPlan.Caller(string(l.party.Number)))
	d.dial(l, callmodel.Dialled{
		From: l.party.Number, Trunk: trunk.GetName(),
		RedirectedBy: callmodel.DeviceID(d.config().DialPlan.Caller(redirectingNumber(tx.Request()))),
	})
}

// callerOf is who calls from outside, by what the trunk asserts (RFC 3325), else
// by From. The number is empty for one who stays unknown.
func callerOf(request *sipstack.Request) callmodel.Party {
	for _, value := range sipstack.ListValues(request, "P-Asserted-Identity") {
		if asserted, err := sipstack.ParseNameAddr(value); err == nil {
			if number := dialledNumber(&asserted.URI); number != "" {
				return callmodel.Party{Number: callmodel.DeviceID(number), Name: asserted.DisplayName}
			}
		}
	}
	from := request.From()
	if from == nil || isAnonymous(&from.Address) {
		return callmodel.Party{}
	}
	return callmodel.Party{Number: callmodel.DeviceID(dialledNumber(&from.Address)), Name: from.DisplayName}
}

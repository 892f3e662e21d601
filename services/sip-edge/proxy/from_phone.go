// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"offhook.dev/services/flowtoken"
	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// refused says why a request of a phone goes no further.
type refused struct {
	result string
	answer func(tx *sipstack.ServerTx)
}

// FromPhone serves a request that came from outside.
func (p *Proxy) FromPhone(tx *sipstack.ServerTx) {
	p.attempt(&phoneRequest{tx: tx, until: time.Now().Add(ownerPatience)})
}

// phoneRequest is a request on its way to the owner of its target.
type phoneRequest struct {
	tx *sipstack.ServerTx
	// until is how long it is tried again.
	until time.Time
	// counted: what became of it is in the metrics.
	counted atomic.Bool
}

// attempt forwards a request and counts what became of it, once.
func (p *Proxy) attempt(r *phoneRequest) {
	result := p.toOwner(r)
	if result == resultTriedAgain || !r.counted.Swap(true) {
		p.requests.WithLabelValues(fromPhone, result).Inc()
	}
}

// again attempts it once more in a moment, while the target goes from one owner to
// the next; false: it has taken too long.
func (p *Proxy) again(r *phoneRequest) bool {
	if time.Now().Add(ownerAgain).After(r.until) {
		return false
	}
	time.AfterFunc(ownerAgain, func() { p.attempt(r) })
	return true
}

// toOwner forwards a phone's request to the owner of its target.
func (p *Proxy) toOwner(r *phoneRequest) (result string) {
	tx := r.tx
	req := tx.Forward()
	if req == nil {
		return resultTooManyHop
	}
	route, _ := tx.OwnRoute()
	target, no := p.targetOf(req, route.User, tx.Flow())
	if no != nil {
		no.answer(tx)
		return no.result
	}
	dest, ok := p.ownerFlow(target, req)
	switch {
	case !ok && p.again(r):
		return resultTriedAgain
	case !ok:
		_ = tx.RejectBusy(ownerRetry)
		return resultNoOwner
	}
	p.recordPhone(req, tx.Flow(), target)
	if !p.forward(fromPhone, tx, req, p.Inner, dest, func() bool { return p.again(r) }) {
		return resultSendFailed
	}
	return resultForwarded
}

// targetOf finds the target that a phone's request is for, by our own token if
// it bears one, and takes the rest of our route off.
func (p *Proxy) targetOf(req *sipstack.Request, token string, from sipstack.Flow) (string, *refused) {
	p.Inner.StripRoute(req)
	if token == "" {
		for req.RemoveHeader("Route") {
		}
		target, ok := appsession.TargetOf(p.Targets.Snapshot(), req)
		if !ok {
			return "", &refused{resultNoTarget, func(tx *sipstack.ServerTx) {
				_ = tx.Respond(404, "No CMETarget Serves This Domain")
			}}
		}
		return target.Name, nil
	}
	named, err := p.Tokens.Open(token)
	stripToken(req, token)
	if err != nil || !p.mayUse(named, from) || sipstack.HeaderValue(req, "Route") != "" {
		return "", &refused{resultForged, func(tx *sipstack.ServerTx) { _ = tx.Respond(403, "Route Refused") }}
	}
	return named.Target, nil
}

// stripToken takes off the Routes that bear the token too: they name the other
// side of the edge that recorded it, which may be another one than this or gone.
func stripToken(req *sipstack.Request, token string) {
	for route := req.Route(); route != nil && route.Address.User == token; route = req.Route() {
		if !req.RemoveHeader("Route") {
			return
		}
	}
}

// sameSource tells whether a request came from the phone that the token was
// given to. Its port may have changed with a NAT binding or a new connection.
func sameSource(token flowtoken.Token, from sipstack.Flow) bool {
	return token.Network == from.Network && hostOf(token.Remote) == hostOf(from.Remote)
}

func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport
	}
	return host
}

// ownerFlow is the way to the phone-control that runs a target. An owner that
// is named rather than addressed is put in a Route, and the flow is zero.
func (p *Proxy) ownerFlow(target string, req *sipstack.Request) (sipstack.Flow, bool) {
	lease, ok := p.Owners.Owner(target)
	if !ok || lease.GetSipEndpoint() == "" {
		return sipstack.Flow{}, false
	}
	if _, err := netip.ParseAddrPort(lease.GetSipEndpoint()); err == nil {
		return sipstack.Flow{Network: "tcp", Remote: lease.GetSipEndpoint()}, true
	}
	uri, err := sipstack.ParseURI("sip:" + lease.GetSipEndpoint() + ";transport=tcp;lr")
	if err != nil {
		return sipstack.Flow{}, false
	}
	sipstack.AddRoute(req, uri)
	return sipstack.Flow{}, true
}

// recordPhone puts us on the way back to the phone: Path in a REGISTER,
// Record-Route of both sides in what starts a dialog.
func (p *Proxy) recordPhone(req *sipstack.Request, flow sipstack.Flow, target string) {
	named := flowtoken.Token{Network: flow.Network, Local: flow.Local, Remote: flow.Remote, Target: target}
	var flags []string
	if req.Method != sipstack.REGISTER && p.fromTrunk(target, flow) {
		named.Local = trunkLocal
		flags = []string{targetconfig.TrunkFlag}
	} else {
		// Identity is asserted by phone-control, which knows the phone.
		for _, name := range []string{"P-Asserted-Identity", "P-Preferred-Identity"} {
			for req.RemoveHeader(name) {
			}
		}
	}
	token := p.Tokens.Seal(named)
	switch {
	case req.Method == sipstack.REGISTER:
		sipstack.AddPath(req, p.Inner.RouteURI("tcp", token, "ob"))
	case startsDialog(req):
		sipstack.AddRecordRoute(req, p.Outer.RouteURI(flow.Network, token))
		sipstack.AddRecordRoute(req, p.Inner.RouteURI("tcp", token, flags...)) // faces the next hop
	}
}

func startsDialog(req *sipstack.Request) bool {
	switch req.Method {
	case sipstack.INVITE, sipstack.SUBSCRIBE, sipstack.REFER, sipstack.NOTIFY:
		return !hasToTag(req)
	default:
		return false
	}
}

func hasToTag(req *sipstack.Request) bool {
	addr, err := sipstack.ParseNameAddr(sipstack.HeaderValue(req, "To"))
	return err == nil && addr.Params["tag"] != ""
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"

	"offhook.dev/services/phone-control/callmodel"
)

// relay takes the media of two legs that are with each other through the mixer,
// so that digits can be put into them. It lasts until the model wants something
// else of either leg; the model does not know of it.
type relay struct {
	legs [2]*leg
	// served are the legs whose media are there.
	served [2]bool
	// waiting are digits to be sent once both are.
	waiting []callmodel.SendDigits
}

// relayFor sends digits by way of a relay, which it makes where there is none.
func (l *leg) relayFor(c callmodel.SendDigits) {
	if l.relay == nil {
		far := l.with
		if l.driver.mixer == nil || !far.up() {
			l.commandFailed(callmodel.SendDigitsCommand, &errDigitsRefused)
			return
		}
		r := &relay{legs: [2]*leg{l, far}}
		l.relay, far.relay = r, r
	}
	r := l.relay
	r.waiting = append(r.waiting, c)
	for _, party := range r.legs {
		if l.relay == r {
			party.reconcile()
		}
	}
}

// far is the other leg.
func (r *relay) far(l *leg) *leg {
	if r.legs[0] == l {
		return r.legs[1]
	}
	return r.legs[0]
}

// media is what the model wants of a leg, by way of the relay if there is one.
func (l *leg) media() callmodel.Media {
	if l.relay == nil {
		return l.wanted
	}
	return callmodel.Media{
		Kind: callmodel.InConference, Conference: callmodel.CallID(fmt.Sprintf("relay %d", min(l.relay.legs[0].id, l.relay.legs[1].id))),
	}
}

// serve notes that a leg's media are there, and sends what waits for both.
func (r *relay) serve(l *leg) {
	for i, party := range r.legs {
		r.served[i] = r.served[i] || party == l
	}
	if r.served != [2]bool{true, true} {
		return
	}
	waiting := r.waiting
	r.waiting = nil
	for _, c := range waiting {
		if to, ok := l.driver.legs[c.Leg]; ok {
			to.sendDigits(c)
		}
	}
}

// needs tells whether a leg's media are still to come.
func (r *relay) needs(l *leg) bool {
	return r != nil && (r.legs[0] == l && !r.served[0] || r.legs[1] == l && !r.served[1])
}

// end ends the relay; the media of both legs are then as the model wants them.
func (r *relay) end() {
	if r == nil {
		return
	}
	waiting := r.waiting
	r.waiting = nil
	for _, l := range r.legs {
		if l.relay == r {
			l.relay = nil
		}
	}
	for _, c := range waiting {
		if to, ok := r.legs[0].driver.legs[c.Leg]; ok {
			to.commandFailed(callmodel.SendDigitsCommand, &errDigitsRefused)
		}
	}
}

// talksTo is the leg whose phone this one's hears, phone to phone or by a relay.
func (l *leg) talksTo() *leg {
	if l.relay != nil {
		return l.relay.far(l)
	}
	return l.with
}

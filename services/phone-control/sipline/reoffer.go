// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// holdChange is what an offer of a phone means to its user.
type holdChange uint8

const (
	holdUnchanged holdChange = iota
	// holdPressed: the user put the call on hold.
	holdPressed
	// resumePressed: the user took it off hold.
	resumePressed
)

// changeOfHold reads a phone's offer. A refresh while we hold the call for the
// phone says sendrecv and means nothing; only the user who first pressed hold
// at the phone can resume there.
func changeOfHold(handHeld bool, offered media.Direction) holdChange {
	switch {
	case offered.Holds() && !handHeld:
		return holdPressed
	case !offered.Holds() && handHeld:
		return resumePressed
	}
	return holdUnchanged
}

// reoffered handles a phone's re-INVITE or UPDATE in a call that is up.
func (l *leg) reoffered(tx *sipstack.ServerTx) {
	request := tx.Request()
	method := request.Method
	offer := sessionDescription(request, request.Body())
	l.noteAllow(request)
	switch {
	case !l.up():
		// An offer before the first answer is complete (RFC 3311 5.2).
		_ = tx.Reject(500, sipstack.WithHeader(sipstack.NewHeader("Retry-After", "2")))
	case offer == nil && len(request.Body()) > 0:
		_ = tx.RejectContentType(media.ContentType)
	case offer == nil && method == "UPDATE":
		_ = tx.Respond(200, "") // a refresh of session or target only
	case l.call.busy:
		_ = tx.Reject(491)
	case offer == nil:
		l.call.begin(func() { l.askForOffer(tx) })
	default:
		l.call.begin(func() { l.passOffer(tx, method, offer) })
	}
}

// passOffer takes a phone's offer to the far phone and its answer back.
func (l *leg) passOffer(tx *sipstack.ServerTx, method sipstack.RequestMethod, offer []byte) {
	c := l.call
	direction, err := media.DirectionOf(offer)
	if err != nil {
		_ = tx.Reject(488)
		c.finish()
		return
	}
	l.heard(offer)
	change := changeOfHold(l.handHeld, direction)
	wasServerHeld := l.serverHeld
	switch change {
	case holdPressed:
		l.handHeld = true
	case resumePressed:
		l.handHeld, l.serverHeld = false, false
	case holdUnchanged:
	}
	complete := func(answer []byte, code int) {
		if answer == nil && change == holdPressed {
			// Whatever the far phone says, the user has put it on hold.
			if silent, err := media.SilentAnswer(offer, c.driver.address); err == nil {
				answer = silent
			}
		}
		if answer == nil {
			if change == resumePressed {
				l.handHeld, l.serverHeld = true, wasServerHeld
			}
			_ = tx.Reject(refusalOfOffer(code))
			c.finish()
			return
		}
		_ = tx.Respond(200, "", sipstack.WithBody(l.describe(answer), media.ContentType))
		switch {
		case change == holdPressed && !wasServerHeld:
			l.driver.loop.Indicate(callmodel.LegHeld{Connection: l.connection})
		case change == resumePressed:
			l.driver.loop.Indicate(callmodel.LegRetrieved{Connection: l.connection})
		}
		c.finish()
	}
	far := c.other(l)
	switch {
	case far == nil || l.serverHeld:
		c.answerFor(offer, c.lastOf(far), complete)
	default:
		c.bring(method, offer, far, complete)
	}
}

// askForOffer handles a phone's re-INVITE without a description: the far phone
// makes the offer and gets the answer of the phone's ACK.
func (l *leg) askForOffer(tx *sipstack.ServerTx) {
	c := l.call
	far := c.other(l)
	if !far.up() || far.serverHeld || far.handHeld || l.serverHeld {
		if l.local == nil {
			_ = tx.Reject(488)
			c.finish()
			return
		}
		l.onAck = func([]byte) { c.finish() }
		if tx.Respond(200, "", sipstack.WithBody(l.describe(l.local), media.ContentType)) != nil {
			l.onAck = nil
			c.finish()
		}
		return
	}
	far.reinvite(nil, func(r reply) {
		if !r.ok() || r.body == nil {
			if r.ok() {
				far.acknowledge(nil)
			}
			_ = tx.Reject(refusalOfOffer(r.code))
			c.finish()
			return
		}
		l.onAck = func(answer []byte) {
			l.heard(answer)
			if far.up() {
				if answer == nil {
					far.acknowledgeSilently(r.body)
				} else {
					far.acknowledge(answer)
				}
			}
			if direction, err := media.DirectionOf(answer); err == nil && l.handHeld && !direction.Holds() {
				l.handHeld = false
				l.driver.loop.Indicate(callmodel.LegRetrieved{Connection: l.connection})
			}
			c.finish()
		}
		if err := tx.Respond(200, "", sipstack.WithBody(l.describe(r.body), media.ContentType)); err != nil && l.onAck != nil {
			onAck := l.onAck
			l.onAck = nil
			onAck(nil)
		}
	})
}

// lastOf is the far phone's last description, or a silent one.
func (c *call) lastOf(far *leg) []byte {
	if far != nil && far.remote != nil {
		return far.remote
	}
	return media.SilentOffer(c.driver.address)
}

// refusalOfOffer is what a phone is told when the far one refused its offer.
func refusalOfOffer(code int) int {
	switch {
	case code == 488 || code == 606 || code == 415:
		return 488
	case code == 491:
		return 491
	}
	return 500
}

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
	offer := sessionDescription(request, request.Body())
	if l.branch != nil {
		l.branch.noteAllow(request)
	}
	switch {
	case !l.up():
		// An offer before the first answer is complete (RFC 3311 5.2).
		_ = tx.Reject(500, sipstack.WithHeader(sipstack.NewHeader("Retry-After", "2")))
	case offer == nil && len(request.Body()) > 0:
		_ = tx.RejectContentType(media.ContentType)
	case offer == nil && request.Method == "UPDATE":
		_ = tx.Respond(200, "") // a refresh of session or target only
	case l.open != nil || l.busy && l.branch.backingOff == nil:
		_ = tx.Reject(491)
	default:
		l.takeOffer(&phoneOffer{leg: l, carrier: inRequest, tx: tx, body: offer})
	}
}

// takeOffer answers a phone's offer by the media that the model wants for it
// now. Where the user pressed hold or resume, the model is asked first.
func (l *leg) takeOffer(o *phoneOffer) {
	if o.body != nil {
		direction, err := media.DirectionOf(o.body)
		if err != nil {
			_ = o.tx.Reject(488)
			return
		}
		l.heard(o.body)
		l.noteHold(o, direction)
	}
	l.open, l.ackDue = o, false // whoever offers anew has had our 2xx
	if l.undecided {
		l.driver.loop.Due(func() {
			l.undecided = false
			l.settle()
		})
	}
	if l.busy {
		l.branch.preempt() // the exchange ends, and what follows sees the offer
		return
	}
	l.settle()
}

// noteHold tells the model what the user did at the phone.
func (l *leg) noteHold(o *phoneOffer, direction media.Direction) {
	switch changeOfHold(l.handHeld, direction) {
	case holdPressed:
		o.holds, l.handHeld = true, true
		if l.wanted.Kind != callmodel.OnHold && !l.transferring {
			l.undecided = true
			l.driver.loop.Indicate(callmodel.LegHeld{Leg: l.id})
		}
	case resumePressed:
		o.resumes, l.handHeld = true, false
		l.undecided = true
		l.driver.loop.Indicate(callmodel.LegRetrieved{Leg: l.id})
	case holdUnchanged:
	}
}

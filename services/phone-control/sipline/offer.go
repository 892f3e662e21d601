// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// offerCarrier is the message that an offer of a phone came in, and with it the
// one that its answer goes in (RFC 3261 13.2.1, RFC 3311).
type offerCarrier uint8

const (
	// inFirstInvite: the phone's first INVITE; the answer accepts the call.
	inFirstInvite offerCarrier = iota
	// inRequest: a re-INVITE or UPDATE; the answer goes in its 2xx.
	inRequest
	// inResponse: the 2xx to an INVITE of ours without a description; the answer
	// goes in its ACK.
	inResponse
)

// phoneOffer is a description of a phone that waits for its answer. Without a
// body the phone waits for us to make the offer.
type phoneOffer struct {
	leg     *leg
	carrier offerCarrier
	tx      *sipstack.ServerTx // none of inResponse
	body    []byte
	// first is set for the 2xx of a phone that has just been picked up.
	first bool
	// holds: the offer puts the call on hold for the user of the phone; resumes:
	// it takes it off hold.
	holds, resumes bool
}

// method is by which an offer is passed on to the far phone.
func (o *phoneOffer) method() sipstack.RequestMethod {
	if o != nil && o.carrier == inRequest {
		return o.tx.Request().Method
	}
	return "INVITE"
}

// answer gives the phone its answer. False: the phone has given up meanwhile.
func (o *phoneOffer) answer(body []byte) bool {
	l := o.leg
	l.open = nil
	switch o.carrier {
	case inFirstInvite:
		return l.accept(body)
	case inRequest:
		return o.respond(body)
	default:
		if !l.up() {
			return false
		}
		l.acknowledge(body)
		return true
	}
}

// respond sends the 2xx of a re-INVITE or UPDATE.
func (o *phoneOffer) respond(body []byte) bool {
	if o.tx.Respond(200, "", sipstack.WithBody(o.leg.describe(body), media.ContentType)) != nil {
		return false
	}
	o.leg.ackDue = o.method() == "INVITE"
	return true
}

// make gives the phone the offer that it waits for; done is told its answer,
// nil where none came.
func (o *phoneOffer) make(offer []byte, done func(answer []byte)) {
	l := o.leg
	l.open = nil
	l.onAck = done
	send := o.respond
	if o.carrier == inFirstInvite {
		send = l.accept
	}
	if !send(offer) && l.onAck != nil {
		l.onAck = nil
		done(nil)
	}
}

// refuse tells the phone that its offer, or its wish for one, can't be met, with
// the code of the phone that it was taken to.
func (o *phoneOffer) refuse(code int) {
	l := o.leg
	l.open = nil
	switch o.carrier {
	case inFirstInvite:
		l.giveUp(causeOf(refusalOfOffer(code)))
	case inRequest:
		_ = o.tx.Reject(refusalOfOffer(code))
	default:
		if l.up() {
			l.acknowledgeSilently(o.body)
		}
	}
}

// drop ends the offer with its leg.
func (o *phoneOffer) drop() {
	o.leg.open = nil
	if o.carrier == inRequest {
		_ = o.tx.Reject(481)
	}
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

// acknowledged handles the ACK of a 2xx of ours.
func (l *leg) acknowledged(answer []byte) {
	l.heard(answer)
	l.ackDue = false
	if l.onAck != nil {
		onAck := l.onAck
		l.onAck = nil
		onAck(answer)
		return
	}
	l.free()
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// pair is one exchange between two legs: the offer of one's phone is taken to
// the other's, and the answer back (RFC 3725 4.4 and 7).
type pair struct{ offerer, answerer *leg }

// joinWith exchanges offer and answer between two free legs, so that their
// phones send to each other.
func (l *leg) joinWith(far *leg) {
	l.busy, far.busy = true, true
	p := offererOf(l, far)
	if !l.answerable() || !far.answerable() { // refusing one of two offers ended it
		p.end()
		return
	}
	p.run()
}

// offererOf tells which of two legs makes the offer: the one whose phone has
// offered already, else the one that is asked.
func offererOf(l, far *leg) pair {
	switch {
	case l.open.offers() && far.open.offers(), l.open.waits() && far.open.waits():
		return onlyOffer(l, far)
	case far.open.offers(), l.open.waits():
		return pair{far, l}
	case l.open != nil, far.open != nil, l.askedBefore(far):
		return pair{l, far}
	}
	return pair{far, l}
}

// onlyOffer settles which of two open offers counts.
func onlyOffer(l, far *leg) pair {
	switch {
	case far.open.carrier == inRequest:
		far.open.refuse(491)
	case l.open.carrier == inRequest:
		l.open.refuse(491)
		return pair{far, l}
	case far.open.body == nil:
		far.open.refuse(500)
	default:
		if silent, err := (silence{far}).Answer(far.open.body); err == nil {
			far.open.answer(silent)
		} else {
			far.open.refuse(488)
		}
	}
	return pair{l, far}
}

// askedBefore tells which of two legs without an offer is asked for one: the one
// that is taken off hold, rather one whose user does not hold the call, and
// else the one that the model named first.
func (l *leg) askedBefore(far *leg) bool {
	switch {
	case l.retrieving != far.retrieving:
		return l.retrieving
	case l.unheld != far.unheld && !l.handHeld && !far.handHeld:
		return l.unheld
	case l.handHeld != far.handHeld:
		return far.handHeld
	}
	return l.order < far.order
}

func (o *phoneOffer) offers() bool { return o != nil && o.body != nil }
func (o *phoneOffer) waits() bool  { return o != nil && o.body == nil }

func (p pair) run() {
	a, b := p.offerer, p.answerer
	switch {
	case a.open != nil && b.answers == a.open && b.answered != nil:
		// The phone was rung with this offer and has answered it.
		answer := b.answered
		b.answers, b.answered = nil, nil
		if !a.open.answer(answer) {
			p.fail(reply{})
			return
		}
		p.succeed()
	case a.open != nil:
		p.bring(a.open.method(), a.open.body)
	default:
		a.reinvite(nil, p.asked)
	}
}

// asked takes the offerer's answer to a re-INVITE without a description.
func (p pair) asked(r reply) {
	a := p.offerer
	if !r.ok() {
		p.fail(r)
		return
	}
	direction, err := media.DirectionOf(r.body)
	if r.body == nil || err != nil {
		a.acknowledge(nil)
		p.fail(reply{code: 488})
		return
	}
	a.open = &phoneOffer{leg: a, carrier: inResponse, body: r.body}
	if a.retrieving {
		if direction.Holds() { // the user holds on at the phone
			a.mediaRefused(&errHeldAtPhone)
			p.fail(reply{code: 500})
			return
		}
		a.handHeld = false
	}
	p.bring("INVITE", r.body)
}

// bring takes the offer to the answerer. A phone whose user has the call on hold
// is offered only to send.
func (p pair) bring(method sipstack.RequestMethod, offer []byte) {
	b := p.answerer
	if b.open.waits() {
		b.open.make(offer, func(answer []byte) {
			if answer == nil {
				p.fail(reply{code: 500})
				return
			}
			b.noteResume(answer)
			p.complete(answer)
		})
		return
	}
	if b.handHeld {
		direction, err := media.DirectionOf(offer)
		if err == nil {
			offer, err = media.WithDirection(offer, direction.WithoutSending())
		}
		if err != nil {
			p.fail(reply{code: 488})
			return
		}
	}
	b.offer(method, offer, func(r reply) {
		if !r.ok() || r.body == nil {
			p.fail(r)
			return
		}
		p.complete(r.body)
	})
}

func (p pair) complete(answer []byte) {
	if a := p.offerer; a.state == legGone || a.open == nil || !a.open.answer(answer) {
		p.fail(reply{})
		return
	}
	p.succeed()
}

func (p pair) succeed() {
	a, b := p.offerer, p.answerer
	if a.state != legGone && b.state != legGone {
		a.moveTo(b, nil)
		b.moveTo(a, nil)
		a.retrieving, b.retrieving = false, false
	}
	p.end()
}

// fail ends the exchange in vain: offers that are open still get what can be
// said to them, and the model is told.
func (p pair) fail(r reply) {
	a, b := p.offerer, p.answerer
	for _, l := range []*leg{a, b} {
		if l.open != nil && l.state != legGone {
			l.open.failed(r, a.state == legGone || b.state == legGone)
		}
	}
	if !r.preempted && a.state != legGone && b.state != legGone {
		a.mediaRefused(&errPhoneRefused)
		b.mediaRefused(&errPhoneRefused)
	}
	p.end()
}

// failed gives an offer that the far phone refused what can be said to it;
// alone: the far leg is gone, and the model says what comes next.
func (o *phoneOffer) failed(r reply, alone bool) {
	l := o.leg
	switch {
	case o.carrier == inFirstInvite && (alone || r.preempted):
		// It waits on.
	case o.carrier == inRequest && o.holds:
		// Whatever the far phone says, the user has put it on hold.
		if silent, err := media.SilentAnswer(o.body, l.driver.address); err == nil {
			o.answer(silent)
		} else {
			o.refuse(488)
		}
	case o.first && !alone && !r.preempted:
		o.refuse(r.code)
		l.giveUp(causeOf(488))
	default:
		if o.carrier == inResponse {
			l.moveTo(nil, silence{l})
		}
		if o.resumes {
			l.handHeld = true
		}
		o.refuse(r.code)
	}
}

// end frees both legs.
func (p pair) end() {
	p.offerer.busy, p.answerer.busy = false, false
	p.offerer.free()
	p.answerer.free()
}

// noteResume notes that the phone's answer to an offer it asked for takes the
// call off hold.
func (l *leg) noteResume(answer []byte) {
	if direction, err := media.DirectionOf(answer); err == nil && l.handHeld && !direction.Holds() {
		l.handHeld = false
		l.driver.loop.Indicate(callmodel.LegRetrieved{Leg: l.id})
	}
}

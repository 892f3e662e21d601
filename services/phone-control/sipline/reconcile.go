// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
)

// mediaOutcome is what came of the last SetMedia of a leg.
type mediaOutcome uint8

const (
	mediaPending mediaOutcome = iota
	mediaSet
	// mediaFailed: nothing is tried again before the next SetMedia.
	mediaFailed
)

// legMedia is what the model wants a leg's media to be, and what they are. The
// reconciler brings one to the other: by one offer/answer exchange at a time
// for each leg, which begins when both legs that it concerns are free, and
// anew when it ends, until nothing is left to do.
type legMedia struct {
	// wanted is what the last SetMedia asked; asked: there was one; order is its
	// place among those of all legs.
	wanted  callmodel.Media
	asked   bool
	order   uint64
	outcome mediaOutcome
	// unheld: wanted takes the call off hold for the user; retrieving: and the
	// user held it at the phone.
	unheld, retrieving bool
	// undecided: the user pressed hold or resume, and the model has not said
	// what comes of it.
	undecided bool

	// busy: an exchange is under way.
	busy bool
	// with is the leg that media run to and from, point where they end else; of
	// a leg without media yet neither is set.
	with  *leg
	point mediaPoint
	// mixerPort is the leg's port of the mixer, if it has one.
	mixerPort *mixerPort
	// awaits: the other line side has to be ready first; stream is where media end
	// there, or are on their way to.
	awaits bool
	stream lineside.Stream
	// relay takes media that are with another leg through the mixer.
	relay *relay
	// open is the phone's offer that waits for its answer.
	open *phoneOffer
	// answers is the offer of another leg that the phone was rung with, and
	// answered the answer it gave when it was picked up.
	answers  *phoneOffer
	answered []byte
	// waiter waits for the leg to be free, to answer an offer of its own phone.
	waiter *leg
}

// setMedia notes what is wanted and begins to bring it about.
func (d *Driver) setMedia(c callmodel.SetMedia) {
	l, ok := d.legs[c.Leg]
	if !ok {
		return
	}
	l.retrieving = l.handHeld && l.open == nil && l.asked && c.Media.Kind == callmodel.WithLeg &&
		(l.wanted.Kind == callmodel.OnHold || l.wanted == c.Media)
	l.unheld = l.asked && c.Media.Kind == callmodel.WithLeg && l.wanted.Kind == callmodel.OnHold
	if c.Media != l.wanted {
		l.relay.end()
	}
	d.lastOrder++
	l.wanted, l.asked, l.order, l.outcome, l.undecided = c.Media, true, d.lastOrder, mediaPending, false
	l.reconcile()
}

// answerable reports whether the leg's phone can take part in an exchange: it
// is up, or its INVITE waits for the answer.
func (l *leg) answerable() bool { return l.state == legUp || l.state != legGone && l.tx != nil }

// reconcile begins what is left to do for the leg's media, if it can be begun
// now.
func (l *leg) reconcile() {
	switch {
	case l.busy || l.ackDue || l.undecided || !l.asked || !l.answerable():
		return
	case l.outcome == mediaFailed && l.open == nil:
		return
	}
	foreign := l.withNeighbour()
	if !foreign {
		l.toStream(nil)
	}
	switch {
	case l.wanted.Kind == callmodel.WithLeg && l.relay == nil && !foreign:
		l.reconcilePair()
		return
	case l.state != legUp && l.wanted.Kind == callmodel.Ringback:
		return // provisional responses tell the phone
	}
	wanted := l.media()
	point, err := l.driver.pointFor(l, wanted)
	l.awaits = errors.Is(err, errNotReady)
	switch {
	case l.awaits:
	case err != nil && foreign:
		l.neighbourRefused(err)
	case err != nil:
		l.mediaRefused(err)
	case l.point != point || l.open != nil:
		l.goTo(point)
	case l.outcome == mediaPending || l.relay.needs(l):
		if err := point.Serve(wanted); err != nil {
			l.mediaRefused(err)
			return
		}
		l.mediaDone()
		if l.relay != nil {
			l.relay.serve(l)
		}
	}
}

// reconcilePair is reconcile for a leg that is to be with another one, which
// must want it too.
func (l *leg) reconcilePair() {
	far := l.driver.legs[l.wanted.Leg]
	switch {
	case far == nil || far == l || far.undecided || !far.answerable() || !far.asked ||
		far.wanted.Kind != callmodel.WithLeg || far.wanted.Leg != l.id:
	case far.busy || far.ackDue:
		if l.open != nil {
			far.waiter = l
		}
	case l.with == far && far.with == l && l.open == nil && far.open == nil && !l.retrieving && !far.retrieving:
		l.mediaDone()
		far.mediaDone()
	default:
		l.joinWith(far)
	}
}

// settle is reconcile for when an offer of the phone must not wait any longer:
// where there is nobody to take it to, it is answered with silence.
func (l *leg) settle() {
	l.reconcile()
	if l.open == nil || l.open.carrier == inFirstInvite || l.busy || l.undecided || l.awaits || l.state == legGone {
		return
	}
	if far := l.driver.legs[l.wanted.Leg]; l.wanted.Kind == callmodel.WithLeg && far != nil && far.waiter == l {
		return
	}
	l.goTo(silence{l})
}

// goTo takes the leg's media to a point, in answer to the phone's offer where
// one is open.
func (l *leg) goTo(point mediaPoint) {
	l.busy = true
	order := l.order
	arrived := func(r reply, err error) {
		if err != nil && r.ok() && l.state != legGone {
			l.moveTo(nil, nil) // the phone has gone there, in vain
		}
		switch {
		case l.state == legGone || r.preempted:
		case err != nil && l.order != order: // something else is wanted by now
		case err == nil && !r.ok():
			l.mediaRefused(&errPhoneRefused)
		case err != nil:
			l.mediaRefused(err)
		default:
			l.moveTo(nil, point)
		}
		l.busy = false
		l.free()
	}
	switch open := l.open; {
	case open == nil:
		offer, err := point.Offer()
		if err != nil {
			arrived(reply{}, err)
			return
		}
		l.reinvite(offer, func(r reply) {
			if r.ok() {
				l.acknowledge(nil)
				arrived(r, point.Answered(r.body))
				return
			}
			arrived(r, nil)
		})
	case open.body == nil:
		offer, err := point.Offer()
		if err != nil {
			open.refuse(488)
			arrived(reply{}, err)
			return
		}
		open.make(offer, func(answer []byte) {
			if answer == nil {
				arrived(reply{}, nil)
				return
			}
			arrived(reply{code: 200}, point.Answered(answer))
		})
	default:
		answer, err := point.Answer(open.body)
		if err != nil {
			open.refuse(488)
			arrived(reply{}, err)
			return
		}
		if open.answer(answer) {
			arrived(reply{code: 200}, nil)
			return
		}
		arrived(reply{}, nil)
	}
}

// moveTo notes where the leg's media run now.
func (l *leg) moveTo(with *leg, point mediaPoint) {
	if l.point != nil && l.point != point {
		l.point.Leave()
	}
	if l.with != nil && l.with != with && l.with.with == l {
		l.with.with = nil
	}
	l.with, l.point = with, point
}

// free goes on with what waits for the leg, which an exchange has ended at.
func (l *leg) free() {
	if l.busy || l.ackDue {
		return
	}
	l.settle()
	if waiter := l.waiter; waiter != nil && !l.busy {
		l.waiter = nil
		waiter.settle()
	}
}

// leaveMedia is moveTo nowhere, at the leg's end.
func (l *leg) leaveMedia() {
	if l.open != nil {
		l.open.drop()
	}
	l.moveTo(nil, nil)
	l.toStream(nil)
	l.relay.end()
	if l.mixerPort != nil { // on its way there
		l.mixerPort.close()
	}
	if waiter := l.waiter; waiter != nil {
		l.waiter = nil
		waiter.settle()
	}
}

// mediaDone tells the model, once for each SetMedia.
func (l *leg) mediaDone() {
	if l.outcome == mediaPending {
		l.outcome = mediaSet
		l.driver.loop.Indicate(callmodel.MediaSet{Leg: l.id})
	}
}

// mediaRefused tells the model that the leg's media can't be set.
func (l *leg) mediaRefused(err error) {
	if r := l.relay; r != nil {
		r.end() // back to how it was
		for _, party := range r.legs {
			l.driver.loop.Due(party.settle)
		}
		return
	}
	told := l.outcome != mediaPending
	l.outcome, l.retrieving = mediaFailed, false
	if told || l.state == legGone {
		return
	}
	answer, ok := errors.AsType[*callmodel.Error](err)
	if !ok {
		answer = &callmodel.Error{Category: errPhoneRefused.Category, Value: errPhoneRefused.Value, Detail: err.Error()}
	}
	l.driver.loop.Indicate(callmodel.CommandFailed{Leg: l.id, Command: callmodel.SetMediaCommand, Error: answer})
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// ringing is what the phones of a line are shown and offered when they ring.
type ringing struct {
	// number is the one called, as To shows it.
	number string
	// shown is the party that the phones display, redirectedBy who sent the call
	// here, and redirectedFor why.
	shown         callmodel.Party
	redirectedBy  callmodel.DeviceID
	redirectedFor callmodel.Cause
	globalCallID  string
	// trunk: it is the trunk that is called.
	trunk bool
	// foreign is the caller at the target's other line side; zero: none.
	foreign callmodel.LegID
	// caller is the leg that hears what the phones say before one is picked up.
	caller *leg
	// offer is the description offered; nil asks the phones for an offer.
	offer []byte
	// autoAnswer asks the phones to pick up by themselves.
	autoAnswer bool
}

// ring calls the phones of a line, or a number on the trunk.
func (d *Driver) ring(c callmodel.Ring) {
	l := d.newLeg()
	d.add(l, c.Leg)
	l.ring = ringing{
		number: string(c.Line), shown: c.Shown, redirectedBy: c.RedirectedBy, redirectedFor: c.RedirectedFor,
		globalCallID: c.GlobalCallID, autoAnswer: c.AutoAnswer, trunk: c.Line == "",
	}
	l.party = d.partyOf(c.Line)
	l.told = c.Shown.Number
	switch caller := d.legs[c.Caller]; {
	case caller == nil && d.isNeighbours(c.Caller):
		// It is asked for its offer, which the caller answers.
		l.ring.foreign = c.Caller
	case caller == nil:
		// Nobody is there yet: the phone goes off hook without media.
		l.ring.offer = media.SilentOffer(d.address)
	case caller.tx != nil && caller.open != nil:
		// What the phone that dialled has offered, so that the answer is its own;
		// one that wants an offer gets that of the called phone.
		l.ring.caller, l.ring.offer = caller, caller.open.body
		l.answers = caller.open
		caller.party = c.Shown
	default:
		l.ring.caller = caller
		caller.party = c.Shown
	}
	if c.Line == "" {
		d.ringTrunk(l, c)
		return
	}
	phones := phonesOf(d.registrar.Of(string(c.Line)))
	if len(phones) == 0 {
		l.failLater(480)
		return
	}
	for _, bindings := range phones {
		l.try(bindings)
	}
}

// phonesOf groups the bindings of a line, the newest first, by phone: a phone
// that registered anew without taking its last contact back, at the same address
// or by the same instance, is one.
func phonesOf(bindings []registrar.Binding) [][]registrar.Binding {
	var phones [][]registrar.Binding
next:
	for _, binding := range bindings {
		for i, phone := range phones {
			if phone[0].Device == binding.Device && phone[0].SamePhone(binding) {
				phones[i] = append(phone, binding)
				continue next
			}
		}
		phones = append(phones, []registrar.Binding{binding})
	}
	return phones
}

// try calls one phone of the line. The older bindings are called only if the
// newest can't be reached.
func (l *leg) try(bindings []registrar.Binding) {
	b := &branch{leg: l, binding: bindings[0], others: bindings[1:]}
	b.device, _ = l.driver.config().Device(b.binding.Device)
	b.allowsTalk = slices.ContainsFunc(b.binding.AllowEvents, func(event string) bool { return hasToken(event, "talk") })
	l.branches = append(l.branches, b)
	b.invite()
}

// invite sends the INVITE to the branch's phone.
func (b *branch) invite() {
	l := b.leg
	contact, err := sipstack.ParseURI(b.binding.Contact)
	if err != nil {
		b.refuseLater(480)
		return
	}
	spec := sipstack.InviteSpec{
		RequestURI: contact,
		From:       l.driver.shownAs(l.ring.shown),
		To:         sipstack.NameAddr{URI: l.driver.addressOfNumber(l.ring.number)},
		Route:      b.binding.Path,
	}
	if flow, ok := b.binding.Source.(sipstack.Flow); ok && len(b.binding.Path) == 0 {
		spec.Dest = flow
	}
	b.call(spec)
}

// call sends an INVITE with what the leg's ring says.
func (b *branch) call(spec sipstack.InviteSpec) {
	l := b.leg
	spec.Headers = append(spec.Headers, l.ringHeaders()...)
	spec.Handler = b
	if spec.Body = l.describe(l.ring.offer); spec.Body != nil {
		spec.ContentType = media.ContentType
	}
	spec.OnResponse = func(res *sipstack.Response) {
		l.driver.loop.Due(func() { b.responded(res) })
	}
	dialog, err := l.driver.endpoint.Invite(spec)
	if err != nil {
		l.driver.logger.Debug("phone could not be called", "target", l.driver.target, "error", err)
		b.refuseLater(503)
		return
	}
	b.dialog = dialog
}

// responded handles a response to the branch's INVITE.
func (b *branch) responded(res *sipstack.Response) {
	code := res.StatusCode
	switch {
	case b.state == legGone || b.leg.state == legGone:
		b.endLate(res)
	case code <= 100:
	case code < 200:
		b.noteAllow(res)
		b.rings(res)
	case code < 300:
		b.noteAllow(res)
		if b.trunk != nil {
			b.advances(code)
		}
		b.pickedUp(res)
	case b.answering == answerByResend:
		b.resend() // the ringing call was taken back to be sent again (Answer)
	default:
		b.refused(res)
	}
}

// rings handles a provisional response.
func (b *branch) rings(res *sipstack.Response) {
	l := b.leg
	early := sessionDescription(res, res.Body())
	if early != nil {
		b.early = early
		l.heard(early)
	}
	b.state = legRinging
	if b.answering == answerByResend || l.state == legUp {
		return
	}
	first := l.state == legTrying
	l.state = legRinging
	if caller := l.ring.caller; caller != nil && caller.tx != nil && caller.state != legGone {
		if l.ring.offer == nil || l.answers != caller.open {
			early = nil // an offer, which the caller can't answer yet
		}
		caller.progress(res.StatusCode, early)
	}
	switch {
	case b.trunk != nil:
		b.advances(res.StatusCode)
	case first:
		l.driver.loop.Indicate(callmodel.LegRinging{Leg: l.id})
		if l.ring.foreign != 0 {
			l.driver.neighbour.Rings(l.ring.foreign, l.party)
		}
	}
}

// pickedUp handles the 2xx of a phone that we called: the leg is its. The other
// phones of the line stop ringing.
func (b *branch) pickedUp(res *sipstack.Response) {
	l := b.leg
	l.branch, b.state, l.state = b, legUp, legUp
	b.answering = answerNone
	for _, other := range l.branches {
		if other != b {
			other.giveUp()
		}
	}
	l.branches = nil
	l.watch()
	body := sessionDescription(res, res.Body())
	switch {
	case l.ring.offer != nil:
		if body == nil {
			body = b.early
		}
		l.heard(body)
		l.acknowledge(nil)
		l.answered = body
		if l.answers == nil && body != nil {
			l.point = silence{l} // what it was offered
		}
	case body == nil:
		l.acknowledge(nil)
		l.giveUp(causeOf(488))
		return
	default:
		l.heard(body)
		l.answers = nil
		l.open = &phoneOffer{leg: l, carrier: inResponse, body: body, first: true}
		l.driver.loop.Due(l.settle)
	}
	l.driver.loop.Indicate(callmodel.LegAnswered{Leg: l.id})
	l.reconcile()
}

// giveUp ends a branch that rings no longer, or never did.
func (b *branch) giveUp() {
	b.state = legGone
	b.abort()
	if b.dialog != nil {
		b.dialog.Cancel()
	}
}

// endLate ends a phone's dialog that came up although we had given it up.
func (b *branch) endLate(res *sipstack.Response) {
	if res.StatusCode/100 != 2 || b.dialog == nil {
		return
	}
	l := b.leg
	answer := []byte(nil)
	if offer := sessionDescription(res, res.Body()); offer != nil && l.ring.offer == nil {
		answer, _ = media.SilentAnswer(offer, l.driver.address)
	}
	if answer != nil {
		_ = b.dialog.Ack(answer, media.ContentType)
	} else {
		_ = b.dialog.Ack(nil, "")
	}
	_ = b.dialog.Bye()
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// ringing is what a phone is shown and offered when it rings.
type ringing struct {
	// shown is the party the phone displays.
	shown sipstack.NameAddr
	// offer is the description offered; nil asks the phone for an offer.
	offer []byte
	// autoAnswer asks the phone to pick up by itself.
	autoAnswer bool
}

// callPhone sends the INVITE that makes the leg's phone ring. Without a phone
// to ring the leg fails with 480.
func (l *leg) callPhone(ring ringing) {
	l.ring = ring
	bindings := l.driver.registrar.Of(string(l.connection.Device))
	if len(bindings) == 0 {
		l.failLater(480)
		return
	}
	l.try(bindings)
}

// try calls the first of the phones: the one that registered last. The others
// are called only if it can't be reached.
func (l *leg) try(bindings []registrar.Binding) {
	l.binding, l.others = bindings[0], bindings[1:]
	l.device, _ = l.driver.config().Device(l.binding.Device)
	l.allowsTalk = false
	if slices.ContainsFunc(l.binding.AllowEvents, func(event string) bool { return hasToken(event, "talk") }) {
		l.allowsTalk = true
	}
	l.invite()
}

// invite sends the INVITE, at first or again.
func (l *leg) invite() {
	l.generation++
	generation := l.generation
	contact, err := sipstack.ParseURI(l.binding.Contact)
	if err != nil {
		l.failLater(480)
		return
	}
	spec := sipstack.InviteSpec{
		RequestURI:  contact,
		From:        l.ring.shown,
		To:          sipstack.NameAddr{URI: l.driver.addressOfNumber(string(l.connection.Device))},
		Route:       l.binding.Path,
		Headers:     l.ringHeaders(),
		Body:        l.describe(l.ring.offer),
		ContentType: media.ContentType,
		Handler:     &dialogEvents{leg: l, generation: generation},
		OnResponse: func(res *sipstack.Response) {
			l.driver.loop.Due(func() { l.inviteAnswered(generation, res) })
		},
	}
	if spec.Body == nil {
		spec.ContentType = ""
	}
	if flow, ok := l.binding.Source.(sipstack.Flow); ok && len(l.binding.Path) == 0 {
		spec.Dest = flow
	}
	dialog, err := l.driver.endpoint.Invite(spec)
	if err != nil {
		l.driver.logger.Debug("phone could not be called", "target", l.driver.target, "error", err)
		l.failLater(503)
		return
	}
	l.dialog = dialog
}

// ringHeaders are those of the INVITE besides the usual ones. Phones differ in
// which of the three auto-answer headers they know.
func (l *leg) ringHeaders() []sipstack.Header {
	headers := []sipstack.Header{sipstack.NewHeader("Allow", allowValue())}
	if l.ring.autoAnswer {
		host := l.driver.domain()
		headers = append(headers,
			sipstack.NewHeader("Call-Info", "<sip:"+host+">;answer-after=0"),
			sipstack.NewHeader("Alert-Info", "<http://"+host+">;info=alert-autoanswer;delay=0"),
			sipstack.NewHeader("Answer-Mode", "Auto"))
	}
	return headers
}

// inviteAnswered handles a response to the INVITE of the given generation.
func (l *leg) inviteAnswered(generation int, res *sipstack.Response) {
	code := res.StatusCode
	if l.state == legGone {
		l.endLate(res)
		return
	}
	if generation != l.generation {
		return
	}
	switch {
	case code <= 100:
	case code < 200:
		l.noteAllow(res)
		l.rings(res)
	case code < 300:
		l.noteAllow(res)
		l.pickedUp(res)
	case l.answering == answerByResend:
		// The ringing call was taken back to be sent again (AnswerCall).
		l.resend()
	default:
		if code == 430 {
			l.driver.forget(l.binding) // RFC 5626 11.6: the phone's flow is gone
		}
		if l.state == legTrying && len(l.others) > 0 && (code == 430 || sipstack.IsLocal(res)) {
			l.try(l.others)
			return
		}
		l.fail(code)
	}
}

// rings handles a provisional response.
func (l *leg) rings(res *sipstack.Response) {
	early := sessionDescription(res, res.Body())
	if early != nil {
		l.early = early
		l.heard(early)
	}
	if l.answering == answerByResend {
		return
	}
	first := l.state == legTrying
	l.state = legRinging
	if caller := l.call.other(l); caller != nil && caller.tx != nil {
		if l.ring.offer == nil {
			early = nil // an offer, which the caller can't answer yet
		}
		caller.progress(res.StatusCode, early)
	}
	if first && !l.originator {
		l.driver.loop.Indicate(callmodel.LegRinging{Connection: l.connection})
	}
}

// pickedUp handles the 2xx of a phone that we called.
func (l *leg) pickedUp(res *sipstack.Response) {
	body := sessionDescription(res, res.Body())
	if body == nil && l.ring.offer != nil {
		body = l.early
	}
	l.heard(body)
	l.state = legUp
	l.answering = answerNone
	l.watch()
	peer := l.call.other(l)
	answered := func() { l.driver.loop.Indicate(callmodel.LegAnswered{Connection: l.connection}) }
	switch {
	case l.originator || l.ring.offer != nil && peer == nil:
		l.acknowledge(nil)
	case l.ring.offer != nil: // dialled by hand
		l.acknowledge(nil)
		peer.accept(body, nil)
	case peer != nil && peer.tx != nil: // dialled by hand without an offer
		l.offered = body
		peer.accept(body, l)
	case body == nil:
		l.acknowledge(nil)
		l.giveUp(causeOf(488))
		return
	default: // the destination of MakeCall
		answered()
		l.connect(body, func(ok bool) {
			if !ok && l.up() {
				l.giveUp(causeOf(488))
			}
		})
		return
	}
	answered()
}

// endLate ends a phone's dialog that came up although we had given it up.
func (l *leg) endLate(res *sipstack.Response) {
	if res.StatusCode/100 != 2 || l.dialog == nil {
		return
	}
	if offer := sessionDescription(res, res.Body()); offer != nil && l.ring.offer == nil {
		l.acknowledgeSilently(offer)
	} else {
		_ = l.dialog.Ack(nil, "")
	}
	_ = l.dialog.Bye()
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"
	"net/url"
	"strings"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// called handles a new INVITE of a phone, on a goroutine of the SIP stack.
func (d *Driver) called(tx *sipstack.ServerTx) {
	if !tx.RequireOnly("timer", "replaces") {
		return
	}
	if trunk := d.config().Trunk; fromTrunk(trunk, tx) {
		d.admit(tx, func() { d.dialledFromTrunk(trunk, tx) })
		return
	}
	if d.loop.Leaving() { // before the nonce is used: the edge sends the request again as it is
		d.metrics.refused(d.target, 503)
		_ = tx.RejectBusy(retryAfter)
		return
	}
	device, code := registrar.Authenticate(d.auth, d.config(), digestauth.Proxy, tx)
	if device == nil {
		d.metrics.refused(d.target, code)
		return
	}
	d.admit(tx, func() { d.dialledBy(device, tx) })
}

// admit gives a new call to the target's goroutine.
func (d *Driver) admit(tx *sipstack.ServerTx, begin func()) {
	request := tx.Request()
	if body := request.Body(); len(body) > 0 && sessionDescription(request, body) == nil {
		_ = tx.RejectContentType(media.ContentType)
		return
	}
	_ = tx.Respond(100, "")
	if !d.loop.New(begin) {
		d.metrics.refused(d.target, 503)
		_ = tx.RejectBusy(retryAfter)
	}
}

// dialledBy makes the leg of a phone that dials and asks the call model.
func (d *Driver) dialledBy(device *targetconfig.Device, tx *sipstack.ServerTx) {
	line := callmodel.DeviceID(device.Line.GetNumber())
	l := d.receive(tx)
	l.branch.device = device
	l.party = d.partyOf(line)
	d.dial(l, callmodel.Dialled{From: line})
}

// receive makes the leg of an INVITE that came in.
func (d *Driver) receive(tx *sipstack.ServerTx) *leg {
	request := tx.Request()
	l := d.newLeg()
	l.tx = tx
	l.branch = &branch{leg: l}
	l.branch.noteAllow(request)
	offer := sessionDescription(request, request.Body())
	l.heard(offer)
	l.open = &phoneOffer{leg: l, carrier: inFirstInvite, tx: tx, body: offer}
	tx.OnCancel(func() {
		d.loop.Due(func() {
			if l.tx == tx && l.state != legGone {
				l.tx = nil
				l.fail(200)
			}
		})
	})
	return l
}

// dial tells the call model of a leg that an INVITE made. What the request says
// is filled in.
func (d *Driver) dial(l *leg, dialled callmodel.Dialled) {
	request := l.tx.Request()
	replaced, ok := d.replacedLeg(request)
	if !ok {
		d.metrics.refused(d.target, 481)
		l.state = legGone
		_ = l.tx.Reject(481)
		l.tx = nil
		l.remove()
		return
	}
	d.lastDialled++
	l.dialled = d.lastDialled
	d.dialled[l.dialled] = l
	dialled.Dialled = l.dialled
	dialled.Number = dialledNumber(&request.Recipient)
	dialled.Replaces = replaced
	dialled.Restricted = wantsPrivacy(request)
	dialled.GlobalCallID = globalCallID(request)
	l.told = callmodel.DeviceID(dialled.Number)
	l.party.Restricted = dialled.Restricted
	d.loop.Indicate(dialled)
}

// dialledNumber is the number in a Request-URI: the user part, or what a tel
// URI holds, without parameters (RFC 3261 19.1.6) and escapes.
func dialledNumber(uri *sipstack.URI) string {
	text := uri.User
	if uri.Scheme == "tel" {
		text = uri.Raw()
	}
	text, _, _ = strings.Cut(text, ";")
	number, err := url.PathUnescape(text)
	if err != nil {
		return text
	}
	return number
}

// progress passes a provisional response on to the phone that dialled.
func (l *leg) progress(code int, early []byte) {
	options := []sipstack.ResponseOption{}
	if early != nil {
		options = append(options, sipstack.WithBody(l.describe(early), media.ContentType))
	}
	dialog, err := l.tx.Ring(code, options...)
	if err != nil {
		return // cancelled: OnCancel tells
	}
	if b := l.branch; b.dialog == nil {
		b.dialog = dialog
		dialog.SetHandler(b)
	}
	l.state, l.branch.state = legRinging, legRinging
}

// accept answers the phone that dialled with a description: an answer, or an
// offer where it made none. It reports false where the phone has given up.
func (l *leg) accept(body []byte) bool {
	if l.tx == nil {
		return false
	}
	spec := sipstack.AcceptSpec{Code: 200, Handler: l.branch}
	spec.Body, spec.ContentType = l.describe(body), media.ContentType
	spec.Headers = []sipstack.Header{sipstack.NewHeader("Allow", allowValue())}
	dialog, err := l.tx.Accept(spec)
	if err != nil {
		if !errors.Is(err, sipstack.ErrRequestTerminated) { // else OnCancel tells
			l.tx = nil
			l.giveUp(callmodel.CauseResources)
		}
		return false
	}
	l.tx, l.branch.dialog = nil, dialog
	l.state, l.branch.state = legUp, legUp
	l.ackDue = true
	l.watch()
	return true
}

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
	if !tx.RequireOnly("timer") {
		return
	}
	device, code := registrar.Authenticate(d.auth, d.config(), digestauth.Proxy, tx)
	if device == nil {
		d.metrics.refused(d.target, code)
		return
	}
	request := tx.Request()
	body := request.Body()
	if len(body) > 0 && sessionDescription(request, body) == nil {
		_ = tx.RejectContentType(media.ContentType)
		return
	}
	_ = tx.Respond(100, "")
	if !d.loop.New(func() { d.dialled(device, tx) }) {
		d.metrics.refused(d.target, 503)
		_ = tx.RejectBusy(retryAfter)
	}
}

// dialled makes the leg of a phone that dials and asks the call model.
func (d *Driver) dialled(device *targetconfig.Device, tx *sipstack.ServerTx) {
	request := tx.Request()
	l := d.newLeg()
	l.device, l.tx = device, tx
	l.noteAllow(request)
	l.heard(sessionDescription(request, request.Body()))
	tx.OnCancel(func() {
		d.loop.Due(func() {
			if l.tx == tx && l.state != legGone {
				l.tx = nil
				l.fail(200)
			}
		})
	})
	d.lastLeg++
	l.dialled = d.lastLeg
	d.waiting[l.dialled] = l
	d.loop.Indicate(callmodel.Dialled{
		Leg: l.dialled, From: callmodel.DeviceID(device.Line.GetNumber()), Number: dialledNumber(&request.Recipient),
	})
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
	if l.dialog == nil {
		l.dialog = dialog
		dialog.SetHandler(&dialogEvents{leg: l})
	}
	l.state = legRinging
}

// accept answers the phone that dialled with the description of the phone it
// reached. Where that is an offer, offerer waits for the answer in the ACK.
func (l *leg) accept(body []byte, offerer *leg) {
	if l.tx == nil {
		if offerer != nil {
			offerer.acknowledgeSilently(body)
		}
		return
	}
	tx := l.tx
	spec := sipstack.AcceptSpec{Code: 200, Handler: &dialogEvents{leg: l}}
	if body != nil {
		spec.Body, spec.ContentType = l.describe(body), media.ContentType
	}
	spec.Headers = []sipstack.Header{sipstack.NewHeader("Allow", allowValue())}
	dialog, err := tx.Accept(spec)
	if err != nil {
		if offerer != nil {
			offerer.acknowledgeSilently(body)
		}
		if !errors.Is(err, sipstack.ErrRequestTerminated) { // else OnCancel tells
			l.tx = nil
			l.giveUp(callmodel.CauseResources)
		}
		return
	}
	l.tx, l.dialog, l.state = nil, dialog, legUp
	l.watch()
	if offerer == nil {
		return
	}
	c := l.call
	c.begin(func() {
		l.onAck = func(answer []byte) {
			if offerer.up() {
				if answer == nil {
					offerer.acknowledgeSilently(body)
				} else {
					offerer.acknowledge(answer)
				}
			}
			c.finish()
		}
	})
}

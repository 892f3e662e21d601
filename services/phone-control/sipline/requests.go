// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"time"

	"offhook.dev/services/sipstack"
)

// requested handles a request of the phone within its dialog.
func (b *branch) requested(tx *sipstack.ServerTx) {
	l := b.leg
	if l.state == legGone || b.state == legGone {
		_ = tx.Reject(481)
		return
	}
	switch tx.Request().Method {
	case "INVITE", "UPDATE":
		l.reoffered(tx)
	case "INFO":
		l.info(tx)
	case "OPTIONS":
		_ = tx.RespondOptions(allowedMethods(), []string{"application/sdp"}, []string{"timer"})
	case "REFER":
		l.refer(tx)
	case "NOTIFY", "SUBSCRIBE":
		_ = tx.Reject(489)
	case "PRACK":
		_ = tx.Respond(200, "")
	default:
		_ = tx.RejectMethod(allowedMethods()...)
	}
}

// passInfo passes an INFO to the far phone and its answer back.
func (l *leg) passInfo(tx *sipstack.ServerTx) {
	request := tx.Request()
	far := l.talksTo()
	if !far.up() {
		_ = tx.Reject(480)
		return
	}
	spec := sipstack.RequestSpec{
		Method: "INFO", Body: request.Body(), ContentType: sipstack.HeaderValue(request, "Content-Type"),
		KeepOnTimeout: true,
	}
	for _, name := range []string{"Info-Package", "Content-Disposition"} {
		if value := sipstack.HeaderValue(request, name); value != "" {
			spec.Headers = append(spec.Headers, sipstack.NewHeader(name, value))
		}
	}
	far.branch.send(spec, func(r reply) {
		switch {
		case r.ok():
			_ = tx.Respond(200, "")
		case r.code >= 400:
			_ = tx.Reject(r.code)
		default:
			_ = tx.Reject(480)
		}
	})
}

// keepAliveInterval is how often a phone that is up and silent is asked whether
// it is there still. A phone that does not answer has left its calls.
const keepAliveInterval = 2 * time.Minute

// watch asks the phone from time to time. The SIP stack ends the dialog when
// there is no answer, or 481.
func (l *leg) watch() {
	l.keepAlive = l.driver.loop.After(keepAliveInterval, func() {
		if !l.up() {
			return
		}
		l.branch.send(sipstack.RequestSpec{Method: "OPTIONS"}, func(reply) {})
		l.watch()
	})
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"time"

	"offhook.dev/services/sipstack"
)

// dialogEvents gives what belongs to one dialog of a leg to the target's
// goroutine.
type dialogEvents struct {
	leg        *leg
	generation int
}

var (
	_ sipstack.DialogHandler  = (*dialogEvents)(nil)
	_ sipstack.RefreshHandler = (*dialogEvents)(nil)
)

// HandleDialogRequest implements sipstack.DialogHandler.
func (e *dialogEvents) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	loop := e.leg.driver.loop
	if tx.Request().Method == "BYE" {
		_ = tx.Respond(200, "")
		return // HandleDialogEnd follows
	}
	if !loop.Further(func() { e.leg.requested(tx) }) {
		_ = tx.RejectBusy(time.Second)
	}
}

// HandleAck implements sipstack.DialogHandler.
func (e *dialogEvents) HandleAck(_ *sipstack.Dialog, ack *sipstack.Request) {
	body := sessionDescription(ack, ack.Body())
	e.leg.driver.loop.Due(func() { e.leg.acknowledged(body) })
}

// HandleDialogEnd implements sipstack.DialogHandler.
func (e *dialogEvents) HandleDialogEnd(_ *sipstack.Dialog, end sipstack.DialogEnd) {
	e.leg.driver.loop.Due(func() { e.leg.dialogEnded(e.generation, end) })
}

// HandleRefresh implements sipstack.RefreshHandler: the description of now
// again, so that a phone that knows no UPDATE keeps its media.
func (e *dialogEvents) HandleRefresh(*sipstack.Dialog) sipstack.RequestSpec {
	body := e.leg.refreshBody.Load()
	if body == nil {
		return sipstack.RequestSpec{Method: "UPDATE"}
	}
	return sipstack.RequestSpec{Method: "INVITE", Body: *body, ContentType: "application/sdp"}
}

// requested handles a request of the phone within its dialog.
func (l *leg) requested(tx *sipstack.ServerTx) {
	if l.state == legGone {
		_ = tx.Reject(481)
		return
	}
	switch tx.Request().Method {
	case "INVITE", "UPDATE":
		l.reoffered(tx)
	case "INFO":
		l.passInfo(tx)
	case "OPTIONS":
		_ = tx.RespondOptions(allowedMethods(), []string{"application/sdp"}, []string{"timer"})
	case "REFER":
		// A transfer at the phone is not offered; 603 leaves the call up and
		// tells the user at once.
		_ = tx.Reject(603)
	case "NOTIFY", "SUBSCRIBE":
		_ = tx.Reject(489)
	case "PRACK":
		_ = tx.Respond(200, "")
	default:
		_ = tx.RejectMethod(allowedMethods()...)
	}
}

// passInfo passes an INFO, DTMF keys most of all, to the far phone and its
// answer back.
func (l *leg) passInfo(tx *sipstack.ServerTx) {
	request := tx.Request()
	if len(request.Body()) == 0 {
		_ = tx.Respond(200, "") // a phone's keep-alive
		return
	}
	far := l.call.other(l)
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
	far.send(spec, func(r reply) {
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

// acknowledged handles the ACK of a 2xx of ours.
func (l *leg) acknowledged(answer []byte) {
	l.heard(answer)
	if l.onAck != nil {
		onAck := l.onAck
		l.onAck = nil
		onAck(answer)
	}
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
		l.send(sipstack.RequestSpec{Method: "OPTIONS"}, func(reply) {})
		l.watch()
	})
}

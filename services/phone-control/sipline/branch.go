// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// branch is one dialog of a leg: with the phone that dialled, or with one of
// those that we ring. It is the dialog's handler, and gives what the SIP stack
// tells to the target's goroutine, to which all of it belongs.
type branch struct {
	leg    *leg
	state  legState
	dialog *sipstack.Dialog
	device *targetconfig.Device
	// binding is the phone called, others are those to try if it can't be
	// reached: older registrations of the same phone.
	binding registrar.Binding
	others  []registrar.Binding
	// trunk is set for a dialog with the trunk.
	trunk *trunkCall
	// early is the description of a provisional response, which a 2xx need not
	// repeat.
	early                    []byte
	allowsUpdate, allowsTalk bool
	// refusesInfo: it refused digits by INFO.
	refusesInfo bool
	// answering is set between Answer and its outcome.
	answering answering
	// exchanges end when the leg does.
	exchanges map[*exchange]struct{}
	// backingOff is an offer of ours that crossed one of the phone's, until it is
	// sent again.
	backingOff *exchange
}

var (
	_ sipstack.DialogHandler  = (*branch)(nil)
	_ sipstack.RefreshHandler = (*branch)(nil)
)

// HandleDialogRequest implements sipstack.DialogHandler.
func (b *branch) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	if tx.Request().Method == "BYE" {
		_ = tx.Respond(200, "")
		return // HandleDialogEnd follows
	}
	if !b.leg.driver.loop.Further(func() { b.requested(tx) }) {
		_ = tx.RejectBusy(busyRetryAfter)
	}
}

// HandleAck implements sipstack.DialogHandler.
func (b *branch) HandleAck(_ *sipstack.Dialog, ack *sipstack.Request) {
	body := sessionDescription(ack, ack.Body())
	b.leg.driver.loop.Due(func() { b.leg.acknowledged(body) })
}

// HandleDialogEnd implements sipstack.DialogHandler.
func (b *branch) HandleDialogEnd(_ *sipstack.Dialog, end sipstack.DialogEnd) {
	b.leg.driver.loop.Due(func() { b.ended(end) })
}

// HandleRefresh implements sipstack.RefreshHandler: the description of now
// again, so that a phone that knows no UPDATE keeps its media.
func (b *branch) HandleRefresh(*sipstack.Dialog) sipstack.RequestSpec {
	body := b.leg.refreshBody.Load()
	if body == nil {
		return sipstack.RequestSpec{Method: "UPDATE"}
	}
	return sipstack.RequestSpec{Method: "INVITE", Body: *body, ContentType: "application/sdp"}
}

// ended handles the end of a dialog that the phone, or its silence, brought
// about.
func (b *branch) ended(end sipstack.DialogEnd) {
	l := b.leg
	if l.state == legGone || b.state == legGone || b.state != legUp && l.tx == nil {
		return // the response to the INVITE tells
	}
	switch end {
	case sipstack.EndRejected, sipstack.EndByeSent:
		// The response to the INVITE, or we ourselves, have told already.
		return
	case sipstack.EndByeReceived:
		l.fail(200)
	case sipstack.EndEndpointClose:
		l.fail(503)
	default:
		l.driver.metrics.lostPhone(l.driver.target)
		l.fail(408)
	}
}

// abort ends everything that waits for the phone.
func (b *branch) abort() {
	for x := range b.exchanges {
		x.finish(reply{})
	}
}

// noteAllow remembers what the phone says it takes.
func (b *branch) noteAllow(message any) {
	for _, value := range sipstack.HeaderValues(message, "Allow") {
		if hasToken(value, "UPDATE") {
			b.allowsUpdate = true
		}
	}
	for _, value := range sipstack.HeaderValues(message, "Allow-Events") {
		if hasToken(value, "talk") {
			b.allowsTalk = true
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// hangUp ends the leg whatever its state, by a final response, CANCEL or BYE
// that tells the phone the cause. Nothing of the leg is told to the call model
// afterwards.
func (l *leg) hangUp(cause callmodel.Cause) {
	if l.state == legGone {
		return
	}
	state := l.state
	l.state = legGone
	switch {
	case l.tx != nil:
		_ = l.tx.Reject(statusOf(cause), sipstack.WithHeader(reasonOf(cause, state)))
		l.tx = nil
	case l.dialog == nil:
	default:
		if state == legUp && l.offered != nil {
			// Half-way in an offer/answer: the 2xx still needs its ACK with
			// an answer (RFC 3725 4.4).
			l.acknowledgeSilently(l.offered)
		}
		_ = l.dialog.Bye(reasonOf(cause, state))
	}
	l.remove()
}

// giveUp ends the leg from our side and tells the call model.
func (l *leg) giveUp(cause callmodel.Cause) {
	l.hangUp(cause)
	l.driver.loop.Indicate(callmodel.LegEnded{Connection: l.connection, Cause: cause})
}

// fail tells the call model that the leg's phone refused, hung up or was lost.
// A leg that the model has not named yet is told of when it is (Adopt).
func (l *leg) fail(code int) {
	if l.state == legGone {
		return
	}
	l.state = legGone
	if l.tx != nil { // a BYE in the early dialog leaves the INVITE unanswered
		_ = l.tx.Reject(487)
		l.tx = nil
	}
	named := l.call != nil
	l.remove()
	if named {
		l.driver.loop.Indicate(callmodel.LegEnded{Connection: l.connection, Cause: causeOf(code)})
	}
}

// reasonOf is the Reason header (RFC 3326) for a cause.
func reasonOf(cause callmodel.Cause, state legState) sipstack.Header {
	if state == legUp && cause == callmodel.CauseNormalClearing {
		return sipstack.NewHeader("Reason", `Q.850;cause=16;text="Normal call clearing"`)
	}
	code := statusOf(cause)
	return sipstack.NewHeader("Reason", fmt.Sprintf("SIP;cause=%d;text=%q", code, sipstack.ReasonPhrase(code)))
}

// failLater is fail, after the command that is being carried out.
func (l *leg) failLater(code int) {
	l.driver.loop.Due(func() {
		if l.state != legGone {
			l.fail(code)
		}
	})
}

// remove takes the leg out of its call.
func (l *leg) remove() {
	if l.keepAlive != nil {
		l.keepAlive()
		l.keepAlive = nil
	}
	l.driver.forgetLeg(l)
	l.abort()
}

// dialogEnded handles the end of a dialog that the phone, or its silence,
// brought about.
func (l *leg) dialogEnded(generation int, end sipstack.DialogEnd) {
	if l.state == legGone || generation != l.generation {
		return
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

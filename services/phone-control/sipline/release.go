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
	if l.tx != nil {
		_ = l.tx.Reject(statusOf(cause), sipstack.WithHeader(reasonOf(cause, state)))
		l.tx = nil
	}
	if state == legUp {
		if o := l.open; o != nil && o.carrier == inResponse {
			// Half-way in an offer/answer: the 2xx still needs its ACK with an
			// answer (RFC 3725 4.4).
			l.acknowledgeSilently(o.body)
		}
		_ = l.branch.dialog.Bye(reasonOf(cause, state))
	}
	for _, b := range l.branches {
		b.giveUp()
	}
	l.remove()
}

// giveUp ends the leg from our side and tells the call model.
func (l *leg) giveUp(cause callmodel.Cause) {
	if l.state == legGone {
		return
	}
	l.hangUp(cause)
	l.ended(cause)
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
	l.remove()
	l.ended(causeOf(code))
}

func (l *leg) ended(cause callmodel.Cause) {
	if l.id != 0 {
		l.driver.loop.Indicate(callmodel.LegEnded{Leg: l.id, Cause: cause})
	}
}

// failLater is fail, after the command that is being carried out.
func (l *leg) failLater(code int) {
	l.driver.loop.Due(func() { l.fail(code) })
}

// reasonOf is the Reason header (RFC 3326) for a cause.
func reasonOf(cause callmodel.Cause, state legState) sipstack.Header {
	if state == legUp && cause == callmodel.CauseNormalClearing {
		return sipstack.NewHeader("Reason", `Q.850;cause=16;text="Normal call clearing"`)
	}
	code := statusOf(cause)
	return sipstack.NewHeader("Reason", fmt.Sprintf("SIP;cause=%d;text=%q", code, sipstack.ReasonPhrase(code)))
}

// letGo ends the leg without a word to a phone that is up: another replica may
// run the target already. A phone that waits for an answer is told to try again.
func (l *leg) letGo() {
	if l.state == legGone {
		return
	}
	l.state = legGone
	if l.tx != nil {
		_ = l.tx.RejectBusy(retryAfter)
		l.tx = nil
	} else if l.branch != nil && l.branch.dialog != nil {
		l.branch.dialog.Reset()
	}
	for _, b := range l.branches {
		b.giveUp()
	}
	l.remove()
}

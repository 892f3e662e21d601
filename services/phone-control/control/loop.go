// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/subscription"
)

// loop is a target's goroutine as its driver sees it.
type loop struct{ t *target }

var _ Loop = loop{}

// Indicate implements Loop. The indication is a step of its own, after what is
// being done now.
func (l loop) Indicate(input callmodel.Input) {
	l.t.indications = append(l.t.indications, input)
}

// Lines implements Loop.
func (l loop) Lines() subscription.Lines { return lines{l.t} }

// New implements Loop.
func (l loop) New(work func()) bool { return l.t.queue.put(newWork, work) }

// Further implements Loop.
func (l loop) Further(work func()) bool { return l.t.queue.put(furtherWork, work) }

// Due implements Loop.
func (l loop) Due(work func()) { l.t.queue.put(dueWork, work) }

// After implements Loop. A work that was stopped is not done even if its time
// had come already.
func (l loop) After(wait time.Duration, work func()) (stop func()) {
	stopped := false // belongs to the target's goroutine
	timer := time.AfterFunc(wait, func() {
		l.Due(func() {
			if !stopped {
				work()
			}
		})
	})
	return func() {
		stopped = true
		timer.Stop()
	}
}

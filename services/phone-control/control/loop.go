// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
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

// Request implements Loop.
func (l loop) Request(service func(callmodel.RequestID) callmodel.Input, done func(callmodel.Reply)) {
	l.Indicate(service(l.t.request(done)))
}

// Calls implements Loop.
func (l loop) Calls(line callmodel.DeviceID) []callmodel.LineCall { return l.t.model.LineCalls(line) }

// Features implements Loop.
func (l loop) Features() *linefeatures.Settings { return l.t.features.settings }

// SetDoNotDisturb implements Loop.
func (l loop) SetDoNotDisturb(line callmodel.DeviceID, on bool) *callmodel.Error {
	return l.t.features.set(string(line), setDoNotDisturb(string(line), on))
}

// SetForwarding implements Loop.
func (l loop) SetForwarding(line callmodel.DeviceID, forwarding linefeatures.Forwarding) *callmodel.Error {
	return l.t.features.set(string(line), setForwarding(string(line), forwarding))
}

// Lines implements Loop.
func (l loop) Lines() subscription.Lines { return lines{l.t} }

// New implements Loop.
func (l loop) New(work func()) bool { return l.t.queue.put(newWork, work) }

// Further implements Loop.
func (l loop) Further(work func()) bool { return l.t.queue.put(furtherWork, work) }

// Due implements Loop.
func (l loop) Due(work func()) { l.t.queue.put(dueWork, work) }

// Leaving implements Loop.
func (l loop) Leaving() bool { return l.t.queue.holds() }

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

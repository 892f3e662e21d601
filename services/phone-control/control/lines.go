// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/phone-control/subscription"
)

// lines tell the phones that subscribe what goes on at lines of a target, from
// any goroutine. Questions are never refused: one at a time is asked. What the
// target does not answer in time, or any more, is nothing.
type lines struct{ t *target }

var _ subscription.Lines = lines{}

// onTarget does something on the target's goroutine.
func onTarget[T any](ctx context.Context, t *target, class workClass, do func() T) (T, error) {
	answer := make(chan T, 1)
	if !t.queue.put(class, func() { answer <- do() }) {
		var none T
		return none, t.full()
	}
	return await(ctx, t, answer)
}

// Calls implements subscription.Lines.
func (l lines) Calls(ctx context.Context, line string) []subscription.Call {
	calls, _ := onTarget(ctx, l.t, dueWork, func() []subscription.Call {
		var calls []subscription.Call
		for _, call := range l.t.model.LineCalls(callmodel.DeviceID(line)) {
			state, shown := dialogState(call.State)
			if !shown {
				continue
			}
			told := subscription.Call{
				ID: string(call.Connection.Call), State: state, Initiator: call.Caller, Held: call.State == callmodel.Hold,
			}
			if !call.Restricted {
				told.RemoteNumber = string(call.Other)
				if other, known := l.t.config.Line(told.RemoteNumber); known {
					told.RemoteName = other.GetDisplayName()
				}
			}
			calls = append(calls, told)
		}
		return calls
	})
	return calls
}

// dialogState is a connection's state as RFC 4235 names it.
func dialogState(state callmodel.State) (subscription.CallState, bool) {
	switch state {
	case callmodel.Initiated:
		return subscription.CallTrying, true
	case callmodel.Alerting:
		return subscription.CallEarly, true
	case callmodel.Connected, callmodel.Hold:
		return subscription.CallConfirmed, true
	case callmodel.Null, callmodel.Queued, callmodel.Fail:
	}
	return "", false
}

// Features implements subscription.Lines.
func (l lines) Features(ctx context.Context, line string) subscription.Features {
	features, _ := onTarget(ctx, l.t, dueWork, func() subscription.Features {
		settings := l.t.features.settings
		features := subscription.Features{DoNotDisturb: settings.DoNotDisturb(callmodel.DeviceID(line))}
		for _, f := range settings.Forwardings(callmodel.DeviceID(line)) {
			features.Forwardings = append(features.Forwardings, subscription.Forwarding{
				Type: f.Type, Active: f.Active, ForwardDN: f.To, RingCount: f.Rings,
			})
		}
		return features
	})
	return features
}

// MessageWaiting implements subscription.Lines.
func (l lines) MessageWaiting(ctx context.Context, line string) subscription.MessageWaiting {
	waiting, _ := onTarget(ctx, l.t, dueWork, func() subscription.MessageWaiting {
		return subscription.MessageWaiting(l.t.features.settings.MessageWaiting(callmodel.DeviceID(line)))
	})
	return waiting
}

// SetDoNotDisturb implements subscription.Lines.
func (l lines) SetDoNotDisturb(ctx context.Context, line string, on bool) error {
	return l.set(ctx, line, setDoNotDisturb(line, on))
}

// SetForwarding implements subscription.Lines.
func (l lines) SetForwarding(ctx context.Context, line string, f subscription.Forwarding) error {
	return l.set(ctx, line, setForwarding(line, linefeatures.Forwarding{
		Type: f.Type, Active: f.Active, To: f.ForwardDN, Rings: f.RingCount,
	}))
}

// set changes a setting as a service does: monitors are told of it.
func (l lines) set(ctx context.Context, line string, set func(*linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error)) error {
	refusal, err := onTarget(ctx, l.t, furtherWork, func() *callmodel.Error { return l.t.features.set(line, set) })
	switch {
	case err != nil:
		return err
	case refusal != nil:
		return refusal
	}
	return nil
}

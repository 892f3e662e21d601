// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"maps"
	"slices"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/phone-control/callmodel"
)

// causeAbandoned is that of connections whose owner is gone: the phones may go
// on talking, but nobody controls the call any more (ECMA-269, Switching
// Function Terminated).
const causeAbandoned = callmodel.CauseTerminated

// History hands over the events of a target that were recorded, oldest first;
// (*bus.Bus).ReplayEvents from the start is one.
type History func(ctx context.Context, target string, handle func(bus.Delivery) error) error

// abandoned finds, in the events of owners before, the calls that were up when
// the last one went without a word.
type abandoned struct {
	// states of the devices reported to, by call.
	calls map[string]map[string]ctiv1.LocalConnectionState
}

// observe follows one event.
func (a *abandoned) observe(event *ctiv1.Event) {
	id := event.GetCallId()
	if id == "" {
		return
	}
	switch {
	case event.GetCallCleared() != nil:
		delete(a.calls, id)
		return
	case event.GetTransferred() != nil:
		a.replaced(id, event.GetTransferred())
	case event.GetConferenced() != nil:
		a.replaced(id, event.GetConferenced())
	}
	for _, reported := range event.GetReported() {
		devices := a.calls[id]
		if reported.GetLocalConnectionInfo() == ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL {
			delete(devices, reported.GetDeviceId())
			continue
		}
		if devices == nil {
			devices = make(map[string]ctiv1.LocalConnectionState)
			a.calls[id] = devices
		}
		devices[reported.GetDeviceId()] = reported.GetLocalConnectionInfo()
	}
}

// replaced forgets the calls that became another one.
func (a *abandoned) replaced(by string, event interface {
	GetPrimaryOldCall() *ctiv1.ConnectionID
	GetSecondaryOldCall() *ctiv1.ConnectionID
}) {
	for _, old := range [...]*ctiv1.ConnectionID{event.GetPrimaryOldCall(), event.GetSecondaryOldCall()} {
		if old.GetCallId() != by {
			delete(a.calls, old.GetCallId())
		}
	}
}

// cleared are the events that end what was abandoned, calls and devices in
// order: ConnectionCleared of each device, then CallCleared.
func (a *abandoned) cleared() []*callmodel.Event {
	var events []*callmodel.Event
	for _, id := range slices.Sorted(maps.Keys(a.calls)) {
		call, devices := callmodel.CallID(id), slices.Sorted(maps.Keys(a.calls[id]))
		for i, device := range devices {
			event := &callmodel.Event{
				Kind: callmodel.ConnectionCleared, Call: call, Cause: causeAbandoned,
				Connection: callmodel.ConnectionID{Call: call, Device: callmodel.DeviceID(device)}, Device: callmodel.DeviceID(device),
				Reported: []callmodel.Reported{{Device: callmodel.DeviceID(device), State: callmodel.Null}},
			}
			for _, other := range devices[i+1:] {
				event.Reported = append(event.Reported, callmodel.Reported{Device: callmodel.DeviceID(other), State: modelState(a.calls[id][other])})
			}
			events = append(events, event)
		}
		events = append(events, &callmodel.Event{Kind: callmodel.CallCleared, Call: call, Cause: causeAbandoned})
	}
	return events
}

// modelState is the inverse of stateOf.
func modelState(state ctiv1.LocalConnectionState) callmodel.State {
	for s := callmodel.Null; s <= callmodel.Fail; s++ {
		if stateOf(s) == state {
			return s
		}
	}
	return callmodel.Null
}

// clearAbandoned tells monitors of the calls that owners before left without a
// word. The writer fences them, so the history is complete. Where it can't be
// read the target is served all the same.
func (t *target) clearAbandoned(ctx context.Context) {
	if t.options.History == nil {
		return
	}
	found := abandoned{calls: make(map[string]map[string]ctiv1.LocalConnectionState)}
	err := t.options.History(ctx, t.name, func(delivery bus.Delivery) error {
		for _, event := range delivery.Batch.GetEvents() {
			found.observe(event)
		}
		return nil
	})
	if err != nil {
		t.options.Logger.Warn("history is not readable: calls of an owner before may seem to be up", "target", t.name, "error", err)
		return
	}
	if len(found.calls) > 0 {
		t.options.Logger.Warn("calls of an owner that is gone are given up", "target", t.name, "calls", len(found.calls))
	}
	for _, event := range found.cleared() {
		t.number++
		t.batch = append(t.batch, eventOf(event, t.number, time.Now()))
	}
	t.publish()
	t.batch = nil
}

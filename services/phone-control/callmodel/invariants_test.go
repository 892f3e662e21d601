// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// world plays phones, driver and applications at random against the model and
// checks after each step what must always hold.
type world struct {
	t       testing.TB
	model   *Model
	now     time.Time
	request RequestID
	leg     LegID
	// open are the requests without a reply.
	open map[RequestID]bool
	// known are connections that there are or were.
	known []ConnectionID
	// states is what the events told of each device's connections.
	states map[ConnectionID]State
	// legs are those the driver was told to have and not yet rid of.
	legs []ConnectionID
	// calls are all calls there ever were.
	calls map[CallID]bool
	// kinds and accepted count what happened, so that nothing is checked in vain.
	kinds    [OutOfService + 1]int
	accepted int
	log      []string
}

func (w *world) step(in Input) {
	w.log = append(w.log, fmt.Sprintf("%T%+v", in, in))
	if ended, ok := in.(LegEnded); ok {
		w.dropLeg(ended.Connection)
	}
	due, waiting := w.model.NextDeadline()
	onTime := !waiting || due.After(w.now)
	told := make(map[CallID]bool)
	for _, output := range w.model.Step(in, w.now) {
		w.log = append(w.log, "  "+describe(output))
		switch o := output.(type) {
		case Reply:
			if !w.open[o.Request] {
				w.fail("request %d is replied to twice", o.Request)
			}
			delete(w.open, o.Request)
			if o.Error == nil {
				w.accepted++
			}
			if o.Error == nil && onTime && told[o.Connection.Call] {
				w.fail("the positive reply to %d comes after its events", o.Request)
			}
		case *Event:
			told[o.Call] = true
			w.check(o)
		case Command:
			w.obey(o)
		}
	}
	w.compare()
}

// obey keeps the legs as a driver does.
func (w *world) obey(command Command) {
	switch c := command.(type) {
	case Adopt:
		w.newLeg(c.Connection, true)
	case RingOriginator:
		w.newLeg(c.Connection, true)
	case Offer:
		w.haveLeg(c.From)
		w.newLeg(c.Connection, false)
	case Answer:
		w.haveLeg(c.Connection)
	case PutOnHold:
		w.haveLeg(c.Connection)
	case TakeOffHold:
		w.haveLeg(c.Connection)
	case Release:
		w.haveLeg(c.Connection)
		w.dropLeg(c.Connection)
	}
}

func (w *world) haveLeg(id ConnectionID) {
	if !slices.Contains(w.legs, id) {
		w.fail("a command for %v, which has no leg", id)
	}
}

func (w *world) dropLeg(id ConnectionID) {
	w.legs = slices.DeleteFunc(w.legs, func(leg ConnectionID) bool { return leg == id })
}

func (w *world) newLeg(id ConnectionID, firstOfCall bool) {
	if slices.Contains(w.legs, id) || w.calls[id.Call] == firstOfCall {
		w.fail("leg %v is not new, or its call id is not", id)
	}
	w.legs, w.calls[id.Call] = append(w.legs, id), true
	w.known = append(w.known, id)
	if len(w.known) > 12 {
		w.known = w.known[1:]
	}
}

var legal = map[EventKind][]State{
	ServiceInitiated: {Null}, Originated: {Initiated}, Delivered: {Null}, Established: {Alerting},
	Held: {Connected}, Retrieved: {Hold}, Failed: {Alerting, Null},
	ConnectionCleared: {Initiated, Alerting, Connected, Hold, Fail},
}

// check holds an event against what the events before it told.
func (w *world) check(event *Event) {
	w.kinds[event.Kind]++
	before := w.states[event.Connection]
	// Who calls the own number is busy with that very call.
	self := event.Kind == Failed && event.Calling == event.Called
	if from, checked := legal[event.Kind]; checked && !self && !slices.Contains(from, before) {
		w.fail("%s of a connection that is %s", event.Kind, before)
	}
	reported := make(map[DeviceID]State)
	for _, r := range event.Reported {
		if _, twice := reported[r.Device]; twice {
			w.fail("%s is reported to %s twice", event.Kind, r.Device)
		}
		reported[r.Device] = r.State
	}
	if event.Call == "" {
		return
	}
	for id := range w.states {
		if _, ok := reported[id.Device]; id.Call == event.Call && !ok {
			w.fail("%s of call %s is not reported to %s, which is in it", event.Kind, event.Call, id.Device)
		}
	}
	for device, state := range reported {
		id := ConnectionID{Call: event.Call, Device: device}
		switch {
		case state != Null:
			w.states[id] = state
		case event.Kind != ConnectionCleared || event.Connection != id:
			w.fail("%s is reported to %s, which is not in the call", event.Kind, device)
		default:
			delete(w.states, id)
		}
	}
}

// compare holds the model against what its events told, and its indexes
// against each other.
func (w *world) compare() {
	seen, legs := 0, 0
	for _, c := range w.model.calls {
		if len(c.connections) == 0 || len(c.connections) > 2 {
			w.fail("call %s has %d connections", c.id, len(c.connections))
		}
		for _, n := range c.connections {
			if legs++; !slices.Contains(w.legs, n.id) {
				w.fail("%v has no leg", n.id)
			}
			if n.state == Null {
				continue
			}
			seen++
			if w.states[n.id] != n.state {
				w.fail("%v is %s, its events told %s", n.id, n.state, w.states[n.id])
			}
		}
	}
	if seen != len(w.states) || legs != len(w.legs) {
		w.fail("the model has %d connections (%d seen), its events told of %d, the driver has %d legs", legs, seen, len(w.states), len(w.legs))
	}
	if len(w.model.calls) > w.model.config.MaxCalls {
		w.fail("%d calls, %d allowed", len(w.model.calls), w.model.config.MaxCalls)
	}
	w.compareLines()
	for i, n := range w.model.deadlines {
		if n.deadline.index != i || !n.deadline.at.After(w.now) || w.model.calls[n.id.Call] != n.call {
			w.fail("deadline %d of %v is at the wrong place, over, or of a call that is gone", i, n.id)
		}
	}
}

func (w *world) compareLines() {
	pending := 0
	for _, l := range w.model.lines {
		if len(l.connections) > l.MaxCalls {
			w.fail("line %s has %d calls, %d allowed", l.Number, len(l.connections), l.MaxCalls)
		}
		for _, n := range l.connections {
			if w.model.calls[n.id.Call] != n.call || n.line != l {
				w.fail("line %s keeps a connection of a call that is gone", l.Number)
			}
			if n.pending != nil {
				pending++
			}
		}
	}
	if pending != len(w.open) {
		w.fail("%d requests wait, %d were not replied to", pending, len(w.open))
	}
}

// waitOut lets all time-outs pass and expects that nothing waits any more:
// each request has its reply, each call is established or gone.
func (w *world) waitOut() {
	for range 100 {
		due, waiting := w.model.NextDeadline()
		if !waiting {
			break
		}
		w.now = due
		w.step(Tick{})
	}
	if len(w.open) != 0 || len(w.model.deadlines) != 0 {
		w.fail("after all time-outs: %d requests, %d deadlines", len(w.open), len(w.model.deadlines))
	}
	for _, c := range w.model.calls {
		if !c.established() {
			w.fail("call %s is neither established nor gone after all time-outs", c.id)
		}
	}
}

// finish hangs everything up and expects an empty model.
func (w *world) finish() {
	for len(w.legs) > 0 {
		w.step(LegEnded{Connection: w.legs[0], Cause: CauseNormalClearing})
		if due, waiting := w.model.NextDeadline(); waiting { // callers of failed calls
			w.now = due
			w.step(Tick{})
		}
	}
	if w.model.Calls() != 0 || len(w.model.deadlines) != 0 || len(w.open) != 0 {
		w.fail("left behind: %d calls, %d deadlines, %d requests", w.model.Calls(), len(w.model.deadlines), len(w.open))
	}
	for _, l := range w.model.lines {
		if len(l.connections) != 0 {
			w.fail("left behind: %d connections of %s", len(l.connections), l.Number)
		}
	}
}

func (w *world) fail(format string, arguments ...any) {
	w.t.Helper()
	start := max(0, len(w.log)-30)
	for _, line := range w.log[start:] {
		w.t.Log(line)
	}
	w.t.Fatalf(format, arguments...)
}

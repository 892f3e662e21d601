// SPDX-License-Identifier: Apache-2.0

package callmodel

import "slices"

var legal = map[EventKind][]State{
	ServiceInitiated: {Null}, Originated: {Initiated}, Offered: {Null}, Delivered: {Null},
	Established: {Alerting, Null, Connected}, Held: {Connected}, Retrieved: {Hold}, Failed: {Alerting, Null, Queued},
	ConnectionCleared: {Initiated, Alerting, Connected, Hold, Queued, Fail}, QueuedAt: {Null},
	Diverted: {Alerting, Queued, Null, Connected}, DigitsDialed: {Initiated}, DigitsGenerated: {Connected, Hold},
}

// leaving are the events that may tell a device that it is out of the call.
var leaving = []EventKind{ConnectionCleared, Diverted, Transferred, ServiceCompletionFailure}

// check holds an event against what the events before it told.
func (w *world) check(event *Event) {
	w.kinds[event.Kind]++
	if event.Call == "" {
		return
	}
	if len(event.GlobalCallID) != 32 {
		w.fail("%s of call %s has the global call id %q", event.Kind, event.Call, event.GlobalCallID)
	}
	_, isLine := w.model.lines[event.Connection.Device]
	// Who calls the own number is busy with that very call.
	self := event.Kind == Failed && (w.states[event.Connection] == Connected || w.states[event.Connection] == Hold)
	if from, checked := legal[event.Kind]; checked && !self && isLine && !slices.Contains(from, w.states[event.Connection]) {
		w.fail("%s of a connection that is %s", event.Kind, w.states[event.Connection])
	}
	w.moved(event)
	reported := make(map[DeviceID]State)
	for _, r := range event.Reported {
		if before, twice := reported[r.Device]; twice && before != Null {
			w.fail("%s is reported to %s twice", event.Kind, r.Device)
		}
		reported[r.Device] = r.State
	}
	if event.Kind == ServiceCompletionFailure && len(event.Reported) == 1 && event.Reported[0].State == Null {
		return // what a line was promised that is not in the call
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
		case !slices.Contains(leaving, event.Kind):
			w.fail("%s is reported to %s, which is not in the call", event.Kind, device)
		default:
			delete(w.states, id)
		}
	}
}

// moved follows the connections that a transfer or conference renames.
func (w *world) moved(event *Event) {
	if event.Kind != Transferred && event.Kind != Conferenced {
		return
	}
	for _, item := range event.Connections {
		state, known := w.states[item.Old]
		if known && item.Old != item.New {
			delete(w.states, item.Old)
			w.states[item.New] = state
		}
	}
	if event.Connection.Call != event.Call || event.Kind == Transferred {
		delete(w.states, event.Connection)
	}
	if event.Secondary.Call != event.Call {
		delete(w.states, event.Secondary)
	}
}

// compare holds the model against what its events told, and its indexes
// against each other.
func (w *world) compare() {
	seen, legs := 0, make(map[LegID]bool)
	for id, c := range w.model.calls {
		if c.id != id || len(c.connections) == 0 || len(c.connections) > w.model.config.MaxParties+1 {
			w.fail("call %s has %d connections", c.id, len(c.connections))
		}
		for _, n := range c.connections {
			if n.id.Call != c.id || n.call != c || c.of(n.device()) != n {
				w.fail("%v is in call %s", n.id, c.id)
			}
			if n.leg != nil {
				legs[n.leg.id] = true
			} else if n.state != Queued && (n.state != Alerting || !n.line.AlwaysInService) {
				w.fail("%v has no leg and is %s", n.id, n.state)
			}
			if n.line == nil || !n.seen() {
				continue
			}
			seen++
			if w.states[n.id] != n.state {
				w.fail("%v is %s, its events told %s", n.id, n.state, w.states[n.id])
			}
		}
	}
	if seen != len(w.states) {
		w.fail("the model has %d connections, its events told of %v", seen, w.states)
	}
	if len(legs) != len(w.legs) || len(w.model.legs) != len(w.legs) {
		w.fail("connections have %d legs, the model %d, the driver %d", len(legs), len(w.model.legs), len(w.legs))
	}
	if len(w.model.calls) > w.model.config.MaxCalls {
		w.fail("%d calls, %d allowed", len(w.model.calls), w.model.config.MaxCalls)
	}
	w.compareLegs()
	w.compareLines()
	w.compareDeadlines()
}

func (w *world) compareLegs() {
	external := 0
	for id, l := range w.model.legs {
		connected := 0
		for _, n := range l.connections {
			if n.leg != l || n.device() != l.connections[0].device() || w.model.calls[n.id.Call] != n.call {
				w.fail("leg %d carries %v", id, n.id)
			}
			if n.state == Connected {
				connected++
			}
		}
		if l.external {
			external++
		}
		if connected > 1 || len(l.connections) == 0 {
			w.fail("leg %d has %d connections, %d connected", id, len(l.connections), connected)
		}
		told, ok := w.legs[id]
		if !ok || told.asked != l.asked || told.asked && told.media != l.media {
			w.fail("the driver does not know what the media of leg %d are", id)
		}
		if wanted, ok := l.wanted(); ok && wanted != told.media {
			w.fail("the media of leg %d are %s, not %s", id, describeMedia(told.media), describeMedia(wanted))
		}
		if told.asked && told.media.Kind == WithLeg {
			other := w.legs[told.media.Leg]
			if other == nil || other.media != (Media{Kind: WithLeg, Leg: id}) {
				w.fail("leg %d is with leg %d, which is not with it", id, told.media.Leg)
			}
		}
	}
	if external != w.model.trunkLegs {
		w.fail("%d legs on the trunk, %d counted", external, w.model.trunkLegs)
	}
}

func (w *world) compareLines() {
	pending := make(map[*pending]bool)
	for _, l := range w.model.lines {
		if len(l.connections) > l.MaxCalls {
			w.fail("line %s has %d calls, %d allowed", l.Number, len(l.connections), l.MaxCalls)
		}
		for _, n := range l.connections {
			if w.model.calls[n.id.Call] != n.call || n.line != l {
				w.fail("line %s keeps a connection of a call that is gone", l.Number)
			}
			if n.pending != nil {
				pending[n.pending] = true
			}
		}
	}
	for _, t := range w.model.deadlines {
		if t.pending != nil {
			pending[t.pending] = true
		}
	}
	if len(pending) != len(w.open) {
		w.fail("%d requests wait, %d were not replied to", len(pending), len(w.open))
	}
}

func (w *world) compareDeadlines() {
	for i, t := range w.model.deadlines {
		if t.index != i+1 || !t.at.After(w.now) {
			w.fail("deadline %d is at the wrong place, or over", i)
		}
		if n := t.connection; n != nil && w.model.calls[n.id.Call] != n.call {
			w.fail("deadline %d is of %v, whose call is gone", i, n.id)
		}
		if o := t.pending; o != nil && o.ended() {
			w.fail("deadline %d is of a service that is done", i)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"
)

// world plays phones, driver and applications against the model and checks
// after each step what must always hold.
type world struct {
	t        testing.TB
	model    *Model
	features testFeatures
	now      time.Time
	request  RequestID
	dialled  DialledID
	refer    ReferID
	// open are the requests without a reply, referring the transfers of phones.
	open      map[RequestID]bool
	referring map[ReferID]bool
	// states is what the events told of each device's connections.
	states map[ConnectionID]State
	// legs are those the driver was told to have and not yet rid of; ids their
	// names in order, known those that are gone too.
	legs  map[LegID]*worldLeg
	ids   []LegID
	known []LegID
	// dialogues are the routeing dialogues that wait for an answer.
	dialogues []string
	// inputs are all that the model was given, to do it all again.
	inputs []timedInput
	// kinds and accepted count what happened, so that nothing is checked in vain.
	kinds    [CalledBack + 1]int
	accepted map[string]int
	log      []string
}

type worldLeg struct {
	media   Media
	asked   bool
	pending bool
	digits  int
}

type timedInput struct {
	input Input
	now   time.Time
	// features that were set before it.
	features func(testFeatures)
}

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, features: make(testFeatures), now: time.Unix(0, 0), open: make(map[RequestID]bool),
		referring: make(map[ReferID]bool), states: make(map[ConnectionID]State),
		legs: make(map[LegID]*worldLeg), accepted: make(map[string]int),
	}
	w.model = newModel(w.features)
	w.step(worldLines())
	for _, number := range numbers {
		w.step(ServiceChanged{Device: number, InService: true})
	}
	return w
}

func newModel(features testFeatures) *Model {
	ids := 0
	return New(Options{Prefix: "c", Features: features, NewGlobalCallID: func() string {
		ids++
		return fmt.Sprintf("%032X", ids)
	}})
}

func worldLines() SetLines {
	return SetLines{
		Lines: []Line{
			{Number: "1001", PickupGroup: "sales"}, {Number: "1002", PickupGroup: "sales"},
			{Number: "1003", PickupGroup: "sales"}, {Number: "1004", MaxCalls: 1, AlwaysInService: true},
			{Number: "1500", Routeing: true, DefaultRoute: "1002"},
		},
		Plan: testPlan{}, Trunk: "pstn", TrunkCalls: 3, ParkSlots: []DeviceID{"70"},
		NoAnswer: time.Minute, Prompt: 30 * time.Second, MaxCalls: 5, MaxCallsPerLine: 3,
		MaxParties: 4, MaxRedirections: 3,
	}
}

// set changes a feature of a line.
func (w *world) set(line DeviceID, name, value string) {
	change := func(f testFeatures) { f.set(string(line), name, value) }
	change(w.features)
	w.log = append(w.log, fmt.Sprintf("feature %s %s %s", line, name, value))
	w.take(FeaturesChanged{Line: line}, change)
}

func (w *world) step(in Input) { w.take(in, nil) }

func (w *world) take(in Input, features func(testFeatures)) {
	w.log = append(w.log, fmt.Sprintf("%T%+v", in, in))
	w.inputs = append(w.inputs, timedInput{in, w.now, features})
	switch in := in.(type) {
	case LegEnded:
		w.dropLeg(in.Leg)
	case LegRedirects:
		w.dropLeg(in.Leg)
	}
	due, waiting := w.model.NextDeadline()
	onTime := !waiting || due.After(w.now)
	told := make(map[CallID]bool)
	for _, output := range w.model.Step(in, w.now) {
		w.log = append(w.log, "  "+describe(output))
		switch o := output.(type) {
		case Reply:
			w.replied(in, o, onTime && told[o.Connection.Call])
		case *Event:
			told[o.Call] = true
			w.check(o)
		case TellRouteing:
			w.routeing(o)
		case Command:
			w.obey(o)
		}
	}
	w.compare()
}

func (w *world) replied(in Input, o Reply, late bool) {
	if !w.open[o.Request] {
		w.fail("request %d is replied to twice", o.Request)
	}
	delete(w.open, o.Request)
	if o.Error != nil {
		return
	}
	w.accepted[fmt.Sprintf("%T", in)]++
	if late {
		w.fail("the positive reply to %d comes after its events", o.Request)
	}
}

func (w *world) routeing(o TellRouteing) {
	w.dialogues = slices.DeleteFunc(w.dialogues, func(id string) bool { return id == o.CrossRef })
	if o.Kind == RouteRequested || o.Kind == ReRouteRequested {
		w.dialogues = append(w.dialogues, o.CrossRef)
	}
}

// obey keeps the legs as a driver does.
func (w *world) obey(command Command) {
	switch c := command.(type) {
	case Adopt:
		w.newLeg(c.Leg)
	case Ring:
		if c.Caller != 0 {
			w.leg(c.Caller)
		}
		w.newLeg(c.Leg)
	case Answer:
		w.leg(c.Leg)
	case SetMedia:
		l := w.leg(c.Leg)
		l.media, l.asked, l.pending = c.Media, true, true
	case SendDigits:
		w.leg(c.Leg).digits++
	case Referred:
		if !w.referring[c.Refer] {
			w.fail("transfer %d is ended twice", c.Refer)
		}
		delete(w.referring, c.Refer)
	case Release:
		w.leg(c.Leg)
		w.dropLeg(c.Leg)
	}
}

func (w *world) leg(id LegID) *worldLeg {
	l, ok := w.legs[id]
	if !ok {
		w.fail("a command for leg %d, which is gone", id)
	}
	return l
}

func (w *world) dropLeg(id LegID) {
	delete(w.legs, id)
	w.ids = slices.DeleteFunc(w.ids, func(leg LegID) bool { return leg == id })
}

func (w *world) newLeg(id LegID) {
	if slices.Contains(w.known, id) {
		w.fail("leg %d is not new", id)
	}
	w.legs[id] = &worldLeg{}
	w.ids = append(w.ids, id)
	w.known = append(w.known, id)
}

// waitOut lets all time-outs pass and expects that nothing waits any more.
func (w *world) waitOut() {
	for range 1000 {
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
	for len(w.ids) > 0 {
		w.step(LegEnded{Leg: w.ids[0], Cause: CauseNormalClearing})
		if due, waiting := w.model.NextDeadline(); waiting { // callers of failed calls
			w.now = due
			w.step(Tick{})
		}
	}
	w.waitOut()
	m := w.model
	if m.Calls() != 0 || len(m.legs) != 0 || len(m.deadlines) != 0 || len(w.open) != 0 || len(w.referring) != 0 ||
		m.trunkLegs != 0 || len(m.parked) != 0 || len(m.callBacks) != 0 || len(m.routeing.dialogues) != 0 {
		w.fail("left behind: %d calls, %d legs, %d deadlines, %d requests, %d transfers, %d on the trunk, %d parked, %d call backs, %d dialogues",
			m.Calls(), len(m.legs), len(m.deadlines), len(w.open), len(w.referring), m.trunkLegs, len(m.parked),
			len(m.callBacks), len(m.routeing.dialogues))
	}
	for _, l := range m.lines {
		if len(l.connections) != 0 {
			w.fail("left behind: %d connections of %s", len(l.connections), l.Number)
		}
	}
}

var logged = flag.Int("logged", 60, "lines of the log that a failure shows")

func (w *world) fail(format string, arguments ...any) {
	w.t.Helper()
	start := max(0, len(w.log)-*logged)
	for _, line := range w.log[start:] {
		w.t.Log(line)
	}
	w.t.Fatalf(format, arguments...)
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"fmt"
	"math/rand/v2"
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
	// known are connections that commands or events have named.
	known []ConnectionID
	// states is what the events told of each device's connections.
	states map[ConnectionID]State
	log    []string
}

var numbers = []DeviceID{"1001", "1002", "1003"}

func newWorld(t testing.TB) *world {
	w := &world{t: t, model: New(Options{Prefix: "c"}), now: time.Unix(0, 0), open: make(map[RequestID]bool), states: make(map[ConnectionID]State)}
	w.step(lines())
	for _, number := range numbers {
		w.step(ServiceChanged{Device: number, InService: true})
	}
	return w
}

func lines() SetLines {
	return SetLines{
		Lines:    []Line{{Number: "1001"}, {Number: "1002"}, {Number: "1003", MaxCalls: 1}},
		NoAnswer: time.Minute, Prompt: 30 * time.Second, MaxCalls: 4, MaxCallsPerLine: 2,
	}
}

// act does one thing chosen by the bytes given.
func (w *world) act(what, who byte) {
	number := numbers[int(who)%len(numbers)]
	connection := ConnectionID{Call: "none", Device: number}
	if len(w.known) > 0 {
		connection = w.known[int(who)%len(w.known)]
	}
	switch what % 16 {
	case 0:
		w.step(MakeCall{Request: w.newRequest(), Calling: number, Called: string(numbers[int(who/3)%len(numbers)]), DoNotPrompt: who%2 == 0})
	case 1:
		w.leg++
		w.step(Dialled{Leg: w.leg, From: number, Number: string(numbers[int(who/3)%len(numbers)])})
	case 2, 3:
		w.step(LegAnswered{connection})
	case 4:
		w.step(LegRinging{connection})
	case 5:
		w.step(LegEnded{Connection: connection, Cause: CauseBusy})
	case 6:
		w.step(LegHeld{connection})
	case 7:
		w.step(LegRetrieved{connection})
	case 8:
		w.step(AnswerCall{Request: w.newRequest(), Connection: connection})
	case 9:
		w.step(HoldCall{Request: w.newRequest(), Connection: connection})
	case 10:
		w.step(RetrieveCall{Request: w.newRequest(), Connection: connection})
	case 11:
		w.step(ClearConnection{Request: w.newRequest(), Connection: ConnectionID{Device: number}})
	case 12:
		w.step(ClearConnection{Request: w.newRequest(), Connection: connection})
	case 13:
		w.step(CommandFailed{Connection: connection})
	case 14:
		w.now = w.now.Add(time.Duration(who) * 100 * time.Millisecond)
		w.step(Tick{})
	case 15:
		switch who % 8 {
		case 0:
			short := lines()
			short.Lines = short.Lines[:2]
			w.step(short)
			w.step(lines())
			w.step(ServiceChanged{Device: "1003", InService: true})
		default:
			w.step(ServiceChanged{Device: number, InService: who%3 != 0})
		}
	}
}

func (w *world) newRequest() RequestID {
	w.request++
	w.open[w.request] = true
	return w.request
}

func (w *world) step(in Input) {
	w.log = append(w.log, fmt.Sprintf("%T%+v", in, in))
	for _, output := range w.model.Step(in, w.now) {
		w.log = append(w.log, "  "+describe(output))
		switch o := output.(type) {
		case Reply:
			if !w.open[o.Request] {
				w.fail("request %d is replied to twice", o.Request)
			}
			delete(w.open, o.Request)
		case Adopt:
			w.learn(o.Connection)
		case RingOriginator:
			w.learn(o.Connection)
		case Offer:
			w.learn(o.Connection)
		case *Event:
			w.check(o)
		}
	}
	w.compare()
}

func (w *world) learn(id ConnectionID) {
	w.known = append(w.known, id)
	if len(w.known) > 12 {
		w.known = w.known[1:]
	}
}

// check holds an event against what the events before it told.
func (w *world) check(event *Event) {
	before := w.states[event.Connection]
	legal := map[EventKind][]State{
		ServiceInitiated: {Null}, Originated: {Initiated}, Delivered: {Null}, Established: {Alerting},
		Held: {Connected}, Retrieved: {Hold}, Failed: {Alerting, Null},
		ConnectionCleared: {Initiated, Alerting, Connected, Hold, Fail},
	}
	if from, checked := legal[event.Kind]; checked {
		// Who calls the own number is busy with that very call.
		ok := event.Kind == Failed && event.Calling == event.Called
		for _, state := range from {
			ok = ok || state == before
		}
		if !ok {
			w.fail("%s of a connection that is %s", event.Kind, before)
		}
	}
	for _, reported := range event.Reported {
		if event.Call == "" {
			continue
		}
		id := ConnectionID{Call: event.Call, Device: reported.Device}
		if reported.State == Null {
			delete(w.states, id)
		} else {
			w.states[id] = reported.State
		}
	}
	if event.Kind == CallCleared {
		for id := range w.states {
			if id.Call == event.Call {
				w.fail("call %s is cleared but %s is in it", event.Call, id.Device)
			}
		}
	}
}

// compare holds the model against what its events told, and its indexes
// against each other.
func (w *world) compare() {
	seen := 0
	for _, c := range w.model.calls {
		if len(c.connections) == 0 || len(c.connections) > 2 {
			w.fail("call %s has %d connections", c.id, len(c.connections))
		}
		for _, n := range c.connections {
			if n.state == Null {
				continue
			}
			seen++
			if w.states[n.id] != n.state {
				w.fail("%v is %s, its events told %s", n.id, n.state, w.states[n.id])
			}
		}
	}
	if seen != len(w.states) {
		w.fail("the model has %d connections, its events told of %d", seen, len(w.states))
	}
	connections, pending := 0, 0
	for _, l := range w.model.lines {
		if len(l.connections) > l.MaxCalls {
			w.fail("line %s has %d calls, %d allowed", l.Number, len(l.connections), l.MaxCalls)
		}
		connections += len(l.connections)
		for _, n := range l.connections {
			if w.model.calls[n.id.Call] != n.call {
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
	if len(w.model.deadlines) > connections {
		w.fail("%d deadlines for %d connections", len(w.model.deadlines), connections)
	}
}

// finish hangs everything up and expects an empty model.
func (w *world) finish() {
	for range 2 * len(numbers) {
		for _, l := range w.model.lines {
			for len(l.connections) > 0 {
				w.step(LegEnded{Connection: l.connections[0].id, Cause: CauseNormalClearing})
			}
		}
	}
	if w.model.Calls() != 0 || len(w.model.deadlines) != 0 || len(w.open) != 0 {
		w.fail("left behind: %d calls, %d deadlines, %d requests", w.model.Calls(), len(w.model.deadlines), len(w.open))
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

func TestInterleavings(t *testing.T) {
	for seed := range uint64(12_000) {
		random := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- repeatable on purpose
		w := newWorld(t)
		for range 60 {
			w.act(byte(random.Uint32()), byte(random.Uint32()))
		}
		w.finish()
	}
}

func FuzzInterleavings(f *testing.F) {
	f.Add([]byte{0, 0, 2, 0, 2, 1, 9, 0, 6, 0, 11, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		w := newWorld(t)
		for i := 0; i+1 < len(script) && i < 2000; i += 2 {
			w.act(script[i], script[i+1])
		}
		w.finish()
	})
}

func BenchmarkCall(b *testing.B) {
	w := newWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		m, now := w.model, w.now
		var caller ConnectionID
		for _, output := range m.Step(MakeCall{Request: 1, Calling: "1001", Called: "1002", DoNotPrompt: true}, now) {
			if reply, ok := output.(Reply); ok {
				caller = reply.Connection
			}
		}
		called := ConnectionID{Call: caller.Call, Device: "1002"}
		m.Step(LegAnswered{caller}, now)
		m.Step(LegRinging{called}, now)
		m.Step(LegAnswered{called}, now)
		m.Step(ClearConnection{Request: 2, Connection: caller}, now)
	}
}

func BenchmarkSnapshotDevice(b *testing.B) {
	w := newWorld(b)
	w.step(Dialled{Leg: 1, From: "1001", Number: "1002"})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.model.SnapshotDevice("1001"); err != nil {
			b.Fatal(err)
		}
	}
}

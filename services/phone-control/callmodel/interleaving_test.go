// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"math/rand/v2"
	"testing"
	"time"
)

var (
	numbers = []DeviceID{"1001", "1002", "1003"}
	// dialable are lines, one on do not disturb, and a number that nobody has.
	dialable = []DeviceID{"1001", "1002", "1003", "1004", "999"}
)

func newWorld(t testing.TB) *world {
	w := &world{
		t: t, model: New(Options{Prefix: "c"}), now: time.Unix(0, 0), open: make(map[RequestID]bool),
		states: make(map[ConnectionID]State), calls: make(map[CallID]bool),
	}
	w.step(lines())
	for _, number := range numbers {
		w.step(ServiceChanged{Device: number, InService: true})
	}
	return w
}

func lines() SetLines {
	return SetLines{
		Lines:    []Line{{Number: "1001"}, {Number: "1002"}, {Number: "1003", MaxCalls: 1}, {Number: "1004", DoNotDisturb: true}},
		NoAnswer: time.Minute, Prompt: 30 * time.Second, MaxCalls: 3, MaxCallsPerLine: 2,
	}
}

// act does one thing chosen by the bytes given.
func (w *world) act(what, who byte) {
	number := numbers[int(who)%len(numbers)]
	connection := ConnectionID{Call: "none", Device: number}
	switch {
	case len(w.legs) > 0 && what < 0xe0: // else late indications and old ids
		connection = w.legs[int(who)%len(w.legs)]
	case len(w.known) > 0:
		connection = w.known[int(who)%len(w.known)]
	}
	switch what % 16 {
	case 0:
		w.step(MakeCall{Request: w.newRequest(), Calling: number, Called: string(dialable[int(who/3)%len(dialable)]), DoNotPrompt: who%2 == 0})
	case 1:
		w.leg++
		w.step(Dialled{Leg: w.leg, From: number, Number: string(dialable[int(who/3)%len(dialable)])})
	case 2, 3:
		w.step(LegAnswered{connection})
	case 4:
		w.step(LegRinging{connection})
	case 5:
		if who>>6 != 0 { // rare, else few calls live long
			w.step(LegAnswered{connection})
			return
		}
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
		w.part(who, ConnectionID{Device: number})
	case 12:
		if who%8 == 0 {
			w.step(ClearConnection{Request: w.newRequest(), Connection: connection})
			return
		}
		w.part(who, ConnectionID{Call: connection.Call})
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

// part names only a part of a connection in a service.
func (w *world) part(who byte, id ConnectionID) {
	switch who >> 5 {
	case 0:
		w.step(ClearConnection{Request: w.newRequest(), Connection: id})
	case 1, 2, 3:
		w.step(HoldCall{Request: w.newRequest(), Connection: id})
	case 4, 5:
		w.step(RetrieveCall{Request: w.newRequest(), Connection: id})
	default:
		w.step(AnswerCall{Request: w.newRequest(), Connection: id})
	}
}

func (w *world) newRequest() RequestID {
	w.request++
	w.open[w.request] = true
	return w.request
}

func TestInterleavings(t *testing.T) {
	var kinds [OutOfService + 1]int
	accepted := 0
	for seed := range uint64(12_000) {
		random := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- repeatable on purpose
		w := newWorld(t)
		for range 60 {
			w.act(byte(random.Uint32()), byte(random.Uint32()))
		}
		if seed%2 == 0 {
			w.waitOut()
		}
		w.finish()
		for kind, n := range w.kinds {
			kinds[kind] += n
		}
		accepted += w.accepted
	}
	for kind, n := range kinds[1:] {
		if n < 2000 {
			t.Errorf("only %d %s events: the interleavings do not get there", n, EventKind(kind+1))
		}
	}
	if accepted < 10_000 {
		t.Errorf("only %d services succeeded", accepted)
	}
}

func FuzzInterleavings(f *testing.F) {
	f.Add([]byte{0, 0, 2, 0, 2, 1, 9, 0, 6, 0, 11, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		w := newWorld(t)
		for i := 0; i+1 < len(script) && i < 2000; i += 2 {
			w.act(script[i], script[i+1])
		}
		w.waitOut()
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

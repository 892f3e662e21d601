// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	seed          = flag.Uint64("seed", 0, "the only interleaving to play")
	interleavings = flag.Uint64("interleavings", 10_000, "how many interleavings to play")
)

var (
	numbers = []DeviceID{"1001", "1002", "1003", "1004"}
	// dialable are lines, a routeing line, a number that nobody has, one that is
	// not allowed, a park slot, and numbers on the trunk.
	dialable = []string{
		"1001", "1002", "1003", "1004", "1001", "1002", "1003", "1500", "1999", "0900123", "70", "05551", "05552",
	}
)

// act does one thing chosen by the bytes given.
func (w *world) act(what, who, more byte) {
	number := numbers[int(who)%len(numbers)]
	to := dialable[int(more)%len(dialable)]
	switch {
	case what < 110:
		w.atPhone(what, who, more, number, to)
	case what < 240:
		w.serve(what-110, who, more, number, to)
	default:
		w.elsewhere(what-240, who, more, number, to)
	}
	if more < 200 {
		w.obeyAll()
	}
}

// obeyAll lets the phones do what they were asked.
func (w *world) obeyAll() {
	for range 20 {
		done := true
		for _, id := range append([]LegID(nil), w.ids...) {
			if l, ok := w.legs[id]; ok && l.pending {
				l.pending = false
				w.step(MediaSet{id})
				done = false
			}
			if l, ok := w.legs[id]; ok && l.digits > 0 {
				l.digits--
				w.step(DigitsSent{id})
				done = false
			}
		}
		if done {
			return
		}
	}
}

// anyLeg is a leg, rarely one that is gone.
func (w *world) anyLeg(who, more byte) LegID {
	switch {
	case len(w.ids) > 0 && more < 250:
		return w.ids[int(who)%len(w.ids)]
	case len(w.known) > 0:
		return w.known[int(who)%len(w.known)]
	}
	return 0
}

// atPhone does what users, phones and the driver do.
func (w *world) atPhone(what, who, more byte, number DeviceID, to string) {
	leg := w.anyLeg(who, more)
	switch what % 22 {
	case 0, 1:
		w.dialled++
		in := Dialled{Dialled: w.dialled, From: number, Number: to}
		if more%7 == 0 {
			in.From, in.Trunk = DeviceID("+4955"+string('0'+rune(more%3))), "pstn"
		}
		if more%11 == 0 {
			in.Replaces = leg
		}
		w.step(in)
	case 2, 3, 4, 5, 6:
		w.step(LegAnswered{leg})
	case 7, 8:
		w.step(LegRinging{leg})
	case 9:
		w.step(LegProceeds{leg})
	case 10:
		if more < 90 { // rare, else few calls live long
			w.step(LegEnded{Leg: leg, Cause: []Cause{CauseBusy, CauseNormalClearing, CauseDestOutOfOrder}[more%3]})
		}
	case 11, 12:
		w.step(LegHeld{leg})
	case 13, 14:
		w.step(LegRetrieved{leg})
	case 15:
		if more < 60 {
			w.step(LegRedirects{Leg: leg, To: to})
		}
	case 16, 17:
		w.refer++
		w.referring[w.refer] = true
		in := LegRefers{Leg: leg, Refer: w.refer, To: to}
		if more%2 == 0 {
			in.Replaces = w.anyLeg(more, who)
		}
		w.step(in)
	case 18:
		w.step(LegDigits{Leg: leg, Digits: []string{"1", "0", "1002", "#"}[more%4]})
	case 19:
		if l, ok := w.legs[leg]; ok && l.pending {
			l.pending = false
			w.step(MediaSet{leg})
		}
	case 20:
		w.failCommand(leg)
	case 21:
		w.step(MediaSet{leg})
		if l, ok := w.legs[leg]; ok {
			l.pending = false
		}
	}
}

func (w *world) failCommand(leg LegID) {
	l, ok := w.legs[leg]
	switch {
	case !ok:
	case l.digits > 0:
		l.digits--
		w.step(CommandFailed{Leg: leg, Command: SendDigitsCommand})
	case l.pending:
		l.pending = false
		w.step(CommandFailed{Leg: leg, Command: SetMediaCommand})
	default:
		w.step(CommandFailed{Leg: leg, Command: AnswerCommand})
	}
}

// elsewhere lets time pass and changes the configuration.
func (w *world) elsewhere(what, who, more byte, number DeviceID, to string) {
	switch what % 16 {
	case 0, 1, 2:
		w.now = w.now.Add(time.Duration(more) * 100 * time.Millisecond)
		w.step(Tick{})
	case 3:
		if more < 40 {
			short := worldLines()
			short.Lines, short.ParkSlots = short.Lines[:2], nil
			w.step(short)
			w.step(worldLines())
			w.step(ServiceChanged{Device: "1003", InService: true})
		}
	case 4:
		w.step(ServiceChanged{Device: number, InService: more%3 != 0})
	case 5:
		w.step(ServiceChanged{Device: number, InService: true})
	case 6, 7:
		name := []string{"forwardImmediate", "forwardBusy", "forwardNoAns", "forwardDND", "forwardBusyExt"}[who%5]
		w.set(number, name, to)
	case 8:
		w.set(number, []string{"dnd", "hidden", "auto"}[who%3], "2")
	case 9, 10, 11, 12:
		for _, name := range []string{"dnd", "hidden", "auto", "forwardImmediate", "forwardBusy", "forwardNoAns", "forwardDND", "forwardBusyExt"} {
			if _, on := w.features[string(number)+" "+name]; on {
				w.set(number, name, "off")
			}
		}
	case 13:
		w.step(SessionGone{Session: "s" + string('0'+rune(who%2))})
		w.dialogues = nil
	case 14:
		if more < 40 {
			drain := worldLines()
			drain.Drain = true
			w.step(drain)
			return
		}
		w.step(worldLines())
	case 15:
		w.step(RouteRegister{Request: w.newRequest(), Session: "s" + string('0'+rune(who%2)), Device: "1500"})
	}
}

func (w *world) newRequest() RequestID {
	w.request++
	w.open[w.request] = true
	return w.request
}

func (w *world) random(seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- repeatable on purpose
	for range 70 {
		bits := random.Uint32()
		w.act(byte(bits), byte(bits>>8), byte(bits>>16))
	}
	w.checkPermitted(random)
	if seed%2 == 0 {
		w.waitOut()
	}
	w.finish()
}

func TestInterleavings(t *testing.T) {
	var kinds [CalledBack + 1]int
	accepted := make(map[string]int)
	play := func(seed uint64) {
		w := newWorld(t)
		defer func() {
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		}()
		w.random(seed)
		for kind, n := range w.kinds {
			kinds[kind] += n
		}
		for service, n := range w.accepted {
			accepted[service] += n
		}
	}
	if *seed != 0 {
		play(*seed)
		return
	}
	for seed := range *interleavings {
		play(seed)
	}
	for kind, n := range kinds[1:] {
		if n < 100 {
			t.Errorf("only %d %s events: the interleavings do not get there", n, EventKind(kind+1))
		}
	}
	for _, service := range everyService {
		if accepted["callmodel."+service] < 50 {
			t.Errorf("%s succeeded only %d times: the interleavings do not get there", service, accepted["callmodel."+service])
		}
	}
}

func FuzzInterleavings(f *testing.F) {
	f.Add([]byte{0, 0, 1, 2, 0, 1, 2, 1, 1, 112, 0, 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		w := newWorld(t)
		for i := 0; i+2 < len(script) && i < 3000; i += 3 {
			w.act(script[i], script[i+1], script[i+2])
		}
		w.waitOut()
		w.finish()
	})
}

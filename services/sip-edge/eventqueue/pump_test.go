// SPDX-License-Identifier: Apache-2.0

package eventqueue

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

type fakeWire struct {
	mu       sync.Mutex
	reliable bool
	full     bool
	sent     []string
	ids      []SendID
	attempts int
}

func (w *fakeWire) Reliable() bool { return w.reliable }

func (w *fakeWire) SendEvent(body []byte, id SendID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts++
	if w.full {
		return errors.New("full")
	}
	w.sent = append(w.sent, string(body))
	w.ids = append(w.ids, id)
	return nil
}

func (w *fakeWire) set(full bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full = full
}

func (w *fakeWire) state() (sent []string, attempts int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.sent...), w.attempts
}

func text(s string) Event { return Event{CrossRef: s} }

func TestPumpTriesABlockedTransportAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := &fakeWire{reliable: true, full: true}
		p := NewPump(wire, Options{Retry: 10 * time.Millisecond, RetryMax: 40 * time.Millisecond}, nil)
		p.Deliver(text("a"))
		p.Deliver(text("b"))
		synctest.Sleep(150 * time.Millisecond) // at 0, 10, 30, 70, 110 and 150
		if _, attempts := wire.state(); attempts != 6 {
			t.Errorf("%d attempts, want 6", attempts)
		}
		wire.set(false)
		synctest.Sleep(40 * time.Millisecond)
		sent, _ := wire.state()
		if diff := cmp.Diff([]string{"a", "b"}, sent); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		p.Close()
	})
}

func TestPumpGivesUpOnAnApplicationThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := &fakeWire{}
		p := NewPump(wire, Options{Patience: time.Second}, nil)
		p.Deliver(text("a"))
		p.Deliver(text("b"))
		synctest.Sleep(999 * time.Millisecond)
		if sent, _ := wire.state(); len(sent) != 1 {
			t.Errorf("sent %v before patience ended", sent)
		}
		synctest.Sleep(time.Millisecond)
		p.Deliver(text("c"))
		if sent, _ := wire.state(); len(sent) != 3 {
			t.Errorf("sent %v after patience ended, want all", sent)
		}
		p.Close()
		p.Deliver(text("d"))
		if sent, _ := wire.state(); len(sent) != 3 {
			t.Errorf("sent %v after Close", sent)
		}
	})
}

func TestPumpStopsWhenClosedWhileBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dropped := 0
		wire := &fakeWire{reliable: true, full: true}
		p := NewPump(wire, Options{Dropped: func(n int) { dropped += n }}, nil)
		p.Deliver(text("a"))
		p.Close()
		synctest.Sleep(time.Minute)
		if _, attempts := wire.state(); attempts != 1 || dropped != 1 {
			t.Errorf("%d attempts and %d dropped, want 1 and 1", attempts, dropped)
		}
	})
}

// reenteringWire answers from within SendEvent, as a transport that fails at
// once may.
type reenteringWire struct {
	fakeWire
	pump *Pump
}

func (w *reenteringWire) SendEvent(body []byte, id SendID) error {
	err := w.fakeWire.SendEvent(body, id)
	if id != 0 {
		w.pump.Answered(id)
	}
	return err
}

func TestPumpMayBeCalledFromItsWire(t *testing.T) {
	wire := &reenteringWire{}
	wire.pump = NewPump(wire, Options{}, nil)
	defer wire.pump.Close()
	for i := range 100 {
		wire.pump.Deliver(text(fmt.Sprint(i)))
	}
	if sent, _ := wire.state(); len(sent) != 100 {
		t.Errorf("sent %d, want 100", len(sent))
	}
}

func TestPumpKeepsTheOrderOfManyCallers(t *testing.T) {
	wire := &fakeWire{reliable: true}
	p := NewPump(wire, Options{Limits: Limits{Events: 10000}}, nil)
	defer p.Close()
	var group sync.WaitGroup
	var order sync.Mutex
	next := 0
	for range 8 {
		group.Go(func() {
			for range 200 {
				p.RequestStarted()
				order.Lock()
				p.Deliver(text(fmt.Sprintf("%05d", next)))
				next++
				order.Unlock()
				p.RequestAnswered()
			}
		})
	}
	group.Wait()
	sent, _ := wire.state()
	if len(sent) != 1600 {
		t.Fatalf("sent %d, want 1600", len(sent))
	}
	for i, body := range sent {
		if body != fmt.Sprintf("%05d", i) {
			t.Fatalf("event %s at place %d", body, i)
		}
	}
}

// brokenWire takes every event and tells later that the connection broke.
type brokenWire struct {
	fakeWire
	pump *Pump
}

func (w *brokenWire) SendEvent(body []byte, id SendID) error {
	err := w.fakeWire.SendEvent(body, id)
	if id != 0 {
		go w.pump.Broken(id)
	}
	return err
}

func TestPumpSlowsDownOnABrokenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wire := &brokenWire{reliable: true}
		wire.pump = NewPump(wire, Options{Retry: time.Second, RetryMax: time.Minute}, []byte("LOST"))
		wire.pump.Deliver(text("a"))
		synctest.Sleep(10 * time.Minute) // LOST at 1, 3, 7, 15, 31, 63 s and then each minute
		if _, attempts := wire.state(); attempts != 15 {
			t.Errorf("%d attempts in 10 min, want 15", attempts)
		}
		wire.pump.Close()
	})
}

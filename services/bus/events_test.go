// SPDX-License-Identifier: Apache-2.0

package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
)

func events(from, to uint64) []*ctiv1.Event {
	var made []*ctiv1.Event
	for number := from; number <= to; number++ {
		made = append(made, &ctiv1.Event{Number: number, CallId: fmt.Sprint("call ", number)})
	}
	return made
}

func writer(t *testing.T, b *bus.Bus, target string, epoch uint64) *bus.EventWriter {
	t.Helper()
	w, err := b.NewEventWriter(t.Context(), target, epoch, bus.EventWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = w.Close(ctx)
	})
	return w
}

func appendAndFlush(t *testing.T, w *bus.EventWriter, from, to uint64) {
	t.Helper()
	if err := w.Append(events(from, to)...); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := w.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// reading starts a reader whose deliveries come on a channel, and waits until
// it is in place.
func reading(t *testing.T, b *bus.Bus, options bus.ReaderOptions) <-chan bus.Delivery {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	deliveries := make(chan bus.Delivery, 4096)
	inPlace := make(chan struct{}, 16)
	options.OnReading = func() { inPlace <- struct{}{} }
	ended := make(chan error, 1)
	go func() { ended <- b.ReadEvents(ctx, options, func(d bus.Delivery) { deliveries <- d }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("reader ended with %v", err)
		}
	})
	<-inPlace
	return deliveries
}

// expectNumbers reads events of one target and checks that they are in order.
func expectNumbers(t *testing.T, deliveries <-chan bus.Delivery, from, to uint64) (last bus.Delivery) {
	t.Helper()
	for next := from; next <= to; {
		select {
		case got := <-deliveries:
			if got.Gap != nil {
				t.Fatalf("gap %+v before event %d", *got.Gap, next)
			}
			for _, event := range got.Batch.GetEvents() {
				if event.GetNumber() != next {
					t.Fatalf("event %d, want %d", event.GetNumber(), next)
				}
				next++
			}
			last = got
		case <-time.After(15 * time.Second):
			t.Fatalf("event %d did not come", next)
		}
	}
	return last
}

func TestEventsComeInOrder(t *testing.T) {
	server := bustest.Run(t)
	b := server.Connect(t)
	w := writer(t, b, "branch.one", 7)
	appendAndFlush(t, w, 1, 3)
	live := reading(t, b, bus.ReaderOptions{})
	for number := uint64(4); number <= 1500; number++ {
		if err := w.Append(events(number, number)...); err != nil {
			t.Fatal(err)
		}
	}
	last := expectNumbers(t, live, 4, 1500)
	if last.Batch.GetTarget() != "branch.one" || last.Batch.GetEpoch() != 7 || last.Stored.IsZero() {
		t.Errorf("delivery %+v", last)
	}
	all := reading(t, b, bus.ReaderOptions{FromStart: true, Target: "branch.one"})
	first := expectNumbers(t, all, 1, 3)
	resumed := reading(t, b, bus.ReaderOptions{After: first.Sequence})
	expectNumbers(t, resumed, 4, 1500)

	number, sequence, err := b.LastEventNumber(t.Context(), "branch.one")
	if err != nil || number != 1500 || sequence != last.Sequence {
		t.Errorf("last number %d at %d, %v", number, sequence, err)
	}
	if number, _, err := b.LastEventNumber(t.Context(), "other"); err != nil || number != 0 {
		t.Errorf("last number of nothing %d, %v", number, err)
	}
	var replayed uint64
	err = b.ReplayEvents(t.Context(), "branch.one", 0, func(d bus.Delivery) error {
		for _, event := range d.Batch.GetEvents() {
			replayed++
			if event.GetNumber() != replayed {
				return fmt.Errorf("event %d, want %d", event.GetNumber(), replayed)
			}
		}
		return nil
	})
	if err != nil || replayed != 1500 {
		t.Errorf("replayed %d, %v", replayed, err)
	}
	refusal := errors.New("enough")
	if err := b.ReplayEvents(t.Context(), "branch.one", 0, func(bus.Delivery) error { return refusal }); !errors.Is(err, refusal) {
		t.Errorf("replay ended with %v", err)
	}
}

func TestNewerOwnerFencesTheOlder(t *testing.T) {
	server := bustest.Run(t)
	b := server.Connect(t)
	older := writer(t, b, "branch-1", 3)
	live := reading(t, b, bus.ReaderOptions{})
	appendAndFlush(t, older, 1, 5)
	newer := writer(t, b, "branch-1", 8)
	if newer.LastNumber() != 5 {
		t.Fatalf("last number %d, want 5", newer.LastNumber())
	}
	if err := older.Append(events(6, 6)...); err != nil {
		t.Fatal(err)
	}
	if err := older.Flush(t.Context()); !errors.Is(err, bus.ErrFenced) {
		t.Fatalf("flush of the older writer: %v", err)
	}
	if err := older.Append(events(7, 7)...); !errors.Is(err, bus.ErrFenced) {
		t.Fatalf("append of the older writer: %v", err)
	}
	appendAndFlush(t, newer, 6, 9)
	expectNumbers(t, live, 1, 9)
	if _, err := b.NewEventWriter(t.Context(), "branch-1", 5, bus.EventWriterOptions{}); !errors.Is(err, bus.ErrFenced) {
		t.Fatalf("writer of an epoch between: %v", err)
	}
}

func TestReaderTellsGaps(t *testing.T) {
	server := bustest.Run(t)
	b := server.Connect(t)
	w := writer(t, b, "branch-1", 1)
	live := reading(t, b, bus.ReaderOptions{})
	appendAndFlush(t, w, 1, 2)
	appendAndFlush(t, w, 5, 5)
	expectNumbers(t, live, 1, 2)
	got := <-live
	if got.Gap == nil || *got.Gap != (bus.Gap{Target: "branch-1", FirstMissing: 3, NextNumber: 5}) {
		t.Fatalf("gap %+v", got.Gap)
	}
	if len(got.Batch.GetEvents()) != 1 {
		t.Fatalf("batch %v", got.Batch)
	}
}

func TestWriterRefusesBeyondItsBacklog(t *testing.T) {
	server := bustest.Run(t)
	b := server.Connect(t)
	w, err := b.NewEventWriter(t.Context(), "branch-1", 1, bus.EventWriterOptions{MaxPending: 10})
	if err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	if err := w.Append(events(1, 10)...); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(events(11, 11)...); !errors.Is(err, bus.ErrBacklog) {
		t.Fatalf("append beyond the backlog: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("close: %v", err)
	}
	if err := w.Append(events(12, 12)...); !errors.Is(err, bus.ErrClosed) {
		t.Fatalf("append after close: %v", err)
	}
}

func TestEventsSurviveARestart(t *testing.T) {
	server := bustest.Run(t)
	b := server.Connect(t)
	w := writer(t, b, "branch-1", 1)
	live := reading(t, b, bus.ReaderOptions{})
	appendAndFlush(t, w, 1, 20)
	expectNumbers(t, live, 1, 20)
	server.Stop(t)
	if err := w.Append(events(21, 40)...); err != nil {
		t.Fatal(err)
	}
	server.Restart(t)
	appendAndFlush(t, w, 41, 60)
	expectNumbers(t, live, 21, 60)
}

func TestReaderTellsALostStream(t *testing.T) {
	server := bustest.Run(t)
	b := server.ConnectWith(t, bus.Options{MemoryStorage: true})
	w := writer(t, b, "branch-1", 1)
	live := reading(t, b, bus.ReaderOptions{})
	appendAndFlush(t, w, 1, 20)
	expectNumbers(t, live, 1, 20)
	server.Stop(t)
	server.Restart(t)
	select {
	case got := <-live:
		if got.Gap == nil || got.Gap.Target != "" {
			t.Fatalf("delivery %+v", got)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("no gap was told")
	}
	appendAndFlush(t, w, 21, 30)
	expectNumbers(t, live, 21, 30)
}

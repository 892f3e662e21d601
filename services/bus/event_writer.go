// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// ErrBacklog: the writer holds as many unacknowledged events as it may; the
// events of this Append are lost.
var ErrBacklog = errors.New("event backlog is full")

// ErrFenced: another replica has written events of the target with a higher
// epoch; this writer is of no more use.
var ErrFenced = errors.New("target's events are written by a newer owner")

// EventWriterOptions bound a writer. The zero value of a field means its
// default.
type EventWriterOptions struct {
	// MaxPending bounds the events that wait for their acknowledgement.
	// Default 8192.
	MaxPending int
	// OnFenced is called once, on the writer's goroutine, when the writer finds
	// that a newer owner has taken over.
	OnFenced func()
}

// EventWriter appends the events of one target, in order, without waiting. One
// message is on its way at a time and expects to follow the last one, so that
// neither a repetition nor an owner of the past can break the order; what is
// appended meanwhile goes together in the next message. It is safe for
// concurrent use.
type EventWriter struct {
	bus     *Bus
	target  string
	epoch   uint64
	options EventWriterOptions
	start   uint64
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	wake    chan struct{}

	mu      sync.Mutex
	queue   []*ctiv1.Event
	unacked int
	stopped error
	// idle is closed and replaced when nothing is unacknowledged.
	idle chan struct{}

	// Of the publishing goroutine only.
	sequence   uint64
	lastNumber uint64
}

// NewEventWriter gives the writer of a target for a lease epoch. It marks the
// epoch in the stream, after which no writer of a lower epoch can append, and
// fails with ErrFenced if a higher one has written.
func (b *Bus) NewEventWriter(ctx context.Context, target string, epoch uint64, options EventWriterOptions) (*EventWriter, error) {
	if options.MaxPending <= 0 {
		options.MaxPending = 8192
	}
	w := &EventWriter{
		bus: b, target: target, epoch: epoch, options: options,
		wake: make(chan struct{}, 1), idle: make(chan struct{}),
	}
	close(w.idle)
	if err := w.claim(ctx); err != nil {
		return nil, fmt.Errorf("write events of target %s: %w", target, err)
	}
	w.start = w.lastNumber
	w.ctx, w.cancel = context.WithCancel(b.ctx)
	w.running.Go(w.run)
	return w, nil
}

// LastNumber is the number of the target's last event in the stream when the
// writer was made; zero: none.
func (w *EventWriter) LastNumber() uint64 { return w.start }

// Append queues events, whose numbers the caller chose; it never blocks. The
// events must not be changed afterwards. Errors: ErrBacklog, ErrFenced,
// ErrClosed; the events are lost then, and readers will report the gap.
func (w *EventWriter) Append(events ...*ctiv1.Event) error {
	if len(events) == 0 {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped != nil {
		return w.stopped
	}
	if w.unacked+len(events) > w.options.MaxPending {
		w.bus.metrics.refused.Add(float64(len(events)))
		return ErrBacklog
	}
	if w.unacked == 0 {
		w.idle = make(chan struct{})
	}
	w.unacked += len(events)
	w.queue = append(w.queue, events...)
	w.bus.metrics.appended.Add(float64(len(events)))
	w.bus.metrics.pending.Add(float64(len(events)))
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

// Flush waits until everything appended so far is acknowledged.
func (w *EventWriter) Flush(ctx context.Context) error {
	w.mu.Lock()
	idle := w.idle
	w.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
		return fmt.Errorf("flush events of target %s: %w", w.target, ctx.Err())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stopped
}

// Close waits for Flush until the context ends, then stops the writer.
func (w *EventWriter) Close(ctx context.Context) error {
	err := w.Flush(ctx)
	w.stop(ErrClosed)
	w.cancel()
	w.running.Wait()
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// stop makes every further Append fail and drops what is queued.
func (w *EventWriter) stop(reason error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped == nil {
		w.stopped = reason
	}
	w.acknowledged(w.unacked)
	w.queue = nil
}

// acknowledged counts events off; the lock is held.
func (w *EventWriter) acknowledged(count int) {
	if count == 0 {
		return
	}
	w.unacked -= count
	w.bus.metrics.pending.Sub(float64(count))
	if w.unacked == 0 {
		close(w.idle)
	}
}

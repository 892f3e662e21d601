// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// Gap says that events of a target are lost to this reader.
type Gap struct {
	// Target is empty where the stream lost events of targets unknown.
	Target string
	// FirstMissing and NextNumber bound the hole: NextNumber is the first event
	// after it. Both are zero where Target is empty.
	FirstMissing, NextNumber uint64
}

// Delivery is what a reader hands over: a batch, a gap, or a batch with the gap
// before it.
type Delivery struct {
	// Batch is nil for a gap that no event has followed yet.
	Batch *ctiv1.EventBatch
	// Gap is nil where nothing is missing before Batch.
	Gap *Gap
	// Sequence of the batch in the stream; a later reader resumes after it.
	Sequence uint64
	// Stored is when NATS stored the batch.
	Stored time.Time
	// Pending is how many messages the stream held behind this one.
	Pending uint64
}

// ReaderOptions say which events to read.
type ReaderOptions struct {
	// Target to read; empty: all targets.
	Target string
	// After is the sequence after which to start; zero: only new events, or
	// all of them with FromStart.
	After uint64
	// FromStart reads from the oldest event that the stream still has.
	FromStart bool
	// Recent, where neither After nor FromStart is set, begins with so many
	// messages that the stream has already.
	Recent uint64
	// OnCurrent is called once, on the reader's goroutine, when what the stream
	// had at the beginning has been handed over.
	OnCurrent func()
	// OnReading is called on the reader's goroutine when the reader is in
	// place: every event stored from now on will be delivered. It is called
	// again after a lost connection.
	OnReading func()
}

// ReadEvents hands over batches in stream order until the context ends; it
// returns the context's error or ErrClosed. It survives lost connections: it
// goes on after the last batch, and reports what is missing. Batches of an
// epoch lower than one already read of the same target, and events read
// before, are dropped. The function runs on the reader's goroutine.
func (b *Bus) ReadEvents(ctx context.Context, options ReaderOptions, handle func(Delivery)) error {
	ctx, cancel := b.joined(ctx)
	defer cancel()
	r := &eventReader{bus: b, options: options, handle: handle, order: eventOrder{}, after: options.After}
	r.started = options.After > 0 || options.FromStart
	for {
		if err := r.once(ctx); err != nil && b.ended(ctx) == nil {
			b.options.Logger.Warn("read events", "error", err)
			pause(ctx, b.ctx, 100*time.Millisecond)
		}
		if b.ctx.Err() != nil {
			return ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// eventReader is one ReadEvents over all its restarts.
type eventReader struct {
	bus     *Bus
	options ReaderOptions
	handle  func(Delivery)
	order   eventOrder
	// after is the sequence of the last message read, in the stream made at
	// created; started: it says where to go on.
	after   uint64
	created time.Time
	started bool
	// current is the last sequence of the stream at the beginning, until it was
	// read.
	current uint64
	told    bool
}

// once reads until the layout is replaced, which is no error, or fails.
func (r *eventReader) once(ctx context.Context) error {
	layout := r.bus.current()
	if err := r.locate(ctx, layout); err != nil {
		return err
	}
	messages, failed, stop, err := r.bus.follow(ctx, layout, r.options.Target, r.after+1)
	if err != nil {
		return err
	}
	defer stop()
	if r.options.OnReading != nil {
		r.options.OnReading()
	}
	r.tellCurrent()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-layout.replaced:
			return nil
		case err := <-failed:
			return fmt.Errorf("follow stream: %w", err)
		case message := <-messages:
			r.read(message)
			r.tellCurrent()
		}
	}
}

// tellCurrent tells, once, that what was there at the beginning was read.
func (r *eventReader) tellCurrent() {
	if r.told || r.after < r.current {
		return
	}
	r.told = true
	if r.options.OnCurrent != nil {
		r.options.OnCurrent()
	}
}

// locate finds where to go on, and tells of what the stream no longer has.
func (r *eventReader) locate(ctx context.Context, layout *layout) error {
	ctx, cancel := context.WithTimeout(ctx, r.bus.options.RequestTimeout)
	defer cancel()
	info, err := layout.events.Info(ctx)
	if err != nil {
		return fmt.Errorf("read stream %s: %w", eventStream, err)
	}
	switch {
	case !r.started:
		r.after, r.current = info.State.LastSeq, info.State.LastSeq
		if info.State.Msgs > 0 {
			r.after = max(info.State.FirstSeq-1, r.after-min(r.after, r.options.Recent))
		}
	case !r.created.IsZero() && !r.created.Equal(info.Created), r.after > info.State.LastSeq:
		// Another stream of the same name: all of it is new.
		r.after = 0
		r.lost()
	case r.after > 0 && r.options.Target == "" && info.State.FirstSeq > r.after+1:
		r.lost()
	}
	r.started, r.created = true, info.Created
	return nil
}

func (r *eventReader) lost() {
	r.bus.metrics.gaps.Inc()
	r.handle(Delivery{Gap: &Gap{}, Sequence: r.after})
}

func (r *eventReader) read(message jetstream.Msg) {
	meta, err := message.Metadata()
	if err != nil || meta.Sequence.Stream <= r.after {
		return
	}
	r.after = meta.Sequence.Stream
	var batch ctiv1.EventBatch
	if err := proto.Unmarshal(message.Data(), &batch); err != nil {
		r.bus.options.Logger.Error("event batch is not readable", "sequence", meta.Sequence.Stream, "error", err)
		r.lost()
		return
	}
	gap := r.order.apply(&batch)
	if gap != nil {
		r.bus.metrics.gaps.Inc()
	}
	if gap == nil && len(batch.GetEvents()) == 0 {
		return
	}
	delivery := Delivery{Gap: gap, Sequence: meta.Sequence.Stream, Stored: meta.Timestamp, Pending: meta.NumPending}
	if len(batch.GetEvents()) > 0 {
		r.bus.metrics.read.Add(float64(len(batch.GetEvents())))
		delivery.Batch = &batch
	}
	r.handle(delivery)
}

// follow starts an ordered consumer. Messages come on a channel of one, so that
// a slow reader slows the consumer and not memory.
func (b *Bus) follow(ctx context.Context, layout *layout, target string, from uint64) (<-chan jetstream.Msg, <-chan error, func(), error) {
	subject := eventSubjects + ">"
	if target != "" {
		subject = eventSubject(target)
	}
	ctx, cancel := context.WithCancel(ctx)
	consumer, err := layout.events.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects:    []string{subject},
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       from,
		InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		cancel()
		return nil, nil, nil, fmt.Errorf("follow stream %s: %w", eventStream, err)
	}
	messages := make(chan jetstream.Msg, 1)
	failed := make(chan error, 1)
	consuming, err := consumer.Consume(func(message jetstream.Msg) {
		select {
		case messages <- message:
		case <-ctx.Done():
		}
	}, jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrConsumerDeleted) {
			select {
			case failed <- err:
			default:
			}
		}
	}))
	if err != nil {
		cancel()
		return nil, nil, nil, fmt.Errorf("follow stream %s: %w", eventStream, err)
	}
	return messages, failed, func() {
		cancel()
		consuming.Stop()
		<-consuming.Closed()
	}, nil
}

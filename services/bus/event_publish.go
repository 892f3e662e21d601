// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// maxBatchEvents and maxBatchBytes bound one message; nats-server takes 1 MiB
// unless told otherwise.
const (
	maxBatchEvents = 512
	maxBatchBytes  = 512 << 10
)

// run publishes what is queued until the writer is stopped. While nothing is
// appended it repeats the last number now and then, so that it does not age out
// of the stream.
func (w *EventWriter) run() {
	repeat := time.NewTicker(w.bus.options.EventsMaxAge / 4)
	defer repeat.Stop()
	published := false
	for {
		select {
		case <-w.ctx.Done():
			w.stop(ErrClosed)
			return
		case <-w.wake:
			for batch := w.next(); batch != nil; batch = w.next() {
				if !w.persist(batch) {
					return
				}
				w.mu.Lock()
				if w.stopped == nil {
					w.acknowledged(len(batch.GetEvents()))
				}
				w.mu.Unlock()
				published = true
			}
		case <-repeat.C:
			if !published && !w.persist(w.mark()) {
				return
			}
			published = false
		}
	}
}

// mark is a batch without events.
func (w *EventWriter) mark() *ctiv1.EventBatch {
	return &ctiv1.EventBatch{Target: w.target, Epoch: w.epoch, LastNumber: w.lastNumber}
}

// next takes the next batch off the queue; nil: nothing waits.
func (w *EventWriter) next() *ctiv1.EventBatch {
	w.mu.Lock()
	defer w.mu.Unlock()
	count, size := 0, 0
	for count < len(w.queue) && count < maxBatchEvents {
		size += proto.Size(w.queue[count])
		if size > maxBatchBytes && count > 0 {
			break
		}
		count++
	}
	if count == 0 {
		return nil
	}
	batch := &ctiv1.EventBatch{Target: w.target, Epoch: w.epoch, Events: w.queue[:count:count]}
	batch.LastNumber = batch.GetEvents()[count-1].GetNumber()
	w.queue = w.queue[count:]
	if len(w.queue) == 0 {
		w.queue = nil
	}
	return batch
}

// persist publishes a batch until it is acknowledged; false: the writer has
// been stopped, because it was closed or fenced.
func (w *EventWriter) persist(batch *ctiv1.EventBatch) bool {
	wait := 20 * time.Millisecond
	for {
		err := w.publish(w.ctx, batch)
		if err == nil {
			w.lastNumber = batch.GetLastNumber()
			w.bus.metrics.published.Inc()
			return true
		}
		if errors.Is(err, ErrFenced) {
			w.stop(ErrFenced)
			w.bus.options.Logger.Warn("event writer is fenced", "target", w.target, "epoch", w.epoch)
			if w.options.OnFenced != nil {
				w.options.OnFenced()
			}
			return false
		}
		if w.ctx.Err() != nil {
			w.stop(ErrClosed)
			return false
		}
		w.bus.metrics.publishErrors.Inc()
		w.bus.options.Logger.Warn("publish events", "target", w.target, "error", err)
		pause(w.ctx, w.bus.ctx, wait)
		wait = min(2*wait, time.Second)
	}
}

// publish sends a batch once. A batch that was stored by an attempt whose
// acknowledgement was lost counts as sent.
func (w *EventWriter) publish(ctx context.Context, batch *ctiv1.EventBatch) error {
	data, err := proto.Marshal(batch)
	if err != nil {
		return fmt.Errorf("encode events: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, w.bus.options.RequestTimeout)
	defer cancel()
	ack, err := w.bus.js.PublishMsg(ctx, &nats.Msg{Subject: eventSubject(w.target), Data: data},
		jetstream.WithMsgID(messageID(batch)), jetstream.WithExpectLastSequencePerSubject(w.sequence),
		jetstream.WithRetryAttempts(1))
	if err == nil {
		w.sequence = ack.Sequence
		return nil
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) || !isWrongLastSequence(api) {
		return fmt.Errorf("publish: %w", err)
	}
	return w.reconcile(ctx, batch)
}

// reconcile finds why the stream does not end where this writer thinks.
func (w *EventWriter) reconcile(ctx context.Context, batch *ctiv1.EventBatch) error {
	last, sequence, err := w.bus.lastBatch(ctx, w.target)
	switch {
	case err != nil:
		return err
	case last.GetEpoch() > w.epoch:
		return ErrFenced
	case sequence != w.sequence && last.GetEpoch() == w.epoch && last.GetLastNumber() >= batch.GetLastNumber():
		w.sequence = sequence
		return nil
	}
	w.sequence = sequence
	return errors.New("stream did not end at the expected sequence; trying again after what it holds")
}

// claim reads where the target's events end and marks the epoch there.
func (w *EventWriter) claim(ctx context.Context) error {
	for {
		last, sequence, err := w.bus.lastBatch(ctx, w.target)
		if err != nil {
			return err
		}
		if last.GetEpoch() > w.epoch {
			return ErrFenced
		}
		w.sequence, w.lastNumber = sequence, last.GetLastNumber()
		if last.GetEpoch() == w.epoch && sequence != 0 {
			return nil
		}
		err = w.publish(ctx, w.mark())
		if err == nil || errors.Is(err, ErrFenced) {
			return err
		}
		if ended := w.bus.ended(ctx); ended != nil {
			return errors.Join(ended, err)
		}
		if !pause(ctx, w.bus.ctx, 50*time.Millisecond) {
			return err
		}
	}
}

// messageID lets the server drop a repetition of the same batch. Marks are
// repeated on purpose, so their time is part of their id.
func messageID(batch *ctiv1.EventBatch) string {
	id := batch.GetTarget() + "-" + strconv.FormatUint(batch.GetEpoch(), 10) + "-"
	if events := batch.GetEvents(); len(events) > 0 {
		return id + strconv.FormatUint(events[0].GetNumber(), 10)
	}
	return id + "mark-" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

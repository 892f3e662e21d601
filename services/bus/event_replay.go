// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// ReplayEvents hands over what the stream holds of a target now, oldest first,
// after a sequence (zero: from the start), and returns when the last batch has
// been handed over. An error of the function ends it and is returned.
func (b *Bus) ReplayEvents(ctx context.Context, target string, after uint64, handle func(Delivery) error) error {
	ctx, cancel := b.joined(ctx)
	defer cancel()
	_, until, err := b.lastBatch(ctx, target)
	if err != nil || until <= after {
		return err
	}
	messages, failed, stop, err := b.follow(ctx, b.current(), target, after+1)
	if err != nil {
		return err
	}
	defer stop()
	var result error
	replay := &eventReader{bus: b, order: eventOrder{}, after: after, handle: func(delivery Delivery) {
		if result == nil {
			result = handle(delivery)
		}
	}}
	for replay.after < until {
		select {
		case <-ctx.Done():
			return fmt.Errorf("replay events of target %s: %w", target, b.ended(ctx))
		case err := <-failed:
			return fmt.Errorf("replay events of target %s: %w", target, err)
		case message := <-messages:
			replay.read(message)
		}
		if result != nil {
			return result
		}
	}
	return nil
}

// LastEventNumber is the number of the target's last event in the stream, and
// the sequence of the message that says so; zeros: none.
func (b *Bus) LastEventNumber(ctx context.Context, target string) (number, sequence uint64, err error) {
	last, sequence, err := b.lastBatch(ctx, target)
	return last.GetLastNumber(), sequence, err
}

// lastBatch reads the last message of a target from the stream's leader; nil
// and zero: none.
func (b *Bus) lastBatch(ctx context.Context, target string) (*ctiv1.EventBatch, uint64, error) {
	if _, ok := ctx.Deadline(); !ok {
		bounded, cancel := context.WithTimeout(ctx, b.options.RequestTimeout)
		defer cancel()
		ctx = bounded
	}
	found, err := b.current().events.GetLastMsgForSubject(ctx, eventSubject(target))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read last event of target %s: %w", target, err)
	}
	var batch ctiv1.EventBatch
	if err := proto.Unmarshal(found.Data, &batch); err != nil {
		return nil, 0, fmt.Errorf("decode last event of target %s: %w", target, err)
	}
	return &batch, found.Sequence, nil
}

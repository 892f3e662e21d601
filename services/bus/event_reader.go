// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// ErrClosed: the bus or writer was closed.
var ErrClosed = errors.New("bus is closed")

// Gap says that events of a target are lost to this reader.
type Gap struct {
	Target string
	// FirstMissing and NextNumber bound the hole: NextNumber was read. Where
	// the stream itself was lost both are zero.
	FirstMissing, NextNumber uint64
}

// Delivery is what a reader hands over: a batch, a gap before it, or both.
type Delivery struct {
	// Batch is nil for a gap that no batch followed yet.
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
	// OnReading is called when the reader is in place: every event stored from
	// now on will be delivered. It is called again after a lost connection.
	OnReading func()
}

// ReadEvents hands over batches in stream order until the context ends; it
// returns the context's error or ErrClosed. It survives lost connections: it
// goes on after the last batch, and reports what is missing. Batches of an
// epoch lower than one already read of the same target are dropped. The
// function runs on the reader's goroutine.
func (b *Bus) ReadEvents(ctx context.Context, options ReaderOptions, handle func(Delivery)) error {
	return errors.ErrUnsupported
}

// ReplayEvents hands over what the stream holds of a target now, oldest first,
// and returns when the last batch has been handed over. Stop early by
// returning an error, which ReplayEvents returns.
func (b *Bus) ReplayEvents(ctx context.Context, target string, after uint64, handle func(Delivery) error) error {
	return errors.ErrUnsupported
}

// LastEventNumber is the number of the target's last event in the stream, and
// the sequence of its batch; zeros: none.
func (b *Bus) LastEventNumber(ctx context.Context, target string) (number, sequence uint64, err error) {
	return 0, 0, errors.ErrUnsupported
}

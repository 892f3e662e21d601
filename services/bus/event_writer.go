// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"

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
}

// EventWriter appends the events of one target, in order, without waiting.
// Batches that wait together are published as one message. It is safe for
// concurrent use.
type EventWriter struct{}

// NewEventWriter gives the writer of a target for a lease epoch. It reads where
// the target's events end and fails with ErrFenced if a higher epoch wrote.
func (b *Bus) NewEventWriter(ctx context.Context, target string, epoch uint64, options EventWriterOptions) (*EventWriter, error) {
	return nil, errors.ErrUnsupported
}

// LastNumber is the number of the target's last event in the stream when the
// writer was made; zero: none.
func (w *EventWriter) LastNumber() uint64 { return 0 }

// Append queues events, whose numbers the caller chose; it never blocks. The
// events must not be changed afterwards. Errors: ErrBacklog, ErrFenced,
// ErrClosed.
func (w *EventWriter) Append(events ...*ctiv1.Event) error { return errors.ErrUnsupported }

// Flush waits until everything appended so far is acknowledged.
func (w *EventWriter) Flush(ctx context.Context) error { return errors.ErrUnsupported }

// Close waits for Flush until the context ends, then stops the writer.
func (w *EventWriter) Close(ctx context.Context) error { return nil }

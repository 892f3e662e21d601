// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
)

// Operation says what a Change is.
type Operation int

// Operations of a watch.
const (
	// OperationPut: the key has this value now.
	OperationPut Operation = iota
	// OperationDelete: the key is gone; Value is the zero T.
	OperationDelete
	// OperationSynced: every entry that existed when the watch started has
	// been told. It comes once, also for an empty bucket; Key is empty.
	OperationSynced
)

// Change is one step of a watch.
type Change[T proto.Message] struct {
	Operation Operation
	Entry[T]
}

// Watch tells all entries that match a pattern, then OperationSynced, then
// every change in order, until the context ends; it returns the context's
// error, or ErrClosed when the bus closes. It survives lost connections and
// lost buckets: what changed meanwhile is told when the connection is back.
// An entry that ages out of its bucket is not told. The function runs on the
// watch's goroutine and must not block for long.
func (b *Bucket[T]) Watch(ctx context.Context, pattern string, tell func(Change[T])) error {
	return errors.ErrUnsupported
}

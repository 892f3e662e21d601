// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
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

// String names the operation.
func (o Operation) String() string {
	switch o {
	case OperationPut:
		return "put"
	case OperationDelete:
		return "delete"
	case OperationSynced:
		return "synced"
	}
	return "unknown"
}

// Change is one step of a watch.
type Change[T proto.Message] struct {
	Operation Operation
	Entry[T]
}

// Watch tells all entries that match a pattern, then OperationSynced, then
// every change in order, until the context ends; it returns the context's
// error, or ErrClosed when the bus closes. It survives lost connections and
// lost buckets: what changed meanwhile is told when the connection is back.
// An entry that ages out of its bucket is not told. An entry that can't be
// decoded is logged and told as deleted. The function runs on the watch's
// goroutine and must not block for long.
func (b *Bucket[T]) Watch(ctx context.Context, pattern string, tell func(Change[T])) error {
	ctx, cancel := b.bus.joined(ctx)
	defer cancel()
	w := &watch[T]{bucket: b, pattern: pattern, tell: tell, known: map[string]uint64{}}
	for {
		if err := w.once(ctx); err != nil && b.bus.ended(ctx) == nil {
			b.bus.options.Logger.Warn("watch bucket", "bucket", b.name, "error", err)
			b.bus.metrics.watchRestarts.Inc()
			pause(ctx, b.bus.ctx, 200*time.Millisecond)
		}
		if b.bus.ctx.Err() != nil {
			return ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// watch is one Watch over all its restarts.
type watch[T proto.Message] struct {
	bucket  *Bucket[T]
	pattern string
	tell    func(Change[T])
	// known are the keys told as put, with their revision.
	known   map[string]uint64
	created time.Time
	synced  bool
}

// once watches until the layout is replaced, which is no error, or the watch
// fails.
func (w *watch[T]) once(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	layout := w.bucket.bus.current()
	stored := layout.buckets[w.bucket.name]
	if !stored.created.Equal(w.created) {
		// Another bucket of the same name: its revisions mean nothing here.
		for key := range w.known {
			w.known[key] = 0
		}
		w.created = stored.created
	}
	watcher, err := stored.store.Watch(ctx, w.pattern)
	if err != nil {
		return w.bucket.failed("watch", w.pattern, err)
	}
	defer func() { _ = watcher.Stop() }()
	seen := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-layout.replaced:
			return nil
		case found, open := <-watcher.Updates():
			switch {
			case !open:
				return w.bucket.failed("watch", w.pattern, errWatchEnded)
			case found == nil:
				w.complete(seen)
				seen = nil
			default:
				if seen != nil {
					seen[found.Key()] = true
				}
				w.change(found)
			}
		}
	}
}

func (w *watch[T]) change(found jetstream.KeyValueEntry) {
	if found.Operation() != jetstream.KeyValuePut {
		w.delete(found.Key(), found.Revision())
		return
	}
	if revision, ok := w.known[found.Key()]; ok && revision == found.Revision() {
		return
	}
	entry, err := w.bucket.entry(found)
	if err != nil {
		w.bucket.bus.options.Logger.Error("entry is not readable", "bucket", w.bucket.name, "error", err)
		w.delete(found.Key(), found.Revision())
		return
	}
	w.known[entry.Key] = entry.Revision
	w.tell(Change[T]{Operation: OperationPut, Entry: entry})
}

func (w *watch[T]) delete(key string, revision uint64) {
	if _, ok := w.known[key]; !ok {
		return
	}
	delete(w.known, key)
	w.tell(Change[T]{Operation: OperationDelete, Key: key, Revision: revision})
}

// complete ends the initial entries of one watcher: what is known and was not
// among them vanished meanwhile.
func (w *watch[T]) complete(seen map[string]bool) {
	for key := range w.known {
		if !seen[key] {
			w.delete(key, 0)
		}
	}
	if !w.synced {
		w.synced = true
		w.tell(Change[T]{Operation: OperationSynced})
	}
}

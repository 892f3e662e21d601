// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"
)

// ErrNotFound: the key is not in the bucket.
var ErrNotFound = errors.New("key not found")

// ErrConflict: the key exists already (Create) or has another revision than
// expected (Update, DeleteRevision).
var ErrConflict = errors.New("key was changed by another writer")

// Bucket is a typed key-value bucket; values are protobuf messages. It is safe
// for concurrent use. Keys may hold letters, digits and "-_=/."; write any other
// text with EncodeKey.
type Bucket[T proto.Message] struct {
	bus  *Bus
	name string
}

// Entry is one key with its value. Revisions grow over the whole bucket.
type Entry[T proto.Message] struct {
	Key      string
	Value    T
	Revision uint64
}

// Get reads one key; ErrNotFound.
func (b *Bucket[T]) Get(ctx context.Context, key string) (Entry[T], error) {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	found, err := b.store().Get(ctx, key)
	if err != nil {
		return Entry[T]{}, b.failed("get", key, err)
	}
	return b.entry(found)
}

// Put writes a key whatever it holds.
func (b *Bucket[T]) Put(ctx context.Context, key string, value T) (revision uint64, err error) {
	return b.write(ctx, "put", key, value, func(ctx context.Context, data []byte) (uint64, error) {
		return b.store().Put(ctx, key, data)
	})
}

// Create writes a key that does not exist; ErrConflict.
func (b *Bucket[T]) Create(ctx context.Context, key string, value T) (revision uint64, err error) {
	return b.write(ctx, "create", key, value, func(ctx context.Context, data []byte) (uint64, error) {
		return b.store().Create(ctx, key, data)
	})
}

// Update writes a key whose revision is known; ErrConflict.
func (b *Bucket[T]) Update(ctx context.Context, key string, value T, revision uint64) (uint64, error) {
	return b.write(ctx, "update", key, value, func(ctx context.Context, data []byte) (uint64, error) {
		return b.store().Update(ctx, key, data, revision)
	})
}

// Delete removes a key; a key that does not exist is no error.
func (b *Bucket[T]) Delete(ctx context.Context, key string) error {
	return b.delete(ctx, key)
}

// DeleteRevision removes a key whose revision is known; ErrConflict.
func (b *Bucket[T]) DeleteRevision(ctx context.Context, key string, revision uint64) error {
	return b.delete(ctx, key, jetstream.LastRevision(revision))
}

// List reads all entries whose key matches a pattern (">" is all, "a.*" one
// more token), in no order.
func (b *Bucket[T]) List(ctx context.Context, pattern string) ([]Entry[T], error) {
	var entries []Entry[T]
	err := b.each(ctx, pattern, func(found jetstream.KeyValueEntry) error {
		entry, err := b.entry(found)
		if err != nil {
			return err
		}
		entries = append(entries, entry)
		return nil
	})
	return entries, err
}

// Keys reads the keys that match a pattern.
func (b *Bucket[T]) Keys(ctx context.Context, pattern string) ([]string, error) {
	var keys []string
	err := b.each(ctx, pattern, func(found jetstream.KeyValueEntry) error {
		keys = append(keys, found.Key())
		return nil
	}, jetstream.MetaOnly())
	return keys, err
}

func (b *Bucket[T]) each(ctx context.Context, pattern string, visit func(jetstream.KeyValueEntry) error, options ...jetstream.WatchOpt) error {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	watcher, err := b.store().Watch(ctx, pattern, append(options, jetstream.IgnoreDeletes())...)
	if err != nil {
		return b.failed("list", pattern, err)
	}
	defer func() { _ = watcher.Stop() }()
	for {
		select {
		case found, open := <-watcher.Updates():
			switch {
			case !open:
				return b.failed("list", pattern, errors.Join(errors.New("watch ended early"), ctx.Err()))
			case found == nil:
				return nil
			}
			if err := visit(found); err != nil {
				return err
			}
		case <-ctx.Done():
			return b.failed("list", pattern, ctx.Err())
		}
	}
}

func (b *Bucket[T]) write(ctx context.Context, verb, key string, value T, write func(context.Context, []byte) (uint64, error)) (uint64, error) {
	data, err := proto.Marshal(value)
	if err != nil {
		return 0, b.failed(verb, key, err)
	}
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	revision, err := write(ctx, data)
	if err != nil {
		return 0, b.failed(verb, key, err)
	}
	return revision, nil
}

func (b *Bucket[T]) delete(ctx context.Context, key string, options ...jetstream.KVDeleteOpt) error {
	ctx, cancel := b.bounded(ctx)
	defer cancel()
	// A purge leaves one marker and no history.
	if err := b.store().Purge(ctx, key, options...); err != nil {
		return b.failed("delete", key, err)
	}
	return nil
}

func (b *Bucket[T]) store() jetstream.KeyValue { return b.bus.current().buckets[b.name].store }

func (b *Bucket[T]) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, b.bus.options.RequestTimeout)
}

func (b *Bucket[T]) entry(found jetstream.KeyValueEntry) (Entry[T], error) {
	entry := Entry[T]{Key: found.Key(), Revision: found.Revision()}
	value := entry.Value.ProtoReflect().Type().New().Interface().(T)
	if err := proto.Unmarshal(found.Value(), value); err != nil {
		return Entry[T]{}, b.failed("decode", found.Key(), err)
	}
	entry.Value = value
	return entry, nil
}

// failed names what failed and maps conditions that callers test.
func (b *Bucket[T]) failed(verb, key string, err error) error {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound), errors.Is(err, jetstream.ErrKeyDeleted):
		err = ErrNotFound
	case errors.Is(err, jetstream.ErrKeyExists), errors.Is(err, jetstream.ErrKeyRevisionMismatch):
		err = ErrConflict
	case errors.As(err, &api) && isWrongLastSequence(api):
		err = ErrConflict
	}
	return fmt.Errorf("%s %s in bucket %s: %w", verb, key, b.name, err)
}

func isWrongLastSequence(api *jetstream.APIError) bool {
	return api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}

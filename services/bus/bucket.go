// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"
)

// ErrNotFound: the key is not in the bucket.
var ErrNotFound = errors.New("key not found")

// ErrConflict: the key exists already (Create) or has another revision than
// expected (Update, DeleteRevision).
var ErrConflict = errors.New("key was changed by another writer")

// Bucket is a typed key-value bucket; values are protobuf messages. It is safe
// for concurrent use. Keys may hold letters, digits and "-_=.": write any other
// text with EncodeKey.
type Bucket[T proto.Message] struct{ name string }

// Entry is one key with its value. Revisions grow over the whole bucket.
type Entry[T proto.Message] struct {
	Key      string
	Value    T
	Revision uint64
}

// Get reads one key; ErrNotFound.
func (b *Bucket[T]) Get(ctx context.Context, key string) (Entry[T], error) {
	return Entry[T]{}, errors.ErrUnsupported
}

// Put writes a key whatever it holds.
func (b *Bucket[T]) Put(ctx context.Context, key string, value T) (revision uint64, err error) {
	return 0, errors.ErrUnsupported
}

// Create writes a key that does not exist; ErrConflict.
func (b *Bucket[T]) Create(ctx context.Context, key string, value T) (revision uint64, err error) {
	return 0, errors.ErrUnsupported
}

// Update writes a key whose revision is known; ErrConflict.
func (b *Bucket[T]) Update(ctx context.Context, key string, value T, revision uint64) (uint64, error) {
	return 0, errors.ErrUnsupported
}

// Delete removes a key; a key that does not exist is no error.
func (b *Bucket[T]) Delete(ctx context.Context, key string) error { return errors.ErrUnsupported }

// DeleteRevision removes a key whose revision is known; ErrConflict.
func (b *Bucket[T]) DeleteRevision(ctx context.Context, key string, revision uint64) error {
	return errors.ErrUnsupported
}

// List reads all entries whose key matches a pattern (">" is all, "a.*" one
// more token), in no order.
func (b *Bucket[T]) List(ctx context.Context, pattern string) ([]Entry[T], error) {
	return nil, errors.ErrUnsupported
}

// Keys reads the keys that match a pattern.
func (b *Bucket[T]) Keys(ctx context.Context, pattern string) ([]string, error) {
	return nil, errors.ErrUnsupported
}

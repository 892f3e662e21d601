// SPDX-License-Identifier: Apache-2.0

// Package storetest owns a sessions bucket in memory for tests, with the
// revisions and conflicts of the real one. It is never part of a service.
package storetest

import (
	"context"
	"sync"

	"google.golang.org/protobuf/proto"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/csta-session/sessionstore"
)

// Bucket is a sessions bucket in memory. It is safe for concurrent use.
type Bucket struct {
	mu       sync.Mutex
	revision uint64
	entries  map[string]bus.Entry[*statev1.SessionRecord]
	watchers map[int]func(bus.Change[*statev1.SessionRecord])
	next     int
	// held are changes that watchers have not been told.
	held   []bus.Change[*statev1.SessionRecord]
	isHeld bool
}

var _ sessionstore.Bucket = (*Bucket)(nil)

// New gives an empty bucket.
func New() *Bucket {
	return &Bucket{
		entries:  make(map[string]bus.Entry[*statev1.SessionRecord]),
		watchers: make(map[int]func(bus.Change[*statev1.SessionRecord])),
	}
}

// Hold keeps changes from the watchers until Release, as a slow network does.
func (b *Bucket) Hold() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.isHeld = true
}

// Release tells the watchers what was held.
func (b *Bucket) Release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.isHeld = false
	for _, change := range b.held {
		b.tellAll(change)
	}
	b.held = nil
}

// Get implements sessionstore.Bucket.
func (b *Bucket) Get(_ context.Context, key string) (bus.Entry[*statev1.SessionRecord], error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	entry, ok := b.entries[key]
	if !ok {
		return bus.Entry[*statev1.SessionRecord]{}, bus.ErrNotFound
	}
	return entry, nil
}

// Create implements sessionstore.Bucket.
func (b *Bucket) Create(_ context.Context, key string, value *statev1.SessionRecord) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.entries[key]; ok {
		return 0, bus.ErrConflict
	}
	return b.put(key, value), nil
}

// Update implements sessionstore.Bucket.
func (b *Bucket) Update(_ context.Context, key string, value *statev1.SessionRecord, revision uint64) (uint64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.entries[key].Revision != revision {
		return 0, bus.ErrConflict
	}
	return b.put(key, value), nil
}

// DeleteRevision implements sessionstore.Bucket.
func (b *Bucket) DeleteRevision(_ context.Context, key string, revision uint64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if entry, ok := b.entries[key]; !ok || entry.Revision != revision {
		return bus.ErrConflict
	}
	b.revision++
	delete(b.entries, key)
	b.tell(bus.Change[*statev1.SessionRecord]{
		Operation: bus.OperationDelete, Key: key, Revision: b.revision,
	})
	return nil
}

// Watch implements sessionstore.Bucket; every pattern means all keys.
func (b *Bucket) Watch(ctx context.Context, _ string, tell func(bus.Change[*statev1.SessionRecord])) error {
	b.mu.Lock()
	for _, entry := range b.entries {
		tell(bus.Change[*statev1.SessionRecord]{Operation: bus.OperationPut, Entry: entry})
	}
	tell(bus.Change[*statev1.SessionRecord]{Operation: bus.OperationSynced})
	id := b.next
	b.next++
	b.watchers[id] = tell
	b.mu.Unlock()
	<-ctx.Done()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, id)
	return ctx.Err()
}

func (b *Bucket) put(key string, value *statev1.SessionRecord) uint64 {
	b.revision++
	copied, _ := proto.Clone(value).(*statev1.SessionRecord)
	b.entries[key] = bus.Entry[*statev1.SessionRecord]{Key: key, Value: copied, Revision: b.revision}
	b.tell(bus.Change[*statev1.SessionRecord]{Operation: bus.OperationPut, Entry: b.entries[key]})
	return b.revision
}

func (b *Bucket) tell(change bus.Change[*statev1.SessionRecord]) {
	if b.isHeld {
		b.held = append(b.held, change)
		return
	}
	b.tellAll(change)
}

func (b *Bucket) tellAll(change bus.Change[*statev1.SessionRecord]) {
	for _, tell := range b.watchers {
		tell(change)
	}
}

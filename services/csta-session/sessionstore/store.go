// SPDX-License-Identifier: Apache-2.0

package sessionstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// ErrNotFound: there is no such session.
var ErrNotFound = errors.New("session not found")

// ErrExists: the session exists already.
var ErrExists = errors.New("session exists")

// maxConflicts bounds how often a write is tried again because another replica
// wrote the record meanwhile.
const maxConflicts = 8

// Store is the sessions bucket in memory. It is safe for concurrent use.
// Records that it gives must not be changed.
type Store struct {
	bucket Bucket
	synced chan struct{}

	mu       sync.RWMutex
	isSynced bool
	entries  map[string]entry
	// removed holds ids that this replica deleted until the watch tells so.
	removed map[string]struct{}
	// users holds the ids of each user's sessions, targets their number.
	users   map[userKey]map[string]struct{}
	targets map[string]int
}

type entry struct {
	record *statev1.SessionRecord
	// revision of the record; zero while it is being created.
	revision uint64
}

type userKey struct{ target, user string }

// New gives an empty store; Run fills it.
func New(bucket Bucket) *Store {
	return &Store{
		bucket:  bucket,
		synced:  make(chan struct{}),
		entries: make(map[string]entry),
		removed: make(map[string]struct{}),
		users:   make(map[userKey]map[string]struct{}),
		targets: make(map[string]int),
	}
}

// Run follows the bucket until the context ends, whose error it returns.
func (s *Store) Run(ctx context.Context) error {
	if err := s.bucket.Watch(ctx, ">", s.apply); err != nil {
		return fmt.Errorf("watch sessions: %w", err)
	}
	return ctx.Err()
}

// WaitSynced returns when every record that existed has been read.
func (s *Store) WaitSynced(ctx context.Context) error {
	select {
	case <-s.synced:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Synced reports whether every record that existed has been read.
func (s *Store) Synced() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.isSynced
}

// Get finds a session, in the bucket where it is not known yet; ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (*statev1.SessionRecord, error) {
	s.mu.RLock()
	known, ok := s.entries[id]
	_, gone := s.removed[id]
	s.mu.RUnlock()
	switch {
	case ok:
		return known.record, nil
	case gone || id == "":
		return nil, ErrNotFound
	}
	read, err := s.read(ctx, id)
	if err != nil {
		return nil, err
	}
	return read.record, nil
}

// Create writes a new session. Admit decides, with no other session admitted
// by this replica meanwhile, whether it may exist; its error is returned.
func (s *Store) Create(ctx context.Context, record *statev1.SessionRecord, admit func(Counts) error) error {
	id := record.GetSessionId()
	s.mu.Lock()
	if _, ok := s.entries[id]; ok {
		s.mu.Unlock()
		return ErrExists
	}
	if err := admit(s.counts(record.GetTarget(), record.GetUser())); err != nil {
		s.mu.Unlock()
		return err
	}
	s.put(id, entry{record: record})
	s.mu.Unlock()

	revision, err := s.bucket.Create(ctx, id, record)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		if known, ok := s.entries[id]; ok && known.revision == 0 {
			s.drop(id)
		}
		if errors.Is(err, bus.ErrConflict) {
			return ErrExists
		}
		return fmt.Errorf("create session: %w", err)
	}
	if _, gone := s.removed[id]; !gone && s.entries[id].revision < revision {
		s.put(id, entry{record: record, revision: revision})
	}
	return nil
}

// Update changes a session by compare and set: change gets a copy, which it may
// be given more than once, and reports whether there is anything to write.
func (s *Store) Update(ctx context.Context, id string, change func(*statev1.SessionRecord) bool) (*statev1.SessionRecord, error) {
	current, err := s.lookup(ctx, id)
	if err != nil {
		return nil, err
	}
	for range maxConflicts {
		changed, ok := proto.Clone(current.record).(*statev1.SessionRecord)
		if !ok {
			return nil, fmt.Errorf("update session: record is a %T", current.record)
		}
		if !change(changed) {
			return current.record, nil
		}
		revision, err := s.bucket.Update(ctx, id, changed, current.revision)
		if err == nil {
			s.mu.Lock()
			if _, gone := s.removed[id]; !gone {
				if known, ok := s.entries[id]; ok && known.revision < revision {
					s.put(id, entry{record: changed, revision: revision})
				}
			}
			s.mu.Unlock()
			return changed, nil
		}
		if !errors.Is(err, bus.ErrConflict) {
			return nil, fmt.Errorf("update session: %w", err)
		}
		if current, err = s.read(ctx, id); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("update session: %w", bus.ErrConflict)
}

// Remove deletes a session while still agrees, which may be asked more than
// once. Of all replicas that remove it, exactly one gets the record with true.
func (s *Store) Remove(ctx context.Context, id string, still func(*statev1.SessionRecord) bool) (*statev1.SessionRecord, bool, error) {
	current, err := s.lookup(ctx, id)
	for range maxConflicts {
		if errors.Is(err, ErrNotFound) {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		if !still(current.record) {
			return current.record, false, nil
		}
		err = s.delete(ctx, id, current.revision)
		if err == nil {
			return current.record, true, nil
		}
		if !errors.Is(err, bus.ErrConflict) {
			return nil, false, fmt.Errorf("delete session: %w", err)
		}
		current, err = s.read(ctx, id)
	}
	return nil, false, fmt.Errorf("delete session: %w", bus.ErrConflict)
}

func (s *Store) delete(ctx context.Context, id string, revision uint64) error {
	s.mu.Lock()
	s.removed[id] = struct{}{}
	s.mu.Unlock()
	err := s.bucket.DeleteRevision(ctx, id, revision)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		delete(s.removed, id)
		return err
	}
	s.drop(id)
	return nil
}

// lookup finds an entry that has a revision.
func (s *Store) lookup(ctx context.Context, id string) (entry, error) {
	s.mu.RLock()
	known, ok := s.entries[id]
	_, gone := s.removed[id]
	s.mu.RUnlock()
	if gone || id == "" {
		return entry{}, ErrNotFound
	}
	if ok && known.revision != 0 {
		return known, nil
	}
	return s.read(ctx, id)
}

// read takes a record from the bucket into memory.
func (s *Store) read(ctx context.Context, id string) (entry, error) {
	stored, err := s.bucket.Get(ctx, id)
	if errors.Is(err, bus.ErrNotFound) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(id)
		return entry{}, ErrNotFound
	}
	if err != nil {
		return entry{}, fmt.Errorf("read session: %w", err)
	}
	fresh := entry{record: stored.Value, revision: stored.Revision}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, gone := s.removed[id]; gone {
		return entry{}, ErrNotFound
	}
	if known, ok := s.entries[id]; ok && known.revision > fresh.revision {
		return known, nil
	}
	s.put(id, fresh)
	return fresh, nil
}

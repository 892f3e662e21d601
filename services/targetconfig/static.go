// SPDX-License-Identifier: Apache-2.0

package targetconfig

import "sync"

// Static is a Source that changes only by Set, for tests and tools. The zero
// value holds an empty snapshot.
type Static struct {
	mu          sync.Mutex
	snapshot    *Snapshot
	subscribers subscribers
}

var _ Source = (*Static)(nil)

// NewStatic gives a source that holds a snapshot.
func NewStatic(snapshot *Snapshot) *Static { return &Static{snapshot: snapshot} }

// Set replaces the snapshot and tells the subscribers.
func (s *Static) Set(snapshot *Snapshot) {
	s.mu.Lock()
	before := s.current()
	s.snapshot = snapshot
	s.mu.Unlock()
	s.subscribers.tell(before, snapshot)
}

// Snapshot implements Source.
func (s *Static) Snapshot() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current()
}

func (s *Static) current() *Snapshot {
	if s.snapshot == nil {
		s.snapshot = &Snapshot{}
	}
	return s.snapshot
}

// Subscribe implements Source.
func (s *Static) Subscribe(changed func(before, after *Snapshot)) (unsubscribe func()) {
	return s.subscribers.add(changed)
}

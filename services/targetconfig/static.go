// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"sync"
	"sync/atomic"
)

// Static is a Source that changes only by Set, for tests and tools. The zero
// value holds an empty snapshot.
type Static struct {
	setting     sync.Mutex
	snapshot    atomic.Pointer[Snapshot]
	subscribers subscribers
}

var _ Source = (*Static)(nil)

// NewStatic gives a source that holds a snapshot.
func NewStatic(snapshot *Snapshot) *Static {
	s := &Static{}
	s.snapshot.Store(snapshot)
	return s
}

// Set replaces the snapshot and tells the subscribers before it returns.
func (s *Static) Set(snapshot *Snapshot) {
	s.setting.Lock()
	defer s.setting.Unlock()
	before := s.snapshot.Swap(snapshot)
	if before == nil {
		before = &Snapshot{}
	}
	s.subscribers.tell(before, snapshot)
}

// Snapshot implements Source.
func (s *Static) Snapshot() *Snapshot {
	if snapshot := s.snapshot.Load(); snapshot != nil {
		return snapshot
	}
	return &Snapshot{}
}

// Subscribe implements Source.
func (s *Static) Subscribe(changed func(before, after *Snapshot)) (unsubscribe func()) {
	return s.subscribers.add(changed)
}

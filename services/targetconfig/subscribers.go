// SPDX-License-Identifier: Apache-2.0

package targetconfig

import "sync"

// subscribers is a set of functions called one change at a time, in the order
// in which they subscribed.
type subscribers struct {
	telling sync.Mutex

	mu   sync.Mutex
	next int
	list []subscriber
}

type subscriber struct {
	id      int
	changed func(before, after *Snapshot)
}

func (s *subscribers) add(changed func(before, after *Snapshot)) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next
	s.next++
	s.list = append(s.list, subscriber{id: id, changed: changed})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, entry := range s.list {
			if entry.id == id {
				s.list = append(s.list[:i:i], s.list[i+1:]...)
				return
			}
		}
	}
}

func (s *subscribers) tell(before, after *Snapshot) {
	s.telling.Lock()
	defer s.telling.Unlock()
	s.mu.Lock()
	list := append([]subscriber(nil), s.list...)
	s.mu.Unlock()
	for _, entry := range list {
		entry.changed(before, after)
	}
}

// SPDX-License-Identifier: Apache-2.0

package sessionstore

import (
	"slices"
	"strings"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// Counts are the sessions that exist where one more wants to be.
type Counts struct {
	Target, User int
}

// All are the known sessions, by id.
func (s *Store) All() []*statev1.SessionRecord {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]*statev1.SessionRecord, 0, len(s.entries))
	for _, known := range s.entries {
		all = append(all, known.record)
	}
	slices.SortFunc(all, byID)
	return all
}

// OfUser are the known sessions of a user in a target, by id.
func (s *Store) OfUser(target, user string) []*statev1.SessionRecord {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var of []*statev1.SessionRecord
	for id := range s.users[userKey{target, user}] {
		of = append(of, s.entries[id].record)
	}
	slices.SortFunc(of, byID)
	return of
}

// WithPrefix are the ids that begin with a text, at most two.
func (s *Store) WithPrefix(prefix string) []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, ok := s.entries[prefix]; ok {
		return []string{prefix}
	}
	var ids []string
	for id := range s.entries {
		if strings.HasPrefix(id, prefix) {
			if ids = append(ids, id); len(ids) == 2 {
				break
			}
		}
	}
	return ids
}

// Len is the number of known sessions.
func (s *Store) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.entries)
}

func byID(a, b *statev1.SessionRecord) int {
	return strings.Compare(a.GetSessionId(), b.GetSessionId())
}

// apply takes one step of the watch. A write of this replica that the watch
// has not told yet stays.
func (s *Store) apply(change bus.Change[*statev1.SessionRecord]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch change.Operation {
	case bus.OperationPut:
		if _, gone := s.removed[change.Key]; gone {
			return
		}
		if known, ok := s.entries[change.Key]; ok && known.revision > change.Revision {
			return
		}
		s.put(change.Key, entry{record: change.Value, revision: change.Revision})
	case bus.OperationDelete:
		delete(s.removed, change.Key)
		s.drop(change.Key)
	case bus.OperationSynced:
		if !s.isSynced {
			s.isSynced = true
			close(s.synced)
		}
	}
}

func (s *Store) counts(target, user string) Counts {
	return Counts{Target: s.targets[target], User: len(s.users[userKey{target, user}])}
}

func (s *Store) put(id string, fresh entry) {
	s.drop(id)
	s.entries[id] = fresh
	key := userKey{fresh.record.GetTarget(), fresh.record.GetUser()}
	if s.users[key] == nil {
		s.users[key] = make(map[string]struct{})
	}
	s.users[key][id] = struct{}{}
	s.targets[key.target]++
}

func (s *Store) drop(id string) {
	known, ok := s.entries[id]
	if !ok {
		return
	}
	delete(s.entries, id)
	key := userKey{known.record.GetTarget(), known.record.GetUser()}
	if delete(s.users[key], id); len(s.users[key]) == 0 {
		delete(s.users, key)
	}
	if s.targets[key.target]--; s.targets[key.target] == 0 {
		delete(s.targets, key.target)
	}
}

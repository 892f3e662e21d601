// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// monitorChanged takes one step of the watch of monitors.
func (s *Server) monitorChanged(change bus.Change[*statev1.MonitorRecord]) {
	s.index.Lock()
	defer s.index.Unlock()
	switch change.Operation {
	case bus.OperationPut:
		if _, removed := s.index.removed[change.Key]; removed {
			return
		}
		record := change.Value
		known := s.index.get(record.GetSessionId(), record.GetMonitorCrossRefId())
		if known != nil && known.revision >= change.Revision {
			return
		}
		m, again := keepCall(known, newMonitor(record, change.Revision))
		switch {
		case known != nil:
			m.from, m.loaded = known.from, known.loaded
		case !s.loaded.Load():
			m.loaded = true
		}
		s.index.put(m, s.options.Partition.Mine)
		if again {
			s.storeLater(m)
		}
	case bus.OperationDelete:
		delete(s.index.removed, change.Key)
		s.index.removeKey(change.Key)
	case bus.OperationSynced:
		if !s.loaded.Swap(true) {
			close(s.monitorsSynced)
		}
	}
}

// sessionChanged takes one step of the watch of sessions: events follow a
// dialog to its new edge, and a session that ended takes its monitors along.
func (s *Server) sessionChanged(change bus.Change[*statev1.SessionRecord]) {
	switch change.Operation {
	case bus.OperationPut:
		s.index.Lock()
		behind := s.index.setEdge(change.Key, change.Value.GetEdge(), true)
		s.index.Unlock()
		if behind {
			s.partitionChanged()
		}
	case bus.OperationDelete:
		s.index.Lock()
		delete(s.index.places, change.Key)
		known := s.index.sessions[change.Key]
		mine := known != nil && known.mine
		s.index.Unlock()
		if mine {
			s.dropLater(change.Key)
		}
	case bus.OperationSynced:
		select {
		case <-s.sessionsSynced:
		default:
			close(s.sessionsSynced)
		}
	}
}

// dropLater has the monitors of a session deleted in the background.
func (s *Server) dropLater(sessionID string) {
	select {
	case s.gone <- sessionID:
	default:
	}
}

func (s *Server) deleteGone(ctx context.Context) error {
	for {
		select {
		case id := <-s.gone:
			s.dropSession(ctx, id)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) dropSession(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, s.options.DeliverTimeout)
	defer cancel()
	if err := s.endSession(ctx, id); err != nil {
		s.log.Warn("delete monitors of ended session", "session_id", id, "error", err)
	}
}

// sweep finds monitors whose session is gone without anybody having told.
func (s *Server) sweep(ctx context.Context) error {
	if err := s.waitLoaded(ctx); err != nil {
		return err
	}
	ticker := time.NewTicker(s.options.SweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.findOrphans()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) findOrphans() {
	s.index.Lock()
	defer s.index.Unlock()
	for id, session := range s.index.sessions {
		if s.index.places[id].recorded || !session.mine {
			session.orphaned = 0
			continue
		}
		if session.orphaned++; session.orphaned >= 2 {
			s.dropLater(id)
		}
	}
}

// partitionChanged wakes followPartition, which looks for sessions that are behind
// too.
func (s *Server) partitionChanged() {
	select {
	case s.repartition <- struct{}{}:
	default:
	}
}

// followPartition takes over and lets go sessions as replicas come and go, and has
// those that are behind catch up.
func (s *Server) followPartition(ctx context.Context) error {
	if err := s.waitLoaded(ctx); err != nil {
		return err
	}
	for {
		select {
		case <-s.repartition:
			s.takeOver()
			s.catchUp()
			s.tellUnsure()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) takeOver() {
	s.index.Lock()
	defer s.index.Unlock()
	for id, session := range s.index.sessions {
		mine := s.options.Partition.Mine(id)
		session.behind = mine && (session.behind || !session.mine)
		session.mine = mine
	}
}

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
			m.from = known.from
		case !s.loaded.Load():
			// Only new events are read, so that all of them count; numbers may
			// have begun anew since.
			m.from = 0
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
		s.index.setEdge(change.Key, change.Value.GetEdge(), true)
		missed := s.index.takeMissed(change.Key)
		s.index.Unlock()
		if missed {
			s.tellLost([]string{change.Key})
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

// partitionChanged wakes followPartition.
func (s *Server) partitionChanged() {
	select {
	case s.repartition <- struct{}{}:
	default:
	}
}

// followPartition takes over and lets go sessions as replicas come and go. A
// session that is taken over may have lost events on the way.
func (s *Server) followPartition(ctx context.Context) error {
	if err := s.waitLoaded(ctx); err != nil {
		return err
	}
	for {
		select {
		case <-s.repartition:
			s.tellLost(s.takeOver())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) takeOver() (taken []string) {
	s.index.Lock()
	defer s.index.Unlock()
	for id, session := range s.index.sessions {
		mine := s.options.Partition.Mine(id)
		if mine && !session.mine {
			taken = append(taken, id)
		}
		session.mine = mine
	}
	return taken
}

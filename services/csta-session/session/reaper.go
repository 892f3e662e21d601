// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
)

// reap ends sessions whose time is over and whose edge did not end them. Every
// replica does; the bucket lets one of them win.
func (s *Server) reap(ctx context.Context) error {
	if err := s.store.WaitSynced(ctx); err != nil {
		return err
	}
	ticker := time.NewTicker(s.options.ReapInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.reapExpired(ctx)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) reapExpired(ctx context.Context) {
	for _, record := range s.store.All() {
		if !s.isOver(record) {
			continue
		}
		if _, err := s.end(ctx, record.GetSessionId(), sessionv1.EndReason_END_REASON_EXPIRED, s.isOver); err != nil {
			s.log.Warn("end expired session", "session_id", record.GetSessionId(), "error", err)
			return
		}
	}
}

func (s *Server) isOver(record *statev1.SessionRecord) bool {
	expires := record.GetExpires()
	return expires != nil && s.options.Now().After(expires.AsTime().Add(s.options.ReapGrace))
}

// probe asks the edge whether the client of an older session is still there,
// and ends the session where it is not.
func (s *Server) probe(ctx context.Context, record *statev1.SessionRecord) {
	asking, cancel := context.WithTimeout(ctx, s.options.ProbeTimeout)
	defer cancel()
	id := record.GetSessionId()
	answer, err := s.options.Clients.Edge(record.GetEdge()).ProbeDialog(asking, &edgev1.ProbeDialogRequest{SessionId: id})
	if err == nil && answer.GetAlive() || err != nil && status.Code(err) != codes.NotFound {
		return
	}
	sameDialog := func(now *statev1.SessionRecord) bool {
		return now.GetEdge() == record.GetEdge() && now.GetCallId() == record.GetCallId()
	}
	if _, err := s.end(ctx, id, sessionv1.EndReason_END_REASON_SUPERSEDED, sameDialog); err != nil {
		s.log.Warn("end superseded session", "session_id", id, "error", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/csta"
)

// minPrefix is the fewest characters of a session id that ClearSession takes
// for the whole.
const minPrefix = 4

// ListSessions implements SessionServiceServer. The number of monitors is left
// out where no monitor replica answers.
func (s *Server) ListSessions(ctx context.Context, request *sessionv1.ListSessionsRequest) (*sessionv1.ListSessionsResponse, error) {
	monitors := s.countMonitors(ctx)
	response := &sessionv1.ListSessionsResponse{}
	for _, record := range s.store.All() {
		if request.GetTarget() != "" && request.GetTarget() != record.GetTarget() {
			continue
		}
		response.Sessions = append(response.Sessions, &sessionv1.Session{
			SessionId: record.GetSessionId(),
			User:      record.GetUser(),
			Target:    record.GetTarget(),
			Line:      record.GetLine(),
			LineText:  record.GetLineText(),
			Edge:      record.GetEdge(),
			Peer:      record.GetPeer(),
			UserAgent: record.GetUserAgent(),
			Edition:   csta.Edition(record.GetEdition()).String(),
			Opened:    record.GetOpened(),
			Expires:   record.GetExpires(),
			Monitors:  monitors[record.GetSessionId()],
		})
	}
	return response, nil
}

// countMonitors asks any monitor replica, as each knows all monitors.
func (s *Server) countMonitors(ctx context.Context) map[string]uint32 {
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	list, err := s.options.Clients.Monitor("").ListMonitors(ctx, &monitorv1.ListMonitorsRequest{})
	if err != nil {
		s.log.Warn("list monitors", "error", err)
		return nil
	}
	counts := make(map[string]uint32)
	for _, monitor := range list.GetMonitors() {
		counts[monitor.GetSessionId()]++
	}
	return counts
}

// ClearSession implements SessionServiceServer. The id may be cut after at
// least four characters while it fits one session only.
func (s *Server) ClearSession(ctx context.Context, request *sessionv1.ClearSessionRequest) (*sessionv1.ClearSessionResponse, error) {
	id := request.GetSessionId()
	if len(id) < minPrefix {
		return nil, status.Errorf(codes.InvalidArgument, "give at least %d characters of the session id", minPrefix)
	}
	switch ids := s.store.WithPrefix(id); len(ids) {
	case 1:
		id = ids[0]
	case 2:
		return nil, status.Errorf(codes.InvalidArgument, "session id %s fits more than one session", id)
	}
	cleared, err := s.end(ctx, id, sessionv1.EndReason_END_REASON_CLEARED, always)
	if err != nil {
		return nil, unavailable(err)
	}
	if !cleared {
		return nil, status.Errorf(codes.NotFound, "session %s not found", id)
	}
	return &sessionv1.ClearSessionResponse{}, nil
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
)

// EndSession implements SessionServiceServer. A session that has ended already
// is no error.
func (s *Server) EndSession(ctx context.Context, request *sessionv1.EndSessionRequest) (*sessionv1.EndSessionResponse, error) {
	record, removed, err := s.store.Remove(ctx, request.GetSessionId(), always)
	if err != nil {
		return nil, unavailable(err)
	}
	if removed {
		s.ended(record, request.GetReason())
		s.endMonitors(ctx, record.GetSessionId())
		s.endRouteing(ctx, record)
	}
	return &sessionv1.EndSessionResponse{}, nil
}

// end ends a session from this side: monitors and dialog follow in the
// background. It reports whether this call ended it.
func (s *Server) end(ctx context.Context, id string, reason sessionv1.EndReason, still func(*statev1.SessionRecord) bool) (bool, error) {
	record, removed, err := s.store.Remove(ctx, id, still)
	if err != nil || !removed {
		return false, err
	}
	s.ended(record, reason)
	s.tasks.add(func(ctx context.Context) {
		s.endMonitors(ctx, id)
		s.endRouteing(ctx, record)
		s.endDialog(ctx, record, reason)
	})
	return true, nil
}

func always(*statev1.SessionRecord) bool { return true }

// ended tells log and metrics.
func (s *Server) ended(record *statev1.SessionRecord, reason sessionv1.EndReason) {
	s.metrics.ended.WithLabelValues(reasonWord(reason)).Inc()
	s.log.Info("session ended",
		"session_id", record.GetSessionId(), "user", record.GetUser(), "target", record.GetTarget(),
		"line", record.GetLine(), "edge", record.GetEdge(), "reason", reasonWord(reason))
}

// endMonitors drops the monitors of a session. Where that fails, the monitor
// service finds out itself that the session is gone.
func (s *Server) endMonitors(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	if _, err := s.options.Clients.Monitor(id).EndSession(ctx, &monitorv1.EndSessionRequest{SessionId: id}); err != nil {
		s.log.Warn("end monitors", "session_id", id, "error", err)
	}
}

// endRouteing cancels the session's registrations to route calls, if it ever
// had any. Where that fails, phone-control finds out when it has a call to
// route.
func (s *Server) endRouteing(ctx context.Context, record *statev1.SessionRecord) {
	if !record.GetRoutes() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	_, err := s.options.Clients.PhoneControl(record.GetTarget()).RouteRegisterCancel(ctx, &phonecontrolv1.RouteRegisterCancelRequest{
		Target: record.GetTarget(), SessionId: record.GetSessionId(),
	})
	if err != nil {
		s.log.Warn("cancel route registrations", "session_id", record.GetSessionId(), "error", err)
	}
}

// endDialog makes the edge send BYE. An edge that is gone or does not hold the
// dialog any more is no fault.
func (s *Server) endDialog(ctx context.Context, record *statev1.SessionRecord, reason sessionv1.EndReason) {
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	_, err := s.options.Clients.Edge(record.GetEdge()).EndDialog(ctx, &edgev1.EndDialogRequest{
		SessionId: record.GetSessionId(), Reason: reasonWord(reason),
	})
	switch status.Code(err) {
	case codes.OK, codes.NotFound, codes.Unavailable:
	default:
		s.log.Warn("end dialog", "session_id", record.GetSessionId(), "edge", record.GetEdge(), "error", err)
	}
}

// reasonWord is an EndReason as logs, metrics and Reason headers write it.
func reasonWord(reason sessionv1.EndReason) string {
	return strings.ToLower(strings.TrimPrefix(reason.String(), "END_REASON_"))
}

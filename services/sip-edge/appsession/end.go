// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/sipstack"
)

// HandleDialogEnd implements sipstack.DialogHandler. It tells csta-session why
// the session ended, unless that asked for it, or the dialog lives on at
// another edge.
func (s *session) HandleDialogEnd(_ *sipstack.Dialog, cause sipstack.DialogEnd) {
	s.stop()
	if !s.m.remove(s) {
		if edge := s.left(); edge != "" && cause == sipstack.EndByeReceived {
			s.endedElsewhere(edge)
		}
		return
	}
	s.m.metrics.ends.WithLabelValues(causeLabel(cause)).Inc()
	if cause == sipstack.EndEndpointClose {
		return
	}
	if cause != sipstack.EndByeReceived && s.m.movedAway(s.id) {
		return
	}
	s.m.deleteRecord(s.id)
	s.mu.Lock()
	reason, told := s.endReason, s.toldElsewhere
	s.mu.Unlock()
	if told {
		return
	}
	if reason == sessionv1.EndReason_END_REASON_UNSPECIFIED {
		reason = endReason(cause)
	}
	s.m.endSession(s.id, reason)
}

// endedElsewhere tells of a BYE that came here although another edge holds the
// dialog.
func (s *session) endedElsewhere(edge string) {
	ctx, cancel := s.m.lastingContext(s.m.limits.OpenTimeout)
	defer cancel()
	if _, err := s.m.options.Edges.Edge(edge).EndDialog(ctx, &edgev1.EndDialogRequest{SessionId: s.id, Reason: "the application has ended the session"}); err != nil {
		s.m.log.Debug("end dialog at another edge", "session_id", s.id, "edge", edge, "error", err)
	}
	s.m.deleteRecord(s.id)
	s.m.endSession(s.id, sessionv1.EndReason_END_REASON_BYE)
}

func (m *Manager) endSession(id string, reason sessionv1.EndReason) {
	ctx, cancel := m.lastingContext(m.limits.OpenTimeout)
	defer cancel()
	_, err := m.service(id).EndSession(ctx, &sessionv1.EndSessionRequest{SessionId: id, Reason: reason})
	if err != nil && status.Code(err) != codes.NotFound {
		// The session runs out by its own timer in csta-session.
		m.log.Warn("end session", "session_id", id, "reason", reason.String(), "error", err)
	}
}

// bye ends the dialog for a reason of the edge's own.
func (s *session) bye(reason sessionv1.EndReason, text string) {
	s.mu.Lock()
	s.endReason = reason
	s.mu.Unlock()
	s.sendBye(text)
}

// gone ends the dialog of a session that csta-session knows no more.
func (s *session) gone() {
	s.mu.Lock()
	s.toldElsewhere = true
	s.mu.Unlock()
	s.sendBye("the CSTA session has ended")
}

func (s *session) sendBye(text string) {
	s.mu.Lock()
	s.byeWaits, s.byeReason = true, text
	s.mu.Unlock()
	d := s.dialog.Load()
	if d == nil { // setDialog sends it
		return
	}
	s.stop()
	if err := d.Bye(sipstack.NewHeader("Reason", reasonValue(text))); err != nil {
		s.m.log.Debug("send BYE", "session_id", s.id, "error", err)
	}
}

// reasonValue is a Reason header (RFC 3326): text that has the header's form
// is taken as it is.
func reasonValue(text string) string {
	if protocol, _, found := strings.Cut(text, ";"); found && (protocol == "SIP" || protocol == "Q.850") && strings.Contains(text, "cause=") {
		return strings.Map(dropControl, text)
	}
	quoted := strings.NewReplacer(`"`, "'", `\`, "'").Replace(strings.Map(dropControl, text))
	return `SIP;cause=480;text="` + quoted + `"`
}

func dropControl(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

func endReason(cause sipstack.DialogEnd) sessionv1.EndReason {
	switch cause {
	case sipstack.EndByeReceived:
		return sessionv1.EndReason_END_REASON_BYE
	case sipstack.EndTimerExpired:
		return sessionv1.EndReason_END_REASON_EXPIRED
	default:
		return sessionv1.EndReason_END_REASON_PEER_LOST
	}
}

func causeLabel(cause sipstack.DialogEnd) string {
	switch cause {
	case sipstack.EndByeReceived:
		return "bye_received"
	case sipstack.EndByeSent:
		return "bye_sent"
	case sipstack.EndTimerExpired:
		return "timer_expired"
	case sipstack.EndPeerLost:
		return "peer_lost"
	case sipstack.EndRejected:
		return "rejected"
	case sipstack.EndEndpointClose:
		return "endpoint_closed"
	default:
		return "other"
	}
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/csta-session/sessionstore"
	"offhook.dev/services/targetconfig"
)

// OpenSession implements SessionServiceServer.
func (s *Server) OpenSession(ctx context.Context, request *sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
	response, err := s.open(ctx, request)
	code := status.Code(err)
	s.metrics.opened.WithLabelValues(code.String()).Inc()
	if err != nil {
		s.log.Info("session refused",
			"session_id", request.GetSessionId(), "user", request.GetUser(), "target", request.GetTarget(),
			"to", request.GetTo(), "peer", request.GetPeer(), "code", code.String(), "error", status.Convert(err).Message())
	}
	return response, err
}

func (s *Server) open(ctx context.Context, request *sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
	if request.GetSessionId() == "" || request.GetEdge() == "" {
		return nil, status.Error(codes.InvalidArgument, "session id and edge are required")
	}
	document, err := readSystemStatusRequest(request.GetBody())
	if err != nil {
		return nil, err
	}
	target, found := s.findTarget(request)
	if !found {
		return nil, status.Errorf(codes.NotFound, "no target for %s", request.GetTo())
	}
	user, _ := target.User(request.GetUser())
	if user == nil {
		return nil, status.Errorf(codes.PermissionDenied, "user %s has no right in target %s", request.GetUser(), target.Name)
	}
	line, text, fromBody := findLine(target, document, request)
	if line == nil && (fromBody || !namesManagerOf(user, request)) {
		return nil, status.Errorf(codes.NotFound, "no line %s in target %s", text, target.Name)
	}
	if rights := rightsOn(user, line); line != nil && !rights.Monitor && !rights.Control {
		return nil, status.Errorf(codes.PermissionDenied, "user %s may neither monitor nor control line %s", user.GetUser(), line.GetNumber())
	}
	if s.draining.Load() || target.Config.GetDrain() {
		return nil, status.Errorf(codes.Unavailable, "target %s takes no new sessions", target.Name)
	}
	record := s.newRecord(request, target, line, text, fromBody, document.Edition)
	if err := s.admit(ctx, record, target, user); err != nil {
		return nil, err
	}
	expires, minSE := s.timers(target)
	return &sessionv1.OpenSessionResponse{
		Body:                  systemStatusNormal(document.Edition),
		SessionExpiresSeconds: seconds(expires),
		MinSeSeconds:          seconds(minSE),
		MessagesLostBody:      messagesLost(document.Edition),
	}, nil
}

// newRecord is the record of a session. One of a session manager that names
// itself in To has no line of its own: line is nil.
func (s *Server) newRecord(request *sessionv1.OpenSessionRequest, target *targetconfig.Target, line *targetconfig.Line, text string, fromBody bool, edition csta.Edition) *statev1.SessionRecord {
	now := s.options.Now()
	expires, _ := s.timers(target)
	record := &statev1.SessionRecord{
		SessionId: request.GetSessionId(),
		User:      request.GetUser(),
		Target:    target.Name,
		Edition:   uint32(edition),
		Edge:      request.GetEdge(),
		CallId:    request.GetCallId(),
		Contact:   request.GetContact(),
		Peer:      request.GetPeer(),
		UserAgent: request.GetUserAgent(),
		Instance:  request.GetInstance(),
		Opened:    timestamppb.New(now),
		Expires:   timestamppb.New(now.Add(expires)),
	}
	if line == nil {
		return record
	}
	record.Line, record.LineText = line.GetNumber(), text
	if fromBody {
		record.DeviceTexts = map[string]string{line.GetNumber(): text}
	}
	return record
}

// admit writes the record within the limits. Older sessions of the same client
// instance end at once; other sessions of the user on the line are probed.
func (s *Server) admit(ctx context.Context, record *statev1.SessionRecord, target *targetconfig.Target, user *targetconfig.User) error {
	var superseded, others []*statev1.SessionRecord
	for _, older := range s.store.OfUser(record.GetTarget(), record.GetUser()) {
		switch {
		case older.GetLine() != record.GetLine() || older.GetSessionId() == record.GetSessionId():
		case sameInstance(older, record):
			superseded = append(superseded, older)
		default:
			others = append(others, older)
		}
	}
	maxTarget, maxUser := s.options.MaxTargetSessions, s.options.MaxUserSessions
	setPositive(&maxTarget, target.Config.GetLimits().GetSessions())
	setPositive(&maxUser, user.GetMaxSessions())
	err := s.store.Create(ctx, record, func(counts sessionstore.Counts) error {
		switch {
		case counts.User-len(superseded) >= maxUser:
			return status.Errorf(codes.ResourceExhausted, "user %s holds %d sessions already", record.GetUser(), counts.User)
		case counts.Target-len(superseded) >= maxTarget:
			return status.Errorf(codes.ResourceExhausted, "target %s holds %d sessions already", record.GetTarget(), counts.Target)
		}
		return nil
	})
	if errors.Is(err, sessionstore.ErrExists) {
		return s.repeated(ctx, record)
	}
	if _, refused := status.FromError(err); err != nil && refused {
		return err
	}
	if err != nil {
		return unavailable(err)
	}
	s.log.Info("session opened",
		"session_id", record.GetSessionId(), "user", record.GetUser(), "target", record.GetTarget(),
		"line", record.GetLine(), "edge", record.GetEdge(), "peer", record.GetPeer(),
		"user_agent", record.GetUserAgent(), "edition", csta.Edition(record.GetEdition()).String())
	for _, older := range superseded {
		if _, err := s.end(ctx, older.GetSessionId(), sessionv1.EndReason_END_REASON_SUPERSEDED, always); err != nil {
			s.log.Warn("end superseded session", "session_id", older.GetSessionId(), "error", err)
		}
	}
	for _, older := range others {
		if !s.probed.due(older.GetSessionId(), s.options.Now(), s.options.ProbeInterval) {
			continue
		}
		s.tasks.add(func(ctx context.Context) { s.probe(ctx, older) })
	}
	return nil
}

// repeated answers a request to open a session that exists: the edge asked
// again after it lost the answer, or two edges chose one id.
func (s *Server) repeated(ctx context.Context, record *statev1.SessionRecord) error {
	known, err := s.store.Get(ctx, record.GetSessionId())
	if err != nil {
		return unavailable(err)
	}
	if known.GetEdge() == record.GetEdge() && known.GetCallId() == record.GetCallId() && known.GetUser() == record.GetUser() {
		return nil
	}
	return status.Errorf(codes.AlreadyExists, "session %s exists", record.GetSessionId())
}

// sameInstance reports whether two sessions are of one client instance: by the
// instance where both tell one, else by Contact.
func sameInstance(a, b *statev1.SessionRecord) bool {
	if a.GetInstance() != "" && b.GetInstance() != "" {
		return a.GetInstance() == b.GetInstance()
	}
	return a.GetContact() != "" && a.GetContact() == b.GetContact()
}

// timers are Session-Expires and Min-SE of a target.
func (s *Server) timers(target *targetconfig.Target) (expires, minSE time.Duration) {
	expires, minSE = s.options.SessionExpires, s.options.MinSE
	setDuration(&expires, target.Config.GetCsta().GetSessionExpires())
	setDuration(&minSE, target.Config.GetCsta().GetMinSe())
	return max(expires, minSE), minSE
}

func setDuration(field *time.Duration, configured *durationpb.Duration) {
	if d := configured.AsDuration(); d > 0 {
		*field = d
	}
}

func setPositive(field *int, configured uint32) {
	if configured > 0 {
		*field = int(configured)
	}
}

func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }

// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"bytes"
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	"offhook.dev/services/sip-edge/eventqueue"
)

// Service is the edge's gRPC service.
type Service struct {
	edgev1.UnimplementedEdgeServiceServer
	manager *Manager
}

var _ edgev1.EdgeServiceServer = (*Service)(nil)

// NewService serves the sessions of a manager.
func NewService(m *Manager) *Service { return &Service{manager: m} }

// Deliver queues one event for many sessions. It never waits for a client.
func (s *Service) Deliver(_ context.Context, req *edgev1.DeliverRequest) (*edgev1.DeliverResponse, error) {
	res := &edgev1.DeliverResponse{}
	var head, tail []byte
	repeated := 0
	for _, recipient := range req.GetRecipients() {
		session, ok := s.manager.find(recipient.GetSessionId())
		if !ok {
			res.UnknownSessions = append(res.UnknownSessions, recipient.GetSessionId())
			continue
		}
		if head == nil {
			// The request's bytes are the caller's; these are shared by all.
			head, tail = bytes.Clone(req.GetHead()), bytes.Clone(req.GetTail())
		}
		event := eventqueue.Event{Head: head, CrossRef: recipient.GetMonitorCrossRefId(), Tail: tail}
		dropped := 0
		switch session.delivered.take(req, event.CrossRef, func() (taken bool) {
			dropped, taken = session.pump.Deliver(event)
			return taken
		}) {
		case eventRefused: // it left a moment ago
			res.UnknownSessions = append(res.UnknownSessions, recipient.GetSessionId())
		case eventDoubtful:
			session.pump.Resume(nil, true)
			repeated++
		case eventRepeated:
			repeated++
		case eventTaken:
			if dropped > 0 {
				res.OverflowedSessions = append(res.OverflowedSessions, recipient.GetSessionId())
			}
		}
	}
	if repeated > 0 {
		s.manager.metrics.events.WithLabelValues("repeated").Add(float64(repeated))
	}
	if n := len(res.UnknownSessions); n > 0 {
		s.manager.metrics.events.WithLabelValues("unknown_session").Add(float64(n))
	}
	return res, nil
}

// EndDialog sends BYE.
func (s *Service) EndDialog(_ context.Context, req *edgev1.EndDialogRequest) (*edgev1.EndDialogResponse, error) {
	session, ok := s.manager.find(req.GetSessionId())
	if !ok {
		return nil, status.Error(codes.NotFound, "this edge does not hold the session")
	}
	session.mu.Lock()
	session.toldElsewhere = true
	session.mu.Unlock()
	session.sendBye(req.GetReason())
	return &edgev1.EndDialogResponse{}, nil
}

// ProbeDialog asks the client with an in-dialog OPTIONS whether it is there.
// It waits until ctx ends at most. A client whose INVITE is being answered is
// there.
func (s *Service) ProbeDialog(ctx context.Context, req *edgev1.ProbeDialogRequest) (*edgev1.ProbeDialogResponse, error) {
	if s.manager.isOpening(req.GetSessionId()) { // asked before find: it is there until the session can be found
		return &edgev1.ProbeDialogResponse{Alive: true}, nil
	}
	session, ok := s.manager.find(req.GetSessionId())
	if !ok {
		return nil, status.Error(codes.NotFound, "this edge does not hold the session")
	}
	return &edgev1.ProbeDialogResponse{Alive: session.alive(ctx)}, nil
}

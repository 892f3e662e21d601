// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/directory"
	"offhook.dev/services/sip-edge/eventqueue"
	"offhook.dev/services/sipstack"
)

// Edges gives the other edges; *directory.Directory does.
type Edges interface {
	Edge(edgeID string) edgev1.EdgeServiceClient
	Pick(service, key string) (*statev1.Replica, bool)
	Replicas(service string) []*statev1.Replica
}

// Bounds of a hand-over.
const (
	// leavingAtOnce is how many sessions are left at a time.
	leavingAtOnce = 64
	// leavePatience bounds the wait for what is under way with one application.
	leavePatience = 5 * time.Second
	// yieldTimeout bounds the question for one dialog.
	yieldTimeout = 2*time.Second + leavePatience
)

// errNoEdge tells that there is no other edge.
var errNoEdge = errors.New("no other edge is live")

// LeaveAll hands every session to another edge: what is under way with its
// application ends first. This edge goes on answering requests of these sessions;
// their events come from the other one. It returns how many were handed over.
func (m *Manager) LeaveAll(ctx context.Context) (int, error) {
	var leaving errgroup.Group
	leaving.SetLimit(leavingAtOnce)
	var mu sync.Mutex
	left, failed := 0, map[string]int{}
	for _, s := range m.all() {
		leaving.Go(func() error {
			err := s.leaveToNext(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed[err.Error()]++
				return nil
			}
			left++
			return nil
		})
	}
	_ = leaving.Wait()
	var faults []error
	for text, n := range failed {
		faults = append(faults, fmt.Errorf("%d sessions are not handed over: %s", n, text))
	}
	return left, errors.Join(faults...)
}

// leaveToNext hands the session to the edge that is to have it.
func (s *session) leaveToNext(ctx context.Context) error {
	m := s.m
	if m.options.Edges == nil {
		return errNoEdge
	}
	next, ok := m.options.Edges.Pick(directory.SIPEdge, s.id)
	if !ok || next.GetDraining() || next.GetId() == m.edge {
		m.metrics.left.WithLabelValues("no_edge").Inc()
		return errNoEdge
	}
	dialog, left, ok := s.leave(ctx, next.GetId())
	if !ok {
		return nil // it has ended, or another edge has it
	}
	defer left()
	answer, err := m.options.Edges.Edge(next.GetId()).TakeOver(ctx, &edgev1.TakeOverRequest{Dialogs: []*edgev1.LeftDialog{dialog}})
	if err == nil && len(answer.GetSessionIds()) == 0 {
		err = errors.New("the other edge did not take it")
	}
	if err != nil {
		// The record is exact: who gets the next request goes on from there.
		m.metrics.left.WithLabelValues("not_taken").Inc()
		m.writeRecord(dialog.GetRecord())
		return fmt.Errorf("hand over to %s: %w", next.GetId(), err)
	}
	m.metrics.left.WithLabelValues("left").Inc()
	return nil
}

// leave takes the session from this edge; false: it is not here any more. The
// dialog stays, to answer requests. Who asks for it meanwhile waits until left is
// called.
func (s *session) leave(ctx context.Context, edge string) (dialog *edgev1.LeftDialog, left func(), ok bool) {
	d := s.dialog.Load()
	s.mu.Lock()
	if d == nil || s.stopped || s.leftTo != "" {
		s.mu.Unlock()
		return nil, nil, false
	}
	s.leftTo = edge
	if s.probe != nil {
		s.probe.Stop()
	}
	left = s.m.departs(s.id, edge)
	s.mu.Unlock()
	waiting, cancel := context.WithTimeout(ctx, leavePatience)
	events, lost := s.pump.Leave(waiting)
	cancel()
	if !s.m.remove(s) {
		left()
		return nil, nil, false
	}
	record := s.m.recordOf(s, d)
	record.Edge = edge
	dialog = &edgev1.LeftDialog{Record: record, Lost: lost}
	for _, e := range events {
		dialog.Events = append(dialog.Events, &edgev1.WaitingEvent{Head: e.Head, MonitorCrossRefId: e.CrossRef, Tail: e.Tail})
	}
	dialog.Last, dialog.Complete = s.delivered.save()
	return dialog, left, true
}

// TakeOver implements EdgeServiceServer.
func (s *Service) TakeOver(_ context.Context, req *edgev1.TakeOverRequest) (*edgev1.TakeOverResponse, error) {
	answer := &edgev1.TakeOverResponse{}
	if s.manager.draining.Load() {
		return answer, nil
	}
	for _, left := range req.GetDialogs() {
		flow, _ := readFlow(left.GetRecord().GetFlow())
		if _, err := s.manager.resume(left, flow); err != nil {
			s.manager.log.Warn("take session over", "session_id", left.GetRecord().GetSessionId(), "error", err)
			continue
		}
		answer.SessionIds = append(answer.SessionIds, left.GetRecord().GetSessionId())
	}
	return answer, nil
}

// Yield implements EdgeServiceServer.
func (s *Service) Yield(ctx context.Context, req *edgev1.YieldRequest) (*edgev1.YieldResponse, error) {
	m := s.manager
	if session, ok := m.find(req.GetSessionId()); ok {
		if dialog, left, ok := session.leave(ctx, req.GetEdge()); ok {
			left()
			m.metrics.left.WithLabelValues("yielded").Inc()
			return &edgev1.YieldResponse{Dialog: dialog}, nil
		}
	}
	if edge := m.departedTo(ctx, req.GetSessionId()); edge != "" {
		return &edgev1.YieldResponse{LeftTo: edge}, nil
	}
	return nil, status.Error(codes.NotFound, "this edge does not hold the session")
}

// resume goes on with a dialog that another edge has left in good order.
func (m *Manager) resume(left *edgev1.LeftDialog, flow sipstack.Flow) (*session, error) {
	record := left.GetRecord()
	if held, ok := m.find(record.GetSessionId()); ok {
		return held, nil
	}
	record.LocalCseq -= cseqJump // it is exact
	s, err := m.restoreWith(record, flow, func(s *session) {
		s.delivered.resume(left.GetLast(), left.GetComplete())
		events := make([]eventqueue.Event, len(left.GetEvents()))
		for i, e := range left.GetEvents() {
			events[i] = eventqueue.Event{Head: e.GetHead(), CrossRef: e.GetMonitorCrossRefId(), Tail: e.GetTail()}
		}
		s.pump.Resume(events, left.GetLost())
	})
	if err != nil {
		return nil, err
	}
	m.metrics.takeovers.WithLabelValues("handed_over").Inc()
	if !s.adopt() {
		return nil, errors.New("the session has ended")
	}
	m.putRecord(s, s.dialog.Load())
	s.armProbe()
	return s, nil
}

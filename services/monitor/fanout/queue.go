// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
)

const (
	// attempts is how often a delivery is tried at an edge that is not there.
	attempts = 3
	// maxNoticeDelay bounds the doubling wait between attempts to tell an edge
	// that is not there of lost events.
	maxNoticeDelay = 30 * time.Second
)

// queue holds the deliveries for one edge in order.
type queue struct {
	senders *senders
	server  *Server
	edge    string
	wake    chan struct{}

	mu    sync.Mutex
	items []*edgev1.DeliverRequest
	first int
	// replayed counts those of items that are given again: they come on top of
	// what may wait.
	replayed int
	// lost are sessions to be told of lost events when the queue is empty.
	lost map[string]struct{}

	// failing and noticeDelay belong to the goroutine: an edge that failed is
	// tried once per delivery until it answers.
	failing     bool
	noticeDelay time.Duration
}

func newQueue(x *senders, edge string) *queue {
	return &queue{senders: x, server: x.server, edge: edge, wake: make(chan struct{}, 1), lost: make(map[string]struct{})}
}

// push adds a delivery and gives the oldest one back when the queue was full.
func (q *queue) push(request *edgev1.DeliverRequest) (oldest *edgev1.DeliverRequest) {
	q.mu.Lock()
	if len(q.items)-q.first-q.replayed >= q.server.options.MaxQueue && !request.GetReplayed() {
		oldest = q.takeFirst()
	}
	if request.GetReplayed() {
		q.replayed++
	}
	if q.first > 0 && q.first*2 >= len(q.items) {
		kept := copy(q.items, q.items[q.first:])
		clear(q.items[kept:])
		q.items, q.first = q.items[:kept], 0
	}
	q.items = append(q.items, request)
	q.mu.Unlock()
	q.poke()
	return oldest
}

func (q *queue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) pop() *edgev1.DeliverRequest {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.first == len(q.items) {
		return nil
	}
	request := q.takeFirst()
	if q.first == len(q.items) {
		q.items, q.first = q.items[:0], 0
	}
	return request
}

// takeFirst takes the oldest delivery; q.mu is held.
func (q *queue) takeFirst() *edgev1.DeliverRequest {
	request := q.items[q.first]
	q.items[q.first] = nil
	q.first++
	if request.GetReplayed() {
		q.replayed--
	}
	return request
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.first == len(q.items) && len(q.lost) == 0
}

// run delivers in order until the context ends or the edge was idle for long.
func (q *queue) run(ctx context.Context) {
	idle := time.NewTimer(q.server.options.EdgeIdle)
	defer idle.Stop()
	var retry <-chan time.Time
	for {
		if request := q.pop(); request != nil {
			q.deliver(ctx, request)
			q.senders.done()
			idle.Reset(q.server.options.EdgeIdle)
			continue
		}
		if retry == nil || !q.failing {
			retry = q.tellLost(ctx)
		}
		select {
		case <-q.wake:
		case <-retry:
			retry = nil
		case <-idle.C:
			if q.senders.retire(q) {
				return
			}
			idle.Reset(q.server.options.EdgeIdle)
		case <-ctx.Done():
			return
		}
	}
}

// deliver hands one delivery over, or loses it.
func (q *queue) deliver(ctx context.Context, request *edgev1.DeliverRequest) {
	client := q.server.options.Clients.Edge(q.edge)
	delay := q.server.options.RetryDelay
	for attempt := 1; ; attempt++ {
		bounded, cancel := context.WithTimeout(ctx, q.server.options.DeliverTimeout)
		response, err := client.Deliver(bounded, request)
		cancel()
		if err == nil {
			q.failing, q.noticeDelay = false, 0
			q.delivered(request, response)
			return
		}
		if status.Code(err) != codes.Unavailable || q.failing || attempt == attempts || ctx.Err() != nil {
			q.failed(ctx, request, err)
			return
		}
		select {
		case <-time.After(delay):
			delay *= 2
		case <-ctx.Done():
		}
	}
}

func (q *queue) failed(ctx context.Context, request *edgev1.DeliverRequest, err error) {
	if !q.failing && ctx.Err() == nil {
		q.server.log.Warn("deliver events", "edge", q.edge, "error", err)
	}
	q.failing = true
	q.lose(request, lostUnreachable)
}

func (q *queue) delivered(request *edgev1.DeliverRequest, response *edgev1.DeliverResponse) {
	s := q.server
	reached := len(request.GetRecipients()) - len(response.GetUnknownSessions()) - len(response.GetOverflowedSessions())
	s.metrics.deliveries.Add(float64(max(reached, 0)))
	if lost := response.GetOverflowedSessions(); len(lost) > 0 {
		s.metrics.lost.WithLabelValues(lostOverflowed).Add(float64(len(lost)))
		s.countDropped(request, lost)
	}
	if unknown := response.GetUnknownSessions(); len(unknown) > 0 {
		s.metrics.lost.WithLabelValues(lostNoSession).Add(float64(len(unknown)))
		s.countDropped(request, unknown)
		s.missed(unknown, q.edge)
	}
}

// lose counts a delivery that is lost and notes its sessions to be told. Those
// whose dialogs have gone to another edge are given it again there.
func (q *queue) lose(request *edgev1.DeliverRequest, reason string) {
	var ids []string
	q.server.index.Lock()
	for _, recipient := range request.GetRecipients() {
		id := recipient.GetSessionId()
		if session := q.server.index.sessions[id]; reason == lostQueueFull || session == nil || session.edge == q.edge {
			ids = append(ids, id)
		}
	}
	q.server.index.Unlock()
	q.server.metrics.lost.WithLabelValues(reason).Add(float64(len(ids)))
	q.server.countDropped(request, ids)
	q.mu.Lock()
	for _, id := range ids {
		q.lost[id] = struct{}{}
	}
	q.mu.Unlock()
	q.poke()
}

// tellLost tells sessions of what they lost. Where the edge is not there, the
// channel says when to try again.
func (q *queue) tellLost(ctx context.Context) <-chan time.Time {
	q.mu.Lock()
	if len(q.lost) == 0 {
		q.mu.Unlock()
		return nil
	}
	ids := make([]string, 0, len(q.lost))
	for id := range q.lost {
		ids = append(ids, id)
	}
	clear(q.lost)
	q.mu.Unlock()
	for _, notice := range q.server.lostNotices(ids) {
		if notice.edge != q.edge {
			q.senders.push(notice.edge, notice.request).lose()
			continue
		}
		q.deliver(ctx, notice.request)
	}
	if !q.failing {
		return nil
	}
	q.noticeDelay = min(max(2*q.noticeDelay, q.server.options.RetryDelay), maxNoticeDelay)
	return time.After(q.noticeDelay)
}

// missed notes sessions that an edge does not hold. A session whose record is
// gone takes its monitors along; one whose record says that its dialog is
// there is between two edges, or its edge began anew.
func (s *Server) missed(sessionIDs []string, edge string) {
	s.index.Lock()
	defer s.index.Unlock()
	for _, id := range sessionIDs {
		session := s.index.sessions[id]
		if session == nil || session.edge != edge {
			continue
		}
		if !s.index.places[id].recorded {
			s.dropLater(id)
			continue
		}
		session.missed = true
	}
}

// countDropped counts a lost event at its monitors; only, if not nil, limits
// it to some sessions.
func (s *Server) countDropped(request *edgev1.DeliverRequest, only []string) {
	var some map[string]bool
	if only != nil {
		some = make(map[string]bool, len(only))
		for _, id := range only {
			some[id] = true
		}
	}
	s.index.Lock()
	defer s.index.Unlock()
	for _, recipient := range request.GetRecipients() {
		if some != nil && !some[recipient.GetSessionId()] {
			continue
		}
		if m := s.index.get(recipient.GetSessionId(), recipient.GetMonitorCrossRefId()); m != nil {
			m.counters.dropped.Add(1)
		}
	}
}

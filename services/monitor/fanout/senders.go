// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
)

// senders hold one ordered queue per edge, each worked off by one goroutine, so
// that a slow edge delays no other.
type senders struct {
	server *Server

	mu     sync.Mutex
	ctx    context.Context
	group  *errgroup.Group
	queues map[string]*queue
	// pending counts deliveries that wait or are under way; idle is closed
	// while there are none.
	pending int
	idle    chan struct{}
}

func newSenders(server *Server) *senders {
	idle := make(chan struct{})
	close(idle)
	return &senders{server: server, queues: make(map[string]*queue), idle: idle}
}

// begin lets queues run in a group until the context ends.
func (x *senders) begin(ctx context.Context, group *errgroup.Group) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ctx, x.group = ctx, group
	for _, q := range x.queues {
		x.start(q)
	}
}

// dropped is a delivery that a full queue gave up.
type dropped struct {
	queue   *queue
	request *edgev1.DeliverRequest
}

// push queues a delivery and never waits. When the queue is full the oldest
// delivery gives way; the caller loses it, without the index's lock.
func (x *senders) push(edge string, request *edgev1.DeliverRequest) dropped {
	x.mu.Lock()
	defer x.mu.Unlock()
	q := x.queueOf(edge)
	if x.pending++; x.pending == 1 {
		x.idle = make(chan struct{})
	}
	oldest := q.push(request)
	if oldest != nil {
		x.doneLocked()
	}
	return dropped{q, oldest}
}

// lose loses what a full queue gave up. The index must not be locked.
func (d dropped) lose() {
	if d.request != nil {
		d.queue.lose(d.request, lostQueueFull)
	}
}

// queueOf wants the lock held.
func (x *senders) queueOf(edge string) *queue {
	q := x.queues[edge]
	if q == nil {
		q = newQueue(x, edge)
		x.queues[edge] = q
		x.start(q)
	}
	return q
}

func (x *senders) start(q *queue) {
	if x.group == nil || x.ctx.Err() != nil {
		return
	}
	ctx := x.ctx
	x.group.Go(func() error {
		q.run(ctx)
		return nil
	})
}

// retire takes a queue away that has nothing to do and reports whether it did.
func (x *senders) retire(q *queue) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !q.empty() {
		return false
	}
	delete(x.queues, q.edge)
	return true
}

func (x *senders) done() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.doneLocked()
}

func (x *senders) doneLocked() {
	if x.pending--; x.pending == 0 {
		close(x.idle)
	}
}

// wait returns when nothing waits or is under way.
func (x *senders) wait(ctx context.Context) error {
	x.mu.Lock()
	idle := x.idle
	x.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *senders) waiting() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.pending
}

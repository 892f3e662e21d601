// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"math"
	"sync"
	"time"
)

// timer is one entry of a timerQueue, embedded in what it belongs to.
type timer struct {
	owner timerOwner
	when  int64 // nanoseconds since the queue began; stopped: never
	slot  int32 // place in the heap plus one; 0: not in it
	kind  uint8
}

// timerOwner is called on the queue's goroutine and must not block. It asks
// timerQueue.fired, under its own lock, whether the timer still counts.
type timerOwner interface{ onTimer(t *timer) }

const never = math.MaxInt64

// timerQueue runs all timers of an endpoint on one goroutine: a heap with four
// children a node.
type timerQueue struct {
	start time.Time
	mu    sync.Mutex
	heap  []*timer
	wake  chan struct{}
}

func newTimerQueue() *timerQueue {
	return &timerQueue{start: time.Now(), wake: make(chan struct{}, 1)}
}

func (q *timerQueue) now() int64 { return int64(time.Since(q.start)) }

// arm starts t, or moves it where it is running.
func (q *timerQueue) arm(t *timer, owner timerOwner, kind uint8, d time.Duration) {
	when := q.now() + int64(d)
	q.mu.Lock()
	t.owner, t.kind, t.when = owner, kind, when
	if t.slot == 0 {
		q.heap = append(q.heap, t)
		t.slot = int32(len(q.heap))
		q.up(len(q.heap) - 1)
	} else {
		q.up(int(t.slot) - 1)
		q.down(int(t.slot) - 1)
	}
	first := q.heap[0] == t
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// stop takes t out. A call of onTimer under way sees fired false.
func (q *timerQueue) stop(t *timer) {
	q.mu.Lock()
	t.when = never
	if t.slot != 0 {
		q.remove(int(t.slot) - 1)
	}
	q.mu.Unlock()
}

// fired tells whether t ran out and was neither armed again nor stopped since.
// It is true once.
func (q *timerQueue) fired(t *timer) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.slot != 0 || t.when == never {
		return false
	}
	t.when = never
	return true
}

func (q *timerQueue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.heap)
}

// run fires timers until ctx ends.
func (q *timerQueue) run(ctx context.Context) {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	type dueTimer struct {
		t     *timer
		owner timerOwner
	}
	var due []dueTimer
	for {
		wait := time.Hour
		now := q.now()
		q.mu.Lock()
		for len(q.heap) > 0 && len(due) < 256 {
			first := q.heap[0]
			if first.when > now {
				wait = time.Duration(first.when - now)
				break
			}
			q.remove(0)
			due = append(due, dueTimer{first, first.owner})
		}
		q.mu.Unlock()
		if len(due) > 0 {
			for i, d := range due {
				d.owner.onTimer(d.t)
				due[i] = dueTimer{}
			}
			due = due[:0]
			if ctx.Err() != nil {
				return
			}
			continue
		}
		clock.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-clock.C:
		}
	}
}

func (q *timerQueue) remove(i int) {
	last := len(q.heap) - 1
	q.heap[i].slot = 0
	moved := q.heap[last]
	q.heap[last] = nil
	q.heap = q.heap[:last]
	if i == last {
		if cap(q.heap) > 4096 && len(q.heap) < cap(q.heap)/8 {
			q.heap = append(make([]*timer, 0, cap(q.heap)/4), q.heap...)
		}
		return
	}
	q.heap[i] = moved
	moved.slot = int32(i + 1)
	q.up(i)
	q.down(int(moved.slot) - 1)
}

func (q *timerQueue) up(i int) {
	t := q.heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		if q.heap[parent].when <= t.when {
			break
		}
		q.heap[i] = q.heap[parent]
		q.heap[i].slot = int32(i + 1)
		i = parent
	}
	q.heap[i] = t
	t.slot = int32(i + 1)
}

func (q *timerQueue) down(i int) {
	t := q.heap[i]
	for {
		child := 4*i + 1
		if child >= len(q.heap) {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, len(q.heap)); c++ {
			if q.heap[c].when < q.heap[least].when {
				least = c
			}
		}
		if q.heap[least].when >= t.when {
			break
		}
		q.heap[i] = q.heap[least]
		q.heap[i].slot = int32(i + 1)
		i = least
	}
	q.heap[i] = t
	t.slot = int32(i + 1)
}

// SPDX-License-Identifier: Apache-2.0

package control

import "sync"

// workClass says how a queue treats work when it is long.
type workClass uint8

const (
	// newWork starts something: a service, a new call. It is refused first.
	newWork workClass = iota
	// furtherWork is a phone's request within a call that is up. It is refused
	// only when the queue is four times as long.
	furtherWork
	// dueWork ends or completes something already begun: a response, an ACK,
	// the end of a dialog, a timer. It is never refused; each piece belongs to
	// a transaction or timer that was admitted, which bounds it.
	dueWork
)

// queue holds the work of one target's goroutine. It is safe for concurrent
// use; put never blocks, so that any goroutine may call it, that of the target
// included.
type queue struct {
	limit int
	ready chan struct{}

	mu     sync.Mutex
	items  []func()
	held   bool
	closed bool
}

func newQueue(limit int) *queue {
	return &queue{limit: limit, ready: make(chan struct{}, 1)}
}

// put adds work and reports whether it was taken.
func (q *queue) put(class workClass, work func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	switch {
	case class == newWork && (q.held || len(q.items) >= q.limit),
		class == furtherWork && len(q.items) >= 4*q.limit:
		return false
	}
	q.items = append(q.items, work)
	if len(q.items) == 1 {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
	return true
}

// take gives all waiting work in order, reusing the given slice's memory for
// what comes next.
func (q *queue) take(spare []func()) []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	items := q.items
	q.items = spare[:0]
	return items
}

// len is how much work waits.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// hold refuses new work from now on.
func (q *queue) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.held = true
}

// holds tells whether new work is refused whatever waits.
func (q *queue) holds() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.held || q.closed
}

// closeWhereEmpty refuses all further work, unless some waits, and reports
// whether it does.
func (q *queue) closeWhereEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = q.closed || len(q.items) == 0
	return q.closed
}

// close refuses all further work and gives back what waits.
func (q *queue) close() []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	items := q.items
	q.items = nil
	return items
}

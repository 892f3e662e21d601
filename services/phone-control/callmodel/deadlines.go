// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"container/heap"
	"time"
)

// deadline is when a connection needs attention: the end of its state by time
// or of its pending service, whichever comes first.
type deadline struct {
	at    time.Time
	index int // in the heap; -1: none
}

// NextDeadline is when a Tick is due at the latest.
func (m *Model) NextDeadline() (time.Time, bool) {
	if len(m.deadlines) == 0 {
		return time.Time{}, false
	}
	return m.deadlines[0].deadline.at, true
}

// startTimer bounds the state of a connection.
func (m *Model) startTimer(n *connection, after time.Duration) {
	n.until = m.now.Add(after)
	m.schedule(n)
}

// stopTimer lets the state of a connection last.
func (m *Model) stopTimer(n *connection) {
	n.until = time.Time{}
	m.schedule(n)
}

// await makes a service wait for the phone, within the service time-out.
func (m *Model) await(n *connection, request RequestID) {
	n.pending = &pending{request: request, until: m.now.Add(m.options.ServiceTimeout)}
	m.schedule(n)
}

// settle ends the waiting of a service, whose reply is the caller's business.
func (m *Model) settle(n *connection) *pending {
	settled := n.pending
	n.pending = nil
	m.schedule(n)
	return settled
}

// fail ends the pending service of a connection with an error.
func (m *Model) fail(n *connection, err *Error) {
	m.reply(m.settle(n).request, n.id, err)
}

// schedule brings a connection's place among the deadlines up to date.
func (m *Model) schedule(n *connection) {
	at := n.until
	if n.pending != nil && (at.IsZero() || n.pending.until.Before(at)) {
		at = n.pending.until
	}
	n.deadline.at = at
	switch {
	case at.IsZero() && n.deadline.index < 0:
	case at.IsZero():
		heap.Remove(&m.deadlines, n.deadline.index)
	case n.deadline.index < 0:
		heap.Push(&m.deadlines, n)
	default:
		heap.Fix(&m.deadlines, n.deadline.index)
	}
}

// expire does what is due by time.
func (m *Model) expire() {
	for len(m.deadlines) > 0 && !m.deadlines[0].deadline.at.After(m.now) {
		n := m.deadlines[0]
		if n.pending != nil && !n.pending.until.After(m.now) {
			m.fail(n, refuse(systemResource, "resourceBusy", "the phone did not obey in time"))
			continue
		}
		m.stopTimer(n)
		switch {
		case n.call.failed != "":
			m.release(n, n.call.failed)
		case n.state == Initiated:
			m.release(n, CauseCallNotAnswered)
		default:
			m.do(Release{Connection: n.id, Cause: CauseCallNotAnswered})
			m.calledFailed(n, CauseCallNotAnswered)
		}
	}
}

type deadlines []*connection

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].deadline.at.Before(d[j].deadline.at) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].deadline.index, d[j].deadline.index = i, j
}

// Push implements heap.Interface.
func (d *deadlines) Push(x any) {
	n, ok := x.(*connection)
	if !ok {
		return
	}
	n.deadline.index = len(*d)
	*d = append(*d, n)
}

// Pop implements heap.Interface.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	n := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	n.deadline.index = -1
	return n
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"container/heap"
	"time"
)

// timer is one thing that waits for the time. What it belongs to is the one
// that is set of the pointers.
type timer struct {
	at    time.Time
	index int // in the heap, from 1; 0: none
	kind  timerKind

	connection *connection
	pending    *pending
	callBack   *callBack
}

type timerKind uint8

const (
	stateEnds timerKind = iota
	answersItself
	serviceEnds
	callBackEnds
)

// NextDeadline is when a Tick is due at the latest.
func (m *Model) NextDeadline() (time.Time, bool) {
	if len(m.deadlines) == 0 {
		return time.Time{}, false
	}
	return m.deadlines[0].at, true
}

// start sets a timer, or sets it anew.
func (m *Model) start(t *timer, after time.Duration) {
	t.at = m.now.Add(max(after, 1))
	if t.index == 0 {
		heap.Push(&m.deadlines, t)
		return
	}
	heap.Fix(&m.deadlines, t.index-1)
}

func (m *Model) stop(t *timer) {
	if t.index != 0 {
		heap.Remove(&m.deadlines, t.index-1)
	}
}

// startTimer bounds the state of a connection.
func (m *Model) startTimer(n *connection, after time.Duration) { m.start(&n.until, after) }

// stopTimers lets the state of a connection last.
func (m *Model) stopTimers(n *connection) {
	m.stop(&n.until)
	m.stop(&n.autoAnswer)
}

// expire does what is due by time.
func (m *Model) expire() {
	for len(m.deadlines) > 0 && !m.deadlines[0].at.After(m.now) {
		t := m.deadlines[0]
		m.stop(t)
		switch t.kind {
		case stateEnds:
			m.stateEnded(t.connection)
		case answersItself:
			if t.connection.leg != nil && t.connection.pending == nil {
				m.do(Answer{Leg: t.connection.leg.id})
			}
		case serviceEnds:
			m.timedOut(t.pending)
		case callBackEnds:
			m.dropCallBack(t.callBack)
		}
		m.settle()
	}
}

// stateEnded ends what a connection waited for in its state.
func (m *Model) stateEnded(n *connection) {
	c := n.call
	switch {
	case c.failed != "":
		m.leave(n, c.failed, c.failed)
	case n.state == Initiated && n.leg.state == legUp && c.dialled != "":
		m.originate(n) // no more digits come
	case n.state == Initiated:
		m.leave(n, CauseCallNotAnswered, CauseCallNotAnswered)
	case n.role == routeing:
		m.routeTimedOut(n)
	case n.role == parked:
		m.recall(n)
	default:
		m.notAnswered(n)
	}
}

type deadlines []*timer

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].index, d[j].index = i+1, j+1
}

// Push implements heap.Interface.
func (d *deadlines) Push(x any) {
	t, ok := x.(*timer)
	if !ok {
		return
	}
	*d = append(*d, t)
	t.index = len(*d)
}

// Pop implements heap.Interface.
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	t := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	t.index = 0
	return t
}

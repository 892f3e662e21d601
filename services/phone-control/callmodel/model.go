// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"container/heap"
	"strconv"
	"time"
)

// Options of a model.
type Options struct {
	// Prefix begins every call id; it must differ between owners and restarts
	// of the same target.
	Prefix string
	// ServiceTimeout bounds how long Answer, Hold and Retrieve wait for the
	// phone; 8 s where zero.
	ServiceTimeout time.Duration
}

// Model holds the calls of one target. It is not safe for concurrent use.
type Model struct {
	options Options
	config  SetLines
	lines   map[DeviceID]*line
	calls   map[CallID]*call
	counter uint64
	// deadlines of connections, the next first.
	deadlines deadlines
	out       []Output
	now       time.Time
	ignored   uint64
}

// line is a directory number with its connections.
type line struct {
	Line
	inService   bool
	connections []*connection
}

// call is two connections and what both sides know of it.
type call struct {
	id             CallID
	calling        DeviceID
	called         DeviceID
	correlatorData []byte
	userData       []byte
	made           bool // by MakeCall, not by hand
	// connections: the caller's first. None is null but a called one whose
	// phone does not ring yet.
	connections []*connection
}

type connection struct {
	id       ConnectionID
	call     *call
	state    State
	caller   bool
	deadline deadline
	// ringUntil is when a called connection stops ringing, while AnswerCall has
	// the deadline.
	ringUntil time.Time
	pending   *pending
	// line is nil for a device that is no line of the target any more.
	line *line
}

// pending is a service that waits for the phone.
type pending struct {
	request RequestID
	want    State
}

// New makes an empty model. SetLines gives it its lines.
func New(options Options) *Model {
	if options.ServiceTimeout == 0 {
		options.ServiceTimeout = 8 * time.Second
	}
	return &Model{options: options, lines: make(map[DeviceID]*line), calls: make(map[CallID]*call)}
}

// Step takes one input and gives what is to be done, in order. The slice is
// valid until the next Step. Time may stand still but not go back.
func (m *Model) Step(input Input, now time.Time) []Output {
	clear(m.out)
	m.out, m.now = m.out[:0], now
	m.expire()
	switch input := input.(type) {
	case MakeCall:
		m.makeCall(input)
	case AnswerCall:
		m.answerCall(input)
	case ClearConnection:
		m.clearConnection(input)
	case HoldCall:
		m.holdCall(input)
	case RetrieveCall:
		m.retrieveCall(input)
	case Dialled:
		m.dialled(input)
	case LegRinging:
		m.legRinging(input)
	case LegAnswered:
		m.legAnswered(input)
	case LegEnded:
		m.legEnded(input)
	case LegHeld:
		m.legHeld(input)
	case LegRetrieved:
		m.legRetrieved(input)
	case CommandFailed:
		m.commandFailed(input)
	case ServiceChanged:
		m.serviceChanged(input)
	case SetLines:
		m.setLines(input)
	case Tick:
	}
	return m.out
}

// NextDeadline is when a Tick is due at the latest.
func (m *Model) NextDeadline() (time.Time, bool) {
	if len(m.deadlines) == 0 {
		return time.Time{}, false
	}
	return m.deadlines[0].deadline.at, true
}

// Calls is the number of calls that are up or being set up.
func (m *Model) Calls() int { return len(m.calls) }

// Ignored counts indications for connections that were gone already.
func (m *Model) Ignored() uint64 { return m.ignored }

func (m *Model) do(output Output) { m.out = append(m.out, output) }

func (m *Model) reply(request RequestID, connection ConnectionID, err *Error) {
	m.do(Reply{Request: request, Connection: connection, Error: err})
}

func (m *Model) newCall(calling, called DeviceID) *call {
	m.counter++
	c := &call{
		id:      CallID(m.options.Prefix + strconv.FormatUint(m.counter, 16)),
		calling: calling, called: called,
	}
	m.calls[c.id] = c
	return c
}

func (m *Model) connect(c *call, device DeviceID, state State, caller bool) *connection {
	n := &connection{id: ConnectionID{Call: c.id, Device: device}, call: c, state: state, caller: caller, line: m.lines[device]}
	n.deadline.index = -1
	c.connections = append(c.connections, n)
	if n.line != nil {
		n.line.connections = append(n.line.connections, n)
	}
	return n
}

// find gives the connection of that id, or nil and counts.
func (m *Model) find(id ConnectionID) *connection {
	if c, ok := m.calls[id.Call]; ok {
		for _, n := range c.connections {
			if n.id.Device == id.Device {
				return n
			}
		}
	}
	m.ignored++
	return nil
}

// other is the connection at the far end, or nil.
func (n *connection) other() *connection {
	for _, other := range n.call.connections {
		if other != n {
			return other
		}
	}
	return nil
}

// remove takes a connection out of its call and its line.
func (m *Model) remove(n *connection) {
	m.stopTimer(n)
	if n.pending != nil {
		m.reply(n.pending.request, n.id, refuse(stateIncompatibility, "invalidConnectionState", "the connection was cleared meanwhile"))
		n.pending = nil
	}
	n.call.connections = without(n.call.connections, n)
	if n.line != nil {
		n.line.connections = without(n.line.connections, n)
	}
	n.state = Null
}

func without(list []*connection, n *connection) []*connection {
	for i, entry := range list {
		if entry == n {
			last := len(list) - 1
			copy(list[i:], list[i+1:])
			list[last] = nil
			return list[:last]
		}
	}
	return list
}

// deadline is when a connection's state, or its pending service, ends by time.
type deadline struct {
	at    time.Time
	index int // in the heap; -1: none
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

func (m *Model) startTimer(n *connection, after time.Duration) {
	m.stopTimer(n)
	n.deadline.at = m.now.Add(after)
	heap.Push(&m.deadlines, n)
}

func (m *Model) stopTimer(n *connection) {
	if n.deadline.index >= 0 {
		heap.Remove(&m.deadlines, n.deadline.index)
	}
}

// expire does what is due by time.
func (m *Model) expire() {
	for len(m.deadlines) > 0 && !m.deadlines[0].deadline.at.After(m.now) {
		n := m.deadlines[0]
		m.stopTimer(n)
		switch {
		case n.pending != nil && (n.state != Alerting || n.ringUntil.After(m.now)):
			m.fail(n, refuse(systemResource, "resourceBusy", "the phone did not obey in time"))
			m.ringOn(n)
		case n.state == Initiated:
			m.do(Release{Connection: n.id, Cause: CauseCallNotAnswered})
			m.clearCall(n, CauseCallNotAnswered, CauseCallNotAnswered)
		case n.state == Alerting || n.state == Null:
			m.do(Release{Connection: n.id, Cause: CauseCallNotAnswered})
			m.calledFailed(n, CauseCallNotAnswered)
		}
	}
}

// ringOn gives the deadline of an alerting connection back to its ringing time.
func (m *Model) ringOn(n *connection) {
	if n.state == Alerting {
		m.startTimer(n, n.ringUntil.Sub(m.now))
	}
}

// fail ends the pending service of a connection with an error.
func (m *Model) fail(n *connection, err *Error) {
	m.reply(n.pending.request, n.id, err)
	n.pending = nil
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"strconv"
	"time"
)

// Defaults of Options.
const (
	defaultServiceTimeout = 8 * time.Second
	defaultFailedTime     = 2 * time.Second
)

// Options of a model.
type Options struct {
	// Prefix begins every call id; it must differ between owners and restarts
	// of the same target.
	Prefix string
	// ServiceTimeout bounds how long AnswerCall, HoldCall and RetrieveCall wait
	// for the phone; 8 s where zero.
	ServiceTimeout time.Duration
	// FailedTime is how long the caller of a MakeCall that failed stays in the
	// call, before the server ends it; 2 s where zero, not at all where
	// negative. A call dialled by hand ends with the refusal of its INVITE.
	FailedTime time.Duration
}

// Model holds the calls of one target. It is not safe for concurrent use.
type Model struct {
	options Options
	config  SetLines
	lines   map[DeviceID]*line
	calls   map[CallID]*call
	counter uint64
	// deadlines are the connections that wait for the time, the next first.
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

// call is the connections of a call and what all sides know of it.
type call struct {
	id             CallID
	calling        DeviceID
	called         DeviceID
	correlatorData []byte
	userData       []byte
	made           bool // by MakeCall, not by hand
	// failed is why the call could not be completed, while its caller is in it
	// still.
	failed Cause
	// unrung: failed without any phone of the called party having rung.
	unrung bool
	// connections: the caller's first. None is null but a called one whose
	// phone does not ring yet.
	connections []*connection
}

type connection struct {
	id      ConnectionID
	call    *call
	state   State
	caller  bool
	pending *pending
	// until is when the state ends by time: prompting, ringing, failed.
	until    time.Time
	deadline deadline
	// line is nil for a device that is no line of the target.
	line *line
}

// pending is a service that waits for the phone.
type pending struct {
	request RequestID
	until   time.Time
}

// New makes an empty model. SetLines gives it its lines.
func New(options Options) *Model {
	if options.ServiceTimeout == 0 {
		options.ServiceTimeout = defaultServiceTimeout
	}
	if options.FailedTime == 0 {
		options.FailedTime = defaultFailedTime
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

// Calls is the number of calls that are up or being set up.
func (m *Model) Calls() int { return len(m.calls) }

// Ignored counts indications that came too late or twice: for connections that
// are gone, or are in that state already.
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
	if n.pending != nil {
		m.fail(n, refuse(stateIncompatibility, "invalidConnectionState", "the connection was cleared meanwhile"))
	}
	m.stopTimer(n)
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

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"strconv"
	"time"
)

const (
	defaultServiceTimeout  = 8 * time.Second
	defaultFailedTime      = 2 * time.Second
	defaultRingDuration    = 5 * time.Second
	defaultRouteTimeout    = 10 * time.Second
	defaultParkTimeout     = 2 * time.Minute
	defaultCallBackTimeout = time.Hour
	defaultMaxRedirections = 8
	defaultMaxParties      = 16
)

// Options of a model.
type Options struct {
	// Prefix begins every call id; it must differ between owners and restarts
	// of the same target.
	Prefix string
	// ServiceTimeout bounds how long a service waits for the phone; 8 s where
	// zero.
	ServiceTimeout time.Duration
	// NewGlobalCallID makes a global call id, 32 hex digits; nil: calls have none
	// but those that come with Dialled.
	NewGlobalCallID func() string
	// Features tells the feature settings of lines; nil: none is set.
	Features Features
}

// Model holds the calls of one target. It is not safe for concurrent use.
type Model struct {
	options Options
	config  SetLines
	lines   map[DeviceID]*line
	calls   map[CallID]*call
	legs    map[LegID]*leg
	// parked are the calls that wait at a park slot or a line.
	parked    map[DeviceID]*connection
	lastLeg   LegID
	lastOrder uint64
	counter   uint64
	// trunkLegs is how many legs the trunk has.
	trunkLegs int
	callBacks []*callBack
	routeing  registrations
	deadlines deadlines
	// touchedCalls and touchedLegs are those whose media must be looked at, and
	// begun the services that may be done by that.
	touchedCalls []*call
	touchedLegs  []*leg
	begun        []*pending
	out          []Output
	now          time.Time
	ignored      uint64
}

// New makes an empty model. SetLines gives it its lines.
func New(options Options) *Model {
	if options.ServiceTimeout == 0 {
		options.ServiceTimeout = defaultServiceTimeout
	}
	if options.Features == nil {
		options.Features = noFeatures{}
	}
	return &Model{
		options: options, lines: make(map[DeviceID]*line), calls: make(map[CallID]*call),
		legs: make(map[LegID]*leg), parked: make(map[DeviceID]*connection),
	}
}

// Step takes one input and gives what is to be done, in order. The slice is
// valid until the next Step. Time may stand still but not go back.
func (m *Model) Step(input Input, now time.Time) []Output {
	clear(m.out)
	m.out, m.now = m.out[:0], now
	m.expire()
	if !m.serve(input) {
		m.indicated(input)
	}
	m.settle()
	if len(m.callBacks) > 0 {
		m.callBack()
		m.settle()
	}
	return m.out
}

// serve carries out a service, and reports whether the input is one.
func (m *Model) serve(input Input) bool {
	switch input := input.(type) {
	case MakeCall:
		m.makeCall(input)
	case AnswerCall:
		m.answerCall(input)
	case ClearConnection:
		m.clearConnection(input)
	case ClearCall:
		m.clearCall(input)
	case HoldCall:
		m.holdCall(input)
	case RetrieveCall:
		m.retrieveCall(input)
	case AlternateCall:
		m.alternateCall(input)
	case ReconnectCall:
		m.reconnectCall(input)
	case ConsultationCall:
		m.consultationCall(input)
	case TransferCall:
		m.transferCall(input)
	case ConferenceCall:
		m.conferenceCall(input)
	case SingleStepTransferCall:
		m.singleStepTransferCall(input)
	case SingleStepConferenceCall:
		m.singleStepConferenceCall(input)
	case JoinCall:
		m.joinCall(input)
	case DeflectCall:
		m.deflectCall(input)
	case DirectedPickupCall:
		m.directedPickupCall(input)
	case GroupPickupCall:
		m.groupPickupCall(input)
	case ParkCall:
		m.parkCall(input)
	case CallBack:
		m.setCallBack(input)
	case CallBackNonCallRelated:
		m.setCallBackNonCallRelated(input)
	case CancelCallBack:
		m.cancelCallBack(input)
	case DialDigits:
		m.dialDigits(input)
	case GenerateDigits:
		m.generateDigits(input)
	case SendUserInformation:
		m.sendUserInformation(input)
	case RouteRegister:
		m.routeRegister(input)
	case RouteRegisterCancel:
		m.routeRegisterCancel(input)
	case RouteSelect:
		m.routeSelect(input)
	case RouteReject:
		m.routeReject(input)
	case RouteEnd:
		m.routeEnd(input)
	default:
		return false
	}
	return true
}

// indicated takes an indication of the driver, or a change of configuration.
func (m *Model) indicated(input Input) {
	switch input := input.(type) {
	case Dialled:
		m.dialled(input)
	case LegRinging:
		m.legRinging(input)
	case LegProceeds:
		m.legProceeds(input)
	case LegAnswered:
		m.legAnswered(input)
	case LegEnded:
		m.legEnded(input)
	case LegHeld:
		m.legHeld(input)
	case LegRetrieved:
		m.legRetrieved(input)
	case LegRedirects:
		m.legRedirects(input)
	case LegRefers:
		m.legRefers(input)
	case LegDigits:
		m.legDigits(input)
	case MediaSet:
		m.mediaSet(input)
	case CommandFailed:
		m.commandFailed(input)
	case DigitsSent:
		m.digitsSent(input)
	case ServiceChanged:
		m.serviceChanged(input)
	case SetLines:
		m.setLines(input)
	case SessionGone:
		m.sessionGone(input)
	case RegistrationsRestored:
		m.restoreRegistrations(input)
	case FeaturesChanged, Tick: // Step looks at the call backs
	}
}

// Calls is the number of calls that are up or being set up.
func (m *Model) Calls() int { return len(m.calls) }

// Ignored counts indications that came too late or twice: for legs that are
// gone, or are in that state already.
func (m *Model) Ignored() uint64 { return m.ignored }

func (m *Model) do(output Output) { m.out = append(m.out, output) }

func (m *Model) reply(request RequestID, connection ConnectionID, err *Error) {
	m.do(Reply{Request: request, Connection: connection, Error: err})
}

func (m *Model) newCall(calling, called DeviceID, globalID string) *call {
	m.counter++
	if globalID == "" && m.options.NewGlobalCallID != nil {
		globalID = m.options.NewGlobalCallID()
	}
	c := &call{
		id:      CallID(m.options.Prefix + strconv.FormatUint(m.counter, 16)),
		calling: calling, called: called, globalID: globalID, reason: CauseNewCall,
	}
	m.calls[c.id] = c
	return c
}

// connect adds a device to a call; at is nil where it is no line.
func (m *Model) connect(c *call, device DeviceID, at *line, state State, as role) *connection {
	n := &connection{id: ConnectionID{Call: c.id, Device: device}, call: c, state: state, role: as, line: at}
	if as == addedSilent {
		n.role, n.silent = added, true
	}
	m.lastOrder++
	n.order = m.lastOrder
	n.until = timer{connection: n}
	n.autoAnswer = timer{connection: n, kind: answersItself}
	c.connections = append(c.connections, n)
	if n.line != nil {
		n.line.connections = append(n.line.connections, n)
	}
	m.touch(c)
	return n
}

// newLeg makes the leg of a connection.
func (m *Model) newLeg(n *connection, state legState) *leg {
	m.lastLeg++
	l := &leg{id: m.lastLeg, state: state, settled: true}
	m.legs[l.id] = l
	m.carry(l, n)
	return l
}

func (m *Model) carry(l *leg, n *connection) {
	n.leg = l
	l.connections = append(l.connections, n)
	m.touchLeg(l)
}

// find gives the leg of that id, or nil and counts.
func (m *Model) find(id LegID) *leg {
	l, ok := m.legs[id]
	if !ok {
		m.ignored++
		return nil
	}
	return l
}

// active is the connection that the leg's user is on, else the one that was
// last; nil: none.
func (l *leg) active() *connection {
	for _, n := range l.connections {
		if n.state == Connected || n.state == Initiated {
			return n
		}
	}
	if len(l.connections) == 0 {
		return nil
	}
	return l.connections[len(l.connections)-1]
}

// become changes the state of a connection.
func (m *Model) become(n *connection, state State) {
	n.state = state
	m.touch(n.call)
	if n.leg == nil {
		return
	}
	m.touchLeg(n.leg)
	if state == Hold { // the one that was on hold last is taken back first
		n.leg.connections = append(without(n.leg.connections, n), n)
	}
}

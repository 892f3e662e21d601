// SPDX-License-Identifier: Apache-2.0

package sipstack

import "time"

// txState is a state of RFC 3261 17 and RFC 6026.
type txState uint8

const (
	stateCalling    txState = iota + 1 // client INVITE: nothing heard yet
	stateTrying                        // non-INVITE: nothing sent or heard yet
	stateProceeding                    // a provisional response went by; server INVITE from the start
	stateCompleted                     // final response, absorbing retransmissions
	stateConfirmed                     // server INVITE: ACK received
	stateAccepted                      // INVITE: a 2xx went by (RFC 6026)
	stateTerminated
)

func (s txState) String() string {
	return [...]string{"none", "calling", "trying", "proceeding", "completed", "confirmed", "accepted", "terminated"}[s]
}

// txEvent is what happens to a transaction.
type txEvent uint8

const (
	evStart       txEvent = iota + 1
	evRequest             // server: the request again
	evAck                 // server INVITE: ACK
	evProvisional         // response 101-199; client: 100-199
	evSuccess             // response 2xx
	evFailure             // response 300-699
	evRetry               // retransmission timer
	evDeadline            // the other timer
	evFault               // transport fault
)

// txStep is what a transaction does about it. Durations: above zero arms, below
// zero stops, zero leaves the timer as it is.
type txStep struct {
	send     bool          // server: the last response; client: the request
	trying   bool          // server INVITE: 100
	ack      bool          // client INVITE: ACK to the failure
	deliver  bool          // client: the response goes to the application
	stray    bool          // client INVITE: a further 2xx
	timeout  bool          // client: 408; server: no ACK came
	fault    bool          // client: 503
	giveUp   bool          // client INVITE: timer C: CANCEL
	retry    time.Duration // timers A, E, G
	deadline time.Duration // timers B, C, D, F, H, I, J, K, L, M
	done     bool          // terminated
}

const stopTimer = -1

// serverMachine is the server transaction of RFC 3261 17.2 and RFC 6026 7.1,
// with the UAS core's retransmission of a 2xx (13.3.1.4). It has no clock.
type serverMachine struct {
	state    txState
	invite   bool
	reliable bool
	sent     bool // some response was sent
	resend   bool // a 2xx is sent again until ACK: not that of a proxy
	wait     time.Duration
}

const tryingAfter = 200 * time.Millisecond // RFC 3261 17.2.1

func (m *serverMachine) step(ev txEvent, t *Timers) (s txStep) {
	switch ev {
	case evStart:
		m.state = stateTrying
		if m.invite {
			m.state = stateProceeding
			s.retry = tryingAfter
		}
	case evRequest:
		switch {
		case m.state == stateProceeding && m.invite && !m.sent:
			m.sent = true
			s.trying, s.retry = true, stopTimer
		case m.state == stateProceeding, m.state == stateCompleted:
			s.send = m.sent
		}
	case evProvisional:
		if m.state == stateTrying || m.state == stateProceeding {
			m.state, m.sent = stateProceeding, true
			s.send, s.retry = true, stopTimer
		}
	case evSuccess, evFailure:
		return m.final(ev, t)
	case evAck:
		switch {
		case m.invite && m.state == stateCompleted:
			m.state = stateConfirmed
			s.retry, s.deadline = stopTimer, t.T4 // timer I
			if m.reliable {
				return m.end()
			}
		case m.state == stateAccepted:
			m.resend = false
			s.retry = stopTimer
			if m.reliable { // no INVITE comes again by a stream
				return m.end()
			}
		}
	case evRetry:
		switch {
		case m.state == stateProceeding && m.invite && !m.sent:
			m.sent = true
			s.trying = true
		case m.state == stateCompleted && m.invite, m.state == stateAccepted && m.resend:
			m.wait = min(2*m.wait, t.T2) // timer G
			s.send, s.retry = true, m.wait
		}
	case evDeadline:
		s.timeout = m.invite && m.state == stateCompleted || m.state == stateAccepted && m.resend
		end := m.end()
		end.timeout = s.timeout
		return end
	case evFault:
		return m.end()
	}
	return s
}

func (m *serverMachine) final(ev txEvent, t *Timers) (s txStep) {
	if m.state == stateAccepted && ev == evSuccess { // a proxy's further 2xx
		return txStep{send: true}
	}
	if m.state != stateTrying && m.state != stateProceeding {
		return s
	}
	m.sent = true
	s.send, s.retry = true, stopTimer
	switch {
	case !m.invite:
		m.state = stateCompleted
		if m.reliable {
			s.done, m.state = true, stateTerminated // timer J is 0
			return s
		}
		s.deadline = 64 * t.T1 // timer J
	case ev == evSuccess:
		m.state = stateAccepted
		s.deadline = 64 * t.T1 // timer L
		if m.resend {
			m.wait = t.T1
			s.retry = t.T1
		}
	default:
		m.state = stateCompleted
		s.deadline = 64 * t.T1 // timer H
		if !m.reliable {
			m.wait = t.T1
			s.retry = t.T1
		}
	}
	return s
}

func (m *serverMachine) end() txStep {
	m.state = stateTerminated
	return txStep{retry: stopTimer, deadline: stopTimer, done: true}
}

// answered tells that a final response was sent.
func (m *serverMachine) answered() bool { return m.state >= stateCompleted }

// clientMachine is the client transaction of RFC 3261 17.1 and RFC 6026 7.2,
// with timer C for whoever waits (16.6 step 11). It has no clock.
type clientMachine struct {
	state    txState
	invite   bool
	reliable bool
	gaveUp   bool
	wait     time.Duration
}

func (m *clientMachine) step(ev txEvent, t *Timers) (s txStep) {
	switch ev {
	case evStart:
		m.state, s.deadline = stateTrying, t.TimerF
		if m.invite {
			m.state, s.deadline = stateCalling, t.TimerB
		}
		s.send = true
		if !m.reliable {
			m.wait = t.T1
			s.retry = t.T1 // timers A, E
		}
	case evProvisional:
		switch m.state {
		case stateCalling, stateTrying, stateProceeding:
			m.state = stateProceeding
			s.deliver = true
			if m.invite {
				s.retry = stopTimer
				if !m.gaveUp {
					s.deadline = t.TimerC
				}
			}
		default: // too late
		}
	case evSuccess, evFailure:
		return m.final(ev, t)
	case evRetry:
		switch {
		case m.state == stateCalling:
			m.wait *= 2
			s.send, s.retry = true, m.wait
		case m.state == stateTrying:
			m.wait = min(2*m.wait, t.T2)
			s.send, s.retry = true, m.wait
		case m.state == stateProceeding && !m.invite:
			s.send, s.retry = true, t.T2
		}
	case evDeadline:
		switch m.state {
		case stateProceeding:
			if m.invite && !m.gaveUp {
				m.gaveUp = true
				return txStep{giveUp: true, deadline: 64 * t.T1}
			}
			fallthrough
		case stateCalling, stateTrying:
			s = m.end()
			s.timeout = true
			return s
		default:
			return m.end()
		}
	case evFault:
		switch m.state {
		case stateCalling, stateTrying, stateProceeding:
			s = m.end()
			s.fault = true
			return s
		default:
			return m.end()
		}
	default: // requests are the server machine's
	}
	return s
}

func (m *clientMachine) final(ev txEvent, t *Timers) (s txStep) {
	switch m.state {
	case stateCalling, stateTrying, stateProceeding:
		s.deliver, s.retry = true, stopTimer
		switch {
		case m.invite && ev == evSuccess:
			m.state = stateAccepted
			s.deadline = 64 * t.T1 // timer M
		case m.invite:
			m.state = stateCompleted
			s.ack, s.deadline = true, max(32*time.Second, 64*t.T1) // timer D
			if t.T1 < 500*time.Millisecond {
				s.deadline = 64 * t.T1
			}
		default:
			m.state = stateCompleted
			s.deadline = t.T4 // timer K
		}
		if m.reliable && m.state == stateCompleted {
			s.done, m.state = true, stateTerminated
			s.deadline = stopTimer
		}
	case stateCompleted:
		s.ack = m.invite && ev == evFailure
	case stateAccepted:
		s.stray = ev == evSuccess
	default: // over
	}
	return s
}

func (m *clientMachine) end() txStep {
	m.state = stateTerminated
	return txStep{retry: stopTimer, deadline: stopTimer, done: true}
}

// waiting tells that no final response has come.
func (m *clientMachine) waiting() bool { return m.state < stateCompleted }

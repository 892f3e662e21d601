// SPDX-License-Identifier: Apache-2.0

package callmodel

// dialled begins a call that a phone made by hand.
func (m *Model) dialled(in Dialled) {
	from, known := m.lines[in.From]
	switch {
	case !known:
		m.do(RejectDialled{Leg: in.Leg, Cause: CauseBlocked})
		return
	case m.config.Drain, len(m.calls) >= m.config.MaxCalls, len(from.connections) >= from.MaxCalls:
		m.do(RejectDialled{Leg: in.Leg, Cause: CauseResources})
		return
	}
	c := m.newCall(in.From, DeviceID(in.Number))
	n := m.connect(c, in.From, Initiated, true)
	m.do(Adopt{Leg: in.Leg, Connection: n.id})
	m.event(ServiceInitiated, n, in.From, CauseNormal)
	m.originate(n)
}

// originate calls the other party of a caller who is off hook.
func (m *Model) originate(caller *connection) {
	c := caller.call
	m.stopTimer(caller)
	caller.state = Connected
	m.event(Originated, caller, c.calling, CauseNewCall)
	called, known := m.lines[c.called]
	switch {
	case !known:
		m.unreachable(caller, CauseNumberUnallocated)
	case c.called == c.calling: // with this very call
		m.unreachable(caller, CauseBusy)
	case called.DoNotDisturb:
		m.unreachable(caller, CauseDoNotDisturb)
	case !called.inService:
		m.unreachable(caller, CauseDestOutOfOrder)
	case len(called.connections) >= called.MaxCalls:
		m.unreachable(caller, CauseBusy)
	default:
		n := m.connect(c, c.called, Null, false)
		m.startTimer(n, m.config.NoAnswer)
		m.do(Offer{Connection: n.id, From: caller.id})
	}
}

// unreachable fails a call whose called party could not even be rung. The
// failed connection is the called one; only the caller is told of it.
func (m *Model) unreachable(caller *connection, cause Cause) {
	c := caller.call
	c.unrung = true
	m.report(Failed, &Event{Connection: ConnectionID{Call: c.id, Device: c.called}, Device: c.called}, c, cause)
	m.failCall(caller, cause)
}

// calledFailed fails a call whose called party was rung in vain. The called
// leg has ended or been released.
func (m *Model) calledFailed(n *connection, cause Cause) {
	caller := n.other()
	if n.state == Null {
		m.remove(n)
		m.unreachable(caller, cause)
		return
	}
	if n.pending != nil {
		m.fail(n, refuse(stateIncompatibility, "noCallToAnswer", "the call stopped ringing"))
	}
	n.state = Fail
	m.event(Failed, n, n.id.Device, cause)
	m.cleared(n, cause)
	m.failCall(caller, cause)
}

// failCall ends a failed call at its caller: after a time where MakeCall made
// it and the caller is off hook, else at once.
func (m *Model) failCall(caller *connection, cause Cause) {
	if caller.call.made && m.options.FailedTime > 0 {
		caller.call.failed = cause
		m.startTimer(caller, m.options.FailedTime)
		return
	}
	m.release(caller, cause)
}

func (m *Model) legRinging(in LegRinging) {
	n := m.find(in.Connection)
	if n == nil {
		return
	}
	if n.state != Null {
		m.ignored++
		return
	}
	n.state = Alerting
	m.event(Delivered, n, n.id.Device, CauseNewCall)
}

func (m *Model) legAnswered(in LegAnswered) {
	n := m.find(in.Connection)
	if n == nil {
		return
	}
	switch n.state {
	case Initiated:
		m.originate(n)
	case Null, Alerting:
		if n.state == Null { // a phone that answers without ringing first
			n.state = Alerting
			m.event(Delivered, n, n.id.Device, CauseNewCall)
		}
		m.done(n)
		m.stopTimer(n)
		n.state = Connected
		m.event(Established, n, n.id.Device, CauseNewCall)
	default:
		m.ignored++
	}
}

func (m *Model) legEnded(in LegEnded) {
	n := m.find(in.Connection)
	if n == nil {
		return
	}
	if !n.caller && (n.state == Null || n.state == Alerting) {
		m.calledFailed(n, in.Cause)
		return
	}
	m.clearCall(n, in.Cause, CauseNormalClearing)
}

// release ends a leg and with it the call. The other party is cleared with the
// same cause.
func (m *Model) release(n *connection, cause Cause) {
	m.do(Release{Connection: n.id, Cause: cause})
	m.clearCall(n, cause, cause)
}

// clearCall takes a connection that has ended out of its call, and with it the
// other one. otherCause is that of a party who was in the call already; one who
// was only rung gets callCancelled.
func (m *Model) clearCall(n *connection, cause, otherCause Cause) {
	c, other := n.call, n.other()
	unanswered := !n.caller && n.state == Alerting
	m.cleared(n, cause)
	if other != nil {
		if !other.caller && (other.state == Null || other.state == Alerting) {
			otherCause = CauseCallCancelled
		}
		told := otherCause
		if unanswered && otherCause == CauseNormalClearing {
			told = CauseCallNotAnswered // what a phone that waits for an answer understands
		}
		m.do(Release{Connection: other.id, Cause: told})
		m.cleared(other, otherCause)
	}
	m.end(c)
}

// cleared reports that a connection left its call and takes it out. A called
// one that never rang leaves unseen.
func (m *Model) cleared(n *connection, cause Cause) {
	seen := n.state != Null
	c := n.call
	m.remove(n)
	if !seen {
		return
	}
	event := &Event{Connection: n.id, Device: n.id.Device}
	if n.line != nil {
		event.Reported = append(event.reported[:0], Reported{Device: n.id.Device, State: Null})
	}
	m.report(ConnectionCleared, event, c, cause)
}

func (m *Model) end(c *call) {
	delete(m.calls, c.id)
	m.report(CallCleared, &Event{}, c, CauseNormalClearing)
}

func (m *Model) legHeld(in LegHeld) {
	n := m.find(in.Connection)
	if n == nil {
		return
	}
	if n.state != Connected {
		m.ignored++
		return
	}
	cause := m.done(n)
	n.state = Hold
	m.event(Held, n, n.id.Device, cause)
}

func (m *Model) legRetrieved(in LegRetrieved) {
	n := m.find(in.Connection)
	if n == nil {
		return
	}
	if n.state != Hold {
		m.ignored++
		return
	}
	cause := m.done(n)
	n.state = Connected
	m.event(Retrieved, n, n.id.Device, cause)
}

// done replies to the service that waits for what the phone has just done, and
// tells whether a service or the user's hand did it. What a service waits for
// is the only thing that can happen to a connection in its state.
func (m *Model) done(n *connection) Cause {
	if n.pending == nil {
		return CauseKeyOperation
	}
	m.reply(m.settle(n).request, n.id, nil)
	return CauseNormal
}

func (m *Model) commandFailed(in CommandFailed) {
	n := m.find(in.Connection)
	if n == nil {
		return
	}
	if n.pending == nil {
		m.ignored++
		return
	}
	err := in.Error
	if err == nil {
		err = refuse(systemResource, "resourceBusy", "the phone refused")
	}
	m.fail(n, err)
}

func (m *Model) serviceChanged(in ServiceChanged) {
	l, known := m.lines[in.Device]
	if !known || l.inService == in.InService {
		return
	}
	l.inService = in.InService
	kind := OutOfService
	if in.InService {
		kind = BackInService
	}
	m.do(&Event{Kind: kind, Device: in.Device, Reported: []Reported{{Device: in.Device}}})
}

// event reports what happened to a connection.
func (m *Model) event(kind EventKind, n *connection, device DeviceID, cause Cause) {
	m.report(kind, &Event{Connection: n.id, Device: device}, n.call, cause)
}

// report completes an event and adds the devices of the call it is reported to.
func (m *Model) report(kind EventKind, event *Event, c *call, cause Cause) {
	event.Kind, event.Call, event.Cause = kind, c.id, cause
	event.Calling, event.Called = c.calling, c.called
	event.CorrelatorData, event.UserData = c.correlatorData, c.userData
	if event.Reported == nil {
		event.Reported = event.reported[:0]
	}
	for _, n := range c.connections {
		if n.line != nil && n.state != Null {
			event.Reported = append(event.Reported, Reported{Device: n.id.Device, State: n.state})
		}
	}
	m.do(event)
}

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
	case called.DoNotDisturb:
		m.unreachable(caller, CauseDoNotDisturb)
	case !called.inService:
		m.unreachable(caller, CauseDestOutOfOrder)
	case c.called == c.calling, len(called.connections) >= called.MaxCalls:
		m.unreachable(caller, CauseBusy)
	default:
		n := m.connect(c, c.called, Null, false)
		m.startTimer(n, m.config.NoAnswer)
		m.do(Offer{Connection: n.id, From: caller.id})
	}
}

// unreachable ends a call whose called party could not even be rung.
func (m *Model) unreachable(caller *connection, cause Cause) {
	c := caller.call
	failed := &Event{Connection: ConnectionID{Call: c.id, Device: c.called}, Device: c.called}
	m.report(Failed, failed, c, cause)
	m.do(Release{Connection: caller.id, Cause: cause})
	m.clearCall(caller, cause, cause)
}

// calledFailed ends a call whose called party was rung in vain: Failed, then
// both connections are cleared. The called leg has ended or been released.
func (m *Model) calledFailed(n *connection, cause Cause) {
	caller := n.other()
	if n.state == Null {
		m.remove(n)
		if caller != nil {
			m.unreachable(caller, cause)
		}
		return
	}
	m.stopTimer(n)
	if n.pending != nil {
		m.fail(n, refuse(stateIncompatibility, "noCallToAnswer", "the call stopped ringing"))
	}
	n.state = Fail
	m.event(Failed, n, n.id.Device, cause)
	m.cleared(n, cause)
	if caller != nil {
		m.do(Release{Connection: caller.id, Cause: cause})
		m.cleared(caller, cause)
	}
	m.end(n.call)
}

func (m *Model) legRinging(in LegRinging) {
	n := m.find(in.Connection)
	if n == nil || n.state != Null {
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
		m.stopTimer(n)
		m.done(n, Connected)
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

// clearCall takes a connection that has ended out of its call, and with it the
// other one. otherCause is that of a party who was in the call already; one who
// was only rung gets callCancelled.
func (m *Model) clearCall(n *connection, cause, otherCause Cause) {
	c, other := n.call, n.other()
	m.cleared(n, cause)
	if other != nil {
		if !other.caller && (other.state == Null || other.state == Alerting) {
			otherCause = CauseCallCancelled
		}
		m.do(Release{Connection: other.id, Cause: otherCause})
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
		event.Reported = append(event.Reported, Reported{Device: n.id.Device, State: Null})
	}
	m.report(ConnectionCleared, event, c, cause)
}

func (m *Model) end(c *call) {
	delete(m.calls, c.id)
	m.report(CallCleared, &Event{}, c, CauseNormalClearing)
}

func (m *Model) legHeld(in LegHeld) {
	n := m.find(in.Connection)
	if n == nil || n.state != Connected {
		return
	}
	cause := m.done(n, Hold)
	n.state = Hold
	m.event(Held, n, n.id.Device, cause)
}

func (m *Model) legRetrieved(in LegRetrieved) {
	n := m.find(in.Connection)
	if n == nil || n.state != Hold {
		return
	}
	cause := m.done(n, Connected)
	n.state = Connected
	m.event(Retrieved, n, n.id.Device, cause)
}

// done replies to the pending service that wanted this state, and tells whether
// a service or the user's hand did it.
func (m *Model) done(n *connection, state State) Cause {
	if n.pending == nil {
		return CauseKeyOperation
	}
	m.stopTimer(n)
	waiting := n.pending
	n.pending = nil
	if waiting.want != state {
		m.reply(waiting.request, n.id, refuse(stateIncompatibility, "invalidConnectionState", "the phone did something else meanwhile"))
		return CauseKeyOperation
	}
	m.reply(waiting.request, n.id, nil)
	return CauseNormal
}

func (m *Model) commandFailed(in CommandFailed) {
	n := m.find(in.Connection)
	if n == nil || n.pending == nil {
		return
	}
	m.stopTimer(n)
	m.ringOn(n)
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
		event.Reported = make([]Reported, 0, 2)
	}
	for _, n := range c.connections {
		if n.line != nil && n.state != Null {
			event.Reported = append(event.Reported, Reported{Device: n.id.Device, State: n.state})
		}
	}
	m.do(event)
}

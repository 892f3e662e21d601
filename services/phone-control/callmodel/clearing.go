// SPDX-License-Identifier: Apache-2.0

package callmodel

func (m *Model) clearConnection(in ClearConnection) {
	n, err := m.resolve(in.Connection, anyState, &plainNames, errNothingToClear)
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	n.call.set(in.Data)
	m.reply(in.Request, n.id, nil)
	cause := in.Cause
	if cause == "" {
		cause = CauseNormalClearing
	}
	if n.state == Alerting {
		m.release(n, CauseBusy)
		m.calledFailed(n, CauseBusy, false)
		return
	}
	m.leave(n, cause, cause)
}

func (m *Model) clearCall(in ClearCall) {
	n, err := m.resolveCall(in.Connection, errNothingThere)
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	n.call.set(in.Data)
	m.reply(in.Request, n.id, nil)
	cause := in.Cause
	if cause == "" {
		cause = CauseNormalClearing
	}
	m.clearAll(n.call, cause)
}

// leave takes a connection out of its call. The others stay while the call is
// viable; else they go with otherCause, or callCancelled where they only rang.
func (m *Model) leave(n *connection, cause, otherCause Cause) {
	c := n.call
	m.drop(n, cause)
	if !c.viable() {
		m.clearAll(c, otherCause)
	}
}

// clearAll takes all connections out of a call.
func (m *Model) clearAll(c *call, cause Cause) {
	for len(c.connections) > 0 {
		n, cause := c.connections[0], cause
		if n.role != caller && (n.state == Null || n.state == Alerting) {
			cause = CauseCallCancelled
		}
		m.drop(n, cause)
	}
	m.end(c)
}

// release takes a connection from its leg, and ends the leg if it carries no
// other one.
func (m *Model) release(n *connection, cause Cause) {
	l := n.leg
	if o := n.pending; o != nil && o.kind == consulting {
		m.abort(o, errCleared) // the new call is on the same leg
	}
	if l == nil {
		return
	}
	n.leg = nil
	l.connections = without(l.connections, n)
	switch {
	case l.state == legGone:
	case len(l.connections) > 0:
		m.touchLeg(l)
	default:
		m.do(Release{Leg: l.id, Cause: cause})
		m.forget(l)
	}
}

// forget takes a leg away that was released or has ended.
func (m *Model) forget(l *leg) {
	l.state = legGone
	delete(m.legs, l.id)
	if l.external {
		m.trunkLegs--
	}
	for _, o := range l.digits {
		if !o.ended() {
			m.abort(o, errCleared)
		}
	}
	l.digits = nil
}

// drop takes a connection out of its call and reports it. One that nobody saw
// leaves unseen.
func (m *Model) drop(n *connection, cause Cause) {
	m.release(n, cause)
	seen, c := n.seen(), n.call
	m.remove(n)
	switch {
	case seen:
		event := &Event{Connection: n.id, Device: n.device()}
		m.report(ConnectionCleared, event.gone(n), c, cause)
	case n.role == picker || n.role == joiner:
		m.completionFailed(n, cause)
	}
}

// remove takes a connection out of its call, its line and its leg.
func (m *Model) remove(n *connection) {
	if o := n.pending; o != nil {
		n.pending = nil
		m.abort(o, errCleared)
	}
	m.stopTimers(n)
	m.touch(n.call)
	n.call.connections = without(n.call.connections, n)
	if n.line != nil {
		n.line.connections = without(n.line.connections, n)
	}
	if l := n.leg; l != nil {
		n.leg = nil
		m.touchLeg(l)
		l.connections = without(l.connections, n)
	}
	if n.role == parked {
		delete(m.parked, n.device())
	}
	n.state = Null
}

func (m *Model) end(c *call) {
	if _, known := m.calls[c.id]; !known {
		return
	}
	delete(m.calls, c.id)
	m.routeOver(c)
	m.report(CallCleared, &Event{}, c, CauseNormalClearing)
}

// unreachable fails a call at a device that could not even be rung. Only the
// parties of the call are told.
func (m *Model) unreachable(c *call, device DeviceID, cause Cause) {
	if m.nextRoute(c) {
		return
	}
	m.report(Failed, &Event{Connection: ConnectionID{Call: c.id, Device: device}, Device: device}, c, cause)
	m.failed(c, device, cause)
}

// calledFailed fails a connection that was rung in vain. Its leg has ended or
// been released. Busy: the line may forward the call for that.
func (m *Model) calledFailed(n *connection, cause Cause, busy bool) {
	c, device := n.call, n.device()
	switch {
	case n.role == picker, n.role == joiner:
		m.drop(n, cause)
		if !c.viable() {
			m.clearAll(c, cause)
		}
		return
	case busy && m.forwards(n.line, ForwardBusy, c):
		m.forward(n, ForwardBusy)
		return
	case n.state == Null:
		m.remove(n)
		m.unreachable(c, device, cause)
		return
	}
	if n.pending != nil {
		m.abort(n.pending, errRingingEnded)
	}
	n.state = Fail
	m.event(Failed, n, cause)
	m.drop(n, cause)
	m.failed(c, device, cause)
}

// failed goes on after a party could not be had: with the others, or to the
// end of the call; after a time where a service made it and its caller is off
// hook, else at once.
func (m *Model) failed(c *call, device DeviceID, cause Cause) {
	m.touch(c)
	if c.viable() {
		return
	}
	n := c.first()
	if n != nil && len(c.connections) == 1 && c.made && n.role == caller && m.config.FailedTime > 0 {
		c.failed, c.failedAt = cause, device
		m.startTimer(n, m.config.FailedTime)
		return
	}
	m.clearAll(c, cause)
}

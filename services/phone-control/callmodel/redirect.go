// SPDX-License-Identifier: Apache-2.0

package callmodel

import "slices"

// noFeatures is where no features are set.
type noFeatures struct{}

func (noFeatures) DoNotDisturb(DeviceID) bool { return false }
func (noFeatures) Redirect(DeviceID, Condition, bool) (string, string, bool) {
	return "", "", false
}
func (noFeatures) NoAnswerRings(DeviceID, bool) (int, bool) { return 0, false }
func (noFeatures) CallerIDSuppressed(DeviceID) bool         { return false }
func (noFeatures) AutoAnswer(DeviceID) (int, bool)          { return 0, false }

// forwards tells whether a line forwards a call under a condition.
func (m *Model) forwards(l *line, when Condition, c *call) bool {
	if l == nil {
		return false
	}
	to, _, ok := m.options.Features.Redirect(l.Number, when, c.external())
	return ok && to != ""
}

// offerAndForward forwards a call that a line was not rung for.
func (m *Model) offerAndForward(c *call, l *line, when Condition) {
	if m.looped(c, l.Number) {
		m.unreachable(c, c.called, CauseDestNotObtainable)
		return
	}
	if len(l.connections) >= l.MaxCalls {
		m.forwardUnseen(c, l, when)
		return
	}
	n := m.connect(c, l.Number, l, Alerting, called)
	m.event(Offered, n, CauseNewCall)
	m.forward(n, when)
}

// forwardUnseen forwards a call that a line has no room for, or no phone.
func (m *Model) forwardUnseen(c *call, l *line, when Condition) {
	if m.looped(c, l.Number) {
		m.unreachable(c, c.called, CauseDestNotObtainable)
		return
	}
	to, _, _ := m.options.Features.Redirect(l.Number, when, c.external())
	c.forwarders = append(c.forwarders, l.Number)
	m.divert(c, &connection{id: ConnectionID{Call: c.id, Device: l.Number}, call: c, line: l}, to, causeOf(when), called)
}

// forward takes a call away from a line that it rings at, or is offered to, as
// the line's forwarding says.
func (m *Model) forward(n *connection, when Condition) {
	c := n.call
	to, _, _ := m.options.Features.Redirect(n.device(), when, c.external())
	if m.looped(c, n.device()) {
		m.release(n, CauseDestNotObtainable)
		m.calledFailed(n, CauseDestNotObtainable, false)
		return
	}
	c.forwarders = append(c.forwarders, n.device())
	m.redirect(n, to, causeOf(when))
}

// looped tells whether a call was sent on too often, or by this device before.
func (m *Model) looped(c *call, by DeviceID) bool {
	return c.redirections >= m.config.MaxRedirections || slices.Contains(c.forwarders, by)
}

func causeOf(when Condition) Cause {
	switch when {
	case ForwardImmediate:
		return CauseForwardImmediate
	case ForwardBusy:
		return CauseForwardBusy
	case ForwardNoAnswer:
		return CauseForwardNoAnswer
	case ForwardDoNotDisturb:
	}
	return CauseForward
}

// redirect takes a call away from a device that it waits at, to a number.
func (m *Model) redirect(n *connection, to string, cause Cause) {
	as := n.role
	switch {
	case as != added:
		as = called
	case n.silent:
		as = addedSilent
	}
	if o := n.pending; o != nil {
		m.abort(o, errRingingEnded)
	}
	m.release(n, CauseRedirected)
	c := n.call
	m.remove(n)
	m.divert(c, n, to, cause, as)
}

// divert reports that a call leaves a device that is not in it any more, and
// takes it to a number.
func (m *Model) divert(c *call, from *connection, to string, cause Cause, as role) {
	event := &Event{Connection: from.id, Device: from.device(), Other: m.lookUp(to).device}
	m.report(Diverted, event.gone(from), c, cause)
	c.lastRedirection = from.device()
	c.redirections++
	c.sentOn = true
	m.place(c, to, as, cause)
}

func (m *Model) deflectCall(in DeflectCall) {
	n, err := m.resolve(in.Connection, states(1<<Alerting|1<<Queued), &plainNames, errNothingToGo)
	if err == nil {
		err = m.mayDeflect(n)
	}
	if err == nil {
		err = m.leadsOn(in.To, n.call)
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	n.call.set(in.Data)
	m.reply(in.Request, n.id, nil)
	m.routeOver(n.call)
	m.redirect(n, in.To, CauseRedirected)
}

// leadsOn checks that a call can be sent to a number.
func (m *Model) leadsOn(number string, c *call) *Error {
	switch to := m.lookUp(number); {
	case to.blocked:
		return errBarred
	case to.none(), to.slot:
		return errDestination
	case c.of(to.device) != nil:
		return errNotDifferent
	case to.external != "" && m.config.Trunk == "":
		return errNoTrunk
	}
	return nil
}

// legRedirects: the phone sends its call elsewhere (302).
func (m *Model) legRedirects(in LegRedirects) {
	l := m.find(in.Leg)
	if l == nil {
		return
	}
	n := l.active()
	if !l.rung(n) || n.hidden() || n.call.redirections >= m.config.MaxRedirections {
		m.legEnded(LegEnded{Leg: in.Leg, Cause: CauseDestNotObtainable})
		return
	}
	m.forget(l)
	m.redirect(n, in.To, CauseRedirected)
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

// makeCall rings the caller's phone; the other party is called when it is
// picked up.
func (m *Model) makeCall(in MakeCall) {
	remote, err := m.mayCall(in)
	if err != nil {
		m.reply(in.Request, ConnectionID{}, err)
		return
	}
	n := m.prepare(m.lines[in.Calling], in.Called)
	n.call.set(in.Data)
	if remote.external != "" {
		n.call.associatedCalling = remote.device
	}
	m.reply(in.Request, n.id, nil)
	m.event(ServiceInitiated, n, CauseMakeCall)
	m.ringCaller(n, remote, in.DoNotPrompt)
}

// mayCall checks a MakeCall, and gives the remote phone that is called first.
func (m *Model) mayCall(in MakeCall) (remote destination, err *Error) {
	calling, known := m.lines[in.Calling]
	if in.FirstLeg != "" {
		remote = m.lookUp(in.FirstLeg)
	}
	switch {
	case !known:
		return remote, errCalling
	case m.config.Drain:
		return remote, errDrains
	case in.FirstLeg == "" && (calling.Routeing || !calling.inService):
		return remote, errCallingOut
	case in.FirstLeg != "" && remote.external == "":
		return remote, errCalled
	case in.FirstLeg != "" && m.config.Trunk == "":
		return remote, errNoTrunk
	case in.FirstLeg != "" && m.trunkFull():
		return remote, errTrunkCalls
	}
	return remote, m.mayBegin(calling)
}

// mayBegin checks that a line can make a call of its own now.
func (m *Model) mayBegin(calling *line) *Error {
	switch {
	case len(m.calls) >= m.config.MaxCalls:
		return errAllCalls
	case len(calling.connections) >= calling.MaxCalls:
		return errCallingState
	}
	for _, n := range calling.connections {
		switch n.state {
		case Connected:
			return errConnected
		case Initiated:
			return errCallingAlready
		default:
		}
	}
	return nil
}

// prepare makes a call of a service, whose caller is to be picked up first.
func (m *Model) prepare(calling *line, number string) *connection {
	c := m.newCall(calling.Number, "", "")
	c.made, c.dialled = true, number
	if number != "" {
		c.called = m.lookUp(number).device
	}
	c.restricted = m.options.Features.CallerIDSuppressed(calling.Number)
	return m.connect(c, calling.Number, calling, Initiated, caller)
}

// ringCaller rings the phone that a call is made from: the line's own, or a
// remote one.
func (m *Model) ringCaller(n *connection, remote destination, autoAnswer bool) {
	l := m.newLeg(n, legRings)
	shown := Party{Number: n.call.called}
	if other, ok := m.lines[n.call.called]; ok {
		shown.Name = other.DisplayName
	}
	command := Ring{Leg: l.id, Connection: n.id, Line: n.device(), Shown: shown, AutoAnswer: autoAnswer, GlobalCallID: n.call.globalID}
	if remote.external != "" {
		l.external = true
		m.trunkLegs++
		command.Line, command.External, command.AutoAnswer = "", remote.external, false
		command.Shown = m.party(n.call)
	}
	m.startTimer(n, m.config.Prompt)
	m.do(command)
}

// pickedUp goes on when the caller is off hook: to the number, or to wait for
// one.
func (m *Model) pickedUp(n *connection) {
	m.touchLeg(n.leg)
	if n.call.dialled == "" {
		m.startTimer(n, m.config.Prompt)
		return
	}
	m.originate(n)
}

// originate calls the other party of a caller who is off hook.
func (m *Model) originate(n *connection) {
	c := n.call
	m.stopTimers(n)
	m.become(n, Connected)
	m.event(Originated, n, c.reason)
	m.place(c, c.dialled, called, CauseNewCall)
}

// dialled begins a call that a phone or the trunk made.
func (m *Model) dialled(in Dialled) {
	if in.Replaces != 0 {
		m.replace(in)
		return
	}
	if cause := m.mayDialIn(in); cause != "" {
		m.do(RejectDialled{Dialled: in.Dialled, Cause: cause})
		return
	}
	n := m.adopt(in)
	c := n.call
	if in.Trunk == "" {
		m.event(ServiceInitiated, n, CauseNormal)
		m.become(n, Connected)
		m.event(Originated, n, c.reason)
	} else {
		m.become(n, Connected)
	}
	m.place(c, c.dialled, called, CauseNewCall)
}

// mayDialIn tells why a call of a phone or the trunk is refused; empty: it is
// not.
func (m *Model) mayDialIn(in Dialled) Cause {
	from, known := m.lines[in.From]
	switch {
	case in.Trunk == "" && (!known || from.Routeing):
		return CauseBlocked
	case m.config.Drain, len(m.calls) >= m.config.MaxCalls:
		return CauseResources
	case in.Trunk != "" && m.trunkFull():
		return CauseTrunksBusy
	case in.Trunk == "" && len(from.connections) >= from.MaxCalls:
		return CauseResources
	}
	return ""
}

// adopt makes the call and the leg of a call that a phone or the trunk made.
func (m *Model) adopt(in Dialled) *connection {
	from, at := in.From, m.lines[in.From]
	if in.Trunk != "" {
		at = nil
		if from == "" {
			from = DeviceID(in.Trunk)
		}
	}
	c := m.newCall(from, m.lookUp(in.Number).device, in.GlobalCallID)
	c.dialled, c.lastRedirection = in.Number, in.RedirectedBy
	c.restricted = in.Restricted || in.Trunk == "" && m.options.Features.CallerIDSuppressed(from)
	n := m.connect(c, from, at, Initiated, caller)
	l := m.newLeg(n, legDials)
	if in.Trunk != "" {
		l.external = true
		m.trunkLegs++
	}
	m.do(Adopt{Dialled: in.Dialled, Leg: l.id, Connection: n.id})
	return n
}

// replace lets a call that a phone or the trunk made take the place of a leg
// (RFC 3891): of one that rings it picks the call up, of one in a call it takes
// the call over.
func (m *Model) replace(in Dialled) {
	l, known := m.legs[in.Replaces]
	if !known || l.active() == nil || !l.active().call.viable() || l.active().call.failed != "" {
		m.do(RejectDialled{Dialled: in.Dialled, Cause: CauseDestNotObtainable})
		return
	}
	old := l.active()
	if in.From == "" {
		in.From = DeviceID(in.Trunk)
	}
	from := in.From
	if in.Trunk == "" && m.lines[from] == nil || in.Trunk != "" && m.trunkFull() {
		m.do(RejectDialled{Dialled: in.Dialled, Cause: CauseBlocked})
		return
	}
	if at := m.lines[from]; in.Trunk == "" && from != old.device() && len(at.connections) >= at.MaxCalls ||
		from != old.device() && old.call.of(from) != nil || !old.up() && old.state != Alerting || old.pending != nil {
		m.do(RejectDialled{Dialled: in.Dialled, Cause: CauseResources})
		return
	}
	if from == old.device() {
		m.replaceLeg(in, old)
		return
	}
	n := m.adoptInto(in, old.call)
	if old.state == Alerting {
		n.role = picker
		m.pickUp(n)
		return
	}
	m.takeOver(old, n)
}

// replaceLeg lets another phone of the same device go on with its call.
func (m *Model) replaceLeg(in Dialled, n *connection) {
	old := n.leg
	old.connections = without(old.connections, n)
	l := m.adoptLeg(in, n)
	if old.state != legGone && len(old.connections) == 0 {
		m.do(Release{Leg: old.id, Cause: CauseTransfer})
		m.forget(old)
	} else {
		m.touchLeg(old)
	}
	m.touch(n.call)
	if n.state == Alerting {
		m.answered(n)
	}
	m.touchLeg(l)
}

// adoptInto makes a new party of a call from a call that came in.
func (m *Model) adoptInto(in Dialled, c *call) *connection {
	at := m.lines[in.From]
	if in.Trunk != "" {
		at = nil
	}
	n := m.connect(c, in.From, at, Null, called)
	m.adoptLeg(in, n)
	return n
}

func (m *Model) adoptLeg(in Dialled, n *connection) *leg {
	l := m.newLeg(n, legDials)
	if in.Trunk != "" {
		l.external = true
		m.trunkLegs++
	}
	m.do(Adopt{Dialled: in.Dialled, Leg: l.id, Connection: n.id})
	return l
}

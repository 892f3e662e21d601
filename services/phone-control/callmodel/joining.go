// SPDX-License-Identifier: Apache-2.0

package callmodel

func (m *Model) transferCall(in TransferCall) {
	held, active, err := m.pair(in.Held, in.Active)
	if err == nil {
		err = m.mayTransfer(held, active)
	}
	if err != nil {
		m.reply(in.Request, in.Active, err)
		return
	}
	to := active.far()
	event := m.merge(held, active, false)
	event.Other = to.device()
	m.replyMerged(in.Request, to, event)
	m.report(Transferred, event, to.call, CauseTransfer)
}

func (m *Model) conferenceCall(in ConferenceCall) {
	held, active, err := m.pair(in.Held, in.Active)
	if err == nil {
		err = m.mayConference(held, active)
	}
	if err != nil {
		m.reply(in.Request, in.Active, err)
		return
	}
	added := active.far().device()
	event := m.merge(held, active, true)
	event.Other = added
	m.replyMerged(in.Request, active, event)
	m.report(Conferenced, event, active.call, CauseConference)
}

func (m *Model) replyMerged(request RequestID, n *connection, event *Event) {
	m.do(Reply{Request: request, Connection: n.id, Connections: event.Connections})
}

// merge makes one new call of two calls, or of one where second is nil. The
// device of the connections given leaves, or stays with second. It gives the
// event that is to be reported.
func (m *Model) merge(first, second *connection, stays bool) *Event {
	event := &Event{Connection: first.id, Device: first.device()}
	old := first.call
	c := m.newCall(old.calling, old.called, old.globalID)
	c.data, c.restricted, c.associatedCalling = old.data, old.restricted, old.associatedCalling
	c.lastRedirection, c.sentOn = old.lastRedirection, true
	leavers := []*connection{first}
	if second != nil {
		event.Secondary, event.OldGlobalCallID = second.id, second.call.globalID
		if c.data.Correlator == nil {
			c.data.Correlator = second.call.data.Correlator
		}
		if c.data.User == nil {
			c.data.User = second.call.data.User
		}
		if !stays {
			leavers = append(leavers, second)
		}
	}
	for _, n := range leavers {
		m.release(n, CauseTransfer)
		m.stopTimers(n)
	}
	if !stays {
		m.nameParties(c, first, second)
	}
	m.move(c, old, leavers, event)
	if second != nil {
		m.move(c, second.call, leavers, event)
	}
	for _, n := range leavers {
		m.remove(n)
	}
	if !stays && (second == nil || first.device() == second.device()) {
		event.gone(first)
	} else if !stays {
		event.gone(first)
		if second.line != nil {
			event.Reported = append(event.Reported, Reported{Device: second.device()})
		}
	}
	return event
}

// nameParties says who calls whom in a call that a transfer made.
func (m *Model) nameParties(c *call, first, second *connection) {
	if far := first.far(); far != nil {
		c.calling = far.device()
		c.restricted = far.line != nil && m.options.Features.CallerIDSuppressed(far.device()) ||
			far.line == nil && first.call.restricted && far.device() == first.call.calling
	}
	if second == nil {
		return
	}
	if far := second.far(); far != nil {
		c.called = far.device()
	}
}

// move takes the connections of a call but those that leave into a new one. The
// old call is gone without a word: the event that names both says it all.
func (m *Model) move(c, old *call, leavers []*connection, event *Event) {
	rest := old.connections[:0:0]
	for _, n := range old.connections {
		if n == leavers[0] || len(leavers) > 1 && n == leavers[1] {
			rest = append(rest, n)
			continue
		}
		before := n.id
		n.id.Call, n.call = c.id, c
		c.connections = append(c.connections, n)
		if !n.hidden() {
			event.Connections = append(event.Connections, ConnectionListItem{New: n.id, Old: before, Endpoint: n.device()})
		}
	}
	old.connections = rest
	m.routeOver(old)
	delete(m.calls, old.id)
	m.touch(c)
}

func (m *Model) singleStepTransferCall(in SingleStepTransferCall) {
	n, err := m.resolve(in.Active, states(1<<Connected), &activeNames, errNothingActive)
	if err == nil {
		err = m.maySingleStepTransfer(n)
	}
	if err == nil {
		err = m.leadsOn(in.To, n.call)
	}
	if err != nil {
		m.reply(in.Request, in.Active, err)
		return
	}
	n.call.set(in.Data)
	m.sendOn(n, in.To, func(c *call, event *Event) {
		m.do(Reply{
			Request: in.Request, Connection: ConnectionID{Call: c.id, Device: event.Other}, Connections: event.Connections,
		})
	})
}

// sendOn takes a party out of its call, and the others to a number.
func (m *Model) sendOn(n *connection, to string, done func(*call, *Event)) {
	target := m.lookUp(to).device
	far := n.far()
	event := m.merge(n, nil, false)
	c := far.call
	c.called, event.Other = target, target
	event.Connections = append(event.Connections, ConnectionListItem{
		New: ConnectionID{Call: c.id, Device: target}, Endpoint: target,
	})
	done(c, event)
	m.report(Transferred, event, c, CauseSingleStepTransfer)
	m.place(c, to, called, CauseSingleStepTransfer)
}

func (m *Model) singleStepConferenceCall(in SingleStepConferenceCall) {
	n, err := m.resolve(in.Active, states(1<<Connected), &activeNames, errNothingActive)
	if err == nil {
		err = m.maySingleStepConference(n)
	}
	if err == nil {
		err = m.leadsOn(in.Joining, n.call)
	}
	if err != nil {
		m.reply(in.Request, in.Active, err)
		return
	}
	c := n.call
	c.set(in.Data)
	target := m.lookUp(in.Joining).device
	m.reply(in.Request, ConnectionID{Call: c.id, Device: target}, nil)
	as := added
	if in.Silent {
		as = addedSilent
	}
	c.adding = n.device()
	m.place(c, in.Joining, as, CauseSingleStepConference)
}

// joinCall rings a line to come into a call.
func (m *Model) joinCall(in JoinCall) {
	n, err := m.resolveCall(in.Call, errNothingToGo)
	if err == nil {
		err = m.mayBeJoined(n)
	}
	var at *line
	if err == nil {
		at, err = m.mayComeIn(in.Joining, n.call)
	}
	if err != nil {
		m.reply(in.Request, in.Call, err)
		return
	}
	n.call.set(in.Data)
	party := m.summon(n.call, at, joiner, in.DoNotPrompt)
	party.silent = in.Silent
	m.do(Reply{Request: in.Request, Connection: party.id})
}

// mayComeIn checks that a line can be rung to come into a call.
func (m *Model) mayComeIn(number DeviceID, c *call) (*line, *Error) {
	at, known := m.lines[number]
	switch {
	case !known:
		return nil, errNoLine
	case c.of(number) != nil:
		return nil, errNotDifferent
	case at.Routeing || !at.inService:
		return nil, errDeviceOut
	case len(at.connections) >= at.MaxCalls:
		return nil, errDeviceState
	}
	return at, at.free()
}

// summon rings a line that is to come into a call. Nobody sees it before it
// does.
func (m *Model) summon(c *call, at *line, as role, autoAnswer bool) *connection {
	n := m.connect(c, at.Number, at, Null, as)
	l := m.newLeg(n, legRings)
	m.startTimer(n, m.config.Prompt)
	m.do(Ring{
		Leg: l.id, Connection: n.id, Line: at.Number, Shown: m.party(c), AutoAnswer: autoAnswer, GlobalCallID: c.globalID,
	})
	return n
}

// addToConference makes a party of a connection that was rung to join.
func (m *Model) addToConference(n *connection, cause Cause) {
	c := n.call
	m.become(n, Connected)
	event := &Event{Connection: ConnectionID{Call: c.id, Device: n.device()}, Device: n.device(), Other: n.device()}
	if by := c.of(n.by); by != nil {
		event.Connection, event.Device = by.id, by.device()
	}
	for _, party := range c.connections {
		if !party.seen() {
			continue
		}
		item := ConnectionListItem{New: party.id, Endpoint: party.device()}
		if party != n {
			item.Old = party.id
		}
		event.Connections = append(event.Connections, item)
	}
	m.report(Conferenced, event, c, cause)
}

// takeOver lets a new party have the place of another one in its call.
func (m *Model) takeOver(old, party *connection) {
	party.state = Connected
	held := party
	c := old.call
	m.touch(c)
	event := m.merge(old, nil, false)
	event.Other = held.device()
	m.report(Transferred, event, party.call, CauseTransfer)
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

// directedPickupCall rings a line to take a call over that rings or is parked
// elsewhere. The call stays where it is until the line answers.
func (m *Model) directedPickupCall(in DirectedPickupCall) {
	n, err := m.resolve(in.PickedUp, states(1<<Alerting|1<<Queued), &plainNames, errNothingToGo)
	if err == nil {
		err = m.mayBePickedUp(n)
	}
	m.pick(in.Request, n, in.Requesting, in.Data, err)
}

// groupPickupCall does so for the call that has rung longest in a group.
func (m *Model) groupPickupCall(in GroupPickupCall) {
	l, known := m.lines[in.Line]
	group := in.Group
	if known && group == "" {
		group = l.PickupGroup
	}
	var n *connection
	err := errPickupLine
	switch {
	case !known:
	case group == "":
		err = errNoGroup
	default:
		err = nil
		if n = m.longestRinging(group, in.Line); n == nil {
			err = errNothingToGo
		}
	}
	m.pick(in.Request, n, in.Line, in.Data, err)
}

// longestRinging is the call that has rung longest in a pickup group, but at a
// line itself.
func (m *Model) longestRinging(group string, at DeviceID) *connection {
	var longest *connection
	for number, l := range m.lines {
		if l.PickupGroup != group || number == at {
			continue
		}
		for _, n := range l.connections {
			if n.state == Alerting && m.mayBePickedUp(n) == nil && n.call.of(at) == nil &&
				(longest == nil || n.order < longest.order) {
				longest = n
			}
		}
	}
	return longest
}

// pick rings the line that picks a call up.
func (m *Model) pick(request RequestID, n *connection, by DeviceID, data Data, err *Error) {
	var at *line
	if err == nil {
		at, err = m.mayComeIn(by, n.call)
	}
	switch err {
	case errNoLine:
		err = errPickupLine
	case errDeviceOut:
		err = errPickupOut
	}
	if err != nil {
		m.reply(request, ConnectionID{Device: by}, err)
		return
	}
	n.call.set(data)
	party := m.summon(n.call, at, picker, true)
	m.reply(request, party.id, nil)
}

// pickUp takes the call to the line that answered for it.
func (m *Model) pickUp(n *connection) {
	m.stopTimers(n)
	c := n.call
	for _, old := range append([]*connection(nil), c.connections...) {
		if old == n || old.up() || old.role != called && old.role != parked {
			continue
		}
		if old.pending != nil {
			m.abort(old.pending, errRingingEnded)
		}
		seen := old.seen()
		m.release(old, CausePickup)
		m.remove(old)
		if seen {
			event := &Event{Connection: old.id, Device: old.device(), Other: n.device()}
			m.report(Diverted, event.gone(old), c, CausePickup)
			c.lastRedirection = old.device()
		}
	}
	m.become(n, Connected)
	m.event(Established, n, CausePickup)
}

// endPickups lets the phones stop that were to pick up what n has answered.
func (m *Model) endPickups(n *connection) {
	for _, other := range append([]*connection(nil), n.call.connections...) {
		if other.role == picker && other.state == Null {
			m.drop(other, CauseCallCancelled)
		}
	}
}

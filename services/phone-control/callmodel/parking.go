// SPDX-License-Identifier: Apache-2.0

package callmodel

// parkCall leaves the far party waiting at a slot or a line.
func (m *Model) parkCall(in ParkCall) {
	n, err := m.resolve(in.Parking, states(1<<Connected), &plainNames, errNothingActive)
	if err == nil {
		err = m.mayPark(n)
	}
	var to destination
	if err == nil {
		to, err = m.parkPlace(in.To, n)
	}
	if err != nil {
		m.reply(in.Request, in.Parking, err)
		return
	}
	c := n.call
	c.set(in.Data)
	m.reply(in.Request, ConnectionID{Call: c.id, Device: to.device}, nil)
	m.release(n, CausePark)
	m.remove(n)
	event := &Event{Connection: n.id, Device: n.device(), Other: to.device}
	m.report(Diverted, event.gone(n), c, CausePark)
	c.lastRedirection = n.device()
	waits := m.connect(c, to.device, to.line, Queued, parked)
	waits.by = n.device()
	m.parked[to.device] = waits
	m.startTimer(waits, m.config.ParkTimeout)
	m.report(QueuedAt, &Event{Connection: waits.id, Device: waits.device(), Queued: 1}, c, CausePark)
}

// parkPlace finds where a call is to be parked.
func (m *Model) parkPlace(number string, n *connection) (destination, *Error) {
	if number == "" {
		for _, slot := range m.config.ParkSlots {
			if m.parked[slot] == nil {
				return destination{device: slot, slot: true}, nil
			}
		}
		return destination{}, errSlots
	}
	to := m.lookUp(number)
	switch {
	case !to.slot && to.line == nil:
		return to, errParkLine
	case m.parked[to.device] != nil:
		return to, errParkState
	case to.line == nil || to.line == n.line:
		return to, nil
	case to.line.Routeing || n.call.of(to.device) != nil || len(to.line.connections) >= to.line.MaxCalls:
		return to, errParkState
	}
	return to, nil
}

// maySlot checks that a park slot is free.
func (m *Model) maySlot() *Error {
	for _, slot := range m.config.ParkSlots {
		if m.parked[slot] == nil {
			return nil
		}
	}
	return errSlots
}

// recall takes a call that was parked too long back to who parked it.
func (m *Model) recall(n *connection) { m.redirect(n, string(n.by), CauseRecall) }

// unpark connects who called a park slot with the party that waits there. That
// party comes into the caller's call.
func (m *Model) unpark(c *call, slot DeviceID) {
	waits, by := m.parked[slot], c.first()
	if waits == nil || by == nil {
		m.unreachable(c, slot, CauseDestNotObtainable)
		return
	}
	old := waits.call
	for _, n := range old.connections {
		if n != waits && c.of(n.device()) != nil {
			m.unreachable(c, slot, CauseBusy)
			return
		}
	}
	event := &Event{Connection: waits.id, Secondary: by.id, Device: slot, Other: by.device(), OldGlobalCallID: c.globalID}
	c.globalID, c.lastRedirection = old.globalID, slot
	c.set(old.data)
	for _, n := range c.connections {
		event.Connections = append(event.Connections, ConnectionListItem{New: n.id, Old: n.id, Endpoint: n.device()})
	}
	far := waits.far()
	m.stopTimers(waits)
	m.move(c, old, []*connection{waits}, event)
	m.remove(waits)
	m.report(Transferred, event.gone(waits), c, CausePickup)
	if far.state == Connected {
		m.event(Established, far, CausePickup)
	}
}

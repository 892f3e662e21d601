// SPDX-License-Identifier: Apache-2.0

package callmodel

// The checks below tell why a service would be refused for a connection now;
// nil: it would not. The services ask them, and so does servicesPermitted.

// ready checks that a service can act on a connection at all.
func (n *connection) ready() *Error {
	switch {
	case n.call.failed != "":
		return errFailedCall
	case n.pending != nil:
		return errUnfinished
	}
	if n.leg != nil {
		for _, other := range n.leg.connections {
			if other.pending != nil {
				return errUnfinished
			}
		}
	}
	return nil
}

// free checks that no call of the line is connected, so that another may be.
func (l *line) free() *Error {
	if l == nil {
		return nil
	}
	for _, n := range l.connections {
		if n.state == Connected {
			return errConnected
		}
	}
	return nil
}

// phone checks that a connection has a phone of the target, which can obey.
func (n *connection) phone() *Error {
	if n.line == nil || n.leg == nil {
		return errNotALine
	}
	return nil
}

func first(errs ...*Error) *Error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func is(n *connection, state State, otherwise *Error) *Error {
	if n.state != state {
		return otherwise
	}
	return nil
}

func (m *Model) mayAnswer(n *connection) *Error {
	return first(is(n, Alerting, errState), n.ready(), n.phone(), n.line.free())
}

func (m *Model) mayHold(n *connection) *Error {
	if err := first(is(n, Connected, errState), n.ready(), n.phone()); err != nil {
		return err
	}
	if !n.call.established() {
		return errNotEstablished
	}
	return nil
}

func (m *Model) mayRetrieve(n *connection) *Error {
	return first(is(n, Hold, errState), n.ready(), n.phone(), n.line.free())
}

// mayAlternate checks a held and an active connection of one device.
func (m *Model) mayAlternate(held, active *connection) *Error {
	if err := m.mayJoinUp(held, active); err != nil {
		return err
	}
	if !active.call.established() {
		return errActiveState
	}
	return soleOn(held, active)
}

// soleOn checks that the leg of a held connection is free when the active one
// is not connected any more.
func soleOn(held, active *connection) *Error {
	if held.leg == nil {
		return errNotALine
	}
	for _, n := range held.leg.connections {
		if n.state == Connected && n != active {
			return errConnected
		}
	}
	return nil
}

func (m *Model) mayReconnect(held, active *connection) *Error {
	return first(is(held, Hold, errHeldState), is(active, Connected, errActiveState), held.ready(), reconnectable(active), soleOn(held, active))
}

// reconnectable: the active call may have failed, as it is cleared.
func reconnectable(active *connection) *Error {
	if active.pending != nil {
		return errUnfinished
	}
	return active.phone()
}

// mayJoinUp checks what all services on two calls need.
func (m *Model) mayJoinUp(held, active *connection) *Error {
	return first(is(held, Hold, errHeldState), is(active, Connected, errActiveState),
		held.ready(), active.ready(), held.phone(), active.phone())
}

func (m *Model) mayTransfer(held, active *connection) *Error {
	if err := m.mayJoinUp(held, active); err != nil {
		return err
	}
	return m.transferable(held, active)
}

// transferable checks the far parties of two calls that are to be one.
func (m *Model) transferable(held, active *connection) *Error {
	switch {
	case active.call.consult == ConsultOnly || active.call.consult == ConsultConferenceOnly:
		return errConsultPurpose
	case !held.call.established():
		return errHeldState
	case !active.call.viable() || active.far() == nil:
		return errActiveState
	}
	return m.mergeable(held, active, -2)
}

// mergeable checks that two calls can be one: no device is in both but the one
// that joins them, and they are not too many. Less is how many leave.
func (m *Model) mergeable(held, active *connection, less int) *Error {
	for _, n := range held.call.connections {
		if n != held && active.call.of(n.device()) != nil {
			return errNotDifferent
		}
	}
	parties := len(held.call.connections) + len(active.call.connections) + less
	if parties > 2 && parties > m.config.MaxParties {
		return errParties
	}
	return nil
}

func (m *Model) mayConference(held, active *connection) *Error {
	if err := m.mayJoinUp(held, active); err != nil {
		return err
	}
	switch {
	case active.call.consult == ConsultOnly || active.call.consult == ConsultTransferOnly:
		return errConsultPurpose
	case !held.call.established():
		return errHeldState
	case !active.call.established():
		return errActiveState
	}
	return m.mergeable(held, active, -1)
}

func (m *Model) mayConsult(n *connection) *Error {
	err := m.mayHold(n)
	switch {
	case err == errState:
		return errActiveState
	case err != nil:
		return err
	case len(m.calls) >= m.config.MaxCalls:
		return errAllCalls
	case len(n.line.connections) >= n.line.MaxCalls:
		return errDeviceState
	}
	return nil
}

func (m *Model) maySingleStepTransfer(n *connection) *Error {
	if err := m.mayHold(n); err != nil {
		return activeStateOf(err)
	}
	return nil
}

func (m *Model) maySingleStepConference(n *connection) *Error {
	if err := m.mayHold(n); err != nil {
		return activeStateOf(err)
	}
	return m.mayGrow(n.call)
}

// activeStateOf names the state of a connection as that of the active one.
func activeStateOf(err *Error) *Error {
	switch err {
	case errState, errNotEstablished, errFailedCall:
		return errActiveState
	}
	return err
}

// mayGrow checks that a call can have one more party.
func (m *Model) mayGrow(c *call) *Error {
	if len(c.connections) >= m.config.MaxParties {
		return errParties
	}
	return nil
}

// mayBeJoined checks that a line may join the call of a connection.
func (m *Model) mayBeJoined(n *connection) *Error {
	if n.call.failed != "" || !n.call.established() {
		return errState
	}
	return m.mayGrow(n.call)
}

func (m *Model) mayDeflect(n *connection) *Error {
	if n.state != Alerting && n.state != Queued {
		return errState
	}
	if n.call.redirections >= m.config.MaxRedirections {
		return errDestination
	}
	return nil
}

// mayBePickedUp checks that a call that rings or is parked may be answered
// elsewhere.
func (m *Model) mayBePickedUp(n *connection) *Error {
	if n.state != Alerting && n.role != parked || n.role == added {
		return errState
	}
	for _, other := range n.call.connections {
		if other.role == picker && other.state == Null {
			return errUnfinished
		}
	}
	return nil
}

func (m *Model) mayPark(n *connection) *Error {
	if err := m.mayHold(n); err != nil {
		return err
	}
	if len(n.call.connections) != 2 {
		return errMany
	}
	return nil
}

func (m *Model) mayDial(n *connection) *Error {
	if n.state != Initiated || n.leg == nil || n.leg.state != legUp {
		return errState
	}
	return n.ready()
}

func (m *Model) maySendDigits(n *connection) *Error {
	if err := is(n, Connected, errState); err != nil {
		return err
	}
	if n.call.failed != "" {
		return errFailedCall
	}
	for _, other := range n.call.connections {
		if other != n && other.state == Connected && other.leg != nil {
			return nil
		}
	}
	return errNotEstablished
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

// makeCall rings the caller's phone; the other party is called when it is
// picked up.
func (m *Model) makeCall(in MakeCall) {
	if err := m.mayCall(in); err != nil {
		m.reply(in.Request, ConnectionID{}, err)
		return
	}
	c := m.newCall(in.Calling, DeviceID(in.Called))
	c.made, c.correlatorData, c.userData = true, in.CorrelatorData, in.UserData
	n := m.connect(c, in.Calling, Initiated, true)
	m.startTimer(n, m.config.Prompt)
	m.reply(in.Request, n.id, nil)
	m.event(ServiceInitiated, n, in.Calling, CauseMakeCall)
	m.do(RingOriginator{Connection: n.id, Called: in.Called, AutoAnswer: in.DoNotPrompt})
}

func (m *Model) mayCall(in MakeCall) *Error {
	calling, known := m.lines[in.Calling]
	switch {
	case !known:
		return refuse(operation, "invalidCallingDeviceID", "no such line")
	case in.Called == "":
		return refuse(operation, "invalidCalledDeviceID", "no number to call")
	case m.config.Drain:
		return refuse(systemResource, "resourceOutOfService", "the target drains")
	case !calling.inService:
		return refuse(systemResource, "callingDeviceOutOfService", "no phone of the line is registered")
	case len(m.calls) >= m.config.MaxCalls:
		return refuse(systemResource, "resourceLimitExceeded", "the target has all the calls it may have")
	case len(calling.connections) >= calling.MaxCalls:
		return refuse(stateIncompatibility, "invalidCallingDeviceState", "the line has all the calls it may have")
	}
	for _, n := range calling.connections {
		switch n.state {
		case Connected:
			return refuse(stateIncompatibility, "connectedCallExists", "hold or clear the connected call first")
		case Initiated:
			return refuse(stateIncompatibility, "invalidCallingDeviceState", "the line is making a call already")
		default:
		}
	}
	return nil
}

func (m *Model) answerCall(in AnswerCall) {
	n, err := m.resolve(in.Connection, Alerting, refuse(stateIncompatibility, "noCallToAnswer", "no call rings there"))
	if err == nil {
		err = n.ready(Alerting)
	}
	if err == nil {
		err = n.line.free()
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.await(n, in.Request)
	m.do(Answer{Connection: n.id})
}

func (m *Model) holdCall(in HoldCall) {
	n, err := m.resolve(in.Connection, Connected, refuse(stateIncompatibility, "noActiveCall", "no call is connected there"))
	if err == nil {
		err = n.ready(Connected)
	}
	if err == nil && !n.call.established() {
		err = refuse(stateIncompatibility, "invalidConnectionState", "the other party has not answered yet")
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.await(n, in.Request)
	m.do(PutOnHold{Connection: n.id})
}

func (m *Model) retrieveCall(in RetrieveCall) {
	n, err := m.resolve(in.Connection, Hold, refuse(stateIncompatibility, "noHeldCall", "no call is on hold there"))
	if err == nil {
		err = n.ready(Hold)
	}
	if err == nil {
		err = n.line.free()
	}
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.await(n, in.Request)
	m.do(TakeOffHold{Connection: n.id})
}

func (m *Model) clearConnection(in ClearConnection) {
	n, err := m.resolve(in.Connection, Null, refuse(stateIncompatibility, "noConnectionToClear", "no call is there"))
	if err != nil {
		m.reply(in.Request, in.Connection, err)
		return
	}
	m.reply(in.Request, n.id, nil)
	m.release(n, CauseNormalClearing)
}

// free checks that no call of the line is connected, so that another may be.
func (l *line) free() *Error {
	if l == nil {
		return nil
	}
	for _, n := range l.connections {
		if n.state == Connected {
			return refuse(stateIncompatibility, "connectedCallExists", "hold or clear the connected call first")
		}
	}
	return nil
}

// ready checks that a service can act on a connection now.
func (n *connection) ready(state State) *Error {
	switch {
	case n.state != state:
		return refuse(stateIncompatibility, "invalidConnectionState", "the connection is "+n.state.String())
	case n.call.failed != "":
		return refuse(stateIncompatibility, "invalidConnectionState", "the call has failed and can only be cleared")
	case n.pending != nil:
		return refuse(stateIncompatibility, "invalidObjectState", "another service on the connection is not finished")
	default:
		return nil
	}
}

// resolve finds the connection that a service names. Where one part of the id
// is missing, exactly one connection in the state the service needs must match
// (Null: in any state but null); nothing is what to answer if none does.
func (m *Model) resolve(id ConnectionID, state State, nothing *Error) (*connection, *Error) {
	var candidates []*connection
	switch {
	case id.Call == "" && id.Device == "":
		return nil, refuse(operation, "invalidConnectionID", "neither call nor device is named")
	case id.Call == "":
		named, known := m.lines[id.Device]
		if !known {
			return nil, refuse(operation, "invalidDeviceID", "no such line")
		}
		candidates = named.connections
	default:
		named, known := m.calls[id.Call]
		if !known {
			return nil, refuse(operation, "invalidCallID", "no such call")
		}
		candidates = named.connections
	}
	var found *connection
	for _, n := range candidates {
		if id.Device != "" && n.id.Device != id.Device || n.state == Null {
			continue
		}
		if id.Call != "" && id.Device != "" {
			return n, nil
		}
		if state != Null && n.state != state {
			continue
		}
		if found != nil {
			return nil, refuse(operation, "invalidConnectionID", "more than one connection matches; name call and device")
		}
		found = n
	}
	switch {
	case found != nil:
		return found, nil
	case id.Call != "" && id.Device != "":
		return nil, refuse(operation, "invalidConnectionID", "the device is not in the call")
	default:
		return nil, nothing
	}
}

// established tells whether both parties have answered.
func (c *call) established() bool {
	if len(c.connections) < 2 {
		return false
	}
	for _, n := range c.connections {
		if n.state != Connected && n.state != Hold {
			return false
		}
	}
	return true
}

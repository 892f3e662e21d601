// SPDX-License-Identifier: Apache-2.0

package callmodel

// Snapshot is one call at a device.
type Snapshot struct {
	Connection ConnectionID
	State      State
	// Permitted is what the device may do in the call now.
	Permitted Services
	// Others are the states of the other connections of the call.
	Others []State
	// Endpoint is the other party where there is one.
	Endpoint DeviceID
	// EndpointRestricted: it does not want to be known.
	EndpointRestricted bool
}

// SnapshotDevice lists the calls at a line, the oldest first (ECMA-269,
// Snapshot Device). The error tells that there is no such line.
func (m *Model) SnapshotDevice(device DeviceID) ([]Snapshot, *Error) {
	l, known := m.lines[device]
	if !known {
		return nil, errNoLine
	}
	var snapshots []Snapshot
	for _, n := range l.connections {
		if !n.seen() {
			continue
		}
		c := n.call
		snapshot := Snapshot{Connection: n.id, State: n.state, Permitted: m.permitted(n), Endpoint: n.endpoint()}
		snapshot.EndpointRestricted = c.restricted && snapshot.Endpoint == c.calling
		for _, other := range c.connections {
			if other != n && other.seen() {
				snapshot.Others = append(snapshot.Others, other.state)
			}
		}
		if c.failed != "" {
			snapshot.Others = append(snapshot.Others, Fail)
		}
		snapshots = append(snapshots, snapshot)
	}
	return snapshots, nil
}

// endpoint is the other party of a call as far as it is known.
func (n *connection) endpoint() DeviceID {
	if far := n.far(); far != nil {
		return far.device()
	}
	if n.role == caller {
		return n.call.called
	}
	return n.call.calling
}

// CallSnapshot is one call (ECMA-269, Snapshot Call).
type CallSnapshot struct {
	Call            CallID
	Calling, Called DeviceID
	Data            Data
	GlobalCallID    string
	// Restricted is the party that does not want to be known; empty: none.
	Restricted DeviceID
	Parties    []PartySnapshot
}

// PartySnapshot is one connection of a call.
type PartySnapshot struct {
	Connection ConnectionID
	State      State
	Permitted  Services
}

// SnapshotCall tells of the call of a connection, which may be named in part.
func (m *Model) SnapshotCall(id ConnectionID) (CallSnapshot, *Error) {
	c, known := m.calls[id.Call]
	if id.Call == "" || id.Device != "" {
		n, err := m.resolve(id, anyState, &plainNames, errNothingToGo)
		if err != nil {
			return CallSnapshot{}, err
		}
		c, known = n.call, true
	}
	if !known {
		return CallSnapshot{}, plainNames.call
	}
	snapshot := CallSnapshot{Call: c.id, Calling: c.calling, Called: c.called, Data: c.data, GlobalCallID: c.globalID}
	if c.restricted {
		snapshot.Restricted = c.calling
	}
	for _, n := range c.connections {
		if n.seen() {
			snapshot.Parties = append(snapshot.Parties, PartySnapshot{Connection: n.id, State: n.state, Permitted: m.permitted(n)})
		}
	}
	if c.failedAt != "" && c.of(c.failedAt) == nil {
		snapshot.Parties = append(snapshot.Parties, PartySnapshot{
			Connection: ConnectionID{Call: c.id, Device: c.failedAt}, State: Fail,
		})
	}
	return snapshot, nil
}

// LineCall is one call at a line, for lamps and displays.
type LineCall struct {
	Connection ConnectionID
	State      State
	// Leg carries the connection; zero: none.
	Leg LegID
	// Caller: the line made the call.
	Caller bool
	// Other is the other party; restricted, it does not want to be known.
	Other      DeviceID
	Restricted bool
	// Called is the number that the call was made to, Redirected who sent it here
	// last; empty: nobody.
	Called, Redirected DeviceID
	// Far is how far the best of the others is: Null while nobody is called or
	// rings, Fail where the call can't be completed for the cause Failed.
	Far    State
	Failed Cause
	// Parties of the call that are up.
	Parties int
	// External: it comes from the trunk.
	External bool
}

// LineCalls lists the calls at a line, the oldest first; none where there is no
// such line.
func (m *Model) LineCalls(device DeviceID) []LineCall {
	l, known := m.lines[device]
	if !known {
		return nil
	}
	var calls []LineCall
	for _, n := range l.connections {
		if n.seen() {
			calls = append(calls, n.lineCall())
		}
	}
	return calls
}

func (n *connection) lineCall() LineCall {
	c, other := n.call, n.endpoint()
	told := LineCall{
		Connection: n.id, State: n.state, Caller: n.role == caller, Other: other,
		Restricted: c.restricted && other == c.calling, Called: c.called, Redirected: c.lastRedirection,
		Failed: c.failed, External: c.external(),
	}
	if n.leg != nil {
		told.Leg = n.leg.id
	}
	for _, party := range c.connections {
		if party.up() {
			told.Parties++
		}
		if party == n || party.hidden() {
			continue
		}
		switch {
		case party.up():
			told.Far = Connected
		case told.Far == Connected:
		case party.state == Alerting, party.state == Queued && told.Far != Alerting:
			told.Far = party.state
		}
	}
	if c.failed != "" {
		told.Far = Fail
	}
	return told
}

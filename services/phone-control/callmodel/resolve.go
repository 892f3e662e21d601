// SPDX-License-Identifier: Apache-2.0

package callmodel

// states is a set of states, to find a connection that is named in part.
type states uint8

func in(list ...State) states {
	var set states
	for _, state := range list {
		set |= 1 << state
	}
	return set
}

func (s states) has(state State) bool { return s&(1<<state) != 0 }

const anyState = ^states(0)

// naming is what to answer when a connection is not found, by what it is to the
// service.
type naming struct{ call, device, connection *Error }

var (
	plainNames = naming{
		call:       refuse(operation, "invalidCallID", "no such call"),
		device:     errNoLine,
		connection: refuse(operation, "invalidConnectionID", "the device is not in the call"),
	}
	activeNames = naming{
		call:       refuse(operation, "invalidActiveCallID", "no such call"),
		device:     refuse(operation, "invalidActiveDeviceID", "no such line"),
		connection: refuse(operation, "invalidActiveConnectionID", "the device is not in the call"),
	}
	heldNames = naming{
		call:       refuse(operation, "invalidHeldCallID", "no such call"),
		device:     refuse(operation, "invalidHeldDeviceID", "no such line"),
		connection: refuse(operation, "invalidHeldConnectionID", "the device is not in the call"),
	}
)

// resolve finds the connection that a service names. Where one part of the id
// is missing, exactly one connection in the states that the service needs must
// match; nothing is what to answer if none does.
func (m *Model) resolve(id ConnectionID, want states, names *naming, nothing *Error) (*connection, *Error) {
	var candidates []*connection
	switch {
	case id.Call == "" && id.Device == "":
		return nil, errNotNamed
	case id.Call == "":
		named, known := m.lines[id.Device]
		if !known {
			return nil, names.device
		}
		candidates = named.connections
	default:
		named, known := m.calls[id.Call]
		if !known {
			return nil, names.call
		}
		candidates = named.connections
	}
	var found *connection
	for _, n := range candidates {
		if id.Device != "" && n.id.Device != id.Device || !n.seen() {
			continue
		}
		if id.Call != "" && id.Device != "" {
			return n, nil
		}
		if !want.has(n.state) {
			continue
		}
		if found != nil {
			return nil, errAmbiguous
		}
		found = n
	}
	switch {
	case found != nil:
		return found, nil
	case id.Call != "" && id.Device != "":
		return nil, names.connection
	default:
		return nil, nothing
	}
}

// resolveCall is resolve for a service that is about a whole call, which any
// connection of it stands for.
func (m *Model) resolveCall(id ConnectionID, nothing *Error) (*connection, *Error) {
	if id.Device == "" {
		if c, known := m.calls[id.Call]; known {
			for _, n := range c.connections {
				if n.seen() {
					return n, nil
				}
			}
		}
	}
	return m.resolve(id, anyState, &plainNames, nothing)
}

// pair finds the held and the active connection of a device.
func (m *Model) pair(heldID, activeID ConnectionID) (held, active *connection, err *Error) {
	if active, err = m.resolve(activeID, in(Connected), &activeNames, errNothingActive); err != nil {
		return nil, nil, err
	}
	if held, err = m.resolve(heldID, in(Hold), &heldNames, errNothingHeld); err != nil {
		return nil, nil, err
	}
	switch {
	case held == active:
		return nil, nil, errSameConnection
	case held.line == nil || held.line != active.line:
		return nil, nil, errNotSameDevice
	}
	return held, active, nil
}

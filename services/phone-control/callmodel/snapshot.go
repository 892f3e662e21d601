// SPDX-License-Identifier: Apache-2.0

package callmodel

// Snapshot is one call at a device.
type Snapshot struct {
	Connection ConnectionID
	State      State
	// Others are the states of the other connections of the call.
	Others []State
	// Endpoint is the other party where there is one.
	Endpoint DeviceID
}

// SnapshotDevice lists the calls at a line, the oldest first (ECMA-269,
// Snapshot Device). The error tells that there is no such line.
func (m *Model) SnapshotDevice(device DeviceID) ([]Snapshot, *Error) {
	l, known := m.lines[device]
	if !known {
		return nil, refuse(operation, "invalidDeviceID", "no such line")
	}
	var snapshots []Snapshot
	for _, n := range l.connections {
		if n.state == Null {
			continue
		}
		snapshot := Snapshot{Connection: n.id, State: n.state, Endpoint: n.call.called}
		if !n.caller {
			snapshot.Endpoint = n.call.calling
		}
		for _, other := range n.call.connections {
			if other != n && other.state != Null {
				snapshot.Others = append(snapshot.Others, other.state)
			}
		}
		if n.call.unrung {
			snapshot.Others = append(snapshot.Others, Fail)
		}
		snapshots = append(snapshots, snapshot)
	}
	return snapshots, nil
}

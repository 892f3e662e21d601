// SPDX-License-Identifier: Apache-2.0

package callmodel

// event reports what happened to a connection.
func (m *Model) event(kind EventKind, n *connection, cause Cause) {
	m.report(kind, &Event{Connection: n.id, Device: n.id.Device}, n.call, cause)
}

// report completes an event and adds the devices of the call it is reported to.
func (m *Model) report(kind EventKind, event *Event, c *call, cause Cause) {
	event.Kind, event.Call, event.Cause = kind, c.id, cause
	event.Calling, event.Called, event.LastRedirection = c.calling, c.called, c.lastRedirection
	event.AssociatedCalling, event.Restricted = c.associatedCalling, c.restricted
	event.GlobalCallID, event.Data = c.globalID, c.data
	if event.Reported == nil {
		event.Reported = event.reported[:0]
	}
	for _, n := range c.connections {
		if n.line != nil && n.seen() {
			event.Reported = append(event.Reported, Reported{Device: n.id.Device, State: n.state, Permitted: m.permitted(n)})
		}
	}
	m.do(event)
}

// gone makes an event be reported to the device of a connection that has left
// its call, if it is a line.
func (e *Event) gone(n *connection) *Event {
	if n.line != nil {
		e.Reported = append(e.reported[:0], Reported{Device: n.id.Device, State: Null})
	}
	return e
}

// completionFailed tells a line that what it was promised did not come about.
func (m *Model) completionFailed(n *connection, cause Cause) {
	if n.line == nil {
		return
	}
	event := &Event{
		Kind: ServiceCompletionFailure, Call: n.call.id, Connection: n.id, Device: n.device(), Cause: cause,
		Calling: n.call.calling, Called: n.call.called, GlobalCallID: n.call.globalID, Data: n.call.data,
	}
	m.do(event.gone(n))
}

// set ties data to a call.
func (c *call) set(data Data) {
	if data.Correlator != nil {
		c.data.Correlator = data.Correlator
	}
	if data.User != nil {
		c.data.User = data.User
	}
}

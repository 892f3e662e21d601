// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"strings"

	"offhook.dev/csta"
)

// Summary is what a person wants to know of a call-control event.
type Summary struct {
	// Event is the element without "Event", as ECMA-269 names it.
	Event      string                    `json:"event"`
	Monitor    csta.MonitorCrossRefID    `json:"monitorCrossRefID"`
	CallID     csta.CallID               `json:"callID,omitempty"`
	Device     string                    `json:"deviceID,omitempty"`
	Calling    string                    `json:"callingDevice,omitempty"`
	Called     string                    `json:"calledDevice,omitempty"`
	LocalState csta.LocalConnectionState `json:"localConnectionInfo,omitempty"`
	Cause      csta.EventCause           `json:"cause,omitempty"`
}

// Summarize reads the common parts of an event; of events it does not know in
// detail it gives name and monitor.
func Summarize(event csta.Event) Summary {
	s := Summary{Event: strings.TrimSuffix(event.Element(), "Event"), Monitor: event.CrossRef()}
	connection := func(id csta.ConnectionID) { s.CallID, s.Device = id.CallID, id.DeviceID.Text }
	parties := func(calling, called csta.SubjectDeviceID) { s.Calling, s.Called = party(calling), party(called) }
	state := func(local csta.LocalConnectionState, cause csta.EventCause) { s.LocalState, s.Cause = local, cause }
	switch e := event.(type) {
	case *csta.ServiceInitiatedEvent:
		connection(e.InitiatedConnection)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.OriginatedEvent:
		connection(e.OriginatedConnection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.DeliveredEvent:
		connection(e.Connection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.EstablishedEvent:
		connection(e.EstablishedConnection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.HeldEvent:
		connection(e.HeldConnection)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.RetrievedEvent:
		connection(e.RetrievedConnection)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.ConnectionClearedEvent:
		connection(e.DroppedConnection)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.FailedEvent:
		connection(e.FailedConnection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.BackInServiceEvent:
		s.Device = party(e.Device)
	case *csta.OutOfServiceEvent:
		s.Device = party(e.Device)
	}
	return s
}

// String is the summary in one line of columns.
func (s Summary) String() string {
	var line strings.Builder
	pad := func(text string, width int) {
		line.WriteString(text)
		for range max(1, width-len(text)) {
			line.WriteByte(' ')
		}
	}
	pad(s.Event, 18)
	pad(s.Device, 12)
	if s.LocalState != "" {
		pad("local "+string(s.LocalState), 16)
	}
	if s.Cause != "" {
		pad("cause "+string(s.Cause), 22)
	}
	if s.Calling != "" {
		line.WriteString(s.Calling + " -> " + s.Called + " ")
	}
	if s.CallID != "" {
		line.WriteString("call " + string(s.CallID))
	}
	return strings.TrimRight(line.String(), " ")
}

func party(subject csta.SubjectDeviceID) string {
	switch subject.Kind {
	case csta.PartyIdentified:
		return subject.Device.Text
	case csta.PartyRestricted:
		return "restricted"
	default:
		return "not known"
	}
}

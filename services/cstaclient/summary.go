// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"strings"

	"offhook.dev/csta"
)

// Summary is what a person wants to know of an event.
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
	// Detail is what else there is to say, for people.
	Detail string `json:"detail,omitempty"`
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
	case *csta.OfferedEvent:
		connection(e.OfferedConnection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.QueuedEvent:
		connection(e.QueuedConnection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.NetworkReachedEvent:
		connection(e.OutboundConnection)
		parties(e.CallingDevice, e.CalledDevice)
		state(e.LocalConnectionInfo, e.Cause)
	case *csta.DigitsDialedEvent:
		connection(e.DialingConnection)
		state(e.LocalConnectionInfo, e.Cause)
		s.Detail = "digits " + e.DialingSequence
	case *csta.DivertedEvent:
		connection(e.Connection)
		state(e.LocalConnectionInfo, e.Cause)
		s.Detail = "to " + party(e.NewDestination)
	case *csta.TransferedEvent:
		connection(e.PrimaryOldCall)
		state(e.LocalConnectionInfo, e.Cause)
		s.Detail = "by " + party(e.TransferringDevice) + " to " + party(e.TransferredToDevice) + newCall(e.TransferredConnections)
	case *csta.ConferencedEvent:
		connection(e.PrimaryOldCall)
		state(e.LocalConnectionInfo, e.Cause)
		s.Detail = "by " + party(e.ConferencingDevice) + " with " + party(e.AddedParty) + newCall(e.ConferenceConnections)
	case *csta.CallClearedEvent:
		connection(e.ClearedCall)
		s.Cause = e.Cause
	default:
		s.feature(event)
	}
	return s
}

// feature is Summarize for what is no call.
func (s *Summary) feature(event csta.Event) {
	at := func(device csta.SubjectDeviceID, detail string) { s.Device, s.Detail = party(device), detail }
	switch e := event.(type) {
	case *csta.BackInServiceEvent:
		at(e.Device, "")
	case *csta.OutOfServiceEvent:
		at(e.Device, "")
	case *csta.DoNotDisturbEvent:
		at(e.Device, onOff(e.DoNotDisturbOn))
	case *csta.ForwardingEvent:
		detail := onOff(e.ForwardStatus)
		if e.ForwardingType != "" {
			detail = string(e.ForwardingType) + " " + detail
		}
		if e.ForwardTo != nil {
			detail += " to " + e.ForwardTo.Text
		}
		at(e.Device, detail)
	case *csta.MessageWaitingEvent:
		at(e.TargetDevice, onOff(e.MessageWaitingOn))
	case *csta.AutoAnswerEvent:
		at(e.InvokingDevice, onOff(e.AutoAnswerOn))
	case *csta.CallerIDStatusEvent:
		at(e.InvokingDevice, onOff(e.CallerIDProvided))
	case *csta.CallBackEvent:
		at(e.OriginatingDevice, onOff(e.CallBackSetCanceled)+" to "+party(e.TargetDevice))
	case *csta.MicrophoneMuteEvent:
		at(e.InvokingDevice, onOff(e.MicrophoneMuteOn))
	case *csta.SpeakerMuteEvent:
		at(e.InvokingDevice, onOff(e.SpeakerMuteOn))
	case *csta.DigitsGeneratedEvent:
		s.CallID, s.Device = e.Connection.CallID, e.Connection.DeviceID.Text
	case *csta.CallInformationEvent:
		s.CallID, s.Device = e.Connection.CallID, e.Connection.DeviceID.Text
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// newCall is the call that goes on after a transfer or conference.
func newCall(connections []csta.ConnectionListItem) string {
	for _, connection := range connections {
		if connection.NewConnection != nil {
			return " now call " + string(connection.NewConnection.CallID)
		}
	}
	return ""
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
	if s.Detail != "" {
		line.WriteString(s.Detail + " ")
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

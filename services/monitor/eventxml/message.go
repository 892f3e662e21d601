// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
)

// Writer says how the message is written.
type Writer struct {
	Names deviceid.Names
	// Basic leaves out what goes beyond the basic call (CME's
	// `cti csta mode basic`): correlator data and user data.
	Basic bool
}

// Message is what a monitor on a device that saw the event reports, without
// monitorCrossRefID; nil for an event that this version does not know.
func (w Writer) Message(event *ctiv1.Event, reported *ctiv1.Reported) csta.Event {
	local := StateWord(reported.GetLocalConnectionInfo())
	cause := csta.EventCause(event.GetCause())
	if cause == "" {
		cause = csta.EventCauseNormal
	}
	correlator, user := w.data(event)
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return &csta.ServiceInitiatedEvent{
			InitiatedConnection: w.connection(e.ServiceInitiated.GetInitiatedConnection()),
			InitiatingDevice:    w.subject(e.ServiceInitiated.GetInitiatingDevice()),
			LocalConnectionInfo: local, CorrelatorData: correlator, Cause: cause,
		}
	case *ctiv1.Event_Originated:
		return &csta.OriginatedEvent{
			OriginatedConnection: w.connection(e.Originated.GetOriginatedConnection()),
			CallingDevice:        w.subject(e.Originated.GetCallingDevice()),
			CalledDevice:         w.subject(e.Originated.GetCalledDevice()),
			LocalConnectionInfo:  local, CorrelatorData: correlator, Cause: cause,
		}
	case *ctiv1.Event_Delivered:
		return &csta.DeliveredEvent{
			Connection:          w.connection(e.Delivered.GetConnection()),
			AlertingDevice:      w.subject(e.Delivered.GetAlertingDevice()),
			CallingDevice:       w.subject(e.Delivered.GetCallingDevice()),
			CalledDevice:        w.subject(e.Delivered.GetCalledDevice()),
			LocalConnectionInfo: local, CorrelatorData: correlator, UserData: user, Cause: cause,
		}
	case *ctiv1.Event_Established:
		return &csta.EstablishedEvent{
			EstablishedConnection: w.connection(e.Established.GetEstablishedConnection()),
			AnsweringDevice:       w.subject(e.Established.GetAnsweringDevice()),
			CallingDevice:         w.subject(e.Established.GetCallingDevice()),
			CalledDevice:          w.subject(e.Established.GetCalledDevice()),
			LocalConnectionInfo:   local, CorrelatorData: correlator, UserData: user, Cause: cause,
		}
	case *ctiv1.Event_Held:
		return &csta.HeldEvent{
			HeldConnection:      w.connection(e.Held.GetHeldConnection()),
			HoldingDevice:       w.subject(e.Held.GetHoldingDevice()),
			LocalConnectionInfo: local, CorrelatorData: correlator, Cause: cause,
		}
	case *ctiv1.Event_Retrieved:
		return &csta.RetrievedEvent{
			RetrievedConnection: w.connection(e.Retrieved.GetRetrievedConnection()),
			RetrievingDevice:    w.subject(e.Retrieved.GetRetrievingDevice()),
			LocalConnectionInfo: local, CorrelatorData: correlator, Cause: cause,
		}
	case *ctiv1.Event_ConnectionCleared:
		return &csta.ConnectionClearedEvent{
			DroppedConnection:   w.connection(e.ConnectionCleared.GetDroppedConnection()),
			ReleasingDevice:     w.subject(e.ConnectionCleared.GetReleasingDevice()),
			LocalConnectionInfo: local, CorrelatorData: correlator, UserData: user, Cause: cause,
		}
	case *ctiv1.Event_Failed:
		return &csta.FailedEvent{
			FailedConnection:    w.connection(e.Failed.GetFailedConnection()),
			FailingDevice:       w.subject(e.Failed.GetFailingDevice()),
			CallingDevice:       w.subject(e.Failed.GetCallingDevice()),
			CalledDevice:        w.subject(e.Failed.GetCalledDevice()),
			LocalConnectionInfo: local, CorrelatorData: correlator, UserData: user, Cause: cause,
		}
	case *ctiv1.Event_CallCleared:
		return &csta.CallClearedEvent{
			ClearedCall:    csta.ConnectionID{CallID: csta.CallID(e.CallCleared.GetClearedCall())},
			CorrelatorData: correlator, UserData: user, Cause: cause,
		}
	case *ctiv1.Event_BackInService:
		return &csta.BackInServiceEvent{
			Device: w.subject(e.BackInService.GetDevice()), Cause: csta.EventCause(event.GetCause()),
		}
	case *ctiv1.Event_OutOfService:
		return &csta.OutOfServiceEvent{
			Device: w.subject(e.OutOfService.GetDevice()), Cause: csta.EventCause(event.GetCause()),
		}
	}
	return nil
}

func (w Writer) connection(id *ctiv1.ConnectionID) csta.ConnectionID {
	connection := csta.ConnectionID{CallID: csta.CallID(id.GetCallId())}
	if number := id.GetDeviceId(); number != "" {
		connection.DeviceID.Text = w.Names.Write(number)
	}
	return connection
}

// subject is notKnown for a device that the event does not know.
func (w Writer) subject(number string) csta.SubjectDeviceID {
	if number == "" {
		return csta.SubjectDeviceID{}
	}
	return csta.Subject(csta.DeviceID{Text: w.Names.Write(number)})
}

func (w Writer) data(event *ctiv1.Event) (*csta.CorrelatorData, *csta.UserData) {
	if w.Basic {
		return nil, nil
	}
	var correlator *csta.CorrelatorData
	var user *csta.UserData
	if data := event.GetCorrelatorData(); len(data) > 0 {
		correlator = &csta.CorrelatorData{String: string(data)}
	}
	if data := event.GetUserData(); len(data) > 0 {
		user = &csta.UserData{String: string(data)}
	}
	return correlator, user
}

// StateWord is a LocalConnectionState as ECMA-323 spells it; empty where it is
// unspecified.
func StateWord(state ctiv1.LocalConnectionState) csta.LocalConnectionState {
	switch state {
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL:
		return csta.LocalConnectionStateNull
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_INITIATED:
		return csta.LocalConnectionStateInitiated
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING:
		return csta.LocalConnectionStateAlerting
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED:
		return csta.LocalConnectionStateConnected
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD:
		return csta.LocalConnectionStateHold
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_QUEUED:
		return csta.LocalConnectionStateQueued
	case ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_FAIL:
		return csta.LocalConnectionStateFail
	default:
		return ""
	}
}

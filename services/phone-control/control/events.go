// SPDX-License-Identifier: Apache-2.0

package control

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// eventOf writes an event of the call model as it goes to the bus.
func eventOf(e *callmodel.Event, number uint64, now time.Time) *ctiv1.Event {
	event := &ctiv1.Event{
		Number: number, Time: timestamppb.New(now), CallId: string(e.Call), Cause: string(e.Cause),
		CorrelatorData: e.Data.Correlator, UserData: e.Data.User,
		Reported:              make([]*ctiv1.Reported, len(e.Reported)),
		LastRedirectionDevice: string(e.LastRedirection), GlobalCallId: e.GlobalCallID,
		OldGlobalCallId:         e.OldGlobalCallID,
		AssociatedCallingDevice: string(e.AssociatedCalling),
	}
	if e.Restricted {
		event.RestrictedDevice = string(e.Calling)
	}
	for i, reported := range e.Reported {
		event.Reported[i] = &ctiv1.Reported{
			DeviceId: string(reported.Device), LocalConnectionInfo: stateOf(reported.State),
			ServicesPermitted: uint64(reported.Permitted),
		}
	}
	setContent(event, e)
	return event
}

// setContent writes what one kind of event has besides the common parts.
func setContent(event *ctiv1.Event, e *callmodel.Event) {
	connection := connectionOf(e.Connection)
	device, calling, called := string(e.Device), string(e.Calling), string(e.Called)
	switch e.Kind {
	case callmodel.ServiceInitiated:
		event.Event = &ctiv1.Event_ServiceInitiated{ServiceInitiated: &ctiv1.ServiceInitiated{
			InitiatedConnection: connection, InitiatingDevice: device,
		}}
	case callmodel.Originated:
		event.Event = &ctiv1.Event_Originated{Originated: &ctiv1.Originated{
			OriginatedConnection: connection, CallingDevice: calling, CalledDevice: called,
		}}
	case callmodel.Offered:
		event.Event = &ctiv1.Event_Offered{Offered: &ctiv1.Offered{
			OfferedConnection: connection, OfferedDevice: device, CallingDevice: calling, CalledDevice: called,
		}}
	case callmodel.Delivered:
		event.Event = &ctiv1.Event_Delivered{Delivered: &ctiv1.Delivered{
			Connection: connection, AlertingDevice: device, CallingDevice: calling, CalledDevice: called,
		}}
	case callmodel.NetworkReached:
		event.Event = &ctiv1.Event_NetworkReached{NetworkReached: &ctiv1.NetworkReached{
			OutboundConnection: connection, NetworkInterfaceUsed: e.Trunk, CallingDevice: calling, CalledDevice: called,
		}}
	case callmodel.Established:
		event.Event = &ctiv1.Event_Established{Established: &ctiv1.Established{
			EstablishedConnection: connection, AnsweringDevice: device, CallingDevice: calling, CalledDevice: called,
		}}
	case callmodel.Held:
		event.Event = &ctiv1.Event_Held{Held: &ctiv1.Held{HeldConnection: connection, HoldingDevice: device}}
	case callmodel.Retrieved:
		event.Event = &ctiv1.Event_Retrieved{Retrieved: &ctiv1.Retrieved{
			RetrievedConnection: connection, RetrievingDevice: device,
		}}
	case callmodel.ConnectionCleared:
		event.Event = &ctiv1.Event_ConnectionCleared{ConnectionCleared: &ctiv1.ConnectionCleared{
			DroppedConnection: connection, ReleasingDevice: device,
		}}
	case callmodel.Failed:
		event.Event = &ctiv1.Event_Failed{Failed: &ctiv1.Failed{
			FailedConnection: connection, FailingDevice: device, CallingDevice: calling, CalledDevice: called,
		}}
	case callmodel.CallCleared:
		event.Event = &ctiv1.Event_CallCleared{CallCleared: &ctiv1.CallCleared{ClearedCall: string(e.Call)}}
	case callmodel.BackInService:
		event.Event = &ctiv1.Event_BackInService{BackInService: &ctiv1.BackInService{Device: device}}
	case callmodel.OutOfService:
		event.Event = &ctiv1.Event_OutOfService{OutOfService: &ctiv1.OutOfService{Device: device}}
	case callmodel.Diverted, callmodel.Transferred, callmodel.Conferenced, callmodel.QueuedAt:
		setMove(event, e)
	case callmodel.DigitsDialed, callmodel.DigitsGenerated, callmodel.CallInformation,
		callmodel.ServiceCompletionFailure, callmodel.CalledBack:
		setFeature(event, e)
	}
}

// setMove writes the events that move parties.
func setMove(event *ctiv1.Event, e *callmodel.Event) {
	connection := connectionOf(e.Connection)
	device, other := string(e.Device), string(e.Other)
	switch e.Kind { //nolint:exhaustive // setContent has the others
	case callmodel.Diverted:
		event.Event = &ctiv1.Event_Diverted{Diverted: &ctiv1.Diverted{
			Connection: connection, DivertingDevice: device, NewDestination: other,
			CallingDevice: string(e.Calling), CalledDevice: string(e.Called),
		}}
	case callmodel.Transferred:
		event.Event = &ctiv1.Event_Transferred{Transferred: &ctiv1.Transferred{
			PrimaryOldCall: connection, SecondaryOldCall: optional(e.Secondary),
			TransferringDevice: device, TransferredToDevice: other, TransferredConnections: listOf(e.Connections),
		}}
	case callmodel.Conferenced:
		event.Event = &ctiv1.Event_Conferenced{Conferenced: &ctiv1.Conferenced{
			PrimaryOldCall: connection, SecondaryOldCall: optional(e.Secondary),
			ConferencingDevice: device, AddedParty: other, ConferenceConnections: listOf(e.Connections),
		}}
	case callmodel.QueuedAt:
		event.Event = &ctiv1.Event_Queued{Queued: &ctiv1.Queued{
			QueuedConnection: connection, Queue: device, NumberQueued: uint32(max(0, e.Queued)),
			CallingDevice: string(e.Calling), CalledDevice: string(e.Called),
		}}
	}
}

// setFeature writes the events of digits, data and callbacks.
func setFeature(event *ctiv1.Event, e *callmodel.Event) {
	connection, device := connectionOf(e.Connection), string(e.Device)
	switch e.Kind { //nolint:exhaustive // setContent has the others
	case callmodel.DigitsDialed:
		event.Event = &ctiv1.Event_DigitsDialed{DigitsDialed: &ctiv1.DigitsDialed{
			DialingConnection: connection, DialingDevice: device, DialingSequence: e.Digits,
		}}
	case callmodel.DigitsGenerated:
		event.Event = &ctiv1.Event_DigitsGenerated{DigitsGenerated: &ctiv1.DigitsGenerated{
			Connection: connection, Digits: e.Digits,
		}}
	case callmodel.CallInformation:
		event.Event = &ctiv1.Event_CallInformation{CallInformation: &ctiv1.CallInformation{
			Connection: connection, Device: device, CallingDevice: string(e.Calling),
		}}
	case callmodel.ServiceCompletionFailure:
		event.Event = &ctiv1.Event_ServiceCompletionFailure{ServiceCompletionFailure: &ctiv1.ServiceCompletionFailure{
			PrimaryCall: optional(e.Connection), SecondaryCall: optional(e.Secondary),
		}}
	case callmodel.CalledBack:
		event.Event = &ctiv1.Event_CallBack{CallBack: &ctiv1.CallBack{
			OriginatingDevice: device, TargetDevice: string(e.Other), CallBackSetCanceled: e.CallBackSet,
		}}
	}
}

func listOf(items []callmodel.ConnectionListItem) []*ctiv1.ConnectionListItem {
	list := make([]*ctiv1.ConnectionListItem, len(items))
	for i, item := range items {
		list[i] = &ctiv1.ConnectionListItem{
			NewConnection: connectionOf(item.New), OldConnection: optional(item.Old), Endpoint: string(item.Endpoint),
		}
	}
	return list
}

// optional leaves an empty connection out.
func optional(id callmodel.ConnectionID) *ctiv1.ConnectionID {
	if id == (callmodel.ConnectionID{}) {
		return nil
	}
	return connectionOf(id)
}

func connectionOf(id callmodel.ConnectionID) *ctiv1.ConnectionID {
	return &ctiv1.ConnectionID{CallId: string(id.Call), DeviceId: string(id.Device)}
}

func stateOf(state callmodel.State) ctiv1.LocalConnectionState {
	switch state {
	case callmodel.Null:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_NULL
	case callmodel.Initiated:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_INITIATED
	case callmodel.Alerting:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING
	case callmodel.Connected:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED
	case callmodel.Hold:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD
	case callmodel.Queued:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_QUEUED
	case callmodel.Fail:
		return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_FAIL
	}
	return ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_UNSPECIFIED
}

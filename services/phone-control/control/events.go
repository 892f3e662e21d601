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
		CorrelatorData: e.CorrelatorData, UserData: e.UserData,
		Reported: make([]*ctiv1.Reported, len(e.Reported)),
	}
	for i, reported := range e.Reported {
		event.Reported[i] = &ctiv1.Reported{DeviceId: string(reported.Device), LocalConnectionInfo: stateOf(reported.State)}
	}
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
	case callmodel.Delivered:
		event.Event = &ctiv1.Event_Delivered{Delivered: &ctiv1.Delivered{
			Connection: connection, AlertingDevice: device, CallingDevice: calling, CalledDevice: called,
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
	}
	return event
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

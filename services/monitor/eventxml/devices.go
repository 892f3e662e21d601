// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// AppendDevices appends the numbers of all devices that an event names, which
// may repeat; empty ones are left out.
func AppendDevices(dst []string, event *ctiv1.Event) []string {
	dst = appendKnown(dst, event.GetLastRedirectionDevice(), event.GetAssociatedCallingDevice(), event.GetAssociatedCalledDevice())
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return appendKnown(dst, e.ServiceInitiated.GetInitiatedConnection().GetDeviceId(), e.ServiceInitiated.GetInitiatingDevice())
	case *ctiv1.Event_Originated:
		return appendKnown(dst, e.Originated.GetOriginatedConnection().GetDeviceId(), e.Originated.GetCallingDevice(), e.Originated.GetCalledDevice())
	case *ctiv1.Event_Offered:
		return appendKnown(dst, e.Offered.GetOfferedConnection().GetDeviceId(), e.Offered.GetOfferedDevice(), e.Offered.GetCallingDevice(), e.Offered.GetCalledDevice())
	case *ctiv1.Event_Delivered:
		return appendKnown(dst, e.Delivered.GetConnection().GetDeviceId(), e.Delivered.GetAlertingDevice(), e.Delivered.GetCallingDevice(), e.Delivered.GetCalledDevice())
	case *ctiv1.Event_NetworkReached:
		return appendKnown(dst, e.NetworkReached.GetOutboundConnection().GetDeviceId(), e.NetworkReached.GetCallingDevice(), e.NetworkReached.GetCalledDevice())
	case *ctiv1.Event_Established:
		return appendKnown(dst, e.Established.GetEstablishedConnection().GetDeviceId(), e.Established.GetAnsweringDevice(), e.Established.GetCallingDevice(), e.Established.GetCalledDevice())
	case *ctiv1.Event_Held:
		return appendKnown(dst, e.Held.GetHeldConnection().GetDeviceId(), e.Held.GetHoldingDevice())
	case *ctiv1.Event_Retrieved:
		return appendKnown(dst, e.Retrieved.GetRetrievedConnection().GetDeviceId(), e.Retrieved.GetRetrievingDevice())
	case *ctiv1.Event_Failed:
		return appendKnown(dst, e.Failed.GetFailedConnection().GetDeviceId(), e.Failed.GetFailingDevice(), e.Failed.GetCallingDevice(), e.Failed.GetCalledDevice())
	case *ctiv1.Event_ConnectionCleared:
		return appendKnown(dst, e.ConnectionCleared.GetDroppedConnection().GetDeviceId(), e.ConnectionCleared.GetReleasingDevice())
	case *ctiv1.Event_Diverted:
		return appendKnown(dst, e.Diverted.GetConnection().GetDeviceId(), e.Diverted.GetDivertingDevice(), e.Diverted.GetNewDestination(), e.Diverted.GetCallingDevice(), e.Diverted.GetCalledDevice())
	case *ctiv1.Event_Queued:
		return appendKnown(dst, e.Queued.GetQueuedConnection().GetDeviceId(), e.Queued.GetQueue(), e.Queued.GetCallingDevice(), e.Queued.GetCalledDevice())
	case *ctiv1.Event_Transferred:
		dst = appendKnown(dst, e.Transferred.GetTransferringDevice(), e.Transferred.GetTransferredToDevice())
		return appendMoved(dst, e.Transferred, e.Transferred.GetTransferredConnections())
	case *ctiv1.Event_Conferenced:
		dst = appendKnown(dst, e.Conferenced.GetConferencingDevice(), e.Conferenced.GetAddedParty())
		return appendMoved(dst, e.Conferenced, e.Conferenced.GetConferenceConnections())
	case *ctiv1.Event_DigitsDialed:
		return appendKnown(dst, e.DigitsDialed.GetDialingConnection().GetDeviceId(), e.DigitsDialed.GetDialingDevice())
	case *ctiv1.Event_DigitsGenerated:
		return appendKnown(dst, e.DigitsGenerated.GetConnection().GetDeviceId())
	case *ctiv1.Event_CallInformation:
		return appendKnown(dst, e.CallInformation.GetConnection().GetDeviceId(), e.CallInformation.GetDevice(), e.CallInformation.GetCallingDevice())
	case *ctiv1.Event_ServiceCompletionFailure:
		return appendKnown(dst, e.ServiceCompletionFailure.GetPrimaryCall().GetDeviceId(), e.ServiceCompletionFailure.GetSecondaryCall().GetDeviceId())
	}
	return appendOwn(dst, event)
}

// appendOwn appends the devices of events that are not about calls.
func appendOwn(dst []string, event *ctiv1.Event) []string {
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_DoNotDisturb:
		return appendKnown(dst, e.DoNotDisturb.GetDevice())
	case *ctiv1.Event_Forwarding:
		return appendKnown(dst, e.Forwarding.GetDevice(), e.Forwarding.GetForwardTo())
	case *ctiv1.Event_CallBack:
		return appendKnown(dst, e.CallBack.GetOriginatingDevice(), e.CallBack.GetTargetDevice())
	case *ctiv1.Event_AutoAnswer:
		return appendKnown(dst, e.AutoAnswer.GetInvokingDevice())
	case *ctiv1.Event_CallerIdStatus:
		return appendKnown(dst, e.CallerIdStatus.GetInvokingDevice())
	case *ctiv1.Event_Agent:
		return appendKnown(dst, e.Agent.GetAgentDevice())
	case *ctiv1.Event_MessageWaiting:
		return appendKnown(dst, e.MessageWaiting.GetTargetDevice())
	case *ctiv1.Event_MicrophoneMute:
		return appendKnown(dst, e.MicrophoneMute.GetInvokingDevice())
	case *ctiv1.Event_SpeakerMute:
		return appendKnown(dst, e.SpeakerMute.GetInvokingDevice())
	case *ctiv1.Event_SpeakerVolume:
		return appendKnown(dst, e.SpeakerVolume.GetInvokingDevice())
	case *ctiv1.Event_DisplayUpdated:
		return appendKnown(dst, e.DisplayUpdated.GetDevice())
	case *ctiv1.Event_ButtonPress:
		return appendKnown(dst, e.ButtonPress.GetDevice())
	case *ctiv1.Event_LampMode:
		return appendKnown(dst, e.LampMode.GetDevice())
	case *ctiv1.Event_BackInService:
		return appendKnown(dst, e.BackInService.GetDevice())
	case *ctiv1.Event_OutOfService:
		return appendKnown(dst, e.OutOfService.GetDevice())
	}
	return dst
}

// moved is a transfer or conference.
type moved interface {
	GetPrimaryOldCall() *ctiv1.ConnectionID
	GetSecondaryOldCall() *ctiv1.ConnectionID
}

// OldCalls are the calls that an event made another call of; empty where it did
// not, or where that is unknown.
func OldCalls(event *ctiv1.Event) (primary, secondary string) {
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_Transferred:
		return e.Transferred.GetPrimaryOldCall().GetCallId(), e.Transferred.GetSecondaryOldCall().GetCallId()
	case *ctiv1.Event_Conferenced:
		return e.Conferenced.GetPrimaryOldCall().GetCallId(), e.Conferenced.GetSecondaryOldCall().GetCallId()
	}
	return "", ""
}

func appendMoved(dst []string, event moved, connections []*ctiv1.ConnectionListItem) []string {
	dst = appendKnown(dst, event.GetPrimaryOldCall().GetDeviceId(), event.GetSecondaryOldCall().GetDeviceId())
	for _, item := range connections {
		dst = appendKnown(dst, item.GetNewConnection().GetDeviceId(), item.GetOldConnection().GetDeviceId(), item.GetEndpoint())
	}
	return dst
}

func appendKnown(dst []string, numbers ...string) []string {
	for _, number := range numbers {
		if number != "" {
			dst = append(dst, number)
		}
	}
	return dst
}

// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// Kind is a kind of event.
type Kind uint8

// Kinds of events.
const (
	KindNone Kind = iota
	KindServiceInitiated
	KindOriginated
	KindOffered
	KindDelivered
	KindNetworkReached
	KindEstablished
	KindHeld
	KindRetrieved
	KindDiverted
	KindQueued
	KindTransferred
	KindConferenced
	KindDigitsDialed
	KindDigitsGenerated
	KindCallInformation
	KindServiceCompletionFailure
	KindFailed
	KindConnectionCleared
	KindCallCleared
	KindDoNotDisturb
	KindForwarding
	KindCallBack
	KindAutoAnswer
	KindCallerIDStatus
	KindAgentLoggedOn
	KindAgentLoggedOff
	KindAgentNotReady
	KindAgentReady
	KindAgentWorkingAfterCall
	KindMessageWaiting
	KindMicrophoneMute
	KindSpeakerMute
	KindSpeakerVolume
	KindDisplayUpdated
	KindButtonPress
	KindLampMode
	KindBackInService
	KindOutOfService
	kinds
)

// KindOf is the kind of an event; KindNone for one that this version does not
// know.
func KindOf(event *ctiv1.Event) Kind {
	switch e := event.GetEvent().(type) {
	case *ctiv1.Event_ServiceInitiated:
		return KindServiceInitiated
	case *ctiv1.Event_Originated:
		return KindOriginated
	case *ctiv1.Event_Offered:
		return KindOffered
	case *ctiv1.Event_Delivered:
		return KindDelivered
	case *ctiv1.Event_NetworkReached:
		return KindNetworkReached
	case *ctiv1.Event_Established:
		return KindEstablished
	case *ctiv1.Event_Held:
		return KindHeld
	case *ctiv1.Event_Retrieved:
		return KindRetrieved
	case *ctiv1.Event_Diverted:
		return KindDiverted
	case *ctiv1.Event_Queued:
		return KindQueued
	case *ctiv1.Event_Transferred:
		return KindTransferred
	case *ctiv1.Event_Conferenced:
		return KindConferenced
	case *ctiv1.Event_DigitsDialed:
		return KindDigitsDialed
	case *ctiv1.Event_DigitsGenerated:
		return KindDigitsGenerated
	case *ctiv1.Event_CallInformation:
		return KindCallInformation
	case *ctiv1.Event_ServiceCompletionFailure:
		return KindServiceCompletionFailure
	case *ctiv1.Event_Failed:
		return KindFailed
	case *ctiv1.Event_ConnectionCleared:
		return KindConnectionCleared
	case *ctiv1.Event_CallCleared:
		return KindCallCleared
	case *ctiv1.Event_DoNotDisturb:
		return KindDoNotDisturb
	case *ctiv1.Event_Forwarding:
		return KindForwarding
	case *ctiv1.Event_CallBack:
		return KindCallBack
	case *ctiv1.Event_AutoAnswer:
		return KindAutoAnswer
	case *ctiv1.Event_CallerIdStatus:
		return KindCallerIDStatus
	case *ctiv1.Event_MessageWaiting:
		return KindMessageWaiting
	case *ctiv1.Event_MicrophoneMute:
		return KindMicrophoneMute
	case *ctiv1.Event_SpeakerMute:
		return KindSpeakerMute
	case *ctiv1.Event_SpeakerVolume:
		return KindSpeakerVolume
	case *ctiv1.Event_DisplayUpdated:
		return KindDisplayUpdated
	case *ctiv1.Event_ButtonPress:
		return KindButtonPress
	case *ctiv1.Event_LampMode:
		return KindLampMode
	case *ctiv1.Event_BackInService:
		return KindBackInService
	case *ctiv1.Event_OutOfService:
		return KindOutOfService
	case *ctiv1.Event_Agent:
		return kindOfAgent(e.Agent.GetEvent())
	}
	return KindNone
}

func kindOfAgent(event ctiv1.AgentEvent) Kind {
	switch event {
	case ctiv1.AgentEvent_AGENT_EVENT_LOGGED_ON:
		return KindAgentLoggedOn
	case ctiv1.AgentEvent_AGENT_EVENT_LOGGED_OFF:
		return KindAgentLoggedOff
	case ctiv1.AgentEvent_AGENT_EVENT_NOT_READY:
		return KindAgentNotReady
	case ctiv1.AgentEvent_AGENT_EVENT_READY:
		return KindAgentReady
	case ctiv1.AgentEvent_AGENT_EVENT_WORKING_AFTER_CALL:
		return KindAgentWorkingAfterCall
	case ctiv1.AgentEvent_AGENT_EVENT_UNSPECIFIED:
	}
	return KindNone
}

// Message is an empty message of the kind; nil for KindNone.
func (k Kind) Message() csta.Event {
	switch k {
	case KindServiceInitiated:
		return &csta.ServiceInitiatedEvent{}
	case KindOriginated:
		return &csta.OriginatedEvent{}
	case KindOffered:
		return &csta.OfferedEvent{}
	case KindDelivered:
		return &csta.DeliveredEvent{}
	case KindNetworkReached:
		return &csta.NetworkReachedEvent{}
	case KindEstablished:
		return &csta.EstablishedEvent{}
	case KindHeld:
		return &csta.HeldEvent{}
	case KindRetrieved:
		return &csta.RetrievedEvent{}
	case KindDiverted:
		return &csta.DivertedEvent{}
	case KindQueued:
		return &csta.QueuedEvent{}
	case KindTransferred:
		return &csta.TransferedEvent{}
	case KindConferenced:
		return &csta.ConferencedEvent{}
	case KindDigitsDialed:
		return &csta.DigitsDialedEvent{}
	case KindDigitsGenerated:
		return &csta.DigitsGeneratedEvent{}
	case KindCallInformation:
		return &csta.CallInformationEvent{}
	case KindServiceCompletionFailure:
		return &csta.ServiceCompletionFailureEvent{}
	case KindFailed:
		return &csta.FailedEvent{}
	case KindConnectionCleared:
		return &csta.ConnectionClearedEvent{}
	case KindCallCleared:
		return &csta.CallClearedEvent{}
	case KindDoNotDisturb:
		return &csta.DoNotDisturbEvent{}
	case KindForwarding:
		return &csta.ForwardingEvent{}
	case KindCallBack:
		return &csta.CallBackEvent{}
	case KindAutoAnswer:
		return &csta.AutoAnswerEvent{}
	case KindCallerIDStatus:
		return &csta.CallerIDStatusEvent{}
	case KindAgentLoggedOn:
		return &csta.AgentLoggedOnEvent{}
	case KindAgentLoggedOff:
		return &csta.AgentLoggedOffEvent{}
	case KindAgentNotReady:
		return &csta.AgentNotReadyEvent{}
	case KindAgentReady:
		return &csta.AgentReadyEvent{}
	case KindAgentWorkingAfterCall:
		return &csta.AgentWorkingAfterCallEvent{}
	case KindMessageWaiting:
		return &csta.MessageWaitingEvent{}
	case KindMicrophoneMute:
		return &csta.MicrophoneMuteEvent{}
	case KindSpeakerMute:
		return &csta.SpeakerMuteEvent{}
	case KindSpeakerVolume:
		return &csta.SpeakerVolumeEvent{}
	case KindDisplayUpdated:
		return &csta.DisplayUpdatedEvent{}
	case KindButtonPress:
		return &csta.ButtonPressEvent{}
	case KindLampMode:
		return &csta.LampModeEvent{}
	case KindBackInService:
		return &csta.BackInServiceEvent{}
	case KindOutOfService:
		return &csta.OutOfServiceEvent{}
	default:
		return nil
	}
}

// Name is that of the kind's boolean in a MonitorFilter, "delivered"; empty for
// KindNone.
func (k Kind) Name() string {
	message := k.Message()
	if message == nil {
		return ""
	}
	_, name := message.FilterBit()
	return name
}

// Kinds are all kinds of events that monitors report.
func Kinds() []Kind {
	all := make([]Kind, 0, kinds-1)
	for k := KindNone + 1; k < kinds; k++ {
		all = append(all, k)
	}
	return all
}

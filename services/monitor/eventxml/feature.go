// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// featureMessage writes the events of logical device features; nil for others.
func (c *common) featureMessage() csta.Event {
	switch e := c.event.GetEvent().(type) {
	case *ctiv1.Event_DoNotDisturb:
		return &csta.DoNotDisturbEvent{
			Device: c.subject(e.DoNotDisturb.GetDevice()), DoNotDisturbOn: e.DoNotDisturb.GetDoNotDisturbOn(),
		}
	case *ctiv1.Event_Forwarding:
		return c.forwarding(e.Forwarding)
	case *ctiv1.Event_CallBack:
		return &csta.CallBackEvent{
			OriginatingDevice: c.subject(e.CallBack.GetOriginatingDevice()), TargetDevice: c.subject(e.CallBack.GetTargetDevice()),
			CallBackSetCanceled: e.CallBack.GetCallBackSetCanceled(),
		}
	case *ctiv1.Event_AutoAnswer:
		message := &csta.AutoAnswerEvent{
			InvokingDevice: c.subject(e.AutoAnswer.GetInvokingDevice()), AutoAnswerOn: e.AutoAnswer.GetAutoAnswerOn(),
		}
		if rings := int(e.AutoAnswer.GetNumberOfRings()); rings > 0 {
			message.NumberOfRings = &rings
		}
		return message
	case *ctiv1.Event_CallerIdStatus:
		return &csta.CallerIDStatusEvent{
			InvokingDevice:   c.subject(e.CallerIdStatus.GetInvokingDevice()),
			CallerIDProvided: e.CallerIdStatus.GetCallerIdProvided(),
		}
	case *ctiv1.Event_Agent:
		return c.agent(e.Agent)
	}
	return nil
}

func (c *common) forwarding(e *ctiv1.Forwarding) csta.Event {
	message := &csta.ForwardingEvent{
		Device: c.subject(e.GetDevice()), ForwardingType: csta.ForwardingType(e.GetForwardingType()), ForwardStatus: e.GetForwardStatus(),
	}
	if number := e.GetForwardTo(); number != "" {
		message.ForwardTo = &csta.DeviceID{Text: c.Names.Write(number)}
	}
	if rings := int(e.GetRingCount()); rings > 0 {
		message.RingCount = &rings
	}
	return message
}

func (c *common) agent(e *ctiv1.Agent) csta.Event {
	device, id, cause := c.subject(e.GetAgentDevice()), e.GetAgentId(), csta.EventCause(c.event.GetCause())
	var group *csta.DeviceID
	if text := e.GetAcdGroup(); text != "" {
		group = &csta.DeviceID{Text: text}
	}
	switch kindOfAgent(e.GetEvent()) { //nolint:exhaustive // of agents only
	case KindAgentLoggedOn:
		return &csta.AgentLoggedOnEvent{AgentDevice: device, AgentID: id, AcdGroup: group, Cause: cause}
	case KindAgentLoggedOff:
		return &csta.AgentLoggedOffEvent{AgentDevice: device, AgentID: id, AcdGroup: group, Cause: cause}
	case KindAgentNotReady:
		return &csta.AgentNotReadyEvent{AgentDevice: device, AgentID: id, AcdGroup: group, Cause: cause}
	case KindAgentReady:
		return &csta.AgentReadyEvent{AgentDevice: device, AgentID: id, AcdGroup: group, Cause: cause}
	case KindAgentWorkingAfterCall:
		return &csta.AgentWorkingAfterCallEvent{AgentDevice: device, AgentID: id, AcdGroup: group, Cause: cause}
	}
	return nil
}

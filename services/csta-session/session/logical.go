// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

const (
	// maxRings bounds ringCount and numberOfRings.
	maxRings = 100
	// defaultRing is how long one ring takes where the target does not say.
	defaultRing = 6 * time.Second
)

// logicalServices are the features of a line. Reading them needs the right to
// monitor, changing them the right to control.
func logicalServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.LogicalServList }
	return map[string]service{
		"GetForwarding": {
			serve: ofDevice(mayMonitor, func(r *csta.GetForwarding) csta.DeviceID { return r.Device }, getForwarding),
			list:  list, capability: "getForwarding",
		},
		"SetForwarding": {serve: typed(setForwarding), list: list, capability: "setForwarding", audit: true},
		"GetDoNotDisturb": {
			serve: ofDevice(mayMonitor, func(r *csta.GetDoNotDisturb) csta.DeviceID { return r.Device }, getDoNotDisturb),
			list:  list, capability: "getDoNotDisturb",
		},
		"SetDoNotDisturb": {
			serve: ofDevice(mayControl, func(r *csta.SetDoNotDisturb) csta.DeviceID { return r.Device }, setDoNotDisturb),
			list:  list, capability: "setDoNotDisturb", audit: true,
		},
		"GetAutoAnswer": {
			serve: ofDevice(mayMonitor, func(r *csta.GetAutoAnswer) csta.DeviceID { return r.Device }, getAutoAnswer),
			list:  list, capability: "getAutoAnswer",
		},
		"SetAutoAnswer": {
			serve: ofDevice(mayControl, func(r *csta.SetAutoAnswer) csta.DeviceID { return r.Device }, setAutoAnswer),
			list:  list, capability: "setAutoAnswer", audit: true,
		},
		"GetCallerIDStatus": {
			serve: ofDevice(mayMonitor, func(r *csta.GetCallerIDStatus) csta.DeviceID { return r.Device }, getCallerIDStatus),
			list:  list, capability: "getCallerIDStatus",
		},
		"SetCallerIDStatus": {
			serve: ofDevice(mayControl, func(r *csta.SetCallerIDStatus) csta.DeviceID { return r.Device }, setCallerIDStatus),
			list:  list, capability: "setCallerIDStatus", audit: true,
		},
		"GetAgentState": {
			serve: ofDevice(mayMonitor, func(r *csta.GetAgentState) csta.DeviceID { return r.Device }, getAgentState),
			list:  list, capability: "getAgentState",
		},
		"SetAgentState": {
			serve: ofDevice(mayControl, func(r *csta.SetAgentState) csta.DeviceID { return r.Device }, setAgentState),
			list:  list, capability: "setAgentState", audit: true,
		},
		"CallBackNonCallRelated": {serve: typed(callBackNonCallRelated), list: list, capability: "callBackNonCallRel", audit: true},
		"CancelCallBack":         {serve: typed(cancelCallBack), list: list, capability: "cancelCallBack", audit: true},
	}
}

func getForwarding(ctx context.Context, c *call, number string, _ *csta.GetForwarding) (csta.Message, error) {
	answer, err := c.phones.GetForwarding(ctx, &phonecontrolv1.GetForwardingRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	list := make([]csta.ForwardListItem, 0, len(answer.GetForwardingList()))
	for _, forwarding := range answer.GetForwardingList() {
		item := csta.ForwardListItem{
			ForwardingType: csta.ForwardingType(forwarding.GetForwardingType()), ForwardStatus: forwarding.GetForwardStatus(),
		}
		if to := forwarding.GetForwardDn(); to != "" {
			item.ForwardDN = &csta.DeviceID{Text: c.names().Write(to)}
		}
		if rings := forwarding.GetRingCount(); rings > 0 {
			item.RingCount = new(int(rings))
		}
		list = append(list, item)
	}
	return &csta.GetForwardingResponse{ForwardingList: list}, nil
}

// setForwarding takes ringDuration of edition 6 as as many rings.
func setForwarding(ctx context.Context, s *Server, c *call, request *csta.SetForwarding) (csta.Message, error) {
	found, err := c.lineWith(mayControl, request.Device.Text, roleSubject)
	if err != nil {
		return nil, err
	}
	if request.ForwardingType != "" && !request.ForwardingType.Known() {
		return nil, ctierr.Operation(string(csta.OperationForwardingTypeOutOfRange), "forwardingType %q", request.ForwardingType)
	}
	to, text := "", ""
	if request.ForwardDN != nil && request.ForwardDN.Text != "" {
		text = request.ForwardDN.Text
		if to, err = c.dialled(text, csta.OperationInvalidForwardingDestination); err != nil {
			return nil, err
		}
	}
	c.called = to
	rings, err := c.rings(request.RingCount, request.RingDuration)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, found.number, found.written)
	s.learn(ctx, c, to, text)
	_, err = c.phones.SetForwarding(ctx, &phonecontrolv1.SetForwardingRequest{
		Target: c.target.Name, Device: found.number, ForwardingType: string(request.ForwardingType),
		ActivateForward: request.ActivateForward, ForwardDn: to, RingCount: rings,
	})
	return &csta.SetForwardingResponse{}, err
}

// rings are ringCount, or the rings that a duration in seconds takes.
func (c *call) rings(count, duration *int) (uint32, error) {
	if count == nil && duration != nil {
		ring := defaultRing
		setDuration(&ring, c.target.Config.GetFeatures().GetRingDuration())
		if *duration < 0 || *duration > maxRings*int(ring/time.Second) {
			return 0, ctierr.Operation(string(csta.OperationRingCountOutOfRange), "ringDuration %d", *duration)
		}
		return uint32((time.Duration(*duration)*time.Second + ring - 1) / ring), nil
	}
	if !within(count, maxRings) {
		return 0, ctierr.Operation(string(csta.OperationRingCountOutOfRange), "ringCount %d", *count)
	}
	return valueOf(count), nil
}

func getDoNotDisturb(ctx context.Context, c *call, number string, _ *csta.GetDoNotDisturb) (csta.Message, error) {
	answer, err := c.phones.GetDoNotDisturb(ctx, &phonecontrolv1.GetDoNotDisturbRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetDoNotDisturbResponse{DoNotDisturbOn: answer.GetDoNotDisturbOn()}, nil
}

// setDoNotDisturb serves all calls alike: exceptions are refused.
func setDoNotDisturb(ctx context.Context, c *call, number string, request *csta.SetDoNotDisturb) (csta.Message, error) {
	if request.CallOrigination != "" || len(request.CallingDeviceList) > 0 {
		return nil, ctierr.Operation(string(csta.OperationParameterNotSupported), "do not disturb for some calls only")
	}
	_, err := c.phones.SetDoNotDisturb(ctx, &phonecontrolv1.SetDoNotDisturbRequest{
		Target: c.target.Name, Device: number, DoNotDisturbOn: request.DoNotDisturbOn,
	})
	return &csta.SetDoNotDisturbResponse{}, err
}

func getAutoAnswer(ctx context.Context, c *call, number string, _ *csta.GetAutoAnswer) (csta.Message, error) {
	answer, err := c.phones.GetAutoAnswer(ctx, &phonecontrolv1.GetAutoAnswerRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	response := &csta.GetAutoAnswerResponse{AutoAnswerOn: answer.GetAutoAnswerOn()}
	if answer.GetAutoAnswerOn() {
		response.NumberOfRings = new(int(answer.GetNumberOfRings()))
	}
	return response, nil
}

func setAutoAnswer(ctx context.Context, c *call, number string, request *csta.SetAutoAnswer) (csta.Message, error) {
	if !within(request.NumberOfRings, maxRings) {
		return nil, ctierr.Operation(string(csta.OperationAutoAnswerOutOfRange), "numberOfRings %d", *request.NumberOfRings)
	}
	_, err := c.phones.SetAutoAnswer(ctx, &phonecontrolv1.SetAutoAnswerRequest{
		Target: c.target.Name, Device: number, AutoAnswerOn: request.AutoAnswerOn, NumberOfRings: valueOf(request.NumberOfRings),
	})
	return &csta.SetAutoAnswerResponse{}, err
}

func getCallerIDStatus(ctx context.Context, c *call, number string, _ *csta.GetCallerIDStatus) (csta.Message, error) {
	answer, err := c.phones.GetCallerIDStatus(ctx, &phonecontrolv1.GetCallerIDStatusRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetCallerIDStatusResponse{CallerIDProvided: answer.GetCallerIdProvided()}, nil
}

func setCallerIDStatus(ctx context.Context, c *call, number string, request *csta.SetCallerIDStatus) (csta.Message, error) {
	_, err := c.phones.SetCallerIDStatus(ctx, &phonecontrolv1.SetCallerIDStatusRequest{
		Target: c.target.Name, Device: number, CallerIdProvided: request.CallerIDProvided,
	})
	return &csta.SetCallerIDStatusResponse{}, err
}

// getAgentState gives one entry an agent, with an item a group.
func getAgentState(ctx context.Context, c *call, number string, request *csta.GetAgentState) (csta.Message, error) {
	answer, err := c.phones.GetAgentState(ctx, &phonecontrolv1.GetAgentStateRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	group := ""
	if request.AcdGroup != nil {
		group = request.AcdGroup.Text
	}
	list := []csta.AgentStateEntry{}
	for _, state := range answer.GetAgentStates() {
		if group != "" && state.GetAcdGroup() != group {
			continue
		}
		if len(list) == 0 || list[len(list)-1].AgentID != state.GetAgentId() {
			list = append(list, csta.AgentStateEntry{AgentID: state.GetAgentId()})
		}
		entry := &list[len(list)-1]
		entry.LoggedOnState = entry.LoggedOnState || state.GetLoggedOn()
		item := csta.AgentInfoItem{AgentState: csta.AgentState(state.GetAgentState())}
		if state.GetAcdGroup() != "" {
			item.AcdGroup = &csta.DeviceID{Text: state.GetAcdGroup()}
		}
		entry.AgentInfo = append(entry.AgentInfo, item)
	}
	return &csta.GetAgentStateResponse{AgentStateList: list}, nil
}

// setAgentState keeps the state; a password means nothing, as the session's
// user has proved who it is.
func setAgentState(ctx context.Context, c *call, number string, request *csta.SetAgentState) (csta.Message, error) {
	if !request.RequestedAgentState.Known() {
		return nil, ctierr.Operation(string(csta.OperationAgentStateOutOfRange), "requestedAgentState %q", request.RequestedAgentState)
	}
	group := ""
	if request.Group != nil {
		group = request.Group.Text
	}
	_, err := c.phones.SetAgentState(ctx, &phonecontrolv1.SetAgentStateRequest{
		Target: c.target.Name, Device: number, RequestedAgentState: string(request.RequestedAgentState),
		AgentId: request.AgentID, AcdGroup: group,
	})
	return &csta.SetAgentStateResponse{}, err
}

func callBackNonCallRelated(ctx context.Context, s *Server, c *call, request *csta.CallBackNonCallRelated) (csta.Message, error) {
	originating, err := c.lineWith(mayControl, request.OriginatingDevice.Text, roleCalling)
	if err != nil {
		return nil, err
	}
	to, err := c.dialled(request.TargetDevice.Text, csta.OperationInvalidCalledDeviceID)
	if err != nil {
		return nil, err
	}
	c.called = to
	s.learn(ctx, c, originating.number, originating.written)
	s.learn(ctx, c, to, request.TargetDevice.Text)
	_, err = c.phones.CallBackNonCallRelated(ctx, &phonecontrolv1.CallBackNonCallRelatedRequest{
		Target: c.target.Name, OriginatingDevice: originating.number, TargetDevice: to,
	})
	return &csta.CallBackNonCallRelatedResponse{}, err
}

// cancelCallBack cancels all of the originating device where no target is
// named.
func cancelCallBack(ctx context.Context, s *Server, c *call, request *csta.CancelCallBack) (csta.Message, error) {
	originating, err := c.lineWith(mayControl, request.OriginatingDevice.Text, roleCalling)
	if err != nil {
		return nil, err
	}
	to := ""
	if text := request.TargetDevice.Text; text != "" {
		if to, err = c.dialled(text, csta.OperationInvalidCalledDeviceID); err != nil {
			return nil, err
		}
	}
	c.called = to
	s.learn(ctx, c, originating.number, originating.written)
	_, err = c.phones.CancelCallBack(ctx, &phonecontrolv1.CancelCallBackRequest{
		Target: c.target.Name, OriginatingDevice: originating.number, TargetDevice: to,
	})
	return &csta.CancelCallBackResponse{}, err
}

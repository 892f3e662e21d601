// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
)

// changeFeature changes a setting of a line on its target's goroutine. What the
// change gives is told to monitors; nothing is, where it was so before.
func changeFeature[Response any](
	ctx context.Context, s *Server, service, name, line string, response *Response,
	set func(*linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error),
) (*Response, error) {
	return query(ctx, s, service, name, func(t *target) (*Response, *callmodel.Error) {
		if refusal := t.features.set(line, set); refusal != nil {
			return nil, refusal
		}
		return response, nil
	})
}

// readFeature reads settings of a line on its target's goroutine.
func readFeature[Response any](
	ctx context.Context, s *Server, service, name, line string, get func(*target, callmodel.DeviceID) *Response,
) (*Response, error) {
	return query(ctx, s, service, name, func(t *target) (*Response, *callmodel.Error) {
		if refusal := t.features.settings.Check(callmodel.DeviceID(line)); refusal != nil {
			return nil, refusal
		}
		return get(t, callmodel.DeviceID(line)), nil
	})
}

// SetForwarding implements PhoneControlService.
func (s *Server) SetForwarding(ctx context.Context, r *phonecontrolv1.SetForwardingRequest) (*phonecontrolv1.SetForwardingResponse, error) {
	return changeFeature(ctx, s, "SetForwarding", r.GetTarget(), r.GetDevice(), &phonecontrolv1.SetForwardingResponse{}, setForwarding(r.GetDevice(), linefeatures.Forwarding{
		Type: r.GetForwardingType(), Active: r.GetActivateForward(), To: r.GetForwardDn(), Rings: int(r.GetRingCount()),
	}))
}

// setForwarding is the change that SetForwarding makes.
func setForwarding(line string, asked linefeatures.Forwarding) func(*linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
	return func(settings *linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
		now, changed, refusal := settings.SetForwarding(callmodel.DeviceID(line), asked)
		return when(changed, forwardingEvent(line, now)), refusal
	}
}

// GetForwarding implements PhoneControlService.
func (s *Server) GetForwarding(ctx context.Context, r *phonecontrolv1.GetForwardingRequest) (*phonecontrolv1.GetForwardingResponse, error) {
	return readFeature(ctx, s, "GetForwarding", r.GetTarget(), r.GetDevice(), func(t *target, line callmodel.DeviceID) *phonecontrolv1.GetForwardingResponse {
		response := &phonecontrolv1.GetForwardingResponse{}
		for _, f := range t.features.settings.Forwardings(line) {
			response.ForwardingList = append(response.ForwardingList, &phonecontrolv1.Forwarding{
				ForwardingType: f.Type, ForwardStatus: f.Active, ForwardDn: f.To, RingCount: uint32(f.Rings),
			})
		}
		return response
	})
}

// SetDoNotDisturb implements PhoneControlService.
func (s *Server) SetDoNotDisturb(ctx context.Context, r *phonecontrolv1.SetDoNotDisturbRequest) (*phonecontrolv1.SetDoNotDisturbResponse, error) {
	return changeFeature(ctx, s, "SetDoNotDisturb", r.GetTarget(), r.GetDevice(), &phonecontrolv1.SetDoNotDisturbResponse{},
		setDoNotDisturb(r.GetDevice(), r.GetDoNotDisturbOn()))
}

// setDoNotDisturb is the change that SetDoNotDisturb makes.
func setDoNotDisturb(line string, on bool) func(*linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
	return func(settings *linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
		changed, refusal := settings.SetDoNotDisturb(callmodel.DeviceID(line), on)
		return when(changed, doNotDisturbEvent(line, on)), refusal
	}
}

// GetDoNotDisturb implements PhoneControlService.
func (s *Server) GetDoNotDisturb(ctx context.Context, r *phonecontrolv1.GetDoNotDisturbRequest) (*phonecontrolv1.GetDoNotDisturbResponse, error) {
	return readFeature(ctx, s, "GetDoNotDisturb", r.GetTarget(), r.GetDevice(), func(t *target, line callmodel.DeviceID) *phonecontrolv1.GetDoNotDisturbResponse {
		return &phonecontrolv1.GetDoNotDisturbResponse{DoNotDisturbOn: t.features.settings.DoNotDisturb(line)}
	})
}

// SetAutoAnswer implements PhoneControlService.
func (s *Server) SetAutoAnswer(ctx context.Context, r *phonecontrolv1.SetAutoAnswerRequest) (*phonecontrolv1.SetAutoAnswerResponse, error) {
	line := r.GetDevice()
	return changeFeature(ctx, s, "SetAutoAnswer", r.GetTarget(), line, &phonecontrolv1.SetAutoAnswerResponse{}, func(settings *linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
		changed, refusal := settings.SetAutoAnswer(callmodel.DeviceID(line), linefeatures.AutoAnswer{
			On: r.GetAutoAnswerOn(), Rings: int(r.GetNumberOfRings()),
		})
		return when(changed, autoAnswerEvent(line, settings)), refusal
	})
}

// GetAutoAnswer implements PhoneControlService.
func (s *Server) GetAutoAnswer(ctx context.Context, r *phonecontrolv1.GetAutoAnswerRequest) (*phonecontrolv1.GetAutoAnswerResponse, error) {
	return readFeature(ctx, s, "GetAutoAnswer", r.GetTarget(), r.GetDevice(), func(t *target, line callmodel.DeviceID) *phonecontrolv1.GetAutoAnswerResponse {
		rings, on := t.features.settings.AutoAnswer(line)
		return &phonecontrolv1.GetAutoAnswerResponse{AutoAnswerOn: on, NumberOfRings: uint32(rings)}
	})
}

// SetCallerIDStatus implements PhoneControlService.
func (s *Server) SetCallerIDStatus(ctx context.Context, r *phonecontrolv1.SetCallerIDStatusRequest) (*phonecontrolv1.SetCallerIDStatusResponse, error) {
	line := r.GetDevice()
	return changeFeature(ctx, s, "SetCallerIDStatus", r.GetTarget(), line, &phonecontrolv1.SetCallerIDStatusResponse{}, func(settings *linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
		changed, refusal := settings.SetCallerIDSuppressed(callmodel.DeviceID(line), !r.GetCallerIdProvided())
		return when(changed, callerIDEvent(line, settings)), refusal
	})
}

// GetCallerIDStatus implements PhoneControlService.
func (s *Server) GetCallerIDStatus(ctx context.Context, r *phonecontrolv1.GetCallerIDStatusRequest) (*phonecontrolv1.GetCallerIDStatusResponse, error) {
	return readFeature(ctx, s, "GetCallerIDStatus", r.GetTarget(), r.GetDevice(), func(t *target, line callmodel.DeviceID) *phonecontrolv1.GetCallerIDStatusResponse {
		return &phonecontrolv1.GetCallerIDStatusResponse{CallerIdProvided: !t.features.settings.CallerIDSuppressed(line)}
	})
}

// SetMessageWaitingIndicator implements PhoneControlService.
func (s *Server) SetMessageWaitingIndicator(ctx context.Context, r *phonecontrolv1.SetMessageWaitingIndicatorRequest) (*phonecontrolv1.SetMessageWaitingIndicatorResponse, error) {
	line := r.GetDevice()
	return changeFeature(ctx, s, "SetMessageWaitingIndicator", r.GetTarget(), line, &phonecontrolv1.SetMessageWaitingIndicatorResponse{}, func(settings *linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
		changed, refusal := settings.SetMessageWaiting(callmodel.DeviceID(line), linefeatures.MessageWaiting{
			On: r.GetMessageWaitingOn(), New: r.GetNewMessages(), Old: r.GetOldMessages(),
		})
		return when(changed, &ctiv1.Event{Event: &ctiv1.Event_MessageWaiting{
			MessageWaiting: &ctiv1.MessageWaiting{TargetDevice: line, MessageWaitingOn: r.GetMessageWaitingOn()},
		}}), refusal
	})
}

// GetMessageWaitingIndicator implements PhoneControlService.
func (s *Server) GetMessageWaitingIndicator(ctx context.Context, r *phonecontrolv1.GetMessageWaitingIndicatorRequest) (*phonecontrolv1.GetMessageWaitingIndicatorResponse, error) {
	return readFeature(ctx, s, "GetMessageWaitingIndicator", r.GetTarget(), r.GetDevice(), func(t *target, line callmodel.DeviceID) *phonecontrolv1.GetMessageWaitingIndicatorResponse {
		return &phonecontrolv1.GetMessageWaitingIndicatorResponse{
			MessageWaitingOn: t.features.settings.MessageWaiting(line).On, LampIsPresent: t.hasPhone(r.GetDevice()),
		}
	})
}

// SetAgentState implements PhoneControlService.
func (s *Server) SetAgentState(ctx context.Context, r *phonecontrolv1.SetAgentStateRequest) (*phonecontrolv1.SetAgentStateResponse, error) {
	line := r.GetDevice()
	return changeFeature(ctx, s, "SetAgentState", r.GetTarget(), line, &phonecontrolv1.SetAgentStateResponse{}, func(settings *linefeatures.Settings) ([]*ctiv1.Event, *callmodel.Error) {
		changes, refusal := settings.SetAgentState(callmodel.DeviceID(line), r.GetAgentId(), r.GetAcdGroup(), r.GetRequestedAgentState())
		var events []*ctiv1.Event
		for _, change := range changes {
			events = append(events, &ctiv1.Event{Event: &ctiv1.Event_Agent{
				Agent: &ctiv1.Agent{AgentDevice: line, AgentId: change.ID, AcdGroup: change.Group, Event: change.Event},
			}})
		}
		return events, refusal
	})
}

// GetAgentState implements PhoneControlService.
func (s *Server) GetAgentState(ctx context.Context, r *phonecontrolv1.GetAgentStateRequest) (*phonecontrolv1.GetAgentStateResponse, error) {
	return readFeature(ctx, s, "GetAgentState", r.GetTarget(), r.GetDevice(), func(t *target, line callmodel.DeviceID) *phonecontrolv1.GetAgentStateResponse {
		response := &phonecontrolv1.GetAgentStateResponse{}
		for _, agent := range t.features.settings.Agents(line) {
			response.AgentStates = append(response.AgentStates, &phonecontrolv1.AgentState{
				AgentId: agent.ID, LoggedOn: true, AcdGroup: agent.Group, AgentState: agent.State,
			})
		}
		return response
	})
}

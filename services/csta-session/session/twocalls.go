// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

// Services about two calls of one line, or about one more party.

func twoCallServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CallControlServList }
	return map[string]service{
		"AlternateCall":            {serve: typed(alternateCall), list: list, capability: "alternateCall", audit: true},
		"ConsultationCall":         {serve: typed(consultationCall), list: list, capability: "consultationCall", audit: true},
		"ReconnectCall":            {serve: typed(reconnectCall), list: list, capability: "reconnectCall", audit: true},
		"TransferCall":             {serve: typed(transferCall), list: list, capability: "transferCall", audit: true},
		"SingleStepTransferCall":   {serve: typed(singleStepTransferCall), list: list, capability: "singleStepTransfer", audit: true},
		"ConferenceCall":           {serve: typed(conferenceCall), list: list, capability: "conferenceCall", audit: true},
		"SingleStepConferenceCall": {serve: typed(singleStepConferenceCall), list: list, capability: "singleStepConference", audit: true},
		"JoinCall":                 {serve: typed(joinCall), list: list, capability: "joinCall", audit: true},
	}
}

func alternateCall(ctx context.Context, s *Server, c *call, request *csta.AlternateCall) (csta.Message, error) {
	held, active, err := s.connections(ctx, c, request.HeldCall, request.ActiveCall)
	if err != nil {
		return nil, err
	}
	if _, err := consultOptions(request.ConsultOptions); err != nil {
		return nil, err
	}
	_, err = c.phones.AlternateCall(ctx, &phonecontrolv1.AlternateCallRequest{Target: c.target.Name, HeldCall: held, ActiveCall: active})
	return &csta.AlternateCallResponse{}, err
}

func reconnectCall(ctx context.Context, s *Server, c *call, request *csta.ReconnectCall) (csta.Message, error) {
	held, active, err := s.connections(ctx, c, request.HeldCall, request.ActiveCall)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.ReconnectCall(ctx, &phonecontrolv1.ReconnectCallRequest{Target: c.target.Name, HeldCall: held, ActiveCall: active})
	return &csta.ReconnectCallResponse{}, err
}

func consultationCall(ctx context.Context, s *Server, c *call, request *csta.ConsultationCall) (csta.Message, error) {
	existing, err := s.connection(ctx, c, request.ExistingCall, roleActive)
	if err != nil {
		return nil, err
	}
	consulted := ""
	if text := request.ConsultedDevice.Text; text != "" {
		if consulted, err = c.dialled(text, csta.OperationInvalidCalledDeviceID); err != nil {
			return nil, err
		}
	}
	c.called = consulted
	if err := checkCodes(request.AccountCode, request.AuthCode); err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	options, err := consultOptions(request.ConsultOptions)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, consulted, request.ConsultedDevice.Text)
	answer, err := c.phones.ConsultationCall(ctx, &phonecontrolv1.ConsultationCallRequest{
		Target: c.target.Name, ExistingCall: existing, ConsultedDevice: consulted,
		CorrelatorData: correlator, UserData: user, ConsultOptions: options,
	})
	if err != nil {
		return nil, err
	}
	own := device{number: existing.GetDeviceId(), text: request.ExistingCall.DeviceID.Text}
	return &csta.ConsultationCallResponse{InitiatedCall: c.connectionID(answer.GetInitiatedCall(), own)}, nil
}

func consultOptions(value csta.ConsultOptions) (phonecontrolv1.ConsultOptions, error) {
	switch value {
	case "":
		return phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_UNSPECIFIED, nil
	case csta.ConsultOptionsUnrestricted:
		return phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_UNRESTRICTED, nil
	case csta.ConsultOptionsConsultOnly:
		return phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_CONSULT_ONLY, nil
	case csta.ConsultOptionsTransferOnly:
		return phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_TRANSFER_ONLY, nil
	case csta.ConsultOptionsConferenceOnly:
		return phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_CONFERENCE_ONLY, nil
	}
	return 0, ctierr.Operation(string(csta.OperationConsultPurposeOutOfRange), "consultOptions %q", value)
}

func transferCall(ctx context.Context, s *Server, c *call, request *csta.TransferCall) (csta.Message, error) {
	held, active, err := s.connections(ctx, c, request.HeldCall, request.ActiveCall)
	if err != nil {
		return nil, err
	}
	answer, err := c.phones.TransferCall(ctx, &phonecontrolv1.TransferCallRequest{Target: c.target.Name, HeldCall: held, ActiveCall: active})
	if err != nil {
		return nil, err
	}
	return &csta.TransferCallResponse{
		TransferredCall: c.connectionID(answer.GetTransferredCall(), device{}),
		Connections:     c.connectionList(answer.GetConnections()),
	}, nil
}

func singleStepTransferCall(ctx context.Context, s *Server, c *call, request *csta.SingleStepTransferCall) (csta.Message, error) {
	active, err := s.connection(ctx, c, request.ActiveCall, roleActive)
	if err != nil {
		return nil, err
	}
	to, err := c.dialled(request.TransferredTo.Text, csta.OperationInvalidDestinationDeviceID)
	if err != nil {
		return nil, err
	}
	c.called = to
	if err := checkCodes(request.AccountCode, request.AuthCode); err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, to, request.TransferredTo.Text)
	answer, err := c.phones.SingleStepTransferCall(ctx, &phonecontrolv1.SingleStepTransferCallRequest{
		Target: c.target.Name, ActiveCall: active, TransferredTo: to, CorrelatorData: correlator, UserData: user,
	})
	if err != nil {
		return nil, err
	}
	return &csta.SingleStepTransferCallResponse{
		TransferredCall: c.connectionID(answer.GetTransferredCall(), device{}),
		Connections:     c.connectionList(answer.GetConnections()),
	}, nil
}

func conferenceCall(ctx context.Context, s *Server, c *call, request *csta.ConferenceCall) (csta.Message, error) {
	held, active, err := s.connections(ctx, c, request.HeldCall, request.ActiveCall)
	if err != nil {
		return nil, err
	}
	answer, err := c.phones.ConferenceCall(ctx, &phonecontrolv1.ConferenceCallRequest{Target: c.target.Name, HeldCall: held, ActiveCall: active})
	if err != nil {
		return nil, err
	}
	own := device{number: active.GetDeviceId(), text: request.ActiveCall.DeviceID.Text}
	return &csta.ConferenceCallResponse{
		ConferenceCall: c.connectionID(answer.GetConferenceCall(), own),
		Connections:    c.connectionList(answer.GetConnections()),
	}, nil
}

func singleStepConferenceCall(ctx context.Context, s *Server, c *call, request *csta.SingleStepConferenceCall) (csta.Message, error) {
	active, err := s.connection(ctx, c, request.ActiveCall, roleActive)
	if err != nil {
		return nil, err
	}
	joining, err := c.dialled(request.DeviceToJoin.Text, csta.OperationInvalidDestinationDeviceID)
	if err != nil {
		return nil, err
	}
	c.called = joining
	participation, err := participationType(request.ParticipationType)
	if err != nil {
		return nil, err
	}
	if err := checkCodes(request.AccountCode, request.AuthCode); err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, joining, request.DeviceToJoin.Text)
	answer, err := c.phones.SingleStepConferenceCall(ctx, &phonecontrolv1.SingleStepConferenceCallRequest{
		Target: c.target.Name, ActiveCall: active, DeviceToJoin: joining, Participation: participation,
		CorrelatorData: correlator, UserData: user,
	})
	if err != nil {
		return nil, err
	}
	own := device{number: joining, text: request.DeviceToJoin.Text}
	return &csta.SingleStepConferenceCallResponse{ConferencedCall: c.connectionID(answer.GetConferencedCall(), own)}, nil
}

// joinCall puts a line that the user controls into a call of another line that
// the user controls.
func joinCall(ctx context.Context, s *Server, c *call, request *csta.JoinCall) (csta.Message, error) {
	found, err := s.callOf(ctx, c, request.ActiveCall, mayControl, roleActive)
	if err != nil {
		return nil, err
	}
	party := c.line
	joining, err := c.lineWith(mayControl, request.JoiningDevice.Text, roleCalling)
	if err != nil {
		return nil, err
	}
	participation, err := participationType(request.ParticipationType)
	if err != nil {
		return nil, err
	}
	prompt, err := autoOriginate(request.AutoOriginate)
	if err != nil {
		return nil, err
	}
	if err := checkCodes(request.AccountCode, request.AuthCode); err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, joining.number, joining.written)
	answer, err := c.phones.JoinCall(ctx, &phonecontrolv1.JoinCallRequest{
		Target: c.target.Name, ActiveCall: connectionIn(found, party), JoiningDevice: joining.number, Participation: participation,
		AutoOriginate: prompt, CorrelatorData: correlator, UserData: user,
	})
	if err != nil {
		return nil, err
	}
	return &csta.JoinCallResponse{ConferencedCall: c.connectionID(answer.GetConferencedCall(), joining)}, nil
}

// participationType is active unless said otherwise.
func participationType(value csta.ParticipationType) (phonecontrolv1.ParticipationType, error) {
	switch value {
	case "", csta.ParticipationTypeActive:
		return phonecontrolv1.ParticipationType_PARTICIPATION_TYPE_ACTIVE, nil
	case csta.ParticipationTypeSilent:
		return phonecontrolv1.ParticipationType_PARTICIPATION_TYPE_SILENT, nil
	case csta.ParticipationTypeNone:
		return 0, ctierr.Operation(string(csta.OperationInvalidParticipationType), "a party that neither hears nor is heard")
	}
	return 0, ctierr.Operation(string(csta.OperationParticipationTypeOutOfRange), "participationType %q", value)
}

// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// ConsultationCall implements PhoneControlService.
func (s *Server) ConsultationCall(ctx context.Context, r *phonecontrolv1.ConsultationCallRequest) (*phonecontrolv1.ConsultationCallResponse, error) {
	reply, err := s.serve(ctx, "ConsultationCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ConsultationCall{
			Request:   id,
			Existing:  named(r.GetExistingCall()),
			Consulted: r.GetConsultedDevice(),
			Data:      data(r),
			Options:   consultOptions(r.GetConsultOptions()),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ConsultationCallResponse{InitiatedCall: connectionOf(reply.Connection)}, nil
}

// TransferCall implements PhoneControlService.
func (s *Server) TransferCall(ctx context.Context, r *phonecontrolv1.TransferCallRequest) (*phonecontrolv1.TransferCallResponse, error) {
	reply, err := s.serve(ctx, "TransferCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.TransferCall{Request: id, Held: named(r.GetHeldCall()), Active: named(r.GetActiveCall())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.TransferCallResponse{TransferredCall: connectionOf(reply.Connection), Connections: listOf(reply.Connections)}, nil
}

// SingleStepTransferCall implements PhoneControlService.
func (s *Server) SingleStepTransferCall(ctx context.Context, r *phonecontrolv1.SingleStepTransferCallRequest) (*phonecontrolv1.SingleStepTransferCallResponse, error) {
	reply, err := s.serve(ctx, "SingleStepTransferCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.SingleStepTransferCall{
			Request: id,
			Active:  named(r.GetActiveCall()),
			To:      r.GetTransferredTo(),
			Data:    data(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.SingleStepTransferCallResponse{TransferredCall: connectionOf(reply.Connection), Connections: listOf(reply.Connections)}, nil
}

// ConferenceCall implements PhoneControlService.
func (s *Server) ConferenceCall(ctx context.Context, r *phonecontrolv1.ConferenceCallRequest) (*phonecontrolv1.ConferenceCallResponse, error) {
	reply, err := s.serve(ctx, "ConferenceCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ConferenceCall{Request: id, Held: named(r.GetHeldCall()), Active: named(r.GetActiveCall())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ConferenceCallResponse{ConferenceCall: connectionOf(reply.Connection), Connections: listOf(reply.Connections)}, nil
}

// SingleStepConferenceCall implements PhoneControlService.
func (s *Server) SingleStepConferenceCall(ctx context.Context, r *phonecontrolv1.SingleStepConferenceCallRequest) (*phonecontrolv1.SingleStepConferenceCallResponse, error) {
	reply, err := s.serve(ctx, "SingleStepConferenceCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.SingleStepConferenceCall{
			Request: id,
			Active:  named(r.GetActiveCall()),
			Joining: r.GetDeviceToJoin(),
			Silent:  silent(r.GetParticipation()),
			Data:    data(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.SingleStepConferenceCallResponse{ConferencedCall: connectionOf(reply.Connection), Connections: listOf(reply.Connections)}, nil
}

// JoinCall implements PhoneControlService.
func (s *Server) JoinCall(ctx context.Context, r *phonecontrolv1.JoinCallRequest) (*phonecontrolv1.JoinCallResponse, error) {
	reply, err := s.serve(ctx, "JoinCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.JoinCall{
			Request:     id,
			Call:        named(r.GetActiveCall()),
			Joining:     callmodel.DeviceID(r.GetJoiningDevice()),
			Silent:      silent(r.GetParticipation()),
			DoNotPrompt: doNotPrompt(r.GetAutoOriginate()),
			Data:        data(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.JoinCallResponse{ConferencedCall: connectionOf(reply.Connection), Connections: listOf(reply.Connections)}, nil
}

func silent(participation phonecontrolv1.ParticipationType) bool {
	return participation == phonecontrolv1.ParticipationType_PARTICIPATION_TYPE_SILENT
}

func consultOptions(options phonecontrolv1.ConsultOptions) callmodel.ConsultOptions {
	switch options {
	case phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_CONSULT_ONLY:
		return callmodel.ConsultOnly
	case phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_TRANSFER_ONLY:
		return callmodel.ConsultTransferOnly
	case phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_CONFERENCE_ONLY:
		return callmodel.ConsultConferenceOnly
	case phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_UNSPECIFIED,
		phonecontrolv1.ConsultOptions_CONSULT_OPTIONS_UNRESTRICTED:
	}
	return callmodel.ConsultUnrestricted
}

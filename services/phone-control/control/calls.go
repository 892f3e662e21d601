// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// MakeCall implements PhoneControlService.
func (s *Server) MakeCall(ctx context.Context, r *phonecontrolv1.MakeCallRequest) (*phonecontrolv1.MakeCallResponse, error) {
	reply, err := s.serve(ctx, "MakeCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.MakeCall{
			Request:     id,
			Calling:     callmodel.DeviceID(r.GetCallingDevice()),
			Called:      r.GetCalledDirectoryNumber(),
			DoNotPrompt: doNotPrompt(r.GetAutoOriginate()),
			Data:        data(r),
			FirstLeg:    r.GetFirstLegNumber(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.MakeCallResponse{CallingDevice: connectionOf(reply.Connection)}, nil
}

// AnswerCall implements PhoneControlService.
func (s *Server) AnswerCall(ctx context.Context, r *phonecontrolv1.AnswerCallRequest) (*phonecontrolv1.AnswerCallResponse, error) {
	_, err := s.serve(ctx, "AnswerCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.AnswerCall{Request: id, Connection: named(r.GetCallToBeAnswered()), Data: data(r)}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.AnswerCallResponse{}, nil
}

// ClearConnection implements PhoneControlService.
func (s *Server) ClearConnection(ctx context.Context, r *phonecontrolv1.ClearConnectionRequest) (*phonecontrolv1.ClearConnectionResponse, error) {
	_, err := s.serve(ctx, "ClearConnection", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ClearConnection{
			Request:    id,
			Connection: named(r.GetConnectionToBeCleared()),
			Data:       data(r),
			Cause:      callmodel.Cause(r.GetReason()),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ClearConnectionResponse{}, nil
}

// ClearCall implements PhoneControlService.
func (s *Server) ClearCall(ctx context.Context, r *phonecontrolv1.ClearCallRequest) (*phonecontrolv1.ClearCallResponse, error) {
	_, err := s.serve(ctx, "ClearCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ClearCall{
			Request:    id,
			Connection: named(r.GetCallToBeCleared()),
			Data:       callmodel.Data{User: r.GetUserData()},
			Cause:      callmodel.Cause(r.GetReason()),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ClearCallResponse{}, nil
}

// HoldCall implements PhoneControlService.
func (s *Server) HoldCall(ctx context.Context, r *phonecontrolv1.HoldCallRequest) (*phonecontrolv1.HoldCallResponse, error) {
	_, err := s.serve(ctx, "HoldCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.HoldCall{Request: id, Connection: named(r.GetCallToBeHeld())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.HoldCallResponse{}, nil
}

// RetrieveCall implements PhoneControlService.
func (s *Server) RetrieveCall(ctx context.Context, r *phonecontrolv1.RetrieveCallRequest) (*phonecontrolv1.RetrieveCallResponse, error) {
	_, err := s.serve(ctx, "RetrieveCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.RetrieveCall{Request: id, Connection: named(r.GetCallToBeRetrieved())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.RetrieveCallResponse{}, nil
}

// AlternateCall implements PhoneControlService.
func (s *Server) AlternateCall(ctx context.Context, r *phonecontrolv1.AlternateCallRequest) (*phonecontrolv1.AlternateCallResponse, error) {
	_, err := s.serve(ctx, "AlternateCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.AlternateCall{Request: id, Held: named(r.GetHeldCall()), Active: named(r.GetActiveCall())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.AlternateCallResponse{}, nil
}

// ReconnectCall implements PhoneControlService.
func (s *Server) ReconnectCall(ctx context.Context, r *phonecontrolv1.ReconnectCallRequest) (*phonecontrolv1.ReconnectCallResponse, error) {
	_, err := s.serve(ctx, "ReconnectCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ReconnectCall{Request: id, Active: named(r.GetActiveCall()), Held: named(r.GetHeldCall())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ReconnectCallResponse{}, nil
}

// DialDigits implements PhoneControlService.
func (s *Server) DialDigits(ctx context.Context, r *phonecontrolv1.DialDigitsRequest) (*phonecontrolv1.DialDigitsResponse, error) {
	_, err := s.serve(ctx, "DialDigits", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.DialDigits{
			Request:    id,
			Connection: named(r.GetDiallingConnection()),
			Digits:     r.GetDiallingSequence(),
			Data:       callmodel.Data{Correlator: r.GetCorrelatorData()},
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.DialDigitsResponse{}, nil
}

// GenerateDigits implements PhoneControlService.
func (s *Server) GenerateDigits(ctx context.Context, r *phonecontrolv1.GenerateDigitsRequest) (*phonecontrolv1.GenerateDigitsResponse, error) {
	_, err := s.serve(ctx, "GenerateDigits", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.GenerateDigits{
			Request:    id,
			Connection: named(r.GetConnectionToSendDigits()),
			Digits:     r.GetCharactersToSend(),
			Tone:       time.Duration(r.GetToneDurationMs()) * time.Millisecond,
			Pause:      time.Duration(r.GetPauseDurationMs()) * time.Millisecond,
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.GenerateDigitsResponse{}, nil
}

// SendUserInformation implements PhoneControlService.
func (s *Server) SendUserInformation(ctx context.Context, r *phonecontrolv1.SendUserInformationRequest) (*phonecontrolv1.SendUserInformationResponse, error) {
	_, err := s.serve(ctx, "SendUserInformation", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.SendUserInformation{Request: id, Connection: named(r.GetConnection()), Data: data(r)}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.SendUserInformationResponse{}, nil
}

func doNotPrompt(value phonecontrolv1.AutoOriginate) bool {
	return value == phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT
}

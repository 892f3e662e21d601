// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// RouteRegister implements PhoneControlService.
func (s *Server) RouteRegister(ctx context.Context, r *phonecontrolv1.RouteRegisterRequest) (*phonecontrolv1.RouteRegisterResponse, error) {
	reply, err := s.serve(ctx, "RouteRegister", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.RouteRegister{
			Request: id,
			Session: r.GetSessionId(),
			Device:  callmodel.DeviceID(r.GetRouteingDevice()),
			Allowed: devices(r.GetAllowedDevices()),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.RouteRegisterResponse{RouteRegisterReqId: reply.ID}, nil
}

// RouteRegisterCancel implements PhoneControlService.
func (s *Server) RouteRegisterCancel(ctx context.Context, r *phonecontrolv1.RouteRegisterCancelRequest) (*phonecontrolv1.RouteRegisterCancelResponse, error) {
	_, err := s.serve(ctx, "RouteRegisterCancel", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.RouteRegisterCancel{Request: id, Session: r.GetSessionId(), ID: r.GetRouteRegisterReqId()}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.RouteRegisterCancelResponse{}, nil
}

// RouteSelect implements PhoneControlService.
func (s *Server) RouteSelect(ctx context.Context, r *phonecontrolv1.RouteSelectRequest) (*phonecontrolv1.RouteSelectResponse, error) {
	_, err := s.serve(ctx, "RouteSelect", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.RouteSelect{
			Request:       id,
			Session:       r.GetSessionId(),
			CrossRef:      r.GetCrossRefIdentifier(),
			Route:         r.GetRouteSelected(),
			Alternates:    r.GetAlternateRoutes(),
			RemainRetries: int(r.GetRemainRetries()),
			UsedRequested: r.GetRouteUsedRequested(),
			Data:          callmodel.Data{Correlator: r.GetCorrelatorData()},
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.RouteSelectResponse{}, nil
}

// RouteReject implements PhoneControlService.
func (s *Server) RouteReject(ctx context.Context, r *phonecontrolv1.RouteRejectRequest) (*phonecontrolv1.RouteRejectResponse, error) {
	_, err := s.serve(ctx, "RouteReject", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.RouteReject{
			Request:  id,
			Session:  r.GetSessionId(),
			CrossRef: r.GetCrossRefIdentifier(),
			Cause:    r.GetRejectCause(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.RouteRejectResponse{}, nil
}

// RouteEnd implements PhoneControlService.
func (s *Server) RouteEnd(ctx context.Context, r *phonecontrolv1.RouteEndRequest) (*phonecontrolv1.RouteEndResponse, error) {
	_, err := s.serve(ctx, "RouteEnd", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.RouteEnd{Request: id, Session: r.GetSessionId(), CrossRef: r.GetCrossRefIdentifier()}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.RouteEndResponse{}, nil
}

func devices(numbers []string) []callmodel.DeviceID {
	list := make([]callmodel.DeviceID, len(numbers))
	for i, number := range numbers {
		list[i] = callmodel.DeviceID(number)
	}
	return list
}

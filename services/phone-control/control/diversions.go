// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// DeflectCall implements PhoneControlService.
func (s *Server) DeflectCall(ctx context.Context, r *phonecontrolv1.DeflectCallRequest) (*phonecontrolv1.DeflectCallResponse, error) {
	_, err := s.serve(ctx, "DeflectCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.DeflectCall{
			Request:    id,
			Connection: named(r.GetCallToBeDiverted()),
			To:         r.GetNewDestination(),
			Data:       data(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.DeflectCallResponse{}, nil
}

// DirectedPickupCall implements PhoneControlService.
func (s *Server) DirectedPickupCall(ctx context.Context, r *phonecontrolv1.DirectedPickupCallRequest) (*phonecontrolv1.DirectedPickupCallResponse, error) {
	reply, err := s.serve(ctx, "DirectedPickupCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.DirectedPickupCall{
			Request:    id,
			PickedUp:   named(r.GetCallToBePickedUp()),
			Requesting: callmodel.DeviceID(r.GetRequestingDevice()),
			Data:       data(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.DirectedPickupCallResponse{PickedCall: connectionOf(reply.Connection)}, nil
}

// GroupPickupCall implements PhoneControlService.
func (s *Server) GroupPickupCall(ctx context.Context, r *phonecontrolv1.GroupPickupCallRequest) (*phonecontrolv1.GroupPickupCallResponse, error) {
	reply, err := s.serve(ctx, "GroupPickupCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.GroupPickupCall{
			Request: id,
			Line:    callmodel.DeviceID(r.GetNewDestination()),
			Group:   r.GetPickGroup(),
			Data:    data(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.GroupPickupCallResponse{PickedCall: connectionOf(reply.Connection)}, nil
}

// ParkCall implements PhoneControlService.
func (s *Server) ParkCall(ctx context.Context, r *phonecontrolv1.ParkCallRequest) (*phonecontrolv1.ParkCallResponse, error) {
	reply, err := s.serve(ctx, "ParkCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ParkCall{
			Request: id,
			Parking: named(r.GetParking()),
			To:      r.GetParkTo(),
			Data:    callmodel.Data{Correlator: r.GetCorrelatorData()},
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ParkCallResponse{ParkedTo: connectionOf(reply.Connection)}, nil
}

// CallBack implements PhoneControlService.
func (s *Server) CallBack(ctx context.Context, r *phonecontrolv1.CallBackRequest) (*phonecontrolv1.CallBackResponse, error) {
	reply, err := s.serve(ctx, "CallBack", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.CallBack{Request: id, Connection: named(r.GetCallbackConnection())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.CallBackResponse{TargetDevice: reply.ID}, nil
}

// CallBackNonCallRelated implements PhoneControlService.
func (s *Server) CallBackNonCallRelated(ctx context.Context, r *phonecontrolv1.CallBackNonCallRelatedRequest) (*phonecontrolv1.CallBackNonCallRelatedResponse, error) {
	_, err := s.serve(ctx, "CallBackNonCallRelated", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.CallBackNonCallRelated{
			Request:     id,
			Originating: callmodel.DeviceID(r.GetOriginatingDevice()),
			Target:      callmodel.DeviceID(r.GetTargetDevice()),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.CallBackNonCallRelatedResponse{}, nil
}

// CancelCallBack implements PhoneControlService.
func (s *Server) CancelCallBack(ctx context.Context, r *phonecontrolv1.CancelCallBackRequest) (*phonecontrolv1.CancelCallBackResponse, error) {
	_, err := s.serve(ctx, "CancelCallBack", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.CancelCallBack{
			Request:     id,
			Originating: callmodel.DeviceID(r.GetOriginatingDevice()),
			Target:      callmodel.DeviceID(r.GetTargetDevice()),
		}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.CancelCallBackResponse{}, nil
}

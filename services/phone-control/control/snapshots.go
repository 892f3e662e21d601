// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// SnapshotDevice implements PhoneControlService.
func (s *Server) SnapshotDevice(ctx context.Context, r *phonecontrolv1.SnapshotDeviceRequest) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	return query(ctx, s, "SnapshotDevice", r.GetTarget(), func(t *target) (*phonecontrolv1.SnapshotDeviceResponse, *callmodel.Error) {
		calls, refusal := t.model.SnapshotDevice(callmodel.DeviceID(r.GetSnapshotObject()))
		if refusal != nil {
			return nil, refusal
		}
		response := &phonecontrolv1.SnapshotDeviceResponse{}
		for _, call := range calls {
			connection := &phonecontrolv1.SnapshotConnection{
				Connection: connectionOf(call.Connection), LocalConnectionState: stateOf(call.State),
				EndpointDevice: string(call.Endpoint), EndpointRestricted: call.EndpointRestricted, ServicesPermitted: uint64(call.Permitted),
			}
			for _, state := range call.Others {
				connection.OtherConnectionStates = append(connection.OtherConnectionStates, stateOf(state))
			}
			response.Connections = append(response.Connections, connection)
		}
		return response, nil
	})
}

// SnapshotCall implements PhoneControlService.
func (s *Server) SnapshotCall(ctx context.Context, r *phonecontrolv1.SnapshotCallRequest) (*phonecontrolv1.SnapshotCallResponse, error) {
	return query(ctx, s, "SnapshotCall", r.GetTarget(), func(t *target) (*phonecontrolv1.SnapshotCallResponse, *callmodel.Error) {
		call, refusal := t.model.SnapshotCall(named(r.GetSnapshotObject()))
		if refusal != nil {
			return nil, refusal
		}
		response := &phonecontrolv1.SnapshotCallResponse{
			CallId: string(call.Call), CallingDevice: string(call.Calling), CalledDevice: string(call.Called),
			CorrelatorData: call.Data.Correlator, GlobalCallId: call.GlobalCallID, RestrictedDevice: string(call.Restricted),
		}
		for _, party := range call.Parties {
			response.Parties = append(response.Parties, &phonecontrolv1.SnapshotParty{
				Connection: connectionOf(party.Connection), LocalConnectionState: stateOf(party.State),
				ServicesPermitted: uint64(party.Permitted),
			})
		}
		return response, nil
	})
}

// ListRegistrations implements PhoneControlService.
func (s *Server) ListRegistrations(_ context.Context, r *phonecontrolv1.ListRegistrationsRequest) (*phonecontrolv1.ListRegistrationsResponse, error) {
	t, err := s.target(r.GetTarget())
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ListRegistrationsResponse{Registrations: t.driver.Registrations()}, nil
}

// phoneResetter is a driver whose phones can be made to start again. On the
// target's goroutine.
type phoneResetter interface {
	ResetPhone(deviceName string, restart bool) *callmodel.Error
}

// ResetPhone implements PhoneControlService.
func (s *Server) ResetPhone(ctx context.Context, r *phonecontrolv1.ResetPhoneRequest) (*phonecontrolv1.ResetPhoneResponse, error) {
	return query(ctx, s, "ResetPhone", r.GetTarget(), func(t *target) (*phonecontrolv1.ResetPhoneResponse, *callmodel.Error) {
		driver, ok := t.driver.(phoneResetter)
		if !ok {
			return nil, errNoSuchPart
		}
		return &phonecontrolv1.ResetPhoneResponse{}, driver.ResetPhone(r.GetDeviceName(), r.GetRestart())
	})
}

// query asks something on the goroutine of a target.
func query[T any](ctx context.Context, s *Server, service, name string, ask func(*target) (T, *callmodel.Error)) (T, error) {
	var none T
	t, err := s.target(name)
	if err != nil {
		return none, err
	}
	type outcome struct {
		answer  T
		refusal *callmodel.Error
	}
	answer := make(chan outcome, 1)
	began := time.Now()
	if !t.queue.put(newWork, func() {
		got, refusal := ask(t)
		answer <- outcome{got, refusal}
	}) {
		return none, t.full()
	}
	got, err := await(ctx, t, answer)
	if err != nil {
		return none, err
	}
	s.options.Metrics.served(name, service, time.Since(began))
	if got.refusal != nil {
		s.options.Metrics.refused(name, got.refusal.Value)
		return none, negative(got.refusal)
	}
	return got.answer, nil
}

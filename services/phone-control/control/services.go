// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/phone-control/callmodel"
)

// MakeCall implements PhoneControlService.
func (s *Server) MakeCall(ctx context.Context, r *phonecontrolv1.MakeCallRequest) (*phonecontrolv1.MakeCallResponse, error) {
	reply, err := s.serve(ctx, "MakeCall", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.MakeCall{
			Request: id, Calling: callmodel.DeviceID(r.GetCallingDevice()), Called: r.GetCalledDirectoryNumber(),
			DoNotPrompt:    r.GetAutoOriginate() == phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT,
			CorrelatorData: r.GetCorrelatorData(), UserData: r.GetUserData(),
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
		return callmodel.AnswerCall{Request: id, Connection: named(r.GetCallToBeAnswered())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.AnswerCallResponse{}, nil
}

// ClearConnection implements PhoneControlService.
func (s *Server) ClearConnection(ctx context.Context, r *phonecontrolv1.ClearConnectionRequest) (*phonecontrolv1.ClearConnectionResponse, error) {
	_, err := s.serve(ctx, "ClearConnection", r.GetTarget(), func(id callmodel.RequestID) callmodel.Input {
		return callmodel.ClearConnection{Request: id, Connection: named(r.GetConnectionToBeCleared())}
	})
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ClearConnectionResponse{}, nil
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

// SnapshotDevice implements PhoneControlService.
func (s *Server) SnapshotDevice(ctx context.Context, r *phonecontrolv1.SnapshotDeviceRequest) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	t, err := s.target(r.GetTarget())
	if err != nil {
		return nil, err
	}
	type outcome struct {
		response *phonecontrolv1.SnapshotDeviceResponse
		err      error
	}
	answer := make(chan outcome, 1)
	began := time.Now()
	if !t.queue.put(newWork, func() {
		response, err := t.snapshot(callmodel.DeviceID(r.GetSnapshotObject()))
		answer <- outcome{response, err}
	}) {
		return nil, t.full()
	}
	got, err := await(ctx, t, answer)
	if err != nil {
		return nil, err
	}
	s.options.Metrics.served(t.name, "SnapshotDevice", time.Since(began))
	return got.response, got.err
}

// snapshot lists the calls at a device, on the target's goroutine.
func (t *target) snapshot(device callmodel.DeviceID) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	calls, refusal := t.model.SnapshotDevice(device)
	if refusal != nil {
		t.options.Metrics.refused(t.name, refusal.Value)
		return nil, negative(refusal)
	}
	response := &phonecontrolv1.SnapshotDeviceResponse{}
	for _, call := range calls {
		connection := &phonecontrolv1.SnapshotConnection{
			Connection: connectionOf(call.Connection), LocalConnectionState: stateOf(call.State), EndpointDevice: string(call.Endpoint),
		}
		for _, state := range call.Others {
			connection.OtherConnectionStates = append(connection.OtherConnectionStates, stateOf(state))
		}
		response.Connections = append(response.Connections, connection)
	}
	return response, nil
}

// ListRegistrations implements PhoneControlService.
func (s *Server) ListRegistrations(_ context.Context, r *phonecontrolv1.ListRegistrationsRequest) (*phonecontrolv1.ListRegistrationsResponse, error) {
	t, err := s.target(r.GetTarget())
	if err != nil {
		return nil, err
	}
	return &phonecontrolv1.ListRegistrationsResponse{Registrations: t.driver.Registrations()}, nil
}

// serve gives a service to the call model of its target and waits for the reply.
func (s *Server) serve(ctx context.Context, service, name string, input func(callmodel.RequestID) callmodel.Input) (callmodel.Reply, error) {
	t, err := s.target(name)
	if err != nil {
		return callmodel.Reply{}, err
	}
	began := time.Now()
	answer := make(chan callmodel.Reply, 1)
	var request callmodel.RequestID // belongs to the target's goroutine
	if !t.queue.put(newWork, func() {
		t.requested++
		request = t.requested
		t.waiting[request] = answer
		t.step(input(request))
	}) {
		return callmodel.Reply{}, t.full()
	}
	reply, err := await(ctx, t, answer)
	if err != nil {
		t.queue.put(dueWork, func() { delete(t.waiting, request) })
		return callmodel.Reply{}, err
	}
	s.options.Metrics.served(t.name, service, time.Since(began))
	if reply.Error != nil {
		s.options.Metrics.refused(t.name, reply.Error.Value)
		return callmodel.Reply{}, negative(reply.Error)
	}
	return reply, nil
}

// await waits for an answer of the target's goroutine, within the bounds of the
// caller and of the service time-out. The call model has the same time-out for
// phones; the second on top lets its answer come first.
func await[T any](ctx context.Context, t *target, answer <-chan T) (T, error) {
	var none T
	timer := time.NewTimer(t.options.ServiceTimeout + time.Second)
	defer timer.Stop()
	select {
	case got := <-answer:
		return got, nil
	case <-ctx.Done():
		t.options.Metrics.refused(t.name, "cancelled")
		return none, ctierr.Performance("performanceLimitExceeded", "the caller gave up: %v", context.Cause(ctx))
	case <-timer.C:
		t.options.Metrics.refused(t.name, "timeout")
		return none, ctierr.Performance("performanceLimitExceeded", "no answer within %s", t.options.ServiceTimeout)
	case <-t.ended:
	}
	select { // the answer may have come in the same moment
	case got := <-answer:
		return got, nil
	default:
		return none, ctierr.NotOwner(t.name, "")
	}
}

func (t *target) full() error {
	select {
	case <-t.ended:
		return ctierr.NotOwner(t.name, "")
	default:
	}
	t.options.Metrics.refused(t.name, "queue_full")
	return ctierr.SystemResource("internalResourceBusy", "target %s has too much to do", t.name)
}

func negative(err *callmodel.Error) error {
	return ctierr.New(err.Category, err.Value, "%s", err.Detail)
}

func named(id *ctiv1.ConnectionID) callmodel.ConnectionID {
	return callmodel.ConnectionID{Call: callmodel.CallID(id.GetCallId()), Device: callmodel.DeviceID(id.GetDeviceId())}
}

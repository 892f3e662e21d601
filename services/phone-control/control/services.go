// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/phone-control/callmodel"
)

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
		request = t.request(func(reply callmodel.Reply) { answer <- reply }) // holds one
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

// request names a service whose reply is awaited; the call model always gives
// one.
func (t *target) request(done func(callmodel.Reply)) callmodel.RequestID {
	t.requested++
	t.waiting[t.requested] = done
	return t.requested
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
	if t.queue.holds() { // the next owner takes it
		return ctierr.NotOwner(t.name, "")
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

// carrier is a request that brings correlator and user data.
type carrier interface {
	GetCorrelatorData() []byte
	GetUserData() []byte
}

func data(r carrier) callmodel.Data {
	return callmodel.Data{Correlator: r.GetCorrelatorData(), User: r.GetUserData()}
}

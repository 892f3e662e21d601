// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/phone-control/callmodel"
)

const (
	// routeingQueue is how many messages to applications that route calls may
	// wait in a target. One that finds it full is not sent: the application's
	// time to route the call runs out.
	routeingQueue = 256
	// routeingTimeout bounds one message.
	routeingTimeout = 3 * time.Second
)

// TellRouteing sends a message to the application that routes a call;
// SessionService of csta-session is one. NOT_FOUND: the session is gone.
type TellRouteing func(context.Context, *sessionv1.TellRouteingRequest) error

// routeing tells applications about the calls they route, in order.
type routeing struct {
	target  *target
	waiting chan *sessionv1.TellRouteingRequest
}

func newRouteing(t *target) *routeing {
	return &routeing{target: t, waiting: make(chan *sessionv1.TellRouteingRequest, routeingQueue)}
}

// put queues a message without waiting.
func (r *routeing) put(told callmodel.TellRouteing) {
	select {
	case r.waiting <- routeingMessage(told):
	default:
		r.target.options.Metrics.refused(r.target.name, "routeing_queue_full")
	}
}

// run sends what is queued until the context ends.
func (r *routeing) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case message := <-r.waiting:
			r.send(ctx, message)
		}
	}
}

func (r *routeing) send(ctx context.Context, message *sessionv1.TellRouteingRequest) {
	if r.target.options.TellRouteing == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, routeingTimeout)
	defer cancel()
	err := r.target.options.TellRouteing(ctx, message)
	if err == nil {
		return
	}
	r.target.options.Metrics.refused(r.target.name, "routeing_not_told")
	r.target.options.Logger.Warn("application was not told of a call to route",
		"target", r.target.name, "session_id", message.GetSessionId(), "error", err)
	if status.Code(err) == codes.NotFound {
		r.target.queue.put(dueWork, func() { r.target.step(callmodel.SessionGone{Session: message.GetSessionId()}) })
	}
}

func routeingMessage(told callmodel.TellRouteing) *sessionv1.TellRouteingRequest {
	message := &sessionv1.TellRouteingRequest{
		SessionId: told.Session, CrossRefIdentifier: told.CrossRef, RouteRegisterReqId: told.RegistrationID,
	}
	seconds := uint32(max(0, told.ReplyTimeout) / time.Second)
	switch told.Kind {
	case callmodel.RouteRequested:
		message.Message = &sessionv1.TellRouteingRequest_RouteRequest{RouteRequest: &sessionv1.RouteRequest{
			CurrentRoute: string(told.Route), CallingDevice: string(told.Calling), RouteingDevice: string(told.Routeing),
			CallId: string(told.Connection.Call), CallDeviceId: string(told.Connection.Device),
			ReplyTimeoutSeconds: seconds, CorrelatorData: told.Data.Correlator, GlobalCallId: told.GlobalCallID,
		}}
	case callmodel.ReRouteRequested:
		message.Message = &sessionv1.TellRouteingRequest_ReRoute{ReRoute: &sessionv1.ReRoute{
			ReplyTimeoutSeconds: seconds, CorrelatorData: told.Data.Correlator,
		}}
	case callmodel.RouteWasUsed:
		message.Message = &sessionv1.TellRouteingRequest_RouteUsed{RouteUsed: &sessionv1.RouteUsed{
			RouteUsed: string(told.Route), CallingDevice: string(told.Calling),
		}}
	case callmodel.RouteEnded:
		message.Message = &sessionv1.TellRouteingRequest_RouteEnd{RouteEnd: &sessionv1.RouteEnd{
			ErrorCategory: told.ErrorCategory, ErrorValue: told.ErrorValue,
		}}
	case callmodel.RouteRegisterAborted:
		message.Message = &sessionv1.TellRouteingRequest_RouteRegisterAbort{RouteRegisterAbort: &sessionv1.RouteRegisterAbort{}}
	}
	return message
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/csta"
)

// errNoDialog: the edge of a session does not hold its dialog any more.
var errNoDialog = status.Error(codes.NotFound, "the session's dialog is gone")

// TellRouteing implements SessionServiceServer: the message goes to the
// application in the session's edition, with devices as it writes them.
func (s *Server) TellRouteing(ctx context.Context, request *sessionv1.TellRouteingRequest) (*sessionv1.TellRouteingResponse, error) {
	record, err := s.store.Get(ctx, request.GetSessionId())
	if err != nil {
		return nil, unavailable(err)
	}
	c, err := s.newCall(record)
	if err != nil {
		return nil, status.Errorf(codes.NotFound, "target %s is gone", record.GetTarget())
	}
	message := c.routeingMessage(request)
	if message == nil {
		return nil, status.Error(codes.InvalidArgument, "no message to tell")
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	if err := s.deliver(ctx, record, message); err != nil {
		return nil, err
	}
	return &sessionv1.TellRouteingResponse{}, nil
}

func (c *call) routeingMessage(request *sessionv1.TellRouteingRequest) csta.Message {
	crossRef, register := request.GetCrossRefIdentifier(), request.GetRouteRegisterReqId()
	switch message := request.GetMessage().(type) {
	case *sessionv1.TellRouteingRequest_RouteRequest:
		return c.routeRequest(crossRef, register, message.RouteRequest)
	case *sessionv1.TellRouteingRequest_ReRoute:
		return &csta.ReRoute{
			CrossRefIdentifier: crossRef, RouteRegisterReqID: register,
			ReplyTimeout:   optional(message.ReRoute.GetReplyTimeoutSeconds()),
			CorrelatorData: storedCorrelator(message.ReRoute.GetCorrelatorData()),
		}
	case *sessionv1.TellRouteingRequest_RouteUsed:
		used := &csta.RouteUsed{
			CrossRefIdentifier: crossRef, RouteRegisterReqID: register, RouteUsed: c.subject(message.RouteUsed.GetRouteUsed()),
		}
		if number := message.RouteUsed.GetCallingDevice(); number != "" {
			used.CallingDevice = new(c.subject(number))
		}
		return used
	case *sessionv1.TellRouteingRequest_RouteEnd:
		end := &csta.RouteEnd{CrossRefIdentifier: crossRef, RouteRegisterReqID: register}
		if category := message.RouteEnd.GetErrorCategory(); category != "" {
			end.ErrorValue = &csta.CSTAErrorCode{
				Category: csta.ErrorCategory(category), Value: csta.ErrorValue(message.RouteEnd.GetErrorValue()),
			}
		}
		return end
	case *sessionv1.TellRouteingRequest_RouteRegisterAbort:
		return &csta.RouteRegisterAbort{RouteRegisterReqID: register}
	}
	return nil
}

func (c *call) routeRequest(crossRef, register string, asked *sessionv1.RouteRequest) *csta.RouteRequest {
	message := &csta.RouteRequest{
		CrossRefIdentifier: crossRef, RouteRegisterReqID: register,
		CurrentRoute:    c.subject(asked.GetCurrentRoute()),
		CallingDevice:   new(c.subject(asked.GetCallingDevice())),
		RouteingDevice:  new(c.subject(asked.GetRouteingDevice())),
		ReplyTimeout:    optional(asked.GetReplyTimeoutSeconds()),
		CorrelatorData:  storedCorrelator(asked.GetCorrelatorData()),
		CallLinkageData: c.linkage(asked.GetGlobalCallId()),
	}
	if call := asked.GetCallId(); call != "" {
		message.RoutedCall = &csta.ConnectionID{CallID: csta.CallID(call)}
		if number := asked.GetCallDeviceId(); number != "" {
			message.RoutedCall.DeviceID = csta.DeviceID{Text: c.names().Write(number)}
		}
	}
	return message
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

// responseSize is what most responses fit in.
const responseSize = 1024

// labels of services that are not in the dispatch table.
const (
	serviceUnknown = "unknown"
	serviceFaulty  = "ill-formed"
	resultOK       = "ok"
	resultFault    = "fault"
)

// InvokeService implements SessionServiceServer. Negative CSTA answers are
// bodies; only what is no readable XML, and a session that is gone, are errors.
func (s *Server) InvokeService(ctx context.Context, request *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
	began := s.options.Now()
	service, result := serviceFaulty, resultFault
	defer func() { s.metrics.observe(service, result, s.options.Now().Sub(began)) }()

	record, err := s.store.Get(ctx, request.GetSessionId())
	if err != nil {
		return nil, unavailable(err)
	}
	document, err := csta.Read(request.GetBody(), csta.ReadOptions{})
	if err != nil {
		answer, isService := csta.ErrorCodeFor(err)
		if !isService {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		if element := elementOf(document.Message, err); s.serves(element) && !forgiven(document.Message, err) {
			service, result = element, string(answer.Category)
			return respond(preciseError(answer, document.Message, err), record), nil
		}
	}
	element := elementOf(document.Message, err)
	entry, known := s.services[element]
	if !known {
		service, result = serviceUnknown, string(csta.ErrorCategoryOperation)
		return respond(csta.NewError(csta.OperationServiceNotSupported), record), nil
	}
	service, result = element, resultOK

	admitted, changed := s.load.begin()
	s.loadChanged(changed)
	defer func() { s.loadChanged(s.load.end()) }()
	if !admitted {
		result = string(csta.ErrorCategoryPerformanceManagement)
		return respond(csta.NewError(csta.PerformanceManagementPerformanceLimitExceeded), record), nil
	}

	ctx, cancel := context.WithTimeout(ctx, s.options.ServiceTimeout)
	defer cancel()
	c, err := s.newCall(record)
	var response csta.Message
	if err == nil {
		response, err = entry.serve(ctx, s, c, document.Message)
	}
	if entry.audit {
		s.auditService(service, record, c, err)
	}
	if err != nil {
		negative := ctierr.FromError(err)
		result = negative.Category
		s.log.Debug("service refused", "session_id", record.GetSessionId(), "service", service, "error", negative)
		return respond(&csta.CSTAErrorCode{
			Category: csta.ErrorCategory(negative.Category), Value: csta.ErrorValue(negative.Value),
		}, record), nil
	}
	return respond(response, record), nil
}

func (s *Server) newCall(record *statev1.SessionRecord) (*call, error) {
	c := &call{session: record}
	target, ok := s.options.Targets.Snapshot().TargetByName(record.GetTarget())
	if !ok {
		return c, ctierr.SystemResource(string(csta.SystemResourceResourceOutOfService), "target %s is gone", record.GetTarget())
	}
	c.target = target
	c.user, _ = target.User(record.GetUser())
	c.phones = s.options.Clients.PhoneControl(target.Name)
	return c, nil
}

// loadChanged tells the applications that registered for it.
func (s *Server) loadChanged(changed change) {
	var status csta.SystemStatusValue
	switch changed {
	case overloadReached:
		status = csta.SystemStatusOverloadReached
	case overloadRelieved:
		status = csta.SystemStatusOverloadRelieved
	default:
		return
	}
	s.log.Warn("load changed", "status", string(status))
	s.tasks.add(func(ctx context.Context) { s.tellStatus(ctx, "", status) })
}

// respond writes a response in the edition that the session was opened in. Nil
// is an empty one.
func respond(message csta.Message, record *statev1.SessionRecord) *sessionv1.InvokeServiceResponse {
	if message == nil {
		return &sessionv1.InvokeServiceResponse{}
	}
	return &sessionv1.InvokeServiceResponse{
		Body: csta.Append(make([]byte, 0, responseSize), message, csta.Edition(record.GetEdition())),
	}
}

// elementOf is the name of a request, also where its content was refused.
func elementOf(message csta.Message, err error) string {
	var value *csta.ValueError
	switch {
	case message != nil:
		return message.Element()
	case errors.As(err, &value):
		root, _, _ := strings.Cut(value.Path, "/")
		return root
	}
	return ""
}

func (s *Server) serves(element string) bool {
	_, known := s.services[element]
	return known
}

// auditService writes who did what to which line.
func (s *Server) auditService(service string, record *statev1.SessionRecord, c *call, err error) {
	result := resultOK
	if err != nil {
		negative := ctierr.FromError(err)
		result = strings.TrimSuffix(negative.Category+"/"+negative.Value, "/")
	}
	s.audit.Info("service",
		"service", service, "user", record.GetUser(), "target", record.GetTarget(), "line", c.line,
		"called", c.called, "call_id", c.callID, "session_id", record.GetSessionId(), "peer", record.GetPeer(),
		"result", result)
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

// routeingServices let an application route the calls of routeing lines.
// RouteSelect, RouteReject and RouteEnd have no positive response.
func routeingServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.RouteingServList }
	return map[string]service{
		"RouteRegister":       {serve: typed(routeRegister), list: list, capability: "routeRegister", audit: true},
		"RouteRegisterCancel": {serve: typed(routeRegisterCancel), list: list, capability: "routeRegisterCancel", audit: true},
		"RouteSelect":         {serve: typed(routeSelect), list: list, capability: "routeSelect", audit: true},
		"RouteReject":         {serve: typed(routeReject), list: list, capability: "routeReject", audit: true},
		"RouteEnd":            {serve: typed(routeEnd), list: list, capability: "routeEnd", audit: true},
	}
}

// routeRegister registers for one routeing line, or for all that the user may
// control.
func routeRegister(ctx context.Context, s *Server, c *call, request *csta.RouteRegister) (csta.Message, error) {
	routeing := ""
	if request.RouteingDevice != nil && request.RouteingDevice.Text != "" {
		found, err := c.lineWith(mayControl, request.RouteingDevice.Text, roleSubject)
		if err != nil {
			return nil, err
		}
		if found.line.GetKind() != configv1.LineKind_LINE_KIND_ROUTEING {
			return nil, ctierr.Operation(string(csta.OperationRequestIncompatibleWithDevice), "line %s is no routeing device", found.number)
		}
		routeing = found.number
		s.learn(ctx, c, found.number, found.written)
	}
	var allowed []string
	for _, line := range c.target.RouteingLines() {
		if rightsOn(c.user, line).Control {
			allowed = append(allowed, line.GetNumber())
		}
	}
	if len(allowed) == 0 {
		return nil, ctierr.Operation(string(csta.OperationPrivilegeViolationSpecifiedDevice), "user %s may control no routeing line", c.session.GetUser())
	}
	// Recorded first, so that the end of the session cancels it in any case.
	record, err := s.store.Update(ctx, c.session.GetSessionId(), func(record *statev1.SessionRecord) bool {
		changed := !record.GetRoutes()
		record.Routes = true
		return changed
	})
	if err != nil {
		return nil, ctierr.SystemResource(string(csta.SystemResourceGeneric), "keep registration: %v", err)
	}
	c.session = record
	answer, err := c.phones.RouteRegister(ctx, &phonecontrolv1.RouteRegisterRequest{
		Target: c.target.Name, SessionId: record.GetSessionId(), RouteingDevice: routeing, AllowedDevices: allowed,
	})
	if err != nil {
		return nil, err
	}
	return &csta.RouteRegisterResponse{RouteRegisterReqID: answer.GetRouteRegisterReqId()}, nil
}

func routeRegisterCancel(ctx context.Context, _ *Server, c *call, request *csta.RouteRegisterCancel) (csta.Message, error) {
	if request.RouteRegisterReqID == "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidRouteRegistrationCrossRefID), "routeRegisterReqID is empty")
	}
	_, err := c.phones.RouteRegisterCancel(ctx, &phonecontrolv1.RouteRegisterCancelRequest{
		Target: c.target.Name, SessionId: c.session.GetSessionId(), RouteRegisterReqId: request.RouteRegisterReqID,
	})
	return &csta.RouteRegisterCancelResponse{}, err
}

func routeSelect(ctx context.Context, s *Server, c *call, request *csta.RouteSelect) (csta.Message, error) {
	if err := routeingDialogue(request.CrossRefIdentifier); err != nil {
		return nil, err
	}
	selected, err := c.dialled(request.RouteSelected.Text, csta.OperationInvalidDestination)
	if err != nil {
		return nil, err
	}
	c.called = selected
	var alternates []string
	for _, route := range request.AlternateRoutes {
		number, err := c.dialled(route.Text, csta.OperationInvalidDestination)
		if err != nil {
			return nil, err
		}
		alternates = append(alternates, number)
	}
	if !within(request.RemainRetries, maxRings) {
		return nil, ctierr.Operation(string(csta.OperationInvalidRemainRetry), "remainRetries %d", *request.RemainRetries)
	}
	correlator, err := correlatorData(request.CorrelatorData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, selected, request.RouteSelected.Text)
	_, err = c.phones.RouteSelect(ctx, &phonecontrolv1.RouteSelectRequest{
		Target: c.target.Name, SessionId: c.session.GetSessionId(), CrossRefIdentifier: request.CrossRefIdentifier,
		RouteSelected: selected, AlternateRoutes: alternates, RemainRetries: int32(valueOf(request.RemainRetries)),
		RouteUsedRequested: request.RouteUsedReq != nil && *request.RouteUsedReq, CorrelatorData: correlator,
	})
	return nil, err
}

func routeReject(ctx context.Context, _ *Server, c *call, request *csta.RouteReject) (csta.Message, error) {
	if err := routeingDialogue(request.CrossRefIdentifier); err != nil {
		return nil, err
	}
	if request.RejectCause != "" && !request.RejectCause.Known() {
		return nil, ctierr.Operation(string(csta.OperationInvalidParameterValue), "rejectCause %q", request.RejectCause)
	}
	_, err := c.phones.RouteReject(ctx, &phonecontrolv1.RouteRejectRequest{
		Target: c.target.Name, SessionId: c.session.GetSessionId(), CrossRefIdentifier: request.CrossRefIdentifier,
		RejectCause: string(request.RejectCause),
	})
	return nil, err
}

func routeEnd(ctx context.Context, _ *Server, c *call, request *csta.RouteEnd) (csta.Message, error) {
	if err := routeingDialogue(request.CrossRefIdentifier); err != nil {
		return nil, err
	}
	value := ""
	if request.ErrorValue != nil {
		value = string(request.ErrorValue.Value)
	}
	_, err := c.phones.RouteEnd(ctx, &phonecontrolv1.RouteEndRequest{
		Target: c.target.Name, SessionId: c.session.GetSessionId(), CrossRefIdentifier: request.CrossRefIdentifier, ErrorValue: value,
	})
	return nil, err
}

func routeingDialogue(crossRef string) error {
	if crossRef == "" {
		return ctierr.Operation(string(csta.OperationInvalidRouteingCrossRefID), "crossRefIdentifier is empty")
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	configv1 "offhook.dev/proto/offhook/config/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/monitor/eventxml"
)

func monitorStart(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	request := message.(*csta.MonitorStart)
	text, err := monitorObject(request)
	if err != nil {
		return nil, err
	}
	object, err := c.monitored(text, string(csta.OperationInvalidDeviceID))
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, object.number, object.written)
	session := c.session
	answer, err := s.options.Clients.Monitor(session.GetSessionId()).StartMonitor(ctx, &monitorv1.StartMonitorRequest{
		SessionId:          session.GetSessionId(),
		Target:             c.target.Name,
		DeviceId:           object.number,
		DeviceText:         object.text,
		Edition:            session.GetEdition(),
		FilteredOut:        filteredOut(request.RequestedMonitorFilter),
		Edge:               session.GetEdge(),
		MaxSessionMonitors: c.user.GetMaxMonitors(),
		MaxLineMonitors:    c.target.Config.GetLimits().GetMonitorsPerLine(),
		BasicMode:          c.target.Config.GetCsta().GetMode() == configv1.Mode_MODE_BASIC,
		FormText:           session.GetLineText(),
		DeviceTexts:        session.GetDeviceTexts(),
	})
	if err != nil {
		return nil, err
	}
	return &csta.MonitorStartResponse{
		MonitorCrossRefID:   csta.MonitorCrossRefID(answer.GetMonitorCrossRefId()),
		ActualMonitorFilter: request.RequestedMonitorFilter,
	}, nil
}

func monitorStop(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	request := message.(*csta.MonitorStop)
	if request.MonitorCrossRefID == "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidMonitorCrossRefID), "monitorCrossRefID is empty")
	}
	id := c.session.GetSessionId()
	_, err := s.options.Clients.Monitor(id).StopMonitor(ctx, &monitorv1.StopMonitorRequest{
		SessionId: id, MonitorCrossRefId: string(request.MonitorCrossRefID),
	})
	if err != nil {
		return nil, err
	}
	return &csta.MonitorStopResponse{}, nil
}

// monitorObject is the device that a monitor is asked for; empty: the session's
// line. Calls cannot be monitored by themselves.
func monitorObject(request *csta.MonitorStart) (string, error) {
	switch {
	case request.MonitorObject.CallObject != nil:
		return "", ctierr.Operation(string(csta.OperationInvalidMonitorObjectType), "calls cannot be monitored")
	case request.MonitorType == csta.MonitorTypeCall:
		return "", ctierr.Operation(string(csta.OperationMonitorTypeNotSupported), "monitors of type call are not served")
	case request.MonitorObject.DeviceObject == nil:
		return "", ctierr.Operation(string(csta.OperationInvalidMonitorObject), "monitorObject names no device")
	}
	return request.MonitorObject.DeviceObject.Text, nil
}

// filteredOut are the names of events that a filter keeps back.
func filteredOut(filter *csta.MonitorFilter) []string {
	if filter == nil {
		return nil
	}
	var names []string
	for _, kind := range eventxml.Kinds() {
		if filter.Excludes(kind.Message()) {
			names = append(names, kind.Name())
		}
	}
	return names
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	monitorv1 "offhook.dev/proto/offhook/monitor/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/monitor/eventxml"
)

func monitoringServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.MonitoringServList }
	return map[string]service{
		"MonitorStart":        {serve: typed(monitorStart), list: list, capability: "monitorStart"},
		"MonitorStop":         {serve: typed(monitorStop), list: list, capability: "monitorStop"},
		"ChangeMonitorFilter": {serve: typed(changeMonitorFilter), list: list, capability: "changeMonitorFilter"},
	}
}

// monitorStart serves monitors on devices, of type device or call, and on
// calls. Calls that exist already are reported like those to come.
func monitorStart(ctx context.Context, s *Server, c *call, request *csta.MonitorStart) (csta.Message, error) {
	session := c.session
	start := &monitorv1.StartMonitorRequest{
		SessionId:          session.GetSessionId(),
		Target:             c.target.Name,
		Edition:            session.GetEdition(),
		FilteredOut:        filteredOut(request.RequestedMonitorFilter),
		Edge:               session.GetEdge(),
		MaxSessionMonitors: c.user.GetMaxMonitors(),
		MaxLineMonitors:    c.target.Config.GetLimits().GetMonitorsPerLine(),
		BasicMode:          c.basic(),
		SuppressConversion: c.target.Config.GetCsta().GetSuppressDeviceIdConversion(),
	}
	if err := s.monitorObject(ctx, c, request, start); err != nil {
		return nil, err
	}
	// The session may have learned a text meanwhile.
	start.FormText, start.DeviceTexts = c.session.GetLineText(), c.session.GetDeviceTexts()
	answer, err := s.options.Clients.Monitor(session.GetSessionId()).StartMonitor(ctx, start)
	if err != nil {
		return nil, err
	}
	response := &csta.MonitorStartResponse{
		MonitorCrossRefID:   csta.MonitorCrossRefID(answer.GetMonitorCrossRefId()),
		ActualMonitorFilter: actualFilter(request.RequestedMonitorFilter, c.basic()),
	}
	if !c.basic() {
		response.MonitorExistingCalls = new(true)
	}
	return response, nil
}

// monitorObject says what is monitored: the session's line where the device is
// empty.
func (s *Server) monitorObject(ctx context.Context, c *call, request *csta.MonitorStart, start *monitorv1.StartMonitorRequest) error {
	switch request.MonitorType {
	case "", csta.MonitorTypeDevice, csta.MonitorTypeCall:
	default:
		return ctierr.Operation(string(csta.OperationMonitorTypeOutOfRange), "monitorType %q", request.MonitorType)
	}
	object := request.MonitorObject
	switch {
	case object.CallObject != nil:
		if request.MonitorType == csta.MonitorTypeDevice {
			return ctierr.Operation(string(csta.OperationInvalidMonitorObjectType), "a monitor of type device on a call")
		}
		found, err := s.callOf(ctx, c, *object.CallObject, mayMonitor, roleSubject)
		if err != nil {
			return err
		}
		start.CallId = found.GetCallId()
		return nil
	case object.DeviceObject == nil:
		return ctierr.Operation(string(csta.OperationInvalidMonitorObject), "monitorObject names no device and no call")
	}
	found, err := c.lineWith(mayMonitor, object.DeviceObject.Text, roleSubject)
	if err != nil {
		return err
	}
	s.learn(ctx, c, found.number, found.written)
	start.DeviceId, start.DeviceText = found.number, found.text
	start.CallType = request.MonitorType == csta.MonitorTypeCall
	start.Permitted = rightsOn(c.user, found.line).Control
	return nil
}

func monitorStop(ctx context.Context, s *Server, c *call, request *csta.MonitorStop) (csta.Message, error) {
	if request.MonitorCrossRefID == "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidMonitorCrossRefID), "monitorCrossRefID is empty")
	}
	id := c.session.GetSessionId()
	_, err := s.options.Clients.Monitor(id).StopMonitor(ctx, &monitorv1.StopMonitorRequest{
		SessionId: id, MonitorCrossRefId: string(request.MonitorCrossRefID),
	})
	return &csta.MonitorStopResponse{}, err
}

func changeMonitorFilter(ctx context.Context, s *Server, c *call, request *csta.ChangeMonitorFilter) (csta.Message, error) {
	if request.MonitorCrossRefID == "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidMonitorCrossRefID), "monitorCrossRefID is empty")
	}
	id := c.session.GetSessionId()
	_, err := s.options.Clients.Monitor(id).ChangeMonitorFilter(ctx, &monitorv1.ChangeMonitorFilterRequest{
		SessionId: id, MonitorCrossRefId: string(request.MonitorCrossRefID), FilteredOut: filteredOut(&request.RequestedFilterList),
	})
	return &csta.ChangeMonitorFilterResponse{ActualFilterList: actualFilter(&request.RequestedFilterList, c.basic())}, err
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

// actualFilter is the requested filter, with the events that are never
// reported filtered out.
func actualFilter(requested *csta.MonitorFilter, basic bool) *csta.MonitorFilter {
	if requested == nil {
		return nil
	}
	reported, beyond := make(map[string]bool), eventxml.BeyondBasic()
	for _, kind := range eventxml.Kinds() {
		if basic && beyond.Has(kind) {
			continue
		}
		group, name := kind.Message().FilterBit()
		reported[group+"."+name] = true
	}
	actual := func(group string, flags csta.Flags) csta.Flags {
		if flags == nil {
			return nil
		}
		result := make(csta.Flags, 0, len(flags))
		for _, flag := range flags {
			result = append(result, csta.Flag{Name: flag.Name, Value: flag.Value || !reported[group+"."+flag.Name]})
		}
		return result
	}
	return &csta.MonitorFilter{
		Callcontrol:           actual("callcontrol", requested.Callcontrol),
		CallAssociated:        actual("callAssociated", requested.CallAssociated),
		MediaAttachment:       actual("mediaAttachment", requested.MediaAttachment),
		PhysicalDeviceFeature: actual("physicalDeviceFeature", requested.PhysicalDeviceFeature),
		LogicalDeviceFeature:  actual("logicalDeviceFeature", requested.LogicalDeviceFeature),
		Maintenance:           actual("maintenance", requested.Maintenance),
		Voice:                 actual("voice", requested.Voice),
		Private:               actual("private", requested.Private),
	}
}

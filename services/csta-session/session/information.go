// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"
	"slices"

	configv1 "offhook.dev/proto/offhook/config/v1"
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/targetconfig"
)

// informationServices tell what there is and what it can do.
func informationServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CapExchangeServList }
	return map[string]service{
		"GetCSTAFeatures": {serve: getCSTAFeatures, list: list, capability: "getCSTAFeatures"},
		"GetLogicalDeviceInformation": {
			serve: typed(getLogicalDeviceInformation), list: list, capability: "getLogicalDeviceInformation",
		},
		"GetPhysicalDeviceInformation": {
			serve: ofDevice(mayMonitor, func(r *csta.GetPhysicalDeviceInformation) csta.DeviceID { return r.Device }, getPhysicalDeviceInformation),
			list:  list, capability: "getPhysicalDeviceInformation",
		},
		"GetSwitchingFunctionDevices": {
			serve: typed(getSwitchingFunctionDevices), list: list, capability: "getSwitchingFunctionDevices",
		},
	}
}

// appearanceType of a line: its phones ring and talk as one.
const appearanceType = "basicStandard"

func getLogicalDeviceInformation(ctx context.Context, s *Server, c *call, request *csta.GetLogicalDeviceInformation) (csta.Message, error) {
	found, err := c.lineWith(mayMonitor, request.Device.Text, roleSubject)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, found.number, found.written)
	answer, err := c.phones.GetLogicalDevice(ctx, &phonecontrolv1.GetLogicalDeviceRequest{Target: c.target.Name, Device: found.number})
	if err != nil {
		return nil, err
	}
	features := s.features.of(c.target)
	response := &csta.GetLogicalDeviceInformationResponse{
		DeviceCategory:      cmp.Or(csta.DeviceCategory(answer.GetCategory()), categoryOf(found.line)),
		HasPhysicalElement:  answer.GetHasPhysicalElement(),
		AppearanceType:      appearanceType,
		MaxActiveCalls:      optional(answer.GetMaxActiveCalls()),
		MaxHeldCalls:        optional(answer.GetMaxHeldCalls()),
		MaxDevicesInConf:    optional(answer.GetMaxDevicesInConference()),
		LogDevServList:      withoutOptions(features.SupportedServices.LogicalServList),
		LogDevEvtsList:      withoutOptions(features.SupportedEvents.LogicalEvtsList),
		DeviceMaintEvtsList: withoutOptions(features.SupportedEvents.DeviceMaintEvtsList),
	}
	if found.line.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING {
		response.RouteingServList = withoutOptions(features.SupportedServices.RouteingServList)
	} else {
		response.MaxFwdSettings = optional(forwardingTypes)
	}
	return response, nil
}

// forwardingTypes are as many as a line can have set.
const forwardingTypes = 12

func getPhysicalDeviceInformation(ctx context.Context, c *call, number string, _ *csta.GetPhysicalDeviceInformation) (csta.Message, error) {
	answer, err := c.phones.GetPhysicalDevice(ctx, &phonecontrolv1.GetPhysicalDeviceRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetPhysicalDeviceInformationResponse{
		DeviceCategory:    csta.DeviceCategoryStation,
		HasLogicalElement: true,
		DeviceModelName:   answer.GetDeviceModel(),
		MaxDisplays:       new(int(answer.GetDisplays())),
		MaxButtons:        new(int(answer.GetButtons())),
		MaxLamps:          new(int(answer.GetLamps())),
		PhysDevServList:   csta.NewCapabilityList(answer.GetServices()...),
		PhysDevEvtsList:   csta.NewCapabilityList(answer.GetEvents()...),
	}, nil
}

func optional(value uint32) *int {
	if value == 0 {
		return nil
	}
	return new(int(value))
}

// withoutOptions gives the names of a list only, as device information does.
func withoutOptions(list csta.CapabilityList) csta.CapabilityList {
	return csta.NewCapabilityList(list.Names()...)
}

func categoryOf(line *targetconfig.Line) csta.DeviceCategory {
	if line.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING {
		return csta.DeviceCategoryRouteingDevice
	}
	return csta.DeviceCategoryStation
}

const (
	// segmentDevices are as many devices as one SwitchingFunctionDevices lists,
	// unless there would be more than maxSegments of them.
	segmentDevices = 64
	maxSegments    = 64
)

// getSwitchingFunctionDevices answers with a reference. The lines on which the
// user has a right follow under it, in as many messages as they take.
func getSwitchingFunctionDevices(ctx context.Context, s *Server, c *call, request *csta.GetSwitchingFunctionDevices) (csta.Message, error) {
	only := ""
	if request.RequestedDeviceID != nil && request.RequestedDeviceID.Text != "" {
		found, err := c.lineWith(mayEither, request.RequestedDeviceID.Text, roleSubject)
		if err != nil {
			return nil, err
		}
		only = found.number
	}
	if request.RequestedDeviceCategory != "" && !request.RequestedDeviceCategory.Known() {
		return nil, ctierr.Operation(string(csta.OperationInvalidParameterValue), "requestedDeviceCategory %q", request.RequestedDeviceCategory)
	}
	names := c.names()
	devices := []csta.DeviceID{}
	for _, line := range c.target.Lines {
		switch {
		case only != "" && line.GetNumber() != only,
			request.RequestedDeviceCategory != "" && request.RequestedDeviceCategory != categoryOf(line),
			!mayEither.allowedBy(rightsOn(c.user, line)):
			continue
		}
		devices = append(devices, csta.DeviceID{Text: names.Write(line.GetNumber())})
	}
	crossRef := s.options.NewID()
	if err := s.tellDevices(ctx, c.session, crossRef, devices); err != nil {
		return nil, ctierr.SystemResource(string(csta.SystemResourceResourceOutOfService), "tell devices: %v", err)
	}
	return &csta.GetSwitchingFunctionDevicesResponse{ServiceCrossRefID: crossRef}, nil
}

// tellDevices queues the devices at the edge, which holds them back until the
// response is written.
func (s *Server) tellDevices(ctx context.Context, record *statev1.SessionRecord, crossRef string, devices []csta.DeviceID) error {
	size := max(segmentDevices, (len(devices)+maxSegments-1)/maxSegments)
	for segment, last := 1, false; !last; segment++ {
		part := devices[:min(size, len(devices))]
		devices = devices[len(part):]
		last = len(devices) == 0
		message := &csta.SwitchingFunctionDevices{
			ServiceCrossRefID: crossRef, SegmentID: new(segment), LastSegment: last, DeviceList: part,
		}
		if err := s.deliver(ctx, record, message); err != nil {
			return err
		}
	}
	return nil
}

// deliver queues a message for an application at its edge. It is NOT_FOUND
// where the edge does not hold the dialog.
func (s *Server) deliver(ctx context.Context, record *statev1.SessionRecord, message csta.Message) error {
	answer, err := s.options.Clients.Edge(record.GetEdge()).Deliver(ctx, &edgev1.DeliverRequest{
		Head:       csta.Append(nil, message, csta.Edition(record.GetEdition())),
		Recipients: []*edgev1.Recipient{{SessionId: record.GetSessionId()}},
	})
	if err != nil {
		return err
	}
	if slices.Contains(answer.GetUnknownSessions(), record.GetSessionId()) {
		return errNoDialog
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"offhook.dev/csta"
	"offhook.dev/services/monitor/eventxml"
	"offhook.dev/services/targetconfig"
)

// features are what GetCSTAFeatures tells, by the mode of the target.
type features struct {
	advanced, basic *csta.GetCSTAFeaturesResponse
}

func (f features) of(target *targetconfig.Target) *csta.GetCSTAFeaturesResponse {
	if isBasic(target) {
		return f.basic
	}
	return f.advanced
}

// newFeatures tells what the dispatch table serves and monitors report, and
// nothing else.
func newFeatures(services map[string]service) features {
	return features{advanced: toldFeatures(services, false), basic: toldFeatures(services, true)}
}

func toldFeatures(services map[string]service, basic bool) *csta.GetCSTAFeaturesResponse {
	told := &csta.GetCSTAFeaturesResponse{}
	for _, entry := range services {
		if entry.list != nil {
			entry.list(&told.SupportedServices).Add(entry.capability, capabilityOptions(entry.capability)...)
		}
	}
	// What routeing tells the application.
	if list := &told.SupportedServices.RouteingServList; len(*list) > 0 {
		for _, name := range [...]string{"reRoute", "routeRegisterAbort", "routeRequest", "routeUsed"} {
			list.Add(name)
		}
	}
	beyond := eventxml.BeyondBasic()
	for _, kind := range eventxml.Kinds() {
		if basic && beyond.Has(kind) {
			continue
		}
		group, name := kind.Message().FilterBit()
		if list := eventList(&told.SupportedEvents, group); list != nil {
			list.Add(capabilityName(name))
		}
	}
	return told
}

func eventList(events *csta.SupportedEvents, group string) *csta.CapabilityList {
	switch group {
	case "callcontrol":
		return &events.CallControlEvtsList
	case "callAssociated":
		return &events.CallAssociatedEvtsList
	case "physicalDeviceFeature":
		return &events.PhysDevEvtsList
	case "logicalDeviceFeature":
		return &events.LogicalEvtsList
	case "maintenance":
		return &events.DeviceMaintEvtsList
	}
	return nil
}

// capabilityName is an event's name in capability lists, which differ from
// filters here and there.
func capabilityName(filter string) string {
	if filter == "networkReached" {
		return "netwReached"
	}
	return filter
}

func getCSTAFeatures(_ context.Context, s *Server, c *call, _ csta.Message) (csta.Message, error) {
	return s.features.of(c.target), nil
}

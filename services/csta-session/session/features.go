// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"offhook.dev/csta"
	"offhook.dev/services/monitor/eventxml"
)

// newFeatures tells what the dispatch table serves and monitors report, and
// nothing else.
func newFeatures(services map[string]service) *csta.GetCSTAFeaturesResponse {
	features := &csta.GetCSTAFeaturesResponse{}
	for _, entry := range services {
		if entry.list != nil {
			entry.list(&features.SupportedServices).Add(entry.capability)
		}
	}
	for _, kind := range eventxml.Kinds() {
		if kind == eventxml.KindCallCleared {
			continue // only call monitors report it, and there are none yet
		}
		group, name := kind.Message().FilterBit()
		switch group {
		case "callcontrol":
			features.SupportedEvents.CallControlEvtsList.Add(name)
		case "maintenance":
			features.SupportedEvents.DeviceMaintEvtsList.Add(name)
		}
	}
	return features
}

func getCSTAFeatures(_ context.Context, s *Server, _ *call, _ csta.Message) (csta.Message, error) {
	return s.features, nil
}

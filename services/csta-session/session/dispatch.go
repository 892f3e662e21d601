// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"offhook.dev/csta"
)

// service is one row of the dispatch table: how a request is served, and where
// GetCSTAFeatures tells of it.
type service struct {
	serve func(ctx context.Context, s *Server, c *call, request csta.Message) (csta.Message, error)
	// list and capability place the service in GetCSTAFeaturesResponse; a nil
	// list: it is not told.
	list       func(*csta.SupportedServices) *csta.CapabilityList
	capability string
	// audit writes each request to the audit log.
	audit bool
}

// newServices is the dispatch table. A request that is not in it is answered
// with serviceNotSupported.
func newServices() map[string]service {
	capabilities := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CapExchangeServList }
	statuses := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.SystemStatServList }
	monitoring := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.MonitoringServList }
	snapshots := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.SnapshotServList }
	control := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CallControlServList }
	return map[string]service{
		"GetCSTAFeatures":     {serve: getCSTAFeatures, list: capabilities, capability: "getCSTAFeatures"},
		"RequestSystemStatus": {serve: requestSystemStatus, list: statuses, capability: "requestSystemStatus"},
		"SystemStatus":        {serve: systemStatus, list: statuses, capability: "systemStatus"},
		"MonitorStart":        {serve: monitorStart, list: monitoring, capability: "monitorStart"},
		"MonitorStop":         {serve: monitorStop, list: monitoring, capability: "monitorStop"},
		"SnapshotDevice":      {serve: snapshotDevice, list: snapshots, capability: "snapshotDevice"},
		"MakeCall":            {serve: makeCall, list: control, capability: "makeCall", audit: true},
		"AnswerCall":          {serve: answerCall, list: control, capability: "answerCall", audit: true},
		"ClearConnection":     {serve: clearConnection, list: control, capability: "clearConnection", audit: true},
		"HoldCall":            {serve: holdCall, list: control, capability: "holdCall", audit: true},
		"RetrieveCall":        {serve: retrieveCall, list: control, capability: "retrieveCall", audit: true},

		"StartApplicationSession":      {serve: startApplicationSession},
		"ResetApplicationSessionTimer": {serve: resetApplicationSessionTimer},
		"StopApplicationSession":       {serve: stopApplicationSession},
	}
}

// SPDX-License-Identifier: Apache-2.0

package directory

import (
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

// Fixed gives the same client whatever the call is about, for tests and for
// one process without replicas.
type Fixed struct {
	PhoneControlClient phonecontrolv1.PhoneControlServiceClient
	MonitorClient      monitorv1.MonitorServiceClient
	EdgeClient         edgev1.EdgeServiceClient
	SessionClient      sessionv1.SessionServiceClient
}

var _ Clients = Fixed{}

// PhoneControl implements Clients.
func (f Fixed) PhoneControl(string) phonecontrolv1.PhoneControlServiceClient {
	return f.PhoneControlClient
}

// Monitor implements Clients.
func (f Fixed) Monitor(string) monitorv1.MonitorServiceClient { return f.MonitorClient }

// Edge implements Clients.
func (f Fixed) Edge(string) edgev1.EdgeServiceClient { return f.EdgeClient }

// Sessions implements Clients.
func (f Fixed) Sessions(string) sessionv1.SessionServiceClient { return f.SessionClient }

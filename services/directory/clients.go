// SPDX-License-Identifier: Apache-2.0

package directory

import (
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

// Clients gives clients of services by what a call is about. Each call of such
// a client finds its replica anew, so a client may be kept. A call that finds
// no live replica fails with UNAVAILABLE.
type Clients interface {
	// PhoneControl reaches the owner of a target. A NOT_OWNER answer is sent
	// once more after the lease was read again; a target without an owner is
	// waited for, within limits.
	PhoneControl(target string) phonecontrolv1.PhoneControlServiceClient
	// Monitor reaches the replica that holds the monitors of a session.
	Monitor(sessionID string) monitorv1.MonitorServiceClient
	// Edge reaches one edge by its replica id.
	Edge(edgeID string) edgev1.EdgeServiceClient
	// Sessions reaches a csta-session replica; equal keys reach the same one
	// while it lives.
	Sessions(key string) sessionv1.SessionServiceClient
}

var _ Clients = (*Directory)(nil)

// PhoneControl implements Clients.
func (d *Directory) PhoneControl(target string) phonecontrolv1.PhoneControlServiceClient {
	return nil
}

// Monitor implements Clients.
func (d *Directory) Monitor(sessionID string) monitorv1.MonitorServiceClient { return nil }

// Edge implements Clients.
func (d *Directory) Edge(edgeID string) edgev1.EdgeServiceClient { return nil }

// Sessions implements Clients.
func (d *Directory) Sessions(key string) sessionv1.SessionServiceClient { return nil }

// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/sip-edge/eventqueue"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Dialogs is the bucket of dialog records.
type Dialogs interface {
	Get(ctx context.Context, key string) (bus.Entry[*statev1.DialogRecord], error)
	Put(ctx context.Context, key string, value *statev1.DialogRecord) (revision uint64, err error)
	Update(ctx context.Context, key string, value *statev1.DialogRecord, revision uint64) (uint64, error)
	Delete(ctx context.Context, key string) error
	List(ctx context.Context, pattern string) ([]bus.Entry[*statev1.DialogRecord], error)
}

var _ Dialogs = (*bus.Bucket[*statev1.DialogRecord])(nil)

// Sessions gives the csta-session client for a session id.
type Sessions interface {
	Sessions(sessionID string) sessionv1.SessionServiceClient
}

// Endpoint is what the package needs of *sipstack.Endpoint.
type Endpoint interface {
	RestoreDialog(state sipstack.DialogState, h sipstack.DialogHandler) (*sipstack.Dialog, error)
	LocalURI(network, user string) sipstack.URI
}

// Limits bound the sessions. Zero fields mean their default.
type Limits struct {
	// Sessions held by this edge: 20000. Over it an INVITE gets 503.
	Sessions int
	// BodyBytes of one CSTA body: 65536. Over it a request gets 413.
	BodyBytes int
	// UnreadBytes is how much may wait in a TCP connection whose application
	// doesn't read: 64 KiB. Further events wait in the queue.
	UnreadBytes int
	// Events that wait for one application.
	Events eventqueue.Limits
	// OpenTimeout bounds opening, refreshing and ending a session in
	// csta-session: 10 s. ServiceTimeout bounds one CSTA service: 25 s, below
	// the 32 s after which an application gives its INFO up.
	OpenTimeout, ServiceTimeout time.Duration
	// StoreTimeout bounds one write of a dialog record: 2 s.
	StoreTimeout time.Duration
	// ProbeInterval is how often an application without session timer is
	// asked whether it is there: 5 min.
	ProbeInterval time.Duration
	// Patience is how long the first event over UDP is waited for: 4 s.
	Patience time.Duration
}

func (l Limits) withDefaults() Limits {
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&l.Sessions, 20000)
	orInt(&l.BodyBytes, 65536)
	orInt(&l.UnreadBytes, 64<<10)
	orTime(&l.OpenTimeout, 10*time.Second)
	orTime(&l.ServiceTimeout, 25*time.Second)
	orTime(&l.StoreTimeout, 2*time.Second)
	orTime(&l.ProbeInterval, 5*time.Minute)
	orTime(&l.Patience, 4*time.Second)
	return l
}

// Options are a Manager's dependencies.
type Options struct {
	// Edge is the replica id of this edge.
	Edge     string
	Endpoint Endpoint
	Targets  targetconfig.Source
	Digest   *digestauth.Authenticator
	Sessions Sessions
	Dialogs  Dialogs
	// Edges that sessions are handed over to and from; nil: none.
	Edges  Edges
	Limits Limits
	// Trusted, where set, tells whether requests of a flow need no password:
	// who sends them has authenticated the user of From.
	Trusted func(flow sipstack.Flow) bool
	// Opened, where set, is told of each session that was opened. It bounds
	// what it does: requests of that session's Call-ID wait for it.
	Opened func(ctx context.Context, user *targetconfig.User)
	// Now is the clock: time.Now.
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

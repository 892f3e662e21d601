// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/directory"
)

// Monitors is what a Server needs of the monitors bucket.
type Monitors interface {
	Create(ctx context.Context, key string, value *statev1.MonitorRecord) (revision uint64, err error)
	Update(ctx context.Context, key string, value *statev1.MonitorRecord, revision uint64) (uint64, error)
	Delete(ctx context.Context, key string) error
	Keys(ctx context.Context, pattern string) ([]string, error)
	Watch(ctx context.Context, pattern string, tell func(bus.Change[*statev1.MonitorRecord])) error
}

// Sessions is what a Server needs of the sessions bucket.
type Sessions interface {
	Watch(ctx context.Context, pattern string, tell func(bus.Change[*statev1.SessionRecord])) error
}

// Events is what a Server needs of the event stream.
type Events interface {
	ReadEvents(ctx context.Context, options bus.ReaderOptions, handle func(bus.Delivery)) error
	LastEventNumber(ctx context.Context, target string) (number, sequence uint64, err error)
}

// Partition says which sessions this replica serves.
type Partition interface {
	Mine(sessionID string) bool
	// Alone tells that no other replica serves sessions.
	Alone() bool
	// Subscribe calls a function, which does not block, when Mine may answer
	// differently.
	Subscribe(changed func()) (unsubscribe func())
}

var (
	_ Monitors = (*bus.Bucket[*statev1.MonitorRecord])(nil)
	_ Sessions = (*bus.Bucket[*statev1.SessionRecord])(nil)
	_ Events   = (*bus.Bus)(nil)
)

// Options are a Server's dependencies, limits and times. The zero value of a
// number or duration means its default.
type Options struct {
	Monitors Monitors
	Sessions Sessions
	Events   Events
	Clients  directory.Clients
	// Partition of sessions over replicas; nil: all sessions are served here.
	Partition Partition

	// MaxSessionMonitors and MaxLineMonitors hold where a request sets no limit.
	// Defaults 1024 and 4096.
	MaxSessionMonitors, MaxLineMonitors int
	// MaxQueue bounds the deliveries that wait for one edge. When full the
	// oldest is dropped and its sessions are told. Default 4096.
	MaxQueue int
	// DeliverTimeout bounds one delivery to an edge. Default 5 s.
	DeliverTimeout time.Duration
	// RetryDelay is the wait before a delivery is tried again at an edge that is
	// not there; it doubles. Default 100 ms.
	RetryDelay time.Duration
	// EdgeIdle ends the queue of an edge that had nothing for so long.
	// Default 10 min.
	EdgeIdle time.Duration
	// SweepInterval is how often monitors without a session are looked for; one
	// that has none in two looks is dropped. Default 30 s.
	SweepInterval time.Duration

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxSessionMonitors, 1024)
	setDefault(&o.MaxLineMonitors, 4096)
	setDefault(&o.MaxQueue, 4096)
	setDefault(&o.DeliverTimeout, 5*time.Second)
	setDefault(&o.RetryDelay, 100*time.Millisecond)
	setDefault(&o.EdgeIdle, 10*time.Minute)
	setDefault(&o.SweepInterval, 30*time.Second)
	if o.Partition == nil {
		o.Partition = whole{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

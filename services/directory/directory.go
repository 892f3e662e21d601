// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/link"
)

// Options are a directory's dependencies and times. The zero value of a
// duration means its default.
type Options struct {
	Bus *bus.Bus
	// Link are the settings of links to other processes.
	Link link.Options
	// AnnounceInterval is how often a replica rewrites its entry. Default 2 s.
	AnnounceInterval time.Duration
	// ReplicaTTL is how long a replica counts as live after its last entry.
	// Default 6 s.
	ReplicaTTL time.Duration
	// RenewInterval is how often an owner renews its lease. Default 1 s.
	RenewInterval time.Duration
	// LeaseTTL is how long a lease holds after its last renewal. Default 4 s.
	LeaseTTL time.Duration
	// OwnerWait bounds how long a call waits for a target to get an owner.
	// Default 5 s.
	OwnerWait  time.Duration
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Directory watches replicas and leases. It is safe for concurrent use.
type Directory struct{}

// New gives a directory that knows nobody until Run.
func New(options Options) (*Directory, error) { return nil, errors.ErrUnsupported }

// Run watches until the context ends, then closes all links.
func (d *Directory) Run(ctx context.Context) error { return errors.ErrUnsupported }

// WaitSynced returns when replicas and leases have been read once.
func (d *Directory) WaitSynced(ctx context.Context) error { return errors.ErrUnsupported }

// AddLocal makes calls to a replica of this process straight method calls.
// Call it before anyone calls the replica.
func (d *Directory) AddLocal(replicaID string, register func(grpc.ServiceRegistrar)) {}

// Announce keeps a replica's entry alive until the context ends, then deletes
// it. The entry is not changed by Announce; replace it with Update.
func (d *Directory) Announce(ctx context.Context, replica *statev1.Replica) error {
	return errors.ErrUnsupported
}

// SetDraining rewrites the entry of an announced replica as draining: it gets
// no new sessions and campaigns for no target.
func (d *Directory) SetDraining(ctx context.Context, replicaID string) error {
	return errors.ErrUnsupported
}

// Replicas are the live replicas of a service, sorted by id, draining ones
// included.
func (d *Directory) Replicas(service string) []*statev1.Replica { return nil }

// Replica is one live replica by its id.
func (d *Directory) Replica(id string) (*statev1.Replica, bool) { return nil, false }

// Owner is the live lease of a target.
func (d *Directory) Owner(target string) (*statev1.Lease, bool) { return nil, false }

// Pick chooses the replica of a service for a key by rendezvous hashing: a
// replica that comes or goes moves only its own share of keys. Draining
// replicas are picked only where no other is live.
func (d *Directory) Pick(service, key string) (*statev1.Replica, bool) { return nil, false }

// Subscribe calls a function after every change of replicas or leases, on the
// directory's goroutine, which must not be blocked. The returned function ends
// it.
func (d *Directory) Subscribe(changed func()) (unsubscribe func()) { return func() {} }

// Conn is the connection to a live replica. Errors are gRPC statuses.
func (d *Directory) Conn(replicaID string) (grpc.ClientConnInterface, error) {
	return nil, errors.ErrUnsupported
}

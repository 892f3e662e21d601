// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/link"
)

// Directory watches replicas and leases. It is safe for concurrent use.
type Directory struct {
	options Options
	metrics *metrics
	pool    *pool
	synced  chan struct{}
	// unsynced counts the buckets that have not been read once.
	unsynced atomic.Int32

	mu          sync.RWMutex
	table       *table
	replicas    map[string][]*statev1.Replica
	changed     chan struct{}
	subscribers map[int]func()
	nextID      int
	announced   map[string]*announcement
}

// New gives a directory that knows nobody until Run.
func New(options Options) (*Directory, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	if options.Link.Metrics == nil {
		options.Link.Metrics = link.NewMetrics(options.Registerer)
	}
	d := &Directory{
		options:     options,
		metrics:     newMetrics(options.Registerer),
		pool:        newPool(options.Link, options.CallLinger),
		synced:      make(chan struct{}),
		table:       newTable(options.ReplicaTTL, options.LeaseTTL),
		replicas:    map[string][]*statev1.Replica{},
		changed:     make(chan struct{}),
		subscribers: map[int]func(){},
		announced:   map[string]*announcement{},
	}
	d.unsynced.Store(2)
	return d, nil
}

// Run watches until the context ends, then closes all links.
func (d *Directory) Run(ctx context.Context) error {
	defer d.pool.close()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.options.Bus.Replicas().Watch(ctx, ">", d.replicaChanged) })
	group.Go(func() error { return d.options.Bus.Leases().Watch(ctx, ">", d.leaseChanged) })
	group.Go(func() error { return d.expire(ctx) })
	return group.Wait()
}

// WaitSynced returns when replicas and leases have been read once.
func (d *Directory) WaitSynced(ctx context.Context) error {
	select {
	case <-d.synced:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Directory) markSynced() {
	if d.unsynced.Add(-1) == 0 {
		close(d.synced)
	}
}

func (d *Directory) replicaChanged(change bus.Change[*statev1.Replica]) {
	switch change.Operation {
	case bus.OperationSynced:
		d.markSynced()
	case bus.OperationPut:
		d.update(func(now time.Time) bool { return d.table.putReplica(change.Value, now) })
	case bus.OperationDelete:
		if change.Revision == 0 {
			return // it aged out unseen, if it is not written again: it ages here too
		}
		id := replicaID(change.Key)
		d.update(func(time.Time) bool { return d.table.deleteReplica(id) })
	}
}

func (d *Directory) leaseChanged(change bus.Change[*statev1.Lease]) {
	switch change.Operation {
	case bus.OperationSynced:
		d.markSynced()
	case bus.OperationPut:
		d.update(func(now time.Time) bool {
			return d.table.putLease(change.Value.GetTarget(), change.Value, change.Revision, now)
		})
	case bus.OperationDelete:
		if change.Revision == 0 {
			return // as in replicaChanged
		}
		target := decodeKey(change.Key)
		d.update(func(time.Time) bool { return d.table.deleteLease(target) })
	}
}

// expire looks for entries that were not renewed: the bus does not tell when
// one ages out. While NATS is away nobody can renew, and nothing expires; once it is
// back all have their full time.
func (d *Directory) expire(ctx context.Context) error {
	ticker := time.NewTicker(d.options.RenewInterval / 4)
	defer ticker.Stop()
	wasAway := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		switch isAway := d.away(); {
		case isAway:
			wasAway = true
		case wasAway:
			wasAway = false
			d.update(d.table.renewAll)
		default:
			d.update(d.table.expire)
		}
	}
}

// away tells whether NATS is away, as this process sees it: the connection is gone,
// or what it announces is not acknowledged.
func (d *Directory) away() bool {
	if d.options.Bus.Ready() != nil {
		return true
	}
	patience := d.options.AnnounceInterval + d.options.RenewInterval
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, entry := range d.announced {
		if time.Since(time.Unix(0, entry.written.Load())) > patience {
			return true
		}
	}
	return false
}

// update changes the table and, where that made a difference, tells of it.
func (d *Directory) update(change func(now time.Time) bool) {
	d.mu.Lock()
	if !change(time.Now()) {
		d.mu.Unlock()
		return
	}
	services := map[string][]*statev1.Replica{}
	live := map[string]string{}
	for id, entry := range d.table.replicas {
		live[id] = entry.replica.GetGrpcEndpoint()
		if service := entry.replica.GetService(); services[service] == nil {
			services[service] = d.table.ofService(service)
		}
	}
	d.replicas = services
	close(d.changed)
	d.changed = make(chan struct{})
	tell := make([]func(), 0, len(d.subscribers))
	for _, subscriber := range d.subscribers {
		tell = append(tell, subscriber)
	}
	leases := len(d.table.leases)
	d.mu.Unlock()
	d.metrics.replicas.Set(float64(len(live)))
	d.metrics.leases.Set(float64(leases))
	d.pool.keep(live)
	for _, subscriber := range tell {
		subscriber()
	}
}

// AddLocal makes calls to a replica of this process straight method calls.
// Call it before anyone calls the replica.
func (d *Directory) AddLocal(replicaID string, register func(grpc.ServiceRegistrar)) {
	d.pool.addLocal(replicaID, link.Direct(register))
}

// Replicas are the live replicas of a service, sorted by id, draining ones
// included. The result must not be changed.
func (d *Directory) Replicas(service string) []*statev1.Replica {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.replicas[service]
}

// Replica is one live replica by its id.
func (d *Directory) Replica(id string) (*statev1.Replica, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	entry, ok := d.table.replicas[id]
	return entry.replica, ok
}

// Owner is the live lease of a target.
func (d *Directory) Owner(target string) (*statev1.Lease, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	entry, ok := d.table.leases[target]
	return entry.lease, ok
}

// Pick chooses the replica of a service for a key by rendezvous hashing: a
// replica that comes or goes moves only its own share of keys. Draining
// replicas are picked only where no other is live.
func (d *Directory) Pick(service, key string) (*statev1.Replica, bool) {
	picked := pick(d.Replicas(service), key)
	return picked, picked != nil
}

// Subscribe calls a function after every change of replicas or leases, on the
// directory's goroutines, one of which it must not block. The returned function
// ends it; a call may be under way then.
func (d *Directory) Subscribe(changed func()) (unsubscribe func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := d.nextID
	d.nextID++
	d.subscribers[id] = changed
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.subscribers, id)
	}
}

// nextChange gives a channel that is closed at the next change.
func (d *Directory) nextChange() <-chan struct{} {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.changed
}

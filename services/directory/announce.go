// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

// leaveTimeout bounds what is written when a context has ended already.
const leaveTimeout = 2 * time.Second

// announcement is an entry of this process that is kept alive.
type announcement struct {
	mu      sync.Mutex
	replica *statev1.Replica
	// written is when it was acknowledged last, in Unix nanoseconds.
	written atomic.Int64
}

// Announce keeps a replica's entry alive until the context ends, then deletes
// it and returns the context's error. Writes that fail are tried again at the
// next interval.
func (d *Directory) Announce(ctx context.Context, replica *statev1.Replica) error {
	if replica.GetId() == "" || replica.GetService() == "" {
		return fmt.Errorf("announce replica: id and service must be set")
	}
	entry := &announcement{replica: proto.CloneOf(replica)}
	entry.written.Store(time.Now().UnixNano())
	d.mu.Lock()
	if d.announced[replica.GetId()] != nil {
		d.mu.Unlock()
		return fmt.Errorf("announce replica %s: it is announced already", replica.GetId())
	}
	d.announced[replica.GetId()] = entry
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.announced, replica.GetId())
		d.mu.Unlock()
	}()
	ticker := time.NewTicker(d.options.AnnounceInterval)
	defer ticker.Stop()
	failing := false
	for {
		err := d.write(ctx, entry)
		if err != nil && ctx.Err() == nil {
			d.metrics.announceFailures.Inc()
			if !failing {
				d.options.Logger.Warn("announce replica", "replica", replica.GetId(), "error", err)
			}
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
			d.leave(ctx, replica)
			return ctx.Err()
		}
	}
}

// SetDraining rewrites the entry of a replica that this process announces as
// draining: it gets no new sessions and campaigns for no target.
func (d *Directory) SetDraining(ctx context.Context, replicaID string) error {
	d.mu.RLock()
	entry := d.announced[replicaID]
	d.mu.RUnlock()
	if entry == nil {
		return fmt.Errorf("drain replica %s: it is not announced here", replicaID)
	}
	entry.mu.Lock()
	changed := proto.CloneOf(entry.replica)
	changed.Draining = true
	entry.replica = changed
	entry.mu.Unlock()
	d.update(func(now time.Time) bool { return d.table.putReplica(changed, now) })
	return d.write(ctx, entry)
}

// write puts an entry; the lock keeps an older one from overtaking a newer.
func (d *Directory) write(ctx context.Context, entry *announcement) error {
	entry.mu.Lock()
	defer entry.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, d.options.AnnounceInterval)
	defer cancel()
	_, err := d.options.Bus.Replicas().Put(ctx, replicaKey(entry.replica.GetService(), entry.replica.GetId()), entry.replica)
	if err == nil {
		entry.written.Store(time.Now().UnixNano())
	}
	return err
}

func (d *Directory) leave(ctx context.Context, replica *statev1.Replica) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := d.options.Bus.Replicas().Delete(ctx, replicaKey(replica.GetService(), replica.GetId())); err != nil {
		d.options.Logger.Warn("delete entry of replica", "replica", replica.GetId(), "error", err)
	}
}

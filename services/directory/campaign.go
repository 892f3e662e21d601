// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// rankDelay is how much longer the next replica in rank waits for a free lease.
const rankDelay = 200 * time.Millisecond

// Candidate runs a target while it holds the target's lease.
type Candidate interface {
	// Acquired is called when the lease is held. The context ends when another
	// replica has the lease, the target must be let go of at once, or the campaign ends.
	// In the latter case the lease is renewed until Acquired returns, and
	// released then. An error is logged, the lease released, and the campaign
	// goes on after a pause.
	Acquired(ctx context.Context, lease *statev1.Lease) error
}

// CandidateFunc is a Candidate of one function.
type CandidateFunc func(ctx context.Context, lease *statev1.Lease) error

// Acquired calls the function.
func (f CandidateFunc) Acquired(ctx context.Context, lease *statev1.Lease) error {
	return f(ctx, lease)
}

// campaign is one Campaign.
type campaign struct {
	directory *Directory
	target    string
	key       string
	replica   *statev1.Replica
	candidate Candidate
	leases    *bus.Bucket[*statev1.Lease]
}

// Campaign competes for a target's lease on behalf of a replica until the
// context ends: it takes a free or expired lease, renews it, and hands it over
// at the end, when it returns the context's error. The replica that Pick
// prefers tries first, the others shortly after; a lease that is held is never
// taken away, except one that a former life of the same replica left behind:
// replica ids must be unique. Run must be at work.
func (d *Directory) Campaign(ctx context.Context, target string, replica *statev1.Replica, candidate Candidate) error {
	c := &campaign{
		directory: d, target: target, key: bus.EncodeKey(target), replica: proto.CloneOf(replica),
		candidate: candidate, leases: d.options.Bus.Leases(),
	}
	if err := d.WaitSynced(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if !c.awaitFree(ctx) {
			break
		}
		lease, revision, err := c.take(ctx)
		if err != nil {
			if !errors.Is(err, bus.ErrConflict) && ctx.Err() == nil {
				d.options.Logger.Warn("take lease", "target", target, "error", err)
			}
			c.pause(ctx, d.options.RenewInterval/4)
			continue
		}
		d.metrics.acquired.Inc()
		d.options.Logger.Info("lease is held", "target", target, "epoch", lease.GetEpoch())
		if err := c.hold(ctx, lease, revision); err != nil && ctx.Err() == nil {
			d.options.Logger.Error("target was let go", "target", target, "epoch", lease.GetEpoch(), "error", err)
			c.pause(ctx, d.options.RenewInterval)
		}
	}
	return ctx.Err()
}

// awaitFree returns when nobody holds the lease and it is this replica's turn;
// false: the context ended.
func (c *campaign) awaitFree(ctx context.Context) bool {
	d := c.directory
	for ctx.Err() == nil {
		changed := d.nextChange()
		owner, held := d.Owner(c.target)
		if held && owner.GetReplica() == c.replica.GetId() {
			// A former life of this replica crashed: nobody else is at work.
			return true
		}
		turn, able := c.turn()
		if held || !able {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		if turn == 0 {
			return true
		}
		timer := time.NewTimer(time.Duration(turn) * rankDelay)
		select {
		case <-timer.C:
			timer.Stop()
			if _, held := d.Owner(c.target); !held {
				return true
			}
		case <-changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
		}
	}
	return false
}

// turn is this replica's place among those that may take the target; false: it
// drains.
func (c *campaign) turn() (int, bool) {
	ranked := rank(c.directory.Replicas(c.replica.GetService()), c.target)
	for i, replica := range ranked {
		if replica.GetId() == c.replica.GetId() {
			return min(i, 3), !replica.GetDraining()
		}
	}
	return min(len(ranked), 3), true
}

// take writes the lease twice: the revision of the first write is the epoch,
// the second one says so.
func (c *campaign) take(ctx context.Context) (*statev1.Lease, uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, c.directory.options.LeaseTTL/2)
	defer cancel()
	lease := &statev1.Lease{
		Target: c.target, Replica: c.replica.GetId(),
		GrpcEndpoint: c.replica.GetGrpcEndpoint(), SipEndpoint: c.replica.GetSipEndpoint(),
		SkinnyEndpoint: c.replica.GetSkinnyEndpoint(),
	}
	revision, err := c.takeOver(ctx, lease)
	if err != nil {
		return nil, 0, err
	}
	lease.Epoch = revision
	revision, err = c.leases.Update(ctx, c.key, lease, revision)
	if err != nil {
		return nil, 0, fmt.Errorf("write epoch: %w", err)
	}
	c.note(lease, revision)
	return lease, revision, nil
}

func (c *campaign) takeOver(ctx context.Context, lease *statev1.Lease) (uint64, error) {
	entry, err := c.leases.Get(ctx, c.key)
	if errors.Is(err, bus.ErrNotFound) {
		return c.leases.Create(ctx, c.key, lease)
	}
	if err != nil {
		return 0, err
	}
	if entry.Value.GetReplica() == c.replica.GetId() {
		return c.leases.Update(ctx, c.key, lease, entry.Revision)
	}
	d := c.directory
	d.mu.RLock()
	stale, expired := d.table.stale[c.target]
	d.mu.RUnlock()
	if !expired || stale != entry.Revision {
		// It was renewed, or never seen: it counts from now.
		c.note(entry.Value, entry.Revision)
		return 0, fmt.Errorf("lease is held by %s: %w", entry.Value.GetReplica(), bus.ErrConflict)
	}
	return c.leases.Update(ctx, c.key, lease, entry.Revision)
}

func (c *campaign) note(lease *statev1.Lease, revision uint64) {
	known := proto.CloneOf(lease)
	c.directory.update(func(now time.Time) bool { return c.directory.table.putLease(c.target, known, revision, now) })
}

func (c *campaign) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/proto"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

var errLeaseLost = errors.New("lease is lost")

// hold runs the candidate and renews its lease until the candidate returns,
// which it is told to do when another replica has the lease or the campaign ends.
// It then releases what is left of the lease. A lease that can't be renewed, since
// NATS is away, stays: nobody else can take it then, and who does without this
// replica's knowledge fences it.
func (c *campaign) hold(ctx context.Context, lease *statev1.Lease, revision uint64) error {
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	returned := make(chan error, 1)
	held := proto.CloneOf(lease)
	go func() { returned <- c.candidate.Acquired(running, held) }()
	// Renewals outlive the campaign's context until the candidate has let go.
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	options := &c.directory.options
	log := options.Logger.With("target", c.target, "epoch", lease.GetEpoch())
	timer := time.NewTimer(options.RenewInterval)
	defer timer.Stop()
	failing := false
	for {
		select {
		case err := <-returned:
			c.release(renewing, revision)
			return err
		case <-timer.C:
		}
		next, err := c.renew(renewing, lease, revision)
		switch {
		case err == nil:
			if failing {
				log.Info("lease is renewed again")
			}
			revision, failing = next, false
			timer.Reset(options.RenewInterval)
		case errors.Is(err, errLeaseLost), errors.Is(options.Bus.Ready(), bus.ErrClosed):
			c.directory.metrics.lost.Inc()
			log.Error("lease is lost", "error", err)
			cancel(errLeaseLost)
			return errors.Join(errLeaseLost, <-returned)
		default:
			c.directory.metrics.renewFailed.Inc()
			if !failing {
				log.Warn("lease can't be renewed: the target goes on until another owner shows", "error", err)
			}
			failing = true
			timer.Reset(options.RenewInterval / 8)
		}
	}
}

// renew writes the lease again. An attempt whose answer was lost counts; a
// bucket that was lost is filled again. errLeaseLost: someone else holds it.
func (c *campaign) renew(ctx context.Context, lease *statev1.Lease, revision uint64) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, c.directory.options.RenewInterval)
	defer cancel()
	next, err := c.leases.Update(ctx, c.key, lease, revision)
	if errors.Is(err, bus.ErrConflict) {
		next, err = c.recover(ctx, lease)
	}
	if err == nil {
		c.note(lease, next)
	}
	return next, err
}

func (c *campaign) recover(ctx context.Context, lease *statev1.Lease) (uint64, error) {
	entry, err := c.leases.Get(ctx, c.key)
	switch {
	case errors.Is(err, bus.ErrNotFound):
		next, err := c.leases.Create(ctx, c.key, lease)
		if errors.Is(err, bus.ErrConflict) {
			return 0, errLeaseLost
		}
		return next, err
	case err != nil:
		return 0, err
	case entry.Value.GetReplica() == lease.GetReplica() && entry.Value.GetEpoch() == lease.GetEpoch():
		return entry.Revision, nil
	}
	return 0, errLeaseLost
}

// release deletes the lease so that another replica takes the target at once.
func (c *campaign) release(ctx context.Context, revision uint64) {
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := c.leases.DeleteRevision(ctx, c.key, revision); err != nil && !errors.Is(err, bus.ErrConflict) {
		c.directory.options.Logger.Warn("release lease", "target", c.target, "error", err)
		return
	}
	c.directory.update(func(time.Time) bool { return c.directory.table.deleteLease(c.target) })
}

// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/ctierr"
)

// ownerConn calls the owner of a target.
type ownerConn struct {
	unary
	directory *Directory
	target    string
}

var _ grpc.ClientConnInterface = (*ownerConn)(nil)

// Invoke implements grpc.ClientConnInterface. A replica that says that it is not
// the owner has done nothing: the next owner is asked, as soon as there is one.
func (c *ownerConn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	lease, err := c.directory.awaitOwner(ctx, c.target)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, c.directory.options.OwnerWait)
	defer cancel()
	for {
		err = c.call(ctx, lease, method, args, reply, opts)
		if _, notOwner := ctierr.AsNotOwner(err); !notOwner {
			return err
		}
		c.directory.metrics.redirected.Inc()
		if lease, err = c.directory.nextOwner(waiting, lease); err != nil {
			return err
		}
	}
}

func (c *ownerConn) call(ctx context.Context, lease *statev1.Lease, method string, args, reply any, opts []grpc.CallOption) error {
	return c.directory.pool.invoke(ctx, lease.GetReplica(), lease.GetGrpcEndpoint(), method, args, reply, opts)
}

// awaitOwner gives the live lease of a target; while phone-control replicas are
// live it waits for one of them to take it.
func (d *Directory) awaitOwner(ctx context.Context, target string) (*statev1.Lease, error) {
	if lease, ok := d.Owner(target); ok {
		return lease, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.OwnerWait)
	defer cancel()
	for {
		changed := d.nextChange()
		if lease, ok := d.Owner(target); ok {
			return lease, nil
		}
		if len(d.Replicas(PhoneControl)) == 0 {
			return nil, status.Errorf(codes.Unavailable, "no replica of %s is live to run target %s", PhoneControl, target)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, status.Errorf(codes.Unavailable, "target %s has no owner", target)
		}
	}
}

// askAgain is how long a replica that holds a lease but does not run its target
// is left alone: it is about to begin, or to hand the target over.
const askAgain = 25 * time.Millisecond

// nextOwner gives the lease of a target that a replica has said it does not run.
// The same one is given again after a moment.
func (d *Directory) nextOwner(ctx context.Context, before *statev1.Lease) (*statev1.Lease, error) {
	changed := d.nextChange()
	lease, err := d.refreshOwner(ctx, before.GetTarget())
	if err != nil || lease.GetEpoch() != before.GetEpoch() {
		return lease, err
	}
	timer := time.NewTimer(askAgain)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
		return nil, status.Errorf(codes.Unavailable, "target %s is run by nobody: %s says that it does not", before.GetTarget(), before.GetReplica())
	}
	return d.awaitOwner(ctx, before.GetTarget())
}

// refreshOwner reads the lease from the bus, past what was watched so far.
func (d *Directory) refreshOwner(ctx context.Context, target string) (*statev1.Lease, error) {
	entry, err := d.options.Bus.Leases().Get(ctx, bus.EncodeKey(target))
	switch {
	case errors.Is(err, bus.ErrNotFound):
		d.update(func(time.Time) bool { return d.table.deleteLease(target) })
		return d.awaitOwner(ctx, target)
	case err != nil:
		return nil, status.Errorf(codes.Unavailable, "read owner of target %s: %v", target, err)
	}
	d.update(func(now time.Time) bool { return d.table.putLease(target, entry.Value, entry.Revision, now) })
	return entry.Value, nil
}

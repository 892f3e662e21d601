// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

// Candidate runs a target while it holds the target's lease.
type Candidate interface {
	// Acquired is called when the lease is held. The context ends when the
	// lease is lost or handed over: from then on another replica may run the
	// target. Acquired returns when the target has been let go; the lease is
	// released after it has returned. An error is logged, the lease released
	// and the campaign goes on after a pause.
	Acquired(ctx context.Context, lease *statev1.Lease) error
}

// CandidateFunc is a Candidate of one function.
type CandidateFunc func(ctx context.Context, lease *statev1.Lease) error

// Acquired calls the function.
func (f CandidateFunc) Acquired(ctx context.Context, lease *statev1.Lease) error {
	return f(ctx, lease)
}

// Campaign competes for a target's lease on behalf of a replica until the
// context ends: it takes a free or expired lease, renews it, and hands it over
// at the end, when it returns the context's error. The replica that Pick
// prefers tries first; others follow shortly after.
func (d *Directory) Campaign(ctx context.Context, target string, replica *statev1.Replica, candidate Candidate) error {
	return errors.ErrUnsupported
}

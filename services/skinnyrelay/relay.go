// SPDX-License-Identifier: Apache-2.0

// Package skinnyrelay takes the connection of a Skinny phone that came to one
// replica to the one that runs the phone's target. It reads nothing of what
// they say to each other.
package skinnyrelay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

// dialTimeout bounds how long the other replica may take to accept.
const dialTimeout = 3 * time.Second

// ErrNoOwner is returned where no replica that takes Skinny phones runs the
// target.
var ErrNoOwner = errors.New("no replica runs the target")

// Owners tell which replica runs a target; *directory.Directory does.
type Owners interface {
	Owner(target string) (*statev1.Lease, bool)
}

// Relay is safe for concurrent use.
type Relay struct {
	owners Owners
	self   string
}

// New makes the relay of the replica self, which it never relays to: who came
// there in vain would come back.
func New(owners Owners, self string) *Relay { return &Relay{owners: owners, self: self} }

// Relay connects a phone with the owner of its target; first is what the phone
// has said. It returns nil when either has ended the connection or the context
// has, and an error at once where the owner can't be reached; the phone's
// connection is open then, and else closed. The owner's is always closed.
func (r *Relay) Relay(ctx context.Context, phone net.Conn, first []byte, target string) error {
	lease, ok := r.owners.Owner(target)
	if !ok || lease.GetSkinnyEndpoint() == "" || lease.GetReplica() == r.self {
		return fmt.Errorf("relay phone of target %s: %w", target, ErrNoOwner)
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	owner, err := dialer.DialContext(ctx, "tcp", lease.GetSkinnyEndpoint())
	if err != nil {
		return fmt.Errorf("relay phone of target %s: %w", target, err)
	}
	if _, err := owner.Write(first); err != nil {
		_ = owner.Close()
		return fmt.Errorf("relay phone of target %s: %w", target, err)
	}
	end := func() {
		_ = owner.Close()
		_ = phone.Close()
	}
	stop := context.AfterFunc(ctx, end)
	defer stop()
	var copying sync.WaitGroup // either end closes both
	for _, way := range [][2]net.Conn{{owner, phone}, {phone, owner}} {
		copying.Go(func() {
			defer end()
			// Both are plain streams; who ends it, and how, is of no meaning here.
			_, _ = io.Copy(way[0], way[1])
		})
	}
	copying.Wait()
	return nil
}

// SPDX-License-Identifier: Apache-2.0

// Package inflight counts what is under way, and waits until nothing is.
package inflight

import (
	"context"
	"sync/atomic"
)

// Counter counts what is under way. The zero Counter is ready; it is safe for
// concurrent use, but by one Wait at a time.
type Counter struct {
	count atomic.Int64
	idle  atomic.Pointer[chan struct{}]
}

// Begin counts one more.
func (c *Counter) Begin() { c.count.Add(1) }

// End counts one less; one End belongs to each Begin.
func (c *Counter) End() {
	if c.count.Add(-1) > 0 {
		return
	}
	if idle := c.idle.Load(); idle != nil {
		select {
		case *idle <- struct{}{}:
		default:
		}
	}
}

// Count is how many are under way.
func (c *Counter) Count() int64 { return c.count.Load() }

// Wait returns when nothing is under way, or with the context.
func (c *Counter) Wait(ctx context.Context) {
	idle := make(chan struct{}, 1)
	c.idle.Store(&idle)
	for c.count.Load() > 0 {
		select {
		case <-idle:
		case <-ctx.Done():
			return
		}
	}
}

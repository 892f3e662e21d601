// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	frameTime    = 20 * time.Millisecond
	frameSamples = 160
	// mostBehind frames are mixed at once after a delay; more are skipped.
	mostBehind = 5
)

// ticked is what a clock calls every 20 ms.
type ticked interface{ tick(*clock) }

// clock mixes a share of the conferences and ports.
type clock struct {
	metrics *Metrics
	// items is replaced, never altered, under RTPMixer.mu.
	items atomic.Pointer[[]ticked]
	load  atomic.Int64
	// mixing is room for one conference's work, done what to call after it.
	mixing mixing
	done   []func()
}

// run ticks until the context ends. Frames are counted from the beginning, so
// that late ones are caught up and the rate never drifts.
func (c *clock) run(ctx context.Context) {
	due := time.Now().Add(frameTime) // before the ticker's own, so that no tick finds it not yet due
	ticker := time.NewTicker(frameTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			now := time.Now()
			if behind := int(now.Sub(due) / frameTime); behind >= mostBehind {
				skipped := behind - mostBehind + 1
				due = due.Add(time.Duration(skipped) * frameTime)
				c.metrics.skip(skipped)
			}
			for ; !now.Before(due); due = due.Add(frameTime) {
				c.frame()
			}
		}
	}
}

// frame does 20 ms of everything.
func (c *clock) frame() {
	for _, item := range *c.items.Load() {
		item.tick(c)
		for i, call := range c.done {
			call()
			c.done[i] = nil
		}
		c.done = c.done[:0]
	}
}

func (c *clock) add(item ticked, load int64) {
	old := *c.items.Load()
	grown := append(make([]ticked, 0, len(old)+1), old...)
	grown = append(grown, item)
	c.items.Store(&grown)
	c.load.Add(load)
}

func (c *clock) remove(item ticked, load int64) {
	old := *c.items.Load()
	kept := make([]ticked, 0, len(old))
	for _, other := range old {
		if other != item {
			kept = append(kept, other)
		}
	}
	c.items.Store(&kept)
	c.load.Add(-load)
}

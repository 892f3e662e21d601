// SPDX-License-Identifier: Apache-2.0

package inflight

import (
	"context"
	"sync"
	"testing"
	"time"
)

func TestWaitReturnsWhenAllHasEnded(t *testing.T) {
	const each, workers = 1000, 8
	var c Counter
	c.Wait(t.Context()) // nothing has begun
	for range 20 {
		c.Begin()
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for range each {
					c.Begin()
					c.End()
				}
			})
		}
		group.Go(c.End)
		c.Wait(t.Context())
		group.Wait()
		if n := c.Count(); n != 0 {
			t.Fatalf("%d under way", n)
		}
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	var c Counter
	c.Begin()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	c.Wait(ctx)
	if ctx.Err() == nil || c.Count() != 1 {
		t.Errorf("context %v, %d under way", ctx.Err(), c.Count())
	}
}

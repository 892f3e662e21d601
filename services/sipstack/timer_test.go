// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

type ticked struct {
	q     *timerQueue
	fired func(*timer)
}

func (o ticked) onTimer(t *timer) {
	if o.q.fired(t) {
		o.fired(t)
	}
}

// TestTimerQueue arms, moves and stops many timers and checks that each fires
// once, at its time and in order.
func TestTimerQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newTimerQueue()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); q.run(ctx) }()
		begin := time.Now()
		const n = 2000
		timers := make([]timer, n)
		due := make([]time.Duration, n)
		fired := make([]int, n)
		var last time.Duration
		for i := range timers {
			owner := ticked{q, func(*timer) {
				fired[i]++
				now := time.Since(begin)
				if now < last || now < due[i] || now > due[i]+time.Millisecond {
					t.Errorf("timer for %v fired at %v, after %v", due[i], now, last)
				}
				last = now
			}}
			due[i] = time.Duration(rand.IntN(5000)) * time.Millisecond
			q.arm(&timers[i], owner, 0, due[i])
			switch i % 4 {
			case 1: // move
				due[i] = time.Duration(rand.IntN(5000)) * time.Millisecond
				q.arm(&timers[i], owner, 0, due[i])
			case 2:
				q.stop(&timers[i])
			}
		}
		synctest.Sleep(6 * time.Second) // the bubble's clock
		for i := range fired {
			if want := 1 - (i%4)/2*(1-i%2); fired[i] != want {
				t.Errorf("timer %d fired %d times, want %d", i, fired[i], want)
			}
		}
		if q.len() != 0 {
			t.Errorf("%d timers left", q.len())
		}
		cancel()
		<-done
	})
}

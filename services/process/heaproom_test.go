// SPDX-License-Identifier: Apache-2.0

package process

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestPercentKeepsRoom(t *testing.T) {
	p := &pacer{room: 64 << 20}
	for live, want := range map[uint64]int{0: 1600, 4 << 20: 1600, 16 << 20: 400, 64 << 20: 100, 1 << 30: 100} {
		if got := p.percent(live); got != want {
			t.Errorf("percent(%d) = %d, want %d", live, got, want)
		}
	}
}

// gcPercent reads the setting, which can only be read by setting it.
func gcPercent() int {
	percent := debug.SetGCPercent(defaultGCPercent)
	debug.SetGCPercent(percent)
	return percent
}

func TestKeepHeapRoomFollowsTheLiveHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	before := gcPercent()
	stop := KeepHeapRoom(64 << 20)
	if got := gcPercent(); got != 1600 {
		t.Errorf("with a small heap the percentage is %d, want 1600", got)
	}
	live := make([]byte, 128<<20)
	for deadline := time.Now().Add(10 * time.Second); gcPercent() != defaultGCPercent; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("with 128 MiB live the percentage is %d, want %d", gcPercent(), defaultGCPercent)
		}
		runtime.GC() // its cleanups run soon after
	}
	runtime.KeepAlive(live)
	stop()
	if got := gcPercent(); got != before {
		t.Errorf("after stop the percentage is %d, want %d as before", got, before)
	}
	runtime.GC()
}

func TestKeepHeapRoomLeavesGOGCAlone(t *testing.T) {
	t.Setenv("GOGC", "off")
	before := gcPercent()
	stop := KeepHeapRoom(64 << 20)
	defer stop()
	if got := gcPercent(); got != before {
		t.Errorf("the percentage is %d, want %d as GOGC says", got, before)
	}
}

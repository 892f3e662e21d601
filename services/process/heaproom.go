// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// HeapRoom is how much a process may allocate, at the least, between two
// garbage collections, in bytes. A service with little live heap would else
// collect dozens of times a second under load.
const HeapRoom = 64 << 20

// defaultGCPercent is Go's own.
const defaultGCPercent = 100

// smallestHeap is what the runtime takes a smaller live heap for.
const smallestHeap = 4 << 20

// KeepHeapRoom paces the garbage collector so that room bytes are allocated
// between collections while the live heap is smaller than that; a larger heap
// may double, as is Go's default. GOMEMLIMIT stays in force, and with GOGC set
// nothing is done. It is for main: the setting is the whole process's, until
// stop is called.
func KeepHeapRoom(room uint64) (stop func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	p := &pacer{room: room}
	p.before = debug.SetGCPercent(p.percent(0))
	p.current = p.percent(0)
	p.afterNextCollection()
	return p.stop
}

// pacer sets the collector's percentage anew after each collection.
type pacer struct {
	room   uint64
	before int

	mu      sync.Mutex
	current int
	stopped bool
}

// percent of the live heap to allocate before the next collection.
func (p *pacer) percent(live uint64) int {
	return max(defaultGCPercent, int(p.room*100/max(live, smallestHeap)))
}

// afterNextCollection arms adjust by an object that the next collection finds
// unreachable.
func (p *pacer) afterNextCollection() {
	mark := new([16]byte)
	runtime.AddCleanup(mark, (*pacer).adjust, p)
}

func (p *pacer) adjust() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	// Setting it stops the world for a moment: not for a trifle.
	if wanted := p.percent(sample[0].Value.Uint64()); wanted < p.current*4/5 || wanted > p.current*5/4 {
		debug.SetGCPercent(wanted)
		p.current = wanted
	}
	p.afterNextCollection()
}

func (p *pacer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	debug.SetGCPercent(p.before)
}

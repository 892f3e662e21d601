// SPDX-License-Identifier: Apache-2.0

package link

import (
	"runtime"
	"sync"
)

const (
	// chunkBytes is the size at which a chunk takes no more frames: one gRPC
	// message carries one chunk.
	chunkBytes = 16 << 10
	// outboxBytes bounds what waits to be written.
	outboxBytes = 16 << 20
)

// outbox gathers encoded frames of many goroutines for the one goroutine that
// writes the stream: what waits together is written together.
type outbox struct {
	wake chan struct{}
	pool *buffers

	mu     sync.Mutex
	room   sync.Cond
	chunks []*[]byte
	bytes  int
	closed bool
}

func newOutbox(pool *buffers) *outbox {
	o := &outbox{wake: make(chan struct{}, 1), pool: pool}
	o.room.L = &o.mu
	return o
}

// add copies a frame, given as its head and payload. Where the outbox is full
// it waits for room or refuses. It reports whether the frame was taken.
func (o *outbox) add(head, payload []byte, wait bool) bool {
	size := len(head) + len(payload)
	o.mu.Lock()
	for wait && !o.closed && o.bytes > outboxBytes {
		o.room.Wait()
	}
	if o.closed || o.bytes > outboxBytes {
		o.mu.Unlock()
		return false
	}
	var chunk *[]byte
	if n := len(o.chunks); n > 0 && len(*o.chunks[n-1])+size <= chunkBytes {
		chunk = o.chunks[n-1]
	} else {
		chunk = o.newChunk(size)
		o.chunks = append(o.chunks, chunk)
	}
	*chunk = append(append(*chunk, head...), payload...)
	o.bytes += size
	first := o.bytes == size
	o.mu.Unlock()
	if first {
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// take gives the oldest chunk, or nil where nothing waits.
func (o *outbox) take() *[]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.chunks) == 0 {
		return nil
	}
	chunk := o.chunks[0]
	if len(o.chunks) == 1 {
		o.chunks = o.chunks[:0]
	} else {
		copy(o.chunks, o.chunks[1:])
		o.chunks[len(o.chunks)-1] = nil
		o.chunks = o.chunks[:len(o.chunks)-1]
	}
	o.bytes -= len(*chunk)
	o.room.Broadcast()
	return chunk
}

// gather lets goroutines that are about to add frames do so first: a message
// with several costs hardly more than one with one.
func gather() { runtime.Gosched() }

// close refuses all further frames and forgets those that wait.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for _, chunk := range o.chunks {
		o.pool.Put(chunk)
	}
	o.chunks, o.bytes = nil, 0
	o.room.Broadcast()
}

// newChunk gives an empty pooled buffer with room for a frame and some more.
func (o *outbox) newChunk(size int) *[]byte {
	buffer := o.pool.Get(max(size, chunkBytes))
	*buffer = (*buffer)[:0]
	return buffer
}

// SPDX-License-Identifier: Apache-2.0

package link

import (
	"sync"

	"google.golang.org/grpc/mem"
)

// maxPooled is the largest buffer that is kept for reuse.
const maxPooled = 4 * chunkBytes

// buffers is a pool of byte slices for frames and chunks. Unlike gRPC's own
// pool it does not clear what is about to be overwritten.
type buffers struct{ free sync.Pool }

var _ mem.BufferPool = (*buffers)(nil)

// Get gives a buffer of a length, whose content is undefined.
func (b *buffers) Get(length int) *[]byte {
	if buffer, ok := b.free.Get().(*[]byte); ok {
		if cap(*buffer) >= length {
			*buffer = (*buffer)[:length]
			return buffer
		}
		b.free.Put(buffer)
	}
	made := make([]byte, length, max(length, chunkBytes))
	return &made
}

// Put takes a buffer back.
func (b *buffers) Put(buffer *[]byte) {
	if cap(*buffer) <= maxPooled {
		b.free.Put(buffer)
	}
}

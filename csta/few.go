// SPDX-License-Identifier: Apache-2.0

package csta

// few is a stack whose first elements live in itself. It has no slice of its
// own array, so that what holds it can stay off the heap.
type few[T any] struct {
	n    int
	room [4]T
	more []T
}

func (f *few[T]) push(v T) {
	if f.n < len(f.room) {
		f.room[f.n] = v
	} else {
		f.more = append(f.more[:f.n-len(f.room)], v)
	}
	f.n++
}

func (f *few[T]) at(i int) *T {
	if i < len(f.room) {
		return &f.room[i]
	}
	return &f.more[i-len(f.room)]
}

// openElements are the qualified names of the open elements.
type openElements struct {
	n    int
	room [16]span
	more []span
}

// span is a part of the document.
type span struct{ start, end int32 }

func (o *openElements) push(v span) {
	if o.n < len(o.room) {
		o.room[o.n] = v
	} else {
		o.more = append(o.more[:o.n-len(o.room)], v)
	}
	o.n++
}

func (o *openElements) at(i int) span {
	if i < len(o.room) {
		return o.room[i]
	}
	return o.more[i-len(o.room)]
}

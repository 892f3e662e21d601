// SPDX-License-Identifier: Apache-2.0

package eventqueue

// Event is one event for one monitor: Head + CrossRef + Tail. Events of many
// monitors share Head and Tail, which must not be changed.
type Event struct {
	Head, Tail []byte
	CrossRef   string
}

// Size is the length of the body in bytes.
func (e Event) Size() int { return len(e.Head) + len(e.CrossRef) + len(e.Tail) }

// Body is the event's body in a slice of its own.
func (e Event) Body() []byte {
	body := make([]byte, 0, e.Size())
	body = append(body, e.Head...)
	body = append(body, e.CrossRef...)
	return append(body, e.Tail...)
}

// ring is a first-in first-out queue that grows up to the number of events
// its owner lets in.
type ring struct {
	slots []Event
	first int
	count int
}

func (r *ring) pushBack(e Event) {
	r.grow()
	r.slots[(r.first+r.count)%len(r.slots)] = e
	r.count++
}

func (r *ring) pushFront(e Event) {
	r.grow()
	r.first = (r.first + len(r.slots) - 1) % len(r.slots)
	r.slots[r.first] = e
	r.count++
}

func (r *ring) popFront() Event {
	e := r.slots[r.first]
	r.slots[r.first] = Event{}
	r.first = (r.first + 1) % len(r.slots)
	r.count--
	return e
}

func (r *ring) grow() {
	if r.count < len(r.slots) {
		return
	}
	larger := make([]Event, max(4, 2*len(r.slots)))
	for i := range r.count {
		larger[i] = r.slots[(r.first+i)%len(r.slots)]
	}
	r.slots, r.first = larger, 0
}

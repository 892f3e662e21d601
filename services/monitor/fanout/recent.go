// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"time"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
)

// Bounds of the events that are kept to be given again.
const (
	// recentTime is longer than any hand-over between replicas takes, and recentEvents
	// bounds what that costs: some 16 MB.
	recentTime   = time.Minute
	recentEvents = 16384
	// recentMessages is how far back a replica that begins reads the stream.
	recentMessages = 8192
)

// recent are the last events of all targets, in order. A session that comes here
// from another replica, or whose dialog comes to another edge, is given them again;
// its edge passes on those that it did not have.
type recent struct {
	events []recentEvent
	first  int
}

type recentEvent struct {
	target string
	event  *ctiv1.Event
	stored time.Time
}

func (r *recent) add(target string, event *ctiv1.Event, stored time.Time) {
	for len(r.events)-r.first > 0 && stored.Sub(r.events[r.first].stored) > recentTime {
		r.pop()
	}
	if len(r.events)-r.first >= recentEvents {
		r.pop()
	}
	if r.first > 0 && 2*r.first >= len(r.events) {
		kept := copy(r.events, r.events[r.first:])
		clear(r.events[kept:])
		r.events, r.first = r.events[:kept], 0
	}
	r.events = append(r.events, recentEvent{target, event, stored})
}

func (r *recent) pop() {
	r.events[r.first] = recentEvent{}
	r.first++
}

// all are the events kept, the oldest first.
func (r *recent) all() []recentEvent { return r.events[r.first:] }

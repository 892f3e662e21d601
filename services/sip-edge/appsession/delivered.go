// SPDX-License-Identifier: Apache-2.0

package appsession

import (
	"cmp"
	"slices"
	"sync"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
)

// maxDelivered bounds the monitors of a session whose last event is known. Beyond
// it all are forgotten: events that are replayed are then dropped.
const maxDelivered = 4096

// delivered knows what each monitor of a session was given last, so that an event
// which comes again, from another replica of monitor or another edge, is given
// once. It is safe for concurrent use.
type delivered struct {
	mu sync.Mutex
	// last event of each monitor by its monitorCrossRefID.
	last map[string]event
	// incomplete: the session was at another edge that told nothing. unsure: an
	// event came again that may have been given there, or not.
	incomplete, unsure bool
}

// event names an event: numbers may begin anew, and then times are later.
type event struct {
	number   uint64
	occurred int64
}

// taking is what became of an event.
type taking uint8

const (
	// eventRefused: the session has gone.
	eventRefused taking = iota
	eventTaken
	// eventRepeated: the monitor has had it.
	eventRepeated
	// eventDoubtful: it may have had it, and is not given it again. It is told once
	// that it may have lost some.
	eventDoubtful
)

// take gives an event to a monitor, unless it is a repetition; give reports
// whether the event was taken.
func (d *delivered) take(req *edgev1.DeliverRequest, crossRef string, give func() bool) taking {
	if req.GetNumber() == 0 { // no event
		return outcome(give())
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	last, known := d.last[crossRef]
	now := event{req.GetNumber(), req.GetOccurredUnixNano()}
	switch {
	case known && now.number <= last.number && now.occurred <= last.occurred:
		return eventRepeated
	case !known && d.incomplete && req.GetReplayed():
		if d.unsure {
			return eventRepeated
		}
		d.unsure = true
		return eventDoubtful
	}
	if !give() {
		return eventRefused
	}
	if d.last == nil {
		d.last = make(map[string]event)
	}
	if !known && len(d.last) >= maxDelivered {
		clear(d.last)
		d.incomplete, d.unsure = true, false
	}
	d.last[crossRef] = event{now.number, max(now.occurred, last.occurred)}
	return eventTaken
}

func outcome(taken bool) taking {
	if taken {
		return eventTaken
	}
	return eventRefused
}

// save gives what another edge needs to know.
func (d *delivered) save() (last []*edgev1.LastEvent, complete bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for crossRef, event := range d.last {
		last = append(last, &edgev1.LastEvent{MonitorCrossRefId: crossRef, Number: event.number, OccurredUnixNano: event.occurred})
	}
	slices.SortFunc(last, func(a, b *edgev1.LastEvent) int {
		return cmp.Compare(a.GetMonitorCrossRefId(), b.GetMonitorCrossRefId())
	})
	return last, !d.incomplete
}

// resume takes what another edge knew.
func (d *delivered) resume(last []*edgev1.LastEvent, complete bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last, d.incomplete = make(map[string]event, len(last)), !complete
	for _, event := range last {
		d.last[event.GetMonitorCrossRefId()] = eventOf(event)
	}
}

func eventOf(last *edgev1.LastEvent) event {
	return event{number: last.GetNumber(), occurred: last.GetOccurredUnixNano()}
}

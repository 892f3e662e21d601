// SPDX-License-Identifier: Apache-2.0

package bus

import ctiv1 "offhook.dev/proto/offhook/cti/v1"

// eventOrder knows the last epoch and number of each target that was read.
type eventOrder map[string]position

type position struct {
	epoch, number uint64
}

// apply drops the events of a batch that were read before or that an owner of
// the past wrote, and tells what is missing before or, in a batch without
// events, up to its last number.
func (o eventOrder) apply(batch *ctiv1.EventBatch) *Gap {
	last, known := o[batch.GetTarget()]
	if known && batch.GetEpoch() < last.epoch {
		batch.Events = nil
		return nil
	}
	if known && batch.GetEpoch() == last.epoch {
		events := batch.GetEvents()
		for len(events) > 0 && events[0].GetNumber() <= last.number {
			events = events[1:]
		}
		batch.Events = events
	}
	now := position{epoch: batch.GetEpoch(), number: batch.GetLastNumber()}
	if events := batch.GetEvents(); len(events) > 0 {
		now.number = events[len(events)-1].GetNumber()
	} else if known && now.epoch == last.epoch {
		now.number = max(now.number, last.number)
	}
	o[batch.GetTarget()] = now
	if !known {
		return nil
	}
	next := now.number + 1
	if events := batch.GetEvents(); len(events) > 0 {
		next = events[0].GetNumber()
	}
	if next == last.number+1 {
		return nil
	}
	// A new owner that counts from a lower number found the stream empty: what
	// lay between is unknown, which is a gap as well.
	return &Gap{Target: batch.GetTarget(), FirstMissing: last.number + 1, NextNumber: next}
}

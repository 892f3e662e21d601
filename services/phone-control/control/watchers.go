// SPDX-License-Identifier: Apache-2.0

package control

import (
	"slices"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/phone-control/subscription"
)

// watcher is a driver whose phones subscribe to what goes on at lines.
type watcher interface {
	// Changed tells that something of a line has changed. It does not block.
	Changed(line string, kind subscription.Kind)
}

// noteChanges tells the phones that watch lines what the events of a step
// changed.
func (t *target) noteChanges(events []*ctiv1.Event) {
	watcher, ok := t.driver.(watcher)
	if !ok {
		return
	}
	type change struct {
		line string
		kind subscription.Kind
	}
	var told []change
	for _, event := range events {
		kind, watched := kindOf(event)
		if !watched {
			continue
		}
		for _, reported := range event.GetReported() {
			if changed := (change{reported.GetDeviceId(), kind}); !slices.Contains(told, changed) {
				told = append(told, changed)
				watcher.Changed(changed.line, kind)
			}
		}
	}
}

// kindOf tells what an event is about, if phones watch that.
func kindOf(event *ctiv1.Event) (kind subscription.Kind, watched bool) {
	switch event.GetEvent().(type) {
	case *ctiv1.Event_DoNotDisturb, *ctiv1.Event_Forwarding:
		return subscription.KindFeatures, true
	case *ctiv1.Event_MessageWaiting:
		return subscription.KindMessageWaiting, true
	}
	return subscription.KindCalls, event.GetCallId() != ""
}

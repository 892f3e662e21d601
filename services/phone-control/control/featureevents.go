// SPDX-License-Identifier: Apache-2.0

package control

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
)

// when gives an event if something changed.
func when(changed bool, event *ctiv1.Event) []*ctiv1.Event {
	if !changed {
		return nil
	}
	return []*ctiv1.Event{event}
}

func forwardingEvent(line string, now linefeatures.Forwarding) *ctiv1.Event {
	return &ctiv1.Event{Event: &ctiv1.Event_Forwarding{Forwarding: &ctiv1.Forwarding{
		Device: line, ForwardingType: now.Type, ForwardStatus: now.Active, ForwardTo: now.To, RingCount: uint32(now.Rings),
	}}}
}

func doNotDisturbEvent(line string, on bool) *ctiv1.Event {
	return &ctiv1.Event{Event: &ctiv1.Event_DoNotDisturb{
		DoNotDisturb: &ctiv1.DoNotDisturb{Device: line, DoNotDisturbOn: on},
	}}
}

func autoAnswerEvent(line string, settings *linefeatures.Settings) *ctiv1.Event {
	rings, on := settings.AutoAnswer(callmodel.DeviceID(line))
	return &ctiv1.Event{Event: &ctiv1.Event_AutoAnswer{
		AutoAnswer: &ctiv1.AutoAnswer{InvokingDevice: line, AutoAnswerOn: on, NumberOfRings: uint32(rings)},
	}}
}

func callerIDEvent(line string, settings *linefeatures.Settings) *ctiv1.Event {
	return &ctiv1.Event{Event: &ctiv1.Event_CallerIdStatus{
		CallerIdStatus: &ctiv1.CallerIDStatus{InvokingDevice: line, CallerIdProvided: !settings.CallerIDSuppressed(callmodel.DeviceID(line))},
	}}
}

// configuredEvents tell what a new configuration changed of a line.
func configuredEvents(change linefeatures.Change, settings *linefeatures.Settings) []*ctiv1.Event {
	line := string(change.Line)
	var events []*ctiv1.Event
	for _, forwarding := range change.Forwardings {
		events = append(events, forwardingEvent(line, forwarding))
	}
	if change.DoNotDisturb {
		events = append(events, doNotDisturbEvent(line, settings.DoNotDisturb(change.Line)))
	}
	if change.AutoAnswer {
		events = append(events, autoAnswerEvent(line, settings))
	}
	if change.CallerID {
		events = append(events, callerIDEvent(line, settings))
	}
	return events
}

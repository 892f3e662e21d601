// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/phone-control/callmodel"
)

// recorded plays inputs through a call model and gives its events as they are
// recorded.
func recorded(inputs ...callmodel.Input) []*ctiv1.Event {
	model, now, number := callmodel.New(callmodel.Options{Prefix: "c"}), time.Unix(0, 0), uint64(0)
	inputs = slices.Concat([]callmodel.Input{
		callmodel.SetLines{
			FailedTime: -1, Lines: []callmodel.Line{{Number: "1001"}, {Number: "1002"}, {Number: "1003"}},
			NoAnswer: time.Minute, Prompt: time.Minute, MaxCalls: 9, MaxCallsPerLine: 2,
		},
		callmodel.ServiceChanged{Device: "1001", InService: true},
		callmodel.ServiceChanged{Device: "1002", InService: true},
		callmodel.ServiceChanged{Device: "1003", InService: true},
	}, inputs)
	var events []*ctiv1.Event
	for _, input := range inputs {
		for _, output := range model.Step(input, now) {
			if event, ok := output.(*callmodel.Event); ok {
				number++
				events = append(events, eventOf(event, number, now))
			}
		}
	}
	return events
}

func connection(call, device string) callmodel.ConnectionID {
	return callmodel.ConnectionID{Call: callmodel.CallID(call), Device: callmodel.DeviceID(device)}
}

func TestAbandonedCallsAreCleared(t *testing.T) {
	talking := []callmodel.Input{
		callmodel.Dialled{Dialled: 1, From: "1001", Number: "1002"}, callmodel.LegRinging{Leg: 2},
		callmodel.LegAnswered{Leg: 2}, callmodel.LegHeld{Leg: 2},
	}
	cases := []struct {
		name   string
		inputs []callmodel.Input
		want   []string
	}{
		{"nothing", nil, nil},
		{"held call", talking, []string{
			"ConnectionCleared c1/1001 1001=null 1002=hold", "ConnectionCleared c1/1002 1002=null", "CallCleared c1/",
		}},
		{"ended call", append(slices.Clone(talking), callmodel.LegEnded{Leg: 1, Cause: "normalClearing"}), nil},
		{"called but not ringing", talking[:1], []string{"ConnectionCleared c1/1001 1001=null", "CallCleared c1/"}},
		{"failed call", []callmodel.Input{callmodel.Dialled{Dialled: 1, From: "1001", Number: "999"}}, nil},
		{"two calls", append(slices.Clone(talking[:2]), callmodel.MakeCall{Request: 1, Calling: "1003", Called: "1001"}), []string{
			"ConnectionCleared c1/1001 1001=null 1002=alerting", "ConnectionCleared c1/1002 1002=null", "CallCleared c1/",
			"ConnectionCleared c2/1003 1003=null", "CallCleared c2/",
		}},
		{"transferred call", append(slices.Clone(talking),
			callmodel.Dialled{Dialled: 2, From: "1002", Number: "1003"}, callmodel.LegRinging{Leg: 4}, callmodel.LegAnswered{Leg: 4},
			callmodel.TransferCall{Request: 1, Held: connection("c1", "1002"), Active: connection("c2", "1002")},
		), []string{
			"ConnectionCleared c3/1001 1001=null 1003=connected", "ConnectionCleared c3/1003 1003=null", "CallCleared c3/",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := abandoned{calls: make(map[string]map[string]ctiv1.LocalConnectionState)}
			for _, event := range recorded(c.inputs...) {
				found.observe(event)
			}
			var got []string
			for _, event := range found.cleared() {
				if event.Cause != causeAbandoned {
					t.Errorf("%s has cause %s", event.Kind, event.Cause)
				}
				text := event.Kind.String() + " " + string(event.Call) + "/" + string(event.Connection.Device)
				for _, reported := range event.Reported {
					text += " " + string(reported.Device) + "=" + reported.State.String()
				}
				got = append(got, text)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNextOwnerClearsAbandonedCalls: the first thing a new owner says is what
// became of the calls of the last one, in numbers that follow on.
func TestNextOwnerClearsAbandonedCalls(t *testing.T) {
	history := recorded(callmodel.Dialled{Dialled: 1, From: "1001", Number: "1002"})
	f := startServer(t, nil, func(options *Options) {
		options.History = func(_ context.Context, _ string, handle func(bus.Delivery) error) error {
			return handle(bus.Delivery{Batch: &ctiv1.EventBatch{Events: history}})
		}
	}, "1001", "1002")
	events := receive(t, f.writer.batches, "events")
	if len(events) != 2 || events[0].GetNumber() != 42 || events[0].GetConnectionCleared() == nil || events[1].GetCallCleared() == nil {
		t.Errorf("the new owner begins with %v", events)
	}
}

func TestUnreadableHistoryDoesNotStopATarget(t *testing.T) {
	f := startServer(t, nil, func(options *Options) {
		options.History = func(context.Context, string, func(bus.Delivery) error) error { return errors.New("no stream") }
	}, "1001")
	if events := receive(t, f.writer.batches, "events"); strings.Contains(events[0].String(), "cleared") {
		t.Errorf("the target begins with %v", events)
	}
}

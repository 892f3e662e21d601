// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
)

// BenchmarkDispatch reports one event to 1,000 monitoring sessions of one form.
func BenchmarkDispatch(b *testing.B) {
	const recipients = 1000
	for _, edges := range []int{1, 4} {
		b.Run(fmt.Sprintf("edges=%d", edges), func(b *testing.B) {
			server := New(Options{MaxQueue: 1})
			for i := range recipients {
				server.index.put(newMonitor(&statev1.MonitorRecord{
					SessionId: fmt.Sprintf("%032x", i), MonitorCrossRefId: fmt.Sprintf("%08x", i), Target: "lab",
					DeviceId: "1001", DeviceText: "tel:1001;phone-context=dialstring", Edition: 3, Edge: fmt.Sprintf("edge-%d", i%edges),
				}, 1), server.options.Partition.Mine)
			}
			event := &ctiv1.Event{
				Time: timestamppb.Now(), CallId: "c1", Cause: "newCall",
				Event: &ctiv1.Event_Delivered{Delivered: &ctiv1.Delivered{
					Connection:     &ctiv1.ConnectionID{CallId: "c1", DeviceId: "1001"},
					AlertingDevice: "1001", CallingDevice: "1002", CalledDevice: "1001",
				}},
				Reported: []*ctiv1.Reported{{DeviceId: "1001", LocalConnectionInfo: ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING}},
			}
			b.ReportAllocs()
			for b.Loop() {
				event.Number++
				server.distribute("lab", event)
				server.dispatcher.dropped = server.dispatcher.dropped[:0]
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/recipients, "ns/recipient")
		})
	}
}

// TestDispatchAllocatesPerEventNotPerRecipient keeps the fan-out cheap.
func TestDispatchAllocatesPerEventNotPerRecipient(t *testing.T) {
	server := New(Options{MaxQueue: 1})
	for i := range 1000 {
		server.index.put(newMonitor(&statev1.MonitorRecord{
			SessionId: fmt.Sprintf("s%d", i), MonitorCrossRefId: "1", Target: "lab", DeviceId: "1001", Edition: 3, Edge: "edge-1",
		}, 1), server.options.Partition.Mine)
	}
	event := &ctiv1.Event{
		Event:    &ctiv1.Event_Held{Held: &ctiv1.Held{HeldConnection: &ctiv1.ConnectionID{CallId: "c1", DeviceId: "1001"}, HoldingDevice: "1001"}},
		Reported: []*ctiv1.Reported{{DeviceId: "1001"}},
	}
	allocated := testing.AllocsPerRun(100, func() {
		event.Number++
		server.distribute("lab", event)
		server.dispatcher.dropped = server.dispatcher.dropped[:0]
	})
	if allocated > 40 {
		t.Errorf("%v allocations for 1000 recipients", allocated)
	}
}

// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/ctierr"
)

func onCall(session, call string) *monitorv1.StartMonitorRequest {
	return &monitorv1.StartMonitorRequest{
		SessionId: session, Target: "lab", CallId: call, DeviceText: "tel:1001", Edition: 3, Edge: "edge-1",
	}
}

// transferred is a transfer at 1001 that makes one call of two.
func (w *world) transferred(primary, secondary, call string, devices ...string) *ctiv1.Event {
	event := w.held(call, devices...)
	event.Event = &ctiv1.Event_Transferred{Transferred: &ctiv1.Transferred{
		PrimaryOldCall: &ctiv1.ConnectionID{CallId: primary, DeviceId: "1001"}, SecondaryOldCall: &ctiv1.ConnectionID{CallId: secondary, DeviceId: "1001"},
		TransferringDevice: "1001", TransferredToDevice: "1003",
	}}
	return event
}

func (w *world) cleared(call string) *ctiv1.Event {
	event := w.held(call, "1001")
	event.Reported = nil
	event.Event = &ctiv1.Event_CallCleared{CallCleared: &ctiv1.CallCleared{ClearedCall: call}}
	return event
}

// TestMonitorOnCallFollowsIt: through a transfer, whose new call it is on then,
// until the call is cleared, with which the monitor ends.
func TestMonitorOnCallFollowsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(onCall("a", "c1"))
		w.feed(w.held("c1", "1001", "1002"), w.held("c2", "1001"), w.transferred("c1", "c2", "c3", "1001", "1002"))
		bodies := w.edges.get("edge-1").take("a")
		if got := strings.Join(calls(bodies), " "); got != "c1 c1" {
			t.Errorf("it was told of %s", got)
		}
		for _, body := range bodies {
			if strings.Contains(body, "localConnectionInfo") || strings.Contains(body, "servicesPermitted") {
				t.Errorf("a call has no state of its own: %s", body)
			}
		}
		keys, err := w.monitors.Keys(t.Context(), recordKey("a", "*"))
		if err != nil || len(keys) != 1 {
			t.Fatalf("records %q, %v", keys, err)
		}

		// Another replica takes over with the call that is left.
		w.stop()
		w.start(nil)
		w.expect("edge-1", "a", "lost")
		w.feed(w.held("c1", "1001"), w.held("c3", "1003"), w.cleared("c3"))
		w.expect("edge-1", "a", "c3", "c3")
		if keys, err := w.monitors.Keys(t.Context(), recordKey("a", "*")); err != nil || len(keys) != 0 {
			t.Errorf("after the end of the call the records are %q, %v", keys, err)
		}
		_, err = w.server.StopMonitor(t.Context(), &monitorv1.StopMonitorRequest{SessionId: "a", MonitorCrossRefId: crossRef})
		if refused := ctierr.FromError(err); err == nil || refused.Value != "invalidMonitorCrossRefID" {
			t.Errorf("StopMonitor: %v", err)
		}
		if n := len(w.server.index.calls); n != 0 {
			t.Errorf("%d calls are still followed", n)
		}
	})
}

// TestMonitorOfTypeCallOnALine follows the line's calls after the line has left
// them, and gets each event once.
func TestMonitorOfTypeCallOnALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		byCall := request("a", "1001")
		byCall.CallType = true
		w.monitor(byCall)
		w.monitor(request("b", "1001"))
		w.feed(w.held("c1", "1001", "1002"), w.held("c2", "1002"), w.held("c1", "1002"), w.transferred("c1", "c9", "c3", "1002", "1003"),
			w.held("c3", "1003"), w.cleared("c3"), w.held("c3", "1003"))
		w.expect("edge-1", "a", "c1", "c1", "c1", "c3", "c3")
		w.expect("edge-1", "b", "c1")

		// What was followed is not known after a gap in the stream.
		w.feed(w.held("c4", "1001"))
		w.events.deliveries <- bus.Delivery{Gap: &bus.Gap{Target: "lab", FirstMissing: w.number + 1, NextNumber: w.number + 2}}
		w.number++
		w.feed(w.held("c4", "1002"))
		w.expect("edge-1", "a", "c4", "lost")
		if n := len(w.server.index.calls); n != 0 {
			t.Errorf("%d calls are still followed", n)
		}
	})
}

func TestChangeMonitorFilter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(request("a", "1001"))
		change := func(session string, filter ...string) error {
			_, err := w.server.ChangeMonitorFilter(t.Context(), &monitorv1.ChangeMonitorFilterRequest{
				SessionId: session, MonitorCrossRefId: crossRef, FilteredOut: filter,
			})
			return err
		}
		w.feed(w.held("c1", "1001"))
		if err := change("a", "held"); err != nil {
			t.Fatal(err)
		}
		w.feed(w.held("c2", "1001"), w.transferred("c2", "", "c3", "1001"))
		w.expect("edge-1", "a", "c1", "c2")
		list, err := w.server.ListMonitors(t.Context(), &monitorv1.ListMonitorsRequest{SessionId: "a"})
		if err != nil || len(list.GetMonitors()) != 1 || list.GetMonitors()[0].GetEventsSent() != 2 || list.GetMonitors()[0].GetFilteredOut()[0] != "held" {
			t.Errorf("monitors are %v, %v", list, err)
		}
		if refused := ctierr.FromError(change("b")); refused.Value != "invalidMonitorCrossRefID" {
			t.Errorf("a filter of nobody's monitor: %v", refused)
		}

		// A filter outlives the replica.
		w.stop()
		w.start(nil)
		w.feed(w.held("c4", "1001"))
		w.expect("edge-1", "a", "lost")
		if err := change("a"); err != nil {
			t.Fatal(err)
		}
		w.feed(w.held("c5", "1001"))
		w.expect("edge-1", "a", "c5")
	})
}

// TestWhatModesLeaveOut: basic mode does without events that Communicator does
// not know; suppressed conversion leaves the numbers of others as they are; who
// may not control a line is not told what it may do.
func TestWhatModesLeaveOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		basic := request("basic", "1001")
		basic.BasicMode, basic.Permitted = true, true
		bare := request("bare", "1001")
		bare.SuppressConversion, bare.Permitted = true, true
		bare.DeviceTexts = map[string]string{"1002": "tel:1002"}
		for _, monitor := range []*monitorv1.StartMonitorRequest{basic, bare, request("watcher", "1001")} {
			w.monitor(monitor)
		}
		offered := w.held("c1", "1001")
		offered.GlobalCallId = "0123456789ABCDEF0123456789ABCDEF"
		offered.Event = &ctiv1.Event_Offered{Offered: &ctiv1.Offered{
			OfferedConnection: &ctiv1.ConnectionID{CallId: "c1", DeviceId: "1001"}, OfferedDevice: "1001", CallingDevice: "1002", CalledDevice: "1001",
		}}
		held := w.held("c2", "1001")
		held.GlobalCallId = offered.GetGlobalCallId()
		w.feed(offered, held)
		for session, want := range map[string]struct {
			events             int
			linkage, permitted bool
			calling            string
		}{
			"basic":   {events: 1},
			"bare":    {2, true, true, ">1002<"},
			"watcher": {2, true, false, ">tel:1002<"},
		} {
			bodies := w.edges.get("edge-1").take(session)
			if len(bodies) != want.events {
				t.Errorf("%s is told %q", session, bodies)
				continue
			}
			for _, body := range bodies {
				if strings.Contains(body, "<callLinkageData>") != want.linkage || strings.Contains(body, "<servicesPermitted>") != want.permitted {
					t.Errorf("%s is told %s", session, body)
				}
			}
			if !strings.Contains(bodies[0], ">tel:1001<") || !strings.Contains(bodies[0], want.calling) {
				t.Errorf("%s is told %s", session, bodies[0])
			}
		}
	})
}

// TestMonitorOnCallWhenNumbersBeginAnew: it reports on, like monitors on lines.
func TestMonitorOnCallWhenNumbersBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.feed(w.held("c1", "1001"), w.held("c1", "1001"))
		w.monitor(onCall("a", "c1"))
		w.monitor(request("b", "1001"))
		w.number = 0
		w.feed(w.held("c1", "1001"))
		w.expect("edge-1", "a", "c1")
		w.expect("edge-1", "b", "c1")
	})
}

// TestRecordFromBeforeATransfer does not bring a monitor back to the call that
// is over.
func TestRecordFromBeforeATransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(onCall("a", "c1"))
		key := recordKey("a", crossRef)
		record := w.monitors.records[key].Value
		w.feed(w.transferred("c1", "c2", "c3", "1001"))
		// Another replica stores a text that it learned before it saw the transfer.
		late, _ := proto.Clone(record).(*statev1.MonitorRecord)
		late.DeviceTexts = map[string]string{"1003": "sip:1003@lab"}
		if _, err := w.monitors.Put(t.Context(), key, late); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.feed(w.held("c3", "1003"))
		w.expect("edge-1", "a", "c1", "c3")
		if kept := w.monitors.records[key].Value; kept.GetCallId() != "c3" || kept.GetDeviceTexts()["1003"] == "" {
			t.Errorf("the record is %v", kept)
		}
	})
}

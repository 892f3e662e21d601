// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	"offhook.dev/services/ctierr"
)

func TestEventsReachMonitorsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(request("a", "1001"))
		w.monitor(request("b", "1002"))
		w.feed(w.held("c1", "1001", "1002"), w.held("c2", "1001"))
		w.feed(w.held("c3", "1002"), w.held("c4", "1001"), w.held("c5", "1003"))
		bodies := w.edges.get("edge-1").take("a")
		if diff := cmp.Diff([]string{"c1", "c2", "c4"}, calls(bodies)); diff != "" {
			t.Error(diff)
		}
		for _, body := range bodies {
			if !strings.Contains(body, "<monitorCrossRefID>"+crossRef+"</monitorCrossRefID><heldConnection>") ||
				!strings.Contains(body, "<deviceIdentifier>tel:1001</deviceIdentifier>") {
				t.Errorf("body %s", body)
			}
		}
		w.expect("edge-1", "b", "c1", "c3")
		if err := w.server.Drain(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestOnlyEventsAfterMonitorStartAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		// The stream is ahead of the reader: these occurred before MonitorStart.
		w.events.last = 2
		w.monitor(request("a", "1001"))
		w.feed(w.held("c1", "1001"), w.held("c2", "1001"), w.held("c3", "1001"))
		w.expect("edge-1", "a", "c3")
		// A phone-control that lost its numbers begins anew.
		w.number = 0
		w.feed(w.held("c4", "1001"))
		w.expect("edge-1", "a", "c4")
	})
}

func TestFilteredEventsStayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		filtered := request("a", "1001")
		filtered.FilteredOut = []string{"held", "conferenced"}
		w.monitor(filtered)
		w.monitor(request("b", "1001"))
		retrieved := w.held("c2", "1001")
		retrieved.Event = &ctiv1.Event_Retrieved{Retrieved: &ctiv1.Retrieved{RetrievedConnection: &ctiv1.ConnectionID{CallId: "c2"}}}
		later := w.held("c3", "1001")
		later.Event = nil // of a later version
		w.feed(w.held("c1", "1001"), retrieved, later)
		w.expect("edge-1", "a", "c2")
		w.expect("edge-1", "b", "c1", "c2")
	})
}

func TestEventIsEncodedOncePerWayOfWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for i := range 200 {
			r := request(fmt.Sprintf("s%d", i), "1001")
			r.Edge = fmt.Sprintf("edge-%d", i%2)
			r.DeviceTexts = map[string]string{"1001": r.DeviceText, "7777": "sip:other@devices"}
			switch i % 5 {
			case 1:
				r.Edition = 5
			case 2:
				r.DeviceText, r.DeviceTexts = "sip:1001@lab", nil
			case 3:
				r.BasicMode = true
			case 4:
				// An exact text of a device of the event, the same for all 40.
				r.FormText, r.DeviceText, r.DeviceTexts = "tel:1", "N<1001>", nil
			}
			w.monitor(r)
		}
		w.feed(w.held("c1", "1001"))
		if got := testutil.ToFloat64(w.server.metrics.encoded); got != 5 {
			t.Errorf("encoded %v times, want 5", got)
		}
		if got := testutil.ToFloat64(w.server.metrics.deliveries); got != 200 {
			t.Errorf("delivered %v, want 200", got)
		}
		for edge, sessions := range map[string][]string{"edge-0": {"s0", "s2", "s4", "s6"}, "edge-1": {"s1", "s3", "s5"}} {
			if got := w.edges.get(edge).requests; got != 5 {
				t.Errorf("%s got %d deliveries, want 5", edge, got)
			}
			for _, session := range sessions {
				w.expect(edge, session, "c1")
			}
		}
		if len(w.server.index.forms) != 4 {
			t.Errorf("%d forms", len(w.server.index.forms))
		}
	})
}

func TestWaysOfWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		for session, want := range map[string]struct {
			device, form, says string
			edition            uint32
		}{
			"a": {device: "1001", says: "<deviceIdentifier>1001</deviceIdentifier>", edition: 0},
			"b": {device: "N<1001>", form: "tel:2;phone-context=dialstring", says: "<deviceIdentifier>N&lt;1001&gt;</deviceIdentifier>", edition: 3},
			"c": {device: "tel:1001;phone-context=dialstring", says: `csta/ed4"><monitorCrossRefID>`, edition: 4},
		} {
			r := request(session, "1001")
			r.DeviceText, r.FormText, r.Edition = want.device, want.form, want.edition
			w.monitor(r)
			w.feed(w.held("c1", "1001"))
			if body := w.edges.get("edge-1").take(session); len(body) != 1 || !strings.Contains(body[0], want.says) {
				t.Errorf("session %s gets %v, want %s", session, body, want.says)
			}
		}
	})
}

func TestDeviceTextHoldsForTheNextEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(request("a", "1001"))
		w.monitor(request("b", "1001"))
		set := func(session, device, text string) {
			_, err := w.server.SetDeviceText(t.Context(), &monitorv1.SetDeviceTextRequest{SessionId: session, DeviceId: device, DeviceText: text})
			if err != nil {
				t.Fatal(err)
			}
		}
		set("a", "1001", "sip:me&you@lab")
		set("nobody", "1001", "sip:x")
		w.feed(w.held("c1", "1001"))
		if body := w.edges.get("edge-1").take("a")[0]; !strings.Contains(body, "<deviceIdentifier>sip:me&amp;you@lab</deviceIdentifier>") {
			t.Errorf("body %s", body)
		}
		if body := w.edges.get("edge-1").take("b")[0]; !strings.Contains(body, "<deviceIdentifier>tel:1001</deviceIdentifier>") {
			t.Errorf("body of the other session %s", body)
		}
		stored := w.monitors.records[recordKey("a", crossRef)].Value
		if stored.GetDeviceTexts()["1001"] != "sip:me&you@lab" {
			t.Errorf("stored %v", stored)
		}
		for i := range 3 * maxDeviceTexts {
			set("a", fmt.Sprint(5000+i), "sip:many@lab")
		}
		stored = w.monitors.records[recordKey("a", crossRef)].Value
		if len(stored.GetDeviceTexts()) != maxDeviceTexts || stored.GetDeviceTexts()["1001"] == "" {
			t.Errorf("%d texts are stored", len(stored.GetDeviceTexts()))
		}
	})
}

func TestDeviceTextBringsNoStoppedMonitorBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(request("a", "1001"))
		changes := w.server.replaceTexts("a", "1001", "sip:late@lab")
		if _, err := w.server.StopMonitor(t.Context(), &monitorv1.StopMonitorRequest{SessionId: "a", MonitorCrossRefId: crossRef}); err != nil {
			t.Fatal(err)
		}
		if err := w.server.store(t.Context(), changes[0]); err != nil {
			t.Error(err)
		}
		if len(w.monitors.records) != 0 || w.server.index.monitors != 0 {
			t.Error("the monitor is back")
		}
	})
}

func TestLimitsAndNegativeAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(o *Options) { o.MaxLineMonitors = 3; o.MaxSessionMonitors = 2 })
		crossRef := w.monitor(request("a", "1001"))
		other := w.monitor(request("a", "1001"))
		if crossRef == other {
			t.Fatal("two monitors of one session have one monitorCrossRefID")
		}
		start := func(change func(*monitorv1.StartMonitorRequest)) error {
			r := request("b", "1001")
			change(r)
			_, err := w.server.StartMonitor(t.Context(), r)
			return err
		}
		for name, test := range map[string]struct {
			err  error
			want string
		}{
			"session": {start(func(r *monitorv1.StartMonitorRequest) { r.SessionId = "a" }), "systemResourceAvailibility/overallMonitorLimitExceeded"},
			"line":    {start(func(r *monitorv1.StartMonitorRequest) { r.MaxLineMonitors = 2 }), "subscribedResourceAvailability/objectMonitorLimitExceeded"},
			"stop": {func() error {
				_, err := w.server.StopMonitor(t.Context(), &monitorv1.StopMonitorRequest{SessionId: "b", MonitorCrossRefId: crossRef})
				return err
			}(), "operation/invalidMonitorCrossRefID"},
			"stop key": {func() error {
				_, err := w.server.StopMonitor(t.Context(), &monitorv1.StopMonitorRequest{SessionId: "a", MonitorCrossRefId: ">"})
				return err
			}(), "operation/invalidMonitorCrossRefID"},
		} {
			answer := ctierr.FromError(test.err)
			if answer == nil || answer.Category+"/"+answer.Value != test.want {
				t.Errorf("%s: %v, want %s", name, test.err, test.want)
			}
		}
		if err := start(func(r *monitorv1.StartMonitorRequest) { r.SessionId = "no.key" }); status.Code(err) != codes.InvalidArgument {
			t.Errorf("a session id that is no key: %v", err)
		}
		if err := start(func(r *monitorv1.StartMonitorRequest) { r.Edge = "" }); status.Code(err) != codes.InvalidArgument {
			t.Errorf("no edge: %v", err)
		}
		stop := &monitorv1.StopMonitorRequest{SessionId: "a", MonitorCrossRefId: crossRef}
		if _, err := w.server.StopMonitor(t.Context(), stop); err != nil {
			t.Fatal(err)
		}
		if err := start(func(r *monitorv1.StartMonitorRequest) { r.MaxLineMonitors = 2 }); err != nil {
			t.Errorf("after a stop: %v", err)
		}
	})
}

func TestListAndEndSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.monitor(request("a", "1001"))
		w.monitor(request("a", "1002"))
		w.monitor(request("b", "1001"))
		w.feed(w.held("c1", "1001"))
		list := func(session string) []*monitorv1.Monitor {
			response, err := w.server.ListMonitors(t.Context(), &monitorv1.ListMonitorsRequest{SessionId: session})
			if err != nil {
				t.Fatal(err)
			}
			return response.GetMonitors()
		}
		if n := len(list("")); n != 3 {
			t.Fatalf("%d monitors", n)
		}
		if b := list("b"); len(b) != 1 || b[0].GetEventsSent() != 1 || b[0].GetLastState() != ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD {
			t.Errorf("list gives %v", b)
		}
		if _, err := w.server.EndSession(t.Context(), &monitorv1.EndSessionRequest{SessionId: "a"}); err != nil {
			t.Fatal(err)
		}
		if n := len(list("a")) + len(w.monitors.records); n != 1 {
			t.Errorf("%d monitors are left, want 1 of b", n)
		}
		w.feed(w.held("c2", "1001", "1002"))
		w.expect("edge-1", "a", "c1")
		w.expect("edge-1", "b", "c1", "c2")
	})
}

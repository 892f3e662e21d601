// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/ctierr"
)

// world is a running server with everything around it in memory.
type world struct {
	t         *testing.T
	monitors  *memoryMonitors
	sessions  *memorySessions
	events    *memoryEvents
	edges     *fakeEdges
	partition *memoryPartition
	server    *Server
	stop      func()
	number    uint64
}

func newWorld(t *testing.T, change func(*Options)) *world {
	w := &world{
		t: t, monitors: newMemoryMonitors(), sessions: newMemorySessions(), edges: newFakeEdges(),
		events: &memoryEvents{deliveries: make(chan bus.Delivery)}, partition: &memoryPartition{},
	}
	w.start(change)
	return w
}

func (w *world) start(change func(*Options)) {
	options := Options{
		Monitors: w.monitors, Sessions: w.sessions, Events: w.events, Clients: w.edges, Partition: w.partition,
	}
	if change != nil {
		change(&options)
	}
	w.server = New(options)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	server := w.server
	go func() { done <- server.Run(ctx) }()
	stopped := false
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
	}
	w.t.Cleanup(w.stop)
	synctest.Wait()
	if err := w.server.Ready(); err != nil {
		w.t.Fatal(err)
	}
}

func request(session, device string) *monitorv1.StartMonitorRequest {
	return &monitorv1.StartMonitorRequest{
		SessionId: session, Target: "lab", DeviceId: device, DeviceText: "tel:" + device, Edition: 3, Edge: "edge-1",
	}
}

// monitor starts one and gives its monitorCrossRefID.
func (w *world) monitor(request *monitorv1.StartMonitorRequest) string {
	w.t.Helper()
	response, err := w.server.StartMonitor(w.t.Context(), request)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.GetMonitorCrossRefId()
}

// held is an event at a device, the next of its target.
func (w *world) held(call string, devices ...string) *ctiv1.Event {
	w.number++
	event := &ctiv1.Event{Number: w.number, CallId: call, Event: &ctiv1.Event_Held{Held: &ctiv1.Held{
		HeldConnection: &ctiv1.ConnectionID{CallId: call, DeviceId: devices[0]}, HoldingDevice: devices[0],
	}}}
	for _, device := range devices {
		event.Reported = append(event.Reported, &ctiv1.Reported{
			DeviceId: device, LocalConnectionInfo: ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD,
		})
	}
	return event
}

func (w *world) feed(events ...*ctiv1.Event) {
	w.events.deliveries <- bus.Delivery{Batch: &ctiv1.EventBatch{Target: "lab", Events: events}}
	synctest.Wait()
}

// calls gives the callIDs of bodies, "lost" for System Status messagesLost.
func calls(bodies []string) []string {
	var ids []string
	for _, body := range bodies {
		if strings.Contains(body, "<SystemStatus ") && strings.Contains(body, "messagesLost") {
			ids = append(ids, "lost")
			continue
		}
		_, after, _ := strings.Cut(body, "<callID>")
		id, _, _ := strings.Cut(after, "</callID>")
		ids = append(ids, id)
	}
	return ids
}

func (w *world) expect(edge, session string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, calls(w.edges.get(edge).take(session))); diff != "" {
		w.t.Errorf("session %s at %s (-want +got):\n%s", session, edge, diff)
	}
}

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

var errUnavailable = status.Error(codes.Unavailable, "edge is not live")

func TestSlowEdgeDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(o *Options) { o.MaxQueue = 3; o.DeliverTimeout = time.Hour })
		slow := request("a", "1001")
		slow.Edge = "edge-slow"
		w.monitor(slow)
		w.monitor(request("b", "1001"))
		gate := make(chan struct{})
		w.edges.get("edge-slow").set(func(e *fakeEdge) { e.slow = gate })
		var want []string
		for i := range 10 {
			call := fmt.Sprintf("c%d", i)
			want = append(want, call)
			w.feed(w.held(call, "1001"))
		}
		w.expect("edge-1", "b", want...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if err := w.server.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("drain with a slow edge gives %v", err)
		}
		cancel()
		close(gate)
		synctest.Wait()
		// One was under way, three waited; the others are lost, which is told.
		w.expect("edge-slow", "a", "c0", "c7", "c8", "c9", "lost")
		if got := testutil.ToFloat64(w.server.metrics.lost.WithLabelValues(lostQueueFull)); got != 6 {
			t.Errorf("%v events are lost, want 6", got)
		}
		response, _ := w.server.ListMonitors(t.Context(), &monitorv1.ListMonitorsRequest{SessionId: "a"})
		if got := response.GetMonitors()[0].GetEventsDropped(); got != 6 {
			t.Errorf("%d events are counted at the monitor", got)
		}
	})
}

func TestUnreachableEdgeIsTriedAndTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.sessions.put("a", "edge-1")
		w.monitor(request("a", "1001"))
		edge := w.edges.get("edge-1")
		edge.set(func(e *fakeEdge) { e.err = errUnavailable })
		w.feed(w.held("c1", "1001"))
		<-time.After(50 * time.Millisecond)
		edge.set(func(e *fakeEdge) { e.err = nil })
		<-time.After(time.Second)
		w.expect("edge-1", "a", "c1")
		// Now for longer than it is tried.
		edge.set(func(e *fakeEdge) { e.err = errUnavailable })
		w.feed(w.held("c2", "1001"))
		<-time.After(10 * time.Second)
		edge.set(func(e *fakeEdge) { e.err = nil })
		<-time.After(time.Minute)
		w.expect("edge-1", "a", "lost")
		w.feed(w.held("c3", "1001"))
		w.expect("edge-1", "a", "c3")
	})
}

func TestLostEventsAreToldWhereTheSessionWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.sessions.put("a", "edge-1")
		w.monitor(request("a", "1001"))
		w.edges.get("edge-1").set(func(e *fakeEdge) { e.err = errUnavailable })
		w.feed(w.held("c1", "1001"))
		<-time.After(5 * time.Second)
		w.sessions.put("a", "edge-2")
		synctest.Wait()
		w.feed(w.held("c2", "1001"))
		<-time.After(time.Minute)
		got := calls(w.edges.get("edge-2").take("a"))
		if len(got) != 2 || got[0] != "c2" || got[1] != "lost" {
			t.Errorf("the new edge gets %v", got)
		}
	})
}

func TestUnknownSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.sessions.put("kept", "edge-1")
		w.monitor(request("kept", "1001"))
		w.monitor(request("gone", "1001"))
		w.sessions.put("ended", "edge-1")
		w.monitor(request("ended", "1001"))
		w.sessions.delete("ended")
		synctest.Wait()
		if n := len(w.monitors.records); n != 2 {
			t.Errorf("%d monitors are left after the end of a session", n)
		}
		w.edges.get("edge-1").set(func(e *fakeEdge) { e.response.UnknownSessions = []string{"kept", "gone"} })
		w.feed(w.held("c1", "1001"))
		if n := len(w.monitors.records); n != 1 {
			t.Errorf("%d monitors are left, want that of the session that has a record", n)
		}
		// The edge began anew and takes the dialog over with the next request.
		w.edges.get("edge-1").set(func(e *fakeEdge) { e.response.UnknownSessions = nil })
		w.sessions.put("kept", "edge-1")
		synctest.Wait()
		w.feed(w.held("c2", "1001"))
		w.expect("edge-1", "kept", "lost", "c2")
	})
}

func TestOverflowedSessionsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.monitor(request("a", "1001"))
		w.monitor(request("b", "1001"))
		w.edges.get("edge-1").set(func(e *fakeEdge) { e.response.OverflowedSessions = []string{"a"} })
		w.feed(w.held("c1", "1001"))
		response, _ := w.server.ListMonitors(t.Context(), &monitorv1.ListMonitorsRequest{})
		for _, m := range response.GetMonitors() {
			if want := map[string]uint64{"a": 1, "b": 0}[m.GetSessionId()]; m.GetEventsDropped() != want {
				t.Errorf("session %s dropped %d, want %d", m.GetSessionId(), m.GetEventsDropped(), want)
			}
		}
	})
}

func TestGapIsToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.monitor(request("a", "1001"))
		elsewhere := request("b", "1001")
		elsewhere.Target = "other"
		w.monitor(elsewhere)
		w.feed(w.held("c1", "1001"))
		w.number = 8
		w.events.deliveries <- bus.Delivery{
			Gap:   &bus.Gap{Target: "lab", FirstMissing: 2, NextNumber: 9},
			Batch: &ctiv1.EventBatch{Target: "lab", Events: []*ctiv1.Event{w.held("c9", "1001")}},
		}
		synctest.Wait()
		w.expect("edge-1", "a", "c1", "lost", "c9")
		w.expect("edge-1", "b")
		// The stream itself is gone: everybody is told, numbers begin anew.
		w.events.deliveries <- bus.Delivery{Gap: &bus.Gap{}}
		w.number = 0
		w.feed(w.held("c1", "1001"))
		w.expect("edge-1", "a", "lost", "c1")
		w.expect("edge-1", "b", "lost")
	})
}

func TestPartitionDecidesWhoReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.monitor(request("a", "1001"))
		w.monitor(request("b", "1001"))
		w.partition.give("b")
		synctest.Wait()
		w.feed(w.held("c1", "1001"))
		w.expect("edge-1", "a", "c1")
		w.expect("edge-1", "b")
		// The other replica died: b comes here, and may have lost something.
		w.partition.give()
		synctest.Wait()
		w.feed(w.held("c2", "1001"))
		w.expect("edge-1", "a", "c2")
		w.expect("edge-1", "b", "lost", "c2")
	})
}

func TestSweepFindsMonitorsWithoutSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.sessions.put("a", "edge-1")
		w.monitor(request("a", "1001"))
		orphan := newRecord(request("orphan", "1001"))
		if _, err := w.monitors.Put(t.Context(), recordKey("orphan", orphan.GetMonitorCrossRefId()), orphan); err != nil {
			t.Fatal(err)
		}
		<-time.After(5 * time.Minute)
		if n := len(w.monitors.records); n != 1 || w.server.index.get("orphan", orphan.GetMonitorCrossRefId()) != nil {
			t.Errorf("%d monitors are left", n)
		}
	})
}

func TestIdleQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.sessions.put("a", "edge-1")
		w.monitor(request("a", "1001"))
		w.feed(w.held("c1", "1001"))
		<-time.After(time.Hour)
		if n := len(w.server.senders.queues); n != 0 {
			t.Errorf("%d queues are left", n)
		}
		w.feed(w.held("c2", "1001"))
		w.expect("edge-1", "a", "c1", "c2")
	})
}

func TestRestartReloadsMonitors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		crossRef := w.monitor(request("a", "1001"))
		w.feed(w.held("c1", "1001"))
		w.expect("edge-1", "a", "c1")
		w.stop()
		w.monitors.tell = nil
		w.start(nil)
		// What happened meanwhile is unknown, which is told; then it goes on.
		w.number = 0
		w.feed(w.held("c2", "1001"))
		bodies := w.edges.get("edge-1").take("a")
		if diff := cmp.Diff([]string{"lost", "c2"}, calls(bodies)); diff != "" {
			t.Fatal(diff)
		}
		if !strings.Contains(bodies[1], crossRef) {
			t.Errorf("body %s has not the old monitorCrossRefID %s", bodies[1], crossRef)
		}
	})
}

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
)

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
		if diff := cmp.Diff([]string{"c1", "c2", "lost"}, got); diff != "" {
			t.Errorf("at the new edge (-want +got):\n%s", diff)
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
		w.expect("edge-1", "kept", "c1", "c2")
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
		// The other replica died: b comes here, and is given again what its edge may
		// not have had.
		w.partition.give()
		synctest.Wait()
		w.feed(w.held("c2", "1001"))
		w.expect("edge-1", "a", "c2")
		w.expect("edge-1", "b", "c1", "c2")
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
		synctest.Wait()
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
		synctest.Wait()
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

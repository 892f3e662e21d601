// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
)

const natsPatience = 20 * time.Second

// waitFor returns when a condition holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(natsPatience)
	defer deadline.Stop()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// startOn runs a replica on a bus; stop ends it before the test does.
func startOn(t *testing.T, b *bus.Bus, edges *fakeEdges, partition Partition) (server *Server, stop func()) {
	t.Helper()
	server = New(Options{Monitors: b.Monitors(), Sessions: b.Sessions(), Events: b, Clients: edges, Partition: partition})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil && !errors.Is(err, bus.ErrClosed) {
			t.Errorf("run: %v", err)
		}
	}
	t.Cleanup(stop)
	waitFor(t, "replica is ready", func() bool { return server.Ready() == nil })
	return server, stop
}

type writer struct {
	t      *testing.T
	events *bus.EventWriter
	number uint64
}

func (w *writer) held(call string) {
	w.t.Helper()
	w.number++
	err := w.events.Append(&ctiv1.Event{
		Number: w.number, CallId: call,
		Event:    &ctiv1.Event_Held{Held: &ctiv1.Held{HeldConnection: &ctiv1.ConnectionID{CallId: call, DeviceId: "1001"}}},
		Reported: []*ctiv1.Reported{{DeviceId: "1001"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.events.Flush(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// collect waits until a session got as many bodies.
func collect(t *testing.T, edge *fakeEdge, session string, count int) []string {
	t.Helper()
	var bodies []string
	waitFor(t, fmt.Sprintf("session %s gets %d bodies", session, count), func() bool {
		bodies = append(bodies, edge.take(session)...)
		return len(bodies) >= count
	})
	return calls(bodies)
}

func TestMonitorsSurviveARestartOnNATS(t *testing.T) {
	nats := bustest.Run(t)
	b := nats.Connect(t)
	edges := newFakeEdges()
	events, err := b.NewEventWriter(t.Context(), "lab", 1, bus.EventWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Close(context.Background()) }()
	phones := &writer{t: t, events: events}
	first, stop := startOn(t, b, edges, nil)
	phones.held("before")
	if _, err := first.StartMonitor(t.Context(), request("a", "1001")); err != nil {
		t.Fatal(err)
	}
	if _, err := first.StartMonitor(t.Context(), request("b", "1001")); err != nil {
		t.Fatal(err)
	}
	phones.held("c1")
	if diff := cmp.Diff([]string{"c1"}, collect(t, edges.get("edge-1"), "a", 1)); diff != "" {
		t.Error(diff)
	}
	stop()
	phones.held("meanwhile")
	second, _ := startOn(t, b, edges, nil)
	phones.held("c2")
	if diff := cmp.Diff([]string{"c1", "meanwhile", "lost", "c2"}, collect(t, edges.get("edge-1"), "a", 4)); diff != "" {
		t.Error(diff)
	}
	// A number is missing in the stream.
	phones.number++
	phones.held("c3")
	if diff := cmp.Diff([]string{"lost", "c3"}, collect(t, edges.get("edge-1"), "a", 2)); diff != "" {
		t.Error(diff)
	}
	if _, err := second.EndSession(t.Context(), &monitorv1.EndSessionRequest{SessionId: "a"}); err != nil {
		t.Fatal(err)
	}
	keys, err := b.Monitors().Keys(t.Context(), ">")
	if err != nil || len(keys) != 1 {
		t.Errorf("monitors left: %v, %v", keys, err)
	}
}

// half serves the sessions that it names.
type half map[string]bool

func (h half) Mine(id string) bool          { return h[id] }
func (half) Alone() bool                    { return false }
func (half) Subscribe(func()) (stop func()) { return func() {} }

func TestReplicasShareSessionsOnNATS(t *testing.T) {
	nats := bustest.Run(t)
	edges := newFakeEdges()
	one, _ := startOn(t, nats.Connect(t), edges, half{"a": true})
	b := nats.Connect(t)
	other, _ := startOn(t, b, edges, half{"b": true})
	for session, replica := range map[string]*Server{"a": one, "b": other} {
		if _, err := replica.StartMonitor(t.Context(), request(session, "1001")); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "both know both monitors", func() bool { return one.countMonitors() == 2 && other.countMonitors() == 2 })
	events, err := b.NewEventWriter(t.Context(), "lab", 1, bus.EventWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = events.Close(context.Background()) }()
	phones := &writer{t: t, events: events}
	phones.held("c1")
	phones.held("c2")
	for _, session := range []string{"a", "b"} {
		if diff := cmp.Diff([]string{"c1", "c2"}, collect(t, edges.get("edge-1"), session, 2)); diff != "" {
			t.Errorf("session %s: %s", session, diff)
		}
	}
	// Any replica stops any monitor.
	list, err := one.ListMonitors(t.Context(), &monitorv1.ListMonitorsRequest{SessionId: "b"})
	if err != nil || len(list.GetMonitors()) != 1 {
		t.Fatalf("list gives %v, %v", list, err)
	}
	if _, err := one.StopMonitor(t.Context(), &monitorv1.StopMonitorRequest{
		SessionId: "b", MonitorCrossRefId: list.GetMonitors()[0].GetMonitorCrossRefId(),
	}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the other replica knows", func() bool { return other.countMonitors() == 1 })
}

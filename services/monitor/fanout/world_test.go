// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	"offhook.dev/services/bus"
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

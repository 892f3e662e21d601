// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/simulated"
	"offhook.dev/services/targetconfig"
)

// relay is a target that goes from one replica to the next, on a real bus with
// real leases, and whoever reads its events.
type relay struct {
	t        *testing.T
	bus      *bus.Bus
	snapshot *targetconfig.Snapshot
	events   chan *ctiv1.Event
	number   uint64
}

func newRelay(t *testing.T, driver *configv1.Simulated, lines ...string) *relay {
	t.Helper()
	r := &relay{t: t, bus: bustest.Run(t).Connect(t), snapshot: snapshotOf(t, driver, lines...), events: make(chan *ctiv1.Event, 8192)}
	ctx, cancel := context.WithCancel(context.Background())
	reading, read := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(read)
		_ = r.bus.ReadEvents(ctx, bus.ReaderOptions{Target: "cme", FromStart: true, OnReading: func() { reading <- struct{}{} }}, func(d bus.Delivery) {
			if d.Gap != nil {
				t.Errorf("events are missing: %+v", d.Gap)
			}
			for _, event := range d.Batch.GetEvents() {
				r.events <- event
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-read })
	receive(t, reading, "reader")
	return r
}

// next is the next event, whose number follows on.
func (r *relay) next() *ctiv1.Event {
	r.t.Helper()
	event := receive(r.t, r.events, "event")
	r.number++
	if event.GetNumber() != r.number {
		r.t.Fatalf("event has number %d, want %d", event.GetNumber(), r.number)
	}
	return event
}

// runner is one replica.
type runner struct {
	*Server
	running chan struct{}
	stop    func()
}

func (r *relay) start(id string) *runner {
	r.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	leases, err := directory.New(directory.Options{Bus: r.bus, Logger: logger})
	if err != nil {
		r.t.Fatal(err)
	}
	replica := &statev1.Replica{Id: id, Service: directory.PhoneControl, GrpcEndpoint: id + ":1"}
	runner := &runner{running: make(chan struct{}, 8)}
	runner.Server = NewServer(Options{
		Replica: replica, Leases: leases, Logger: logger, Source: targetconfig.NewStatic(r.snapshot), HandOvers: r.bus.HandOvers(),
		Events: func(ctx context.Context, target string, epoch uint64) (EventWriter, error) {
			return r.bus.NewEventWriter(ctx, target, epoch, bus.EventWriterOptions{})
		},
		History: func(ctx context.Context, target string, handle func(bus.Delivery) error) error {
			return r.bus.ReplayEvents(ctx, target, 0, handle)
		},
		Driver: func(target *targetconfig.Target, loop Loop) (Driver, error) {
			return &startedDriver{HandingOver: simulated.New(target, loop), running: runner.running}, nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = leases.Run(ctx) })
	serving, stop := context.WithCancel(ctx)
	served := make(chan struct{})
	group.Go(func() { defer close(served); _ = runner.Run(serving) })
	runner.stop = sync.OnceFunc(func() { stop(); <-served; cancel(); group.Wait() })
	r.t.Cleanup(runner.stop)
	return runner
}

func (r *runner) makeCall(t *testing.T, from, to string) *ctiv1.ConnectionID {
	t.Helper()
	response, err := r.MakeCall(t.Context(), &phonecontrolv1.MakeCallRequest{
		Target: "cme", CallingDevice: from, CalledDirectoryNumber: to,
		AutoOriginate: phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT,
	})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetCallingDevice()
}

func (r *runner) drain(t *testing.T, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return r.Drain(ctx)
}

// TestCallsGoFromReplicaToReplica hands 200 calls over three times: nobody who
// reads events notices, and services go on with the same names.
func TestCallsGoFromReplicaToReplica(t *testing.T) {
	const calls = 200
	lines := make([]string, 2*calls)
	for i := range lines {
		lines[i] = fmt.Sprint(1000 + i)
	}
	r := newRelay(t, atOnce(), lines...)
	owner := r.start("pc-0")
	receive(t, owner.running, "running driver")
	for range lines {
		r.next() // comes in service
	}
	var connections []*ctiv1.ConnectionID
	for i := range calls {
		connections = append(connections, owner.makeCall(t, lines[2*i], lines[2*i+1]))
		for range 4 {
			r.next()
		}
	}
	for i, id := range []string{"pc-1", "pc-2", "pc-3"} {
		next := r.start(id)
		if err := owner.drain(t, 20*time.Second); err != nil {
			t.Fatal(err)
		}
		receive(t, next.running, "running driver")
		owner.stop()
		owner = next
		connection := connections[i]
		if _, err := owner.HoldCall(t.Context(), &phonecontrolv1.HoldCallRequest{Target: "cme", CallToBeHeld: connection}); err != nil {
			t.Fatal(err)
		}
		if got := r.next(); got.GetHeld() == nil || got.GetCallId() != connection.GetCallId() {
			t.Fatalf("event %v, want Held of %s", got, connection.GetCallId())
		}
	}
	snapshot, err := owner.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: lines[0]})
	if err != nil || len(snapshot.GetConnections()) != 1 {
		t.Fatalf("snapshot %v, %v", snapshot, err)
	}
	if again := owner.makeCall(t, lines[0], lines[3]); again.GetCallId() == connections[0].GetCallId() {
		t.Errorf("a new call is named %s too", again.GetCallId())
	}
}

// TestRingingHoldsUpTheHandOver has a phone ring while the target is to go: it
// waits for the answer, and takes no new work after a while.
func TestRingingHoldsUpTheHandOver(t *testing.T) {
	r := newRelay(t, &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(1500 * time.Millisecond)}, "1001", "1002", "1003")
	owner := r.start("pc-0")
	receive(t, owner.running, "running driver")
	call := owner.makeCall(t, "1001", "1002")
	next := r.start("pc-1")
	// Little time is left, so that new work is held back at once.
	if err := owner.drain(t, handOverMargin+handOverPatience); err != nil {
		t.Fatal(err)
	}
	receive(t, next.running, "running driver")
	if _, err := next.ClearConnection(t.Context(), &phonecontrolv1.ClearConnectionRequest{Target: "cme", ConnectionToBeCleared: call}); err != nil {
		t.Error(err)
	}
}

// TestWhatRingsForTooLongEnds hands a target over whose phone rings on: that call
// ends for all who monitor it, others go on.
func TestWhatRingsForTooLongEnds(t *testing.T) {
	r := newRelay(t, &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(time.Hour)}, "1001", "1002", "1003", "1004")
	owner := r.start("pc-0")
	receive(t, owner.running, "running driver")
	up := owner.makeCall(t, "1001", "1002")
	if _, err := owner.AnswerCall(t.Context(), &phonecontrolv1.AnswerCallRequest{Target: "cme", CallToBeAnswered: &ctiv1.ConnectionID{CallId: up.GetCallId(), DeviceId: "1002"}}); err != nil {
		t.Fatal(err)
	}
	ringing := owner.makeCall(t, "1003", "1004")
	for range 4 + 4 + 3 {
		r.next()
	}
	next := r.start("pc-1")
	if err := owner.drain(t, handOverMargin+time.Second); err != nil {
		t.Fatal(err)
	}
	receive(t, next.running, "running driver")
	for r.next().GetCallCleared() == nil {
		continue
	}
	for _, device := range []string{"1003", "1004"} {
		if snapshot, err := next.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: device}); err != nil || len(snapshot.GetConnections()) > 0 {
			t.Errorf("%s after the end of %s: %v, %v", device, ringing.GetCallId(), snapshot, err)
		}
	}
	if snapshot, err := next.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: "1001"}); err != nil || len(snapshot.GetConnections()) != 1 {
		t.Errorf("the call that was up: %v, %v", snapshot, err)
	}
}

// TestHandOversThatAreNotTaken: what an owner left counts for the next one only,
// and where it can't be read the calls end as after a crash.
func TestHandOversThatAreNotTaken(t *testing.T) {
	r := newRelay(t, atOnce(), "1001", "1002")
	owner := r.start("pc-0")
	receive(t, owner.running, "running driver")
	owner.makeCall(t, "1001", "1002")
	for range 2 + 4 {
		r.next()
	}
	if err := owner.drain(t, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	owner.stop()
	key := handOverKey("cme", 0)
	left, err := r.bus.HandOvers().Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	left.Value.Data = []byte("no calls")
	if _, err := r.bus.HandOvers().Put(t.Context(), key, left.Value); err != nil {
		t.Fatal(err)
	}
	next := r.start("pc-1")
	receive(t, next.running, "running driver")
	for r.next().GetCallCleared() == nil {
		continue
	}
	if _, err := r.bus.HandOvers().Get(t.Context(), key); !errors.Is(err, bus.ErrNotFound) {
		t.Errorf("the hand-over is there still: %v", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/phone-control/callmodel"
)

func atOnce() *configv1.Simulated { return &configv1.Simulated{AutoAnswer: true} }

// names lists events as "Delivered@1002".
func names(events []*ctiv1.Event) string {
	var out []string
	for _, e := range events {
		message := e.ProtoReflect()
		field := message.WhichOneof(message.Descriptor().Oneofs().ByName("event"))
		name := string(message.Get(field).Message().Descriptor().Name())
		devices := []string{}
		for _, reported := range e.GetReported() {
			devices = append(devices, reported.GetDeviceId())
		}
		out = append(out, name+"@"+strings.Join(devices, "+"))
	}
	return strings.Join(out, " ")
}

func TestEventsAreNumberedInTheModelsOrder(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2) // both lines come in service
	connection, err := f.makeCall(t, "1001", "1002")
	if err != nil {
		t.Fatal(err)
	}
	want := "ServiceInitiated@1001 Originated@1001 Delivered@1001+1002 Established@1001+1002"
	if got := names(f.events(t, 4)); got != want {
		t.Errorf("events %s\nwant   %s", got, want)
	}
	hold := &phonecontrolv1.HoldCallRequest{Target: "cme", CallToBeHeld: connection}
	if _, err := f.HoldCall(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	snapshot, err := f.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: "1001"})
	if err != nil {
		t.Fatal(err)
	}
	if c := snapshot.GetConnections(); len(c) != 1 || c[0].GetEndpointDevice() != "1002" ||
		c[0].GetLocalConnectionState() != ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_HOLD ||
		len(c[0].GetOtherConnectionStates()) != 1 {
		t.Errorf("snapshot is %v", snapshot)
	}
	if _, err := f.RetrieveCall(t.Context(), &phonecontrolv1.RetrieveCallRequest{Target: "cme", CallToBeRetrieved: connection}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ClearConnection(t.Context(), &phonecontrolv1.ClearConnectionRequest{Target: "cme", ConnectionToBeCleared: connection}); err != nil {
		t.Fatal(err)
	}
	want = "Held@1001+1002 Retrieved@1001+1002 ConnectionCleared@1001+1002 ConnectionCleared@1002 CallCleared@"
	if got := names(f.events(t, 5)); got != want {
		t.Errorf("events %s\nwant   %s", got, want)
	}
}

func TestAnswerCallByService(t *testing.T) {
	f := startServer(t, &configv1.Simulated{}, nil, "1001", "1002")
	f.events(t, 2)
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	f.events(t, 3)
	answer := &phonecontrolv1.AnswerCallRequest{Target: "cme", CallToBeAnswered: &ctiv1.ConnectionID{DeviceId: "1002"}}
	if _, err := f.AnswerCall(t.Context(), answer); err != nil {
		t.Fatal(err)
	}
	if got := names(f.events(t, 1)); got != "Established@1001+1002" {
		t.Errorf("event %s", got)
	}
	_, err := f.AnswerCall(t.Context(), answer)
	if got := ctierr.FromError(err); got == nil || got.Category != ctierr.CategoryStateIncompatibility || got.Value != "noCallToAnswer" {
		t.Errorf("a second AnswerCall gave %v", err)
	}
}

// blockingWriter holds the target's goroutine when it publishes, so that a test
// sees what happened before.
type blockingWriter struct {
	fakeWriter
	publishing chan struct{}
	goOn       chan struct{}
}

func (w *blockingWriter) Append(...*ctiv1.Event) error {
	w.publishing <- struct{}{}
	<-w.goOn
	return nil
}

func TestReplyLeavesBeforeItsEvents(t *testing.T) {
	writer := &blockingWriter{publishing: make(chan struct{}), goOn: make(chan struct{})}
	f := startServer(t, &configv1.Simulated{}, func(o *Options) {
		o.Events = func(context.Context, string, uint64) (EventWriter, error) { return writer, nil }
	}, "1001")
	receive(t, writer.publishing, "BackInService")
	writer.goOn <- struct{}{}
	replied := make(chan error, 1)
	go func() {
		_, err := f.makeCall(t, "1001", "1002")
		replied <- err
	}()
	receive(t, writer.publishing, "events of MakeCall")
	// The events are not out yet: the reply comes all the same.
	if err := receive(t, replied, "reply"); err != nil {
		t.Error(err)
	}
	close(writer.goOn)
	receive(t, writer.publishing, "Originated and Failed of the number that nobody has")
}

func TestFullQueueRefusesServices(t *testing.T) {
	f := startServer(t, atOnce(), func(o *Options) { o.Queue = 1 }, "1001", "1002")
	f.events(t, 2)
	held, release := make(chan struct{}), make(chan struct{})
	f.loop.Due(func() { close(held); <-release })
	receive(t, held, "turn of the target")
	f.loop.New(func() {})
	_, err := f.makeCall(t, "1001", "1002")
	if got := ctierr.FromError(err); got == nil || got.Category != ctierr.CategorySystemResourceAvailibility || got.Value != "internalResourceBusy" {
		t.Errorf("MakeCall with a full queue gave %v", err)
	}
	close(release)
	f.indicate(t, callmodel.Tick{})
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Errorf("MakeCall with an empty queue gave %v", err)
	}
}

func TestServiceIsBoundedInTime(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2)
	held, release := make(chan struct{}), make(chan struct{})
	f.loop.Due(func() { close(held); <-release })
	receive(t, held, "turn of the target")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := f.HoldCall(ctx, &phonecontrolv1.HoldCallRequest{Target: "cme"})
	close(release)
	if got := ctierr.FromError(err); got == nil || got.Category != ctierr.CategoryPerformanceManagement {
		t.Errorf("HoldCall gave %v", err)
	}
}

func TestTargetThatIsNotOwned(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001")
	_, err := f.MakeCall(t.Context(), &phonecontrolv1.MakeCallRequest{Target: "elsewhere"})
	notOwner, ok := ctierr.AsNotOwner(err)
	if !ok || notOwner.Owner != "other" || status.Code(err) != codes.FailedPrecondition {
		t.Errorf("MakeCall gave %v", err)
	}
}

func TestConfigurationChangesWhileACallIsUp(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2)
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	f.events(t, 4)
	f.source.Set(snapshotOf(t, atOnce(), "1001", "1002", "1003"))
	if got := names(f.events(t, 1)); got != "BackInService@1003" {
		t.Errorf("event %s", got)
	}
	snapshot, err := f.SnapshotDevice(t.Context(), &phonecontrolv1.SnapshotDeviceRequest{Target: "cme", SnapshotObject: "1002"})
	if err != nil || len(snapshot.GetConnections()) != 1 {
		t.Errorf("the call is gone: %v %v", snapshot, err)
	}
	registrations, err := f.ListRegistrations(t.Context(), &phonecontrolv1.ListRegistrationsRequest{Target: "cme"})
	if err != nil || len(registrations.GetRegistrations()) != 3 {
		t.Errorf("registrations: %v %v", registrations, err)
	}
}

func TestFencedTargetIsLetGo(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2)
	f.loop.Due(func() { f.writer.err = bus.ErrFenced })
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	// The campaign begins anew and gives the target with a higher epoch.
	deadline := time.After(waitLong)
	for {
		f.leases.mu.Lock()
		again := f.leases.epoch > 1
		f.leases.mu.Unlock()
		if again {
			break
		}
		select {
		case <-f.writer.batches:
		case <-deadline:
			t.Fatal("the fenced target is run on")
		}
	}
}

func TestAnswerAfterATime(t *testing.T) {
	f := startServer(t, &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(time.Millisecond)}, nil, "1001", "1002")
	f.events(t, 2)
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	want := "ServiceInitiated@1001 Originated@1001 Delivered@1001+1002 Established@1001+1002"
	if got := names(f.events(t, 4)); got != want {
		t.Errorf("events %s\nwant   %s", got, want)
	}
}

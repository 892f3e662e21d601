// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/simulated"
	"offhook.dev/services/targetconfig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const waitLong = 10 * time.Second

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(waitLong):
		t.Fatalf("no %s within %s", what, waitLong)
		panic("unreachable")
	}
}

// snapshotOf renders targets "cme" with the lines on simulated phones.
func snapshotOf(t *testing.T, driver *configv1.Simulated, lines ...string) *targetconfig.Snapshot {
	t.Helper()
	config := &configv1.TargetConfig{
		Target: "cme", Version: fmt.Sprint(lines, driver), Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: driver}},
	}
	for _, line := range lines {
		config.Lines = append(config.Lines, &configv1.Line{Name: line, Number: line, Watch: true, Control: true})
	}
	snapshot, err := targetconfig.Build([32]byte{}, config)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// fakeLeases give a target to a server until the test takes it away.
type fakeLeases struct {
	mu    sync.Mutex
	epoch uint64
	lose  context.CancelFunc
}

func (f *fakeLeases) Campaign(ctx context.Context, target string, replica *statev1.Replica, candidate directory.Candidate) error {
	for ctx.Err() == nil {
		f.mu.Lock()
		f.epoch++
		lease := &statev1.Lease{Target: target, Replica: replica.GetId(), Epoch: f.epoch}
		held, lose := context.WithCancel(ctx)
		f.lose = lose
		f.mu.Unlock()
		_ = candidate.Acquired(held, lease)
		lose()
	}
	return ctx.Err()
}

func (f *fakeLeases) Owner(string) (*statev1.Lease, bool) {
	return &statev1.Lease{Replica: "other"}, true
}

// fakeWriter keeps the batches of one epoch.
type fakeWriter struct {
	last    uint64
	batches chan []*ctiv1.Event
	err     error
}

func (w *fakeWriter) LastNumber() uint64          { return w.last }
func (w *fakeWriter) Close(context.Context) error { return nil }
func (w *fakeWriter) Append(events ...*ctiv1.Event) error {
	w.batches <- events
	return w.err
}

// fixture is a server with simulated phones, fake leases and a fake writer.
type fixture struct {
	*Server
	source *targetconfig.Static
	leases *fakeLeases
	writer *fakeWriter
	loop   Loop
}

func startServer(t *testing.T, driver *configv1.Simulated, adjust func(*Options), lines ...string) *fixture {
	t.Helper()
	f := &fixture{
		source: targetconfig.NewStatic(snapshotOf(t, driver, lines...)), leases: &fakeLeases{},
		writer: &fakeWriter{last: 41, batches: make(chan []*ctiv1.Event, 256)},
	}
	running := make(chan struct{}, 64)
	var once sync.Once
	options := Options{
		Replica: &statev1.Replica{Id: "pc-0"}, Source: f.source, Leases: f.leases, Logger: slog.New(slog.DiscardHandler),
		Events: func(context.Context, string, uint64) (EventWriter, error) { return f.writer, nil },
		Driver: func(target *targetconfig.Target, loop Loop) (Driver, error) {
			once.Do(func() { f.loop = loop })
			return &startedDriver{HandingOver: simulated.New(target, loop), running: running}, nil
		},
	}
	if adjust != nil {
		adjust(&options)
	}
	f.Server = NewServer(options)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = f.Server.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	receive(t, running, "running driver")
	return f
}

// startedDriver tells when the target runs.
type startedDriver struct {
	HandingOver
	running chan<- struct{}
}

func (d *startedDriver) Run(ctx context.Context) error {
	select {
	case d.running <- struct{}{}:
	case <-ctx.Done():
	}
	return d.HandingOver.Run(ctx)
}

// events waits for n events and checks that their numbers follow on.
func (f *fixture) events(t *testing.T, n int) []*ctiv1.Event {
	t.Helper()
	var events []*ctiv1.Event
	for len(events) < n {
		events = append(events, receive(t, f.writer.batches, "events")...)
	}
	if len(events) != n {
		t.Fatalf("got %d events, want %d", len(events), n)
	}
	for _, event := range events {
		f.writer.last++
		if event.GetNumber() != f.writer.last {
			t.Fatalf("event has number %d, want %d", event.GetNumber(), f.writer.last)
		}
	}
	return events
}

func (f *fixture) makeCall(t *testing.T, from, to string) (*ctiv1.ConnectionID, error) {
	t.Helper()
	response, err := f.MakeCall(t.Context(), &phonecontrolv1.MakeCallRequest{
		Target: "cme", CallingDevice: from, CalledDirectoryNumber: to,
		AutoOriginate: phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT,
	})
	return response.GetCallingDevice(), err
}

// indicate gives the call model an input as a driver does.
func (f *fixture) indicate(t *testing.T, input callmodel.Input) {
	t.Helper()
	done := make(chan struct{})
	f.loop.Due(func() { f.loop.Indicate(input); close(done) })
	receive(t, done, "turn of the target")
}

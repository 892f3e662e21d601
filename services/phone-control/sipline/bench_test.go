// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/reflect/protoreflect"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/directory"
	"offhook.dev/services/phone-control/control"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// leases give every target to whoever asks.
type leases struct{}

func (leases) Campaign(ctx context.Context, target string, replica *statev1.Replica, candidate directory.Candidate) error {
	return candidate.Acquired(ctx, &statev1.Lease{Target: target, Replica: replica.GetId(), Epoch: 1})
}
func (leases) Owner(string) (*statev1.Lease, bool) { return nil, false }

// recorder is an event writer that keeps events as text for the test.
type recorder struct{ events chan string }

func (recorder) LastNumber() uint64          { return 0 }
func (recorder) Close(context.Context) error { return nil }
func (r recorder) Append(events ...*ctiv1.Event) error {
	for _, e := range events {
		r.events <- eventText(e)
	}
	return nil
}

// eventText is "Name device cause", the device being the event's subject.
func eventText(e *ctiv1.Event) string {
	message := e.ProtoReflect()
	field := message.WhichOneof(message.Descriptor().Oneofs().ByName("event"))
	inner := message.Get(field).Message()
	device := ""
	inner.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Message() != nil && f.Message().Name() == "ConnectionID" {
			device = v.Message().Get(f.Message().Fields().ByName("device_id")).String()
		}
		if f.Name() == "device" {
			device = v.String()
		}
		return true
	})
	return strings.Join(strings.Fields(string(inner.Descriptor().Name())+" "+device+" "+e.GetCause()), " ")
}

// bench is the whole of phone-control but for bus and leases: the control
// server with the call model, and this driver on a loopback endpoint.
type bench struct {
	t      *testing.T
	server string
	source *targetconfig.Static
	store  *memoryStore
	client *control.Server
	events chan string
}

func newBench(t *testing.T, answer configv1.AnswerMethod) *bench {
	t.Helper()
	return newBenchOn(t, answer, &memoryStore{records: map[string]*statev1.RegistrationRecord{}})
}

func newBenchOn(t *testing.T, answer configv1.AnswerMethod, store *memoryStore) *bench {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{Product: "Offhook"})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{
		t: t, source: targetconfig.NewStatic(testTarget(t, answer)), events: make(chan string, 256),
		store: store,
	}
	gateway := NewGateway(b.source)
	endpoint.SetHandler(gateway)
	address, err := endpoint.Listen("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := endpoint.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	b.server = address.String()
	registry := prometheus.NewRegistry()
	metrics, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	auth, logger := digestauth.New(digestauth.Config{}), slog.New(slog.DiscardHandler)
	running := make(chan struct{})
	b.client = control.NewServer(control.Options{
		Replica: &statev1.Replica{Id: "pc-0"}, Source: b.source, Leases: leases{}, Logger: logger,
		Events: func(context.Context, string, uint64) (control.EventWriter, error) { return recorder{b.events}, nil },
		Driver: func(target *targetconfig.Target, loop control.Loop) (control.Driver, error) {
			driver := New(Options{
				Target: target.Name, Source: b.source, Endpoint: endpoint, Gateway: gateway,
				Auth: auth, Store: b.store, Logger: logger, Metrics: metrics,
			}, loop)
			driver.started = func() { close(running) }
			return driver, nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { _ = endpoint.Run(ctx) })
	group.Go(func() { _ = b.client.Run(ctx) })
	t.Cleanup(func() { cancel(); group.Wait() })
	receive(t, running, "running driver")
	return b
}

// want waits for the events in order, and reports which one is another.
func (b *bench) want(events ...string) {
	b.t.Helper()
	for _, event := range events {
		if got := receive(b.t, b.events, event); got != event {
			b.t.Fatalf("event %q, want %q", got, event)
		}
	}
}

// quiet checks that no event came since.
func (b *bench) quiet() {
	b.t.Helper()
	select {
	case event := <-b.events:
		b.t.Errorf("unexpected event %q", event)
	default:
	}
}

// phones registers one phone for each number.
func (b *bench) phones(numbers ...string) []*phone {
	b.t.Helper()
	var phones []*phone
	for i, number := range numbers {
		p := newPhone(b.t, number, b.server, 4001+i)
		if code := p.register(600); code != 200 {
			b.t.Fatalf("REGISTER of %s was answered %d", number, code)
		}
		b.want("BackInService " + number)
		phones = append(phones, p)
	}
	return phones
}

func (b *bench) makeCall(from, to string, auto phonecontrolv1.AutoOriginate) *ctiv1.ConnectionID {
	b.t.Helper()
	response, err := b.client.MakeCall(b.t.Context(), &phonecontrolv1.MakeCallRequest{
		Target: "cme", CallingDevice: from, CalledDirectoryNumber: to, AutoOriginate: auto,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return response.GetCallingDevice()
}

// at is the line's only connection, as a service may name it.
func at(device string) *ctiv1.ConnectionID { return &ctiv1.ConnectionID{DeviceId: device} }

// later runs a service and gives a channel with its outcome.
func later(f func() error) <-chan error {
	outcome := make(chan error, 1)
	go func() { outcome <- f() }()
	return outcome
}

func (b *bench) hold(device string) <-chan error {
	return later(func() error {
		_, err := b.client.HoldCall(b.t.Context(), &phonecontrolv1.HoldCallRequest{Target: "cme", CallToBeHeld: at(device)})
		return err
	})
}

func (b *bench) retrieve(device string) <-chan error {
	return later(func() error {
		_, err := b.client.RetrieveCall(b.t.Context(), &phonecontrolv1.RetrieveCallRequest{Target: "cme", CallToBeRetrieved: at(device)})
		return err
	})
}

func (b *bench) answer(device string) <-chan error {
	return later(func() error {
		_, err := b.client.AnswerCall(b.t.Context(), &phonecontrolv1.AnswerCallRequest{Target: "cme", CallToBeAnswered: at(device)})
		return err
	})
}

func (b *bench) clear(device string) {
	b.t.Helper()
	if _, err := b.client.ClearConnection(b.t.Context(), &phonecontrolv1.ClearConnectionRequest{
		Target: "cme", ConnectionToBeCleared: at(device),
	}); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) succeeded(outcome <-chan error, what string) {
	b.t.Helper()
	if err := receive(b.t, outcome, what); err != nil {
		b.t.Errorf("%s: %v", what, err)
	}
}

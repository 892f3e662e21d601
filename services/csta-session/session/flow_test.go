// SPDX-License-Identifier: Apache-2.0

package session_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/csta-session/session"
	"offhook.dev/services/directory"
	"offhook.dev/services/monitor/fanout"
	"offhook.dev/services/targetconfig"
)

const patience = 20 * time.Second

// phoneControl writes the events of a call that MakeCall brings about.
type phoneControl struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
	mu     sync.Mutex
	events *bus.EventWriter
	number uint64
}

func (p *phoneControl) MakeCall(_ context.Context, in *phonecontrolv1.MakeCallRequest) (*phonecontrolv1.MakeCallResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	connection := &ctiv1.ConnectionID{CallId: "c1", DeviceId: in.GetCallingDevice()}
	err := p.events.Append(&ctiv1.Event{
		Number: p.number, CallId: "c1", Cause: "newCall",
		Event: &ctiv1.Event_Originated{Originated: &ctiv1.Originated{
			OriginatedConnection: connection, CallingDevice: in.GetCallingDevice(), CalledDevice: in.GetCalledDirectoryNumber(),
		}},
		Reported: []*ctiv1.Reported{{DeviceId: in.GetCallingDevice(), LocalConnectionInfo: ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED}},
	})
	return &phonecontrolv1.MakeCallResponse{CallingDevice: connection}, err
}

// edge hands the bodies that it gets to the test.
type edge struct {
	edgev1.UnimplementedEdgeServiceServer
	bodies chan string
}

func (e *edge) Deliver(_ context.Context, in *edgev1.DeliverRequest) (*edgev1.DeliverResponse, error) {
	if in.GetReplayed() { // this edge has had all events
		return &edgev1.DeliverResponse{}, nil
	}
	for _, recipient := range in.GetRecipients() {
		e.bodies <- string(in.GetHead()) + recipient.GetMonitorCrossRefId() + string(in.GetTail())
	}
	return &edgev1.DeliverResponse{}, nil
}

// run runs a function until the returned one is called or the test ends.
func run(t *testing.T, what func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- what(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func newDirectory(t *testing.T, b *bus.Bus) *directory.Directory {
	t.Helper()
	d, err := directory.New(directory.Options{
		Bus: b, AnnounceInterval: 50 * time.Millisecond, ReplicaTTL: 400 * time.Millisecond,
		RenewInterval: 100 * time.Millisecond, LeaseTTL: 600 * time.Millisecond, OwnerWait: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, d.Run)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := d.WaitSynced(ctx); err != nil {
		t.Fatal(err)
	}
	return d
}

func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline, poll := time.NewTimer(patience), time.NewTicker(5*time.Millisecond)
	defer deadline.Stop()
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-deadline.C:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// startMonitor runs a replica of the monitor service.
func startMonitor(t *testing.T, b *bus.Bus, d *directory.Directory, id string, known ...*directory.Directory) (leave func()) {
	t.Helper()
	server := fanout.New(fanout.Options{
		Monitors: b.Monitors(), Sessions: b.Sessions(), Events: b, Clients: d,
		Partition: fanout.DirectoryPartition{Directory: d, Replica: id},
	})
	for _, one := range append(known, d) {
		one.AddLocal(id, server.Register)
	}
	stop := run(t, server.Run)
	waitFor(t, "monitor is ready", func() bool { return server.Ready() == nil })
	silence := run(t, func(ctx context.Context) error {
		return d.Announce(ctx, &statev1.Replica{Service: directory.Monitor, Id: id})
	})
	waitFor(t, "monitor is known", func() bool { _, ok := d.Replica(id); return ok })
	return func() {
		silence()
		stop()
	}
}

// TestFlowThroughMonitorAndPhoneControl runs a session over a real bus and
// directory: monitor, call, event in the client's own words, and the take-over
// of a monitor replica that goes away.
func TestFlowThroughMonitorAndPhoneControl(t *testing.T) {
	nats := bustest.Run(t)
	b := nats.Connect(t)
	d := newDirectory(t, b)
	events, err := b.NewEventWriter(t.Context(), "lab", 1, bus.EventWriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = events.Close(context.Background()) })
	phones, client := &phoneControl{events: events}, &edge{bodies: make(chan string, 64)}
	announce := func(replica *statev1.Replica, register func(grpc.ServiceRegistrar)) {
		d.AddLocal(replica.GetId(), register)
		run(t, func(ctx context.Context) error { return d.Announce(ctx, replica) })
		waitFor(t, replica.GetId()+" is known", func() bool { _, ok := d.Replica(replica.GetId()); return ok })
	}
	phonesReplica := &statev1.Replica{Service: directory.PhoneControl, Id: "phones-1"}
	announce(phonesReplica, func(r grpc.ServiceRegistrar) { phonecontrolv1.RegisterPhoneControlServiceServer(r, phones) })
	announce(&statev1.Replica{Service: directory.SIPEdge, Id: "edge-1"}, func(r grpc.ServiceRegistrar) { edgev1.RegisterEdgeServiceServer(r, client) })
	run(t, func(ctx context.Context) error {
		return d.Campaign(ctx, "lab", phonesReplica, directory.CandidateFunc(func(ctx context.Context, _ *statev1.Lease) error {
			<-ctx.Done()
			return nil
		}))
	})
	leave := startMonitor(t, b, d, "monitor-1")

	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "lab", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "lab"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
		Lines:  []*configv1.Line{{Name: "l", Number: "1001", Watch: true, Control: true}},
		Users:  []*configv1.CTIUser{{Name: "alice", User: "alice", Lines: []*configv1.LineRights{{Number: "1001", Monitor: true, Control: true}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := session.New(session.Options{Sessions: b.Sessions(), Clients: d, Targets: targetconfig.NewStatic(snapshot)})
	run(t, server.Run)
	waitFor(t, "csta-session is ready", func() bool { return server.Ready() == nil })

	const id, line = "0123456789abcdef0123456789abcdef", "tel:1001;phone-context=dialstring"
	opened, err := server.OpenSession(t.Context(), &sessionv1.OpenSessionRequest{
		SessionId: id, Edge: "edge-1", User: "alice", Target: "lab", To: "sip:gateway@lab", CallId: "x",
		Body: []byte(`<RequestSystemStatus xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"><extensions><privateData><private>` +
			`<lcs:line xmlns:lcs="http://schemas.microsoft.com/Lcs/2005/04/RCCExtension">` + line + `</lcs:line></private></privateData></extensions></RequestSystemStatus>`),
	})
	if err != nil || !strings.Contains(string(opened.GetBody()), "<systemStatus>normal</systemStatus>") {
		t.Fatalf("open gives %s, %v", opened.GetBody(), err)
	}
	invoke := func(body string) string {
		t.Helper()
		response, err := server.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{SessionId: id, Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		return string(response.GetBody())
	}
	next := func() string {
		t.Helper()
		select {
		case body := <-client.bodies:
			return body
		case <-time.After(patience):
			t.Fatal("no event")
			return ""
		}
	}
	started := invoke(`<MonitorStart><monitorObject><deviceObject>` + line + `</deviceObject></monitorObject></MonitorStart>`)
	_, after, _ := strings.Cut(started, "<monitorCrossRefID>")
	crossRef, _, ok := strings.Cut(after, "</monitorCrossRefID>")
	if !ok {
		t.Fatalf("MonitorStart gives %s", started)
	}
	const makeCall = `<MakeCall><callingDevice>` + line + `</callingDevice><calledDirectoryNumber>sip:1002@else.where</calledDirectoryNumber></MakeCall>`
	if response := invoke(makeCall); !strings.Contains(response, "<callID>c1</callID><deviceID>"+line+"</deviceID>") {
		t.Errorf("MakeCall gives %s", response)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?><OriginatedEvent xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3">` +
		`<monitorCrossRefID>` + crossRef + `</monitorCrossRefID><originatedConnection><callID>c1</callID><deviceID>` + line + `</deviceID></originatedConnection>` +
		`<callingDevice><deviceIdentifier>` + line + `</deviceIdentifier></callingDevice>` +
		`<calledDevice><deviceIdentifier>sip:1002@else.where</deviceIdentifier></calledDevice>` +
		`<localConnectionInfo>connected</localConnectionInfo><cause>newCall</cause>` +
		`<servicesPermitted><callControlServices/><callAssociatedServices/><mediaAttachementServices/><routeingServices/><voiceServices/></servicesPermitted>` +
		`</OriginatedEvent>`
	if diff := cmp.Diff(want, next()); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}

	// The replica goes; another takes the monitor over with all it knows.
	other := nats.Connect(t)
	otherDirectory := newDirectory(t, other)
	otherDirectory.AddLocal("edge-1", func(r grpc.ServiceRegistrar) { edgev1.RegisterEdgeServiceServer(r, client) })
	leave()
	startMonitor(t, other, otherDirectory, "monitor-2", d)
	if body := next(); !strings.Contains(body, "<systemStatus>messagesLost</systemStatus>") {
		t.Errorf("after the take-over comes %s", body)
	}
	waitFor(t, "the new replica is reached", func() bool { replica, ok := d.Pick(directory.Monitor, id); return ok && replica.GetId() == "monitor-2" })
	invoke(makeCall)
	if diff := cmp.Diff(want, next()); diff != "" {
		t.Errorf("event after the take-over (-want +got):\n%s", diff)
	}
	if response := invoke(`<MonitorStop><monitorCrossRefID>` + crossRef + `</monitorCrossRefID></MonitorStop>`); !strings.Contains(response, "MonitorStopResponse") {
		t.Errorf("MonitorStop gives %s", response)
	}
	list, err := d.Monitor(id).ListMonitors(t.Context(), &monitorv1.ListMonitorsRequest{})
	if err != nil || len(list.GetMonitors()) != 0 {
		t.Errorf("monitors left: %v, %v", list, err)
	}
	if _, err := server.EndSession(t.Context(), &sessionv1.EndSessionRequest{SessionId: id, Reason: sessionv1.EndReason_END_REASON_BYE}); err != nil {
		t.Error(err)
	}
}

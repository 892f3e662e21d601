// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// phones is a phone-control with one phone and one call, of line 1001.
type phones struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
}

func (phones) ListRegistrations(context.Context, *phonecontrolv1.ListRegistrationsRequest) (*phonecontrolv1.ListRegistrationsResponse, error) {
	return &phonecontrolv1.ListRegistrationsResponse{Registrations: []*phonecontrolv1.Registration{
		{Line: "1001", Contact: "sip:1001@192.0.2.7", UserAgent: "Phone/1", ExpiresSeconds: 600},
		{Line: "1001", DeviceName: "SEP001122334455", ProtocolVersion: 17},
	}}, nil
}

func (phones) SnapshotDevice(_ context.Context, request *phonecontrolv1.SnapshotDeviceRequest) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	if request.GetSnapshotObject() != "1001" {
		return &phonecontrolv1.SnapshotDeviceResponse{}, nil
	}
	return &phonecontrolv1.SnapshotDeviceResponse{Connections: []*phonecontrolv1.SnapshotConnection{
		{Connection: &ctiv1.ConnectionID{CallId: "c1"}}, {Connection: &ctiv1.ConnectionID{CallId: "c1"}},
	}}, nil
}

// servePhones gives the address of a phone-control.
func servePhones(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	links := link.NewServer(link.ServerOptions{})
	server := grpc.NewServer(links.GRPCOptions()...)
	phonecontrolv1.RegisterPhoneControlServiceServer(links, phones{})
	links.Attach(server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return listener.Addr().String()
}

// site is a NATS with a plane that runs on it.
type site struct {
	server *bustest.Server
	bus    *bus.Bus
	plane  *Plane
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{server: bustest.Run(t)}
	s.bus = s.server.Connect(t)
	s.plane = New(Options{Interval: 50 * time.Millisecond, Connect: func(ctx context.Context) (*bus.Bus, error) {
		return bus.Connect(ctx, bus.Options{URL: s.server.URL()})
	}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.plane.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("plane ended with %v", err)
		}
	})
	return s
}

// await waits for the view to be as wanted.
func (s *site) await(t *testing.T, what string, wanted func(*View) bool) *View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for {
		view := s.plane.View()
		if wanted(view) {
			return view
		}
		select {
		case <-s.plane.Changed():
		case <-ctx.Done():
			t.Fatalf("%s: view %+v", what, view)
		}
	}
}

func put[T interface{ *V }, V any](t *testing.T, write func(context.Context, string, T) (uint64, error), key string, value T) {
	t.Helper()
	if _, err := write(t.Context(), key, value); err != nil {
		t.Fatal(err)
	}
}

func office(version string, drain bool) *configv1.TargetConfig {
	return &configv1.TargetConfig{Target: "office", Version: version, Drain: drain, Lines: []*configv1.Line{{Number: "1001"}, {Number: "1002"}}}
}

func (s *site) publish(t *testing.T, configs ...*configv1.TargetConfig) {
	t.Helper()
	byName := map[string]*configv1.TargetConfig{}
	for _, config := range configs {
		byName[config.GetTarget()] = config
	}
	if err := s.plane.Publish(t.Context(), byName); err != nil {
		t.Fatal(err)
	}
}

// own makes a replica the owner of the office, again and again until the test
// ends: leases vanish by themselves.
func (s *site) own(t *testing.T, endpoint string) {
	t.Helper()
	replica := &statev1.Replica{Service: directory.PhoneControl, Id: "pc-0", GrpcEndpoint: endpoint}
	lease := &statev1.Lease{Target: "office", Replica: "pc-0", GrpcEndpoint: endpoint}
	write := func(ctx context.Context) {
		_, _ = s.bus.Replicas().Put(ctx, "phone-control.pc-0", replica)
		_, _ = s.bus.Leases().Put(ctx, "office", lease)
	}
	write(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				write(ctx)
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
}

func TestViewSumsTheDataPlaneUp(t *testing.T) {
	s := newSite(t)
	s.await(t, "connection", func(v *View) bool { return v.Err == nil })
	s.publish(t, office("v1", false))
	s.own(t, servePhones(t))
	put(t, s.bus.ConfigAcks().Put, "office.phone-control.pc-0", &statev1.Acknowledgement{Target: "office", Service: directory.PhoneControl, Replica: "pc-0", Version: "v1"})
	put(t, s.bus.ConfigAcks().Put, "office.sip-edge.e-9", &statev1.Acknowledgement{Target: "office", Service: directory.SIPEdge, Replica: "e-9", Version: "v1", Error: "of a replica that is gone"})
	opened := time.Now().Add(-time.Hour)
	put(t, s.bus.Sessions().Put, "s1", &statev1.SessionRecord{SessionId: "s1", User: "crm", Target: "office", Opened: timestamppb.New(opened)})
	put(t, s.bus.Monitors().Put, "s1.1", &statev1.MonitorRecord{SessionId: "s1", Target: "office"})
	put(t, s.bus.Monitors().Put, "s1.2", &statev1.MonitorRecord{SessionId: "s1", Target: "office"})
	view := s.await(t, "numbers", func(v *View) bool {
		office := v.Targets["office"]
		return office.Applied == "v1" && office.Sessions == 1 && office.Monitors == 2 && office.Report != nil && v.Users["crm"].Monitors == 2
	})
	known := view.Targets["office"]
	if known.Owner != "pc-0" || known.Published != "v1" || len(known.Refusals) != 0 {
		t.Errorf("target %+v", known)
	}
	if r := known.Report; r.PhonesRegistered != 2 || r.LinesInService != 1 || r.Calls != CallsUnknown || len(r.Lines["1001"].Devices) != 2 || r.Lines["1001"].Devices[1].Protocol != "Skinny" {
		t.Errorf("report %+v", r)
	}
	if seen := view.Users["crm"].LastSeen; seen.Sub(opened).Abs() > time.Second {
		t.Errorf("last seen %s, opened %s", seen, opened)
	}

	// In drain, calls are counted; another version that is refused is told.
	s.publish(t, office("v2", true))
	put(t, s.bus.ConfigAcks().Put, "office.phone-control.pc-0", &statev1.Acknowledgement{Target: "office", Service: directory.PhoneControl, Replica: "pc-0", Version: "v2", Error: "no"})
	s.await(t, "calls in drain", func(v *View) bool {
		office := v.Targets["office"]
		return office.Report != nil && office.Report.Calls == 1 && office.Refusal == "no" && office.Applied == ""
	})
	if err := errors.Join(s.bus.Sessions().Delete(t.Context(), "s1"), s.bus.Monitors().Delete(t.Context(), "s1.1"), s.bus.Monitors().Delete(t.Context(), "s1.2")); err != nil {
		t.Fatal(err)
	}
	s.await(t, "end of the session", func(v *View) bool {
		user := v.Users["crm"]
		return v.Targets["office"].Sessions == 0 && user.Sessions == 0 && time.Since(user.LastSeen) < time.Minute
	})
	s.publish(t)
	s.await(t, "withdrawal", func(v *View) bool { return len(v.Targets) == 0 })
}

func TestPublishWritesOnlyWhatDiffers(t *testing.T) {
	s := newSite(t)
	s.await(t, "connection", func(v *View) bool { return v.Err == nil })
	s.publish(t, office("v1", false))
	first, err := s.bus.Config().Get(t.Context(), "office")
	if err != nil {
		t.Fatal(err)
	}
	s.publish(t, office("v1", false))
	if again, err := s.bus.Config().Get(t.Context(), "office"); err != nil || again.Revision != first.Revision {
		t.Errorf("revision %d, %d before, %v", again.Revision, first.Revision, err)
	}
	published, err := s.plane.Published()
	if err != nil || published["office"].GetVersion() != "v1" {
		t.Errorf("published %v, %v", published, err)
	}
}

func TestPlaneOutlivesNATS(t *testing.T) {
	s := newSite(t)
	if _, err := (New(Options{})).Published(); !errors.Is(err, ErrNotConnected) {
		t.Errorf("before the start: %v", err)
	}
	s.await(t, "connection", func(v *View) bool { return v.Err == nil })
	s.publish(t, office("v1", false))
	s.server.Stop(t)
	view := s.await(t, "loss", func(v *View) bool { return v.Err != nil })
	if view.Targets["office"].Published != "v1" {
		t.Error("what was known is forgotten")
	}
	if err := s.plane.Publish(t.Context(), nil); err == nil || strings.Contains(fmt.Sprint(err), "panic") {
		t.Errorf("published without NATS: %v", err)
	}
	s.server.Restart(t)
	s.await(t, "return", func(v *View) bool { return v.Err == nil && v.Targets["office"].Published == "v1" })
	s.publish(t, office("v2", false))
	s.await(t, "another version", func(v *View) bool { return v.Targets["office"].Published == "v2" })
}

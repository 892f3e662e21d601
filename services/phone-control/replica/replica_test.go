// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
	"offhook.dev/services/process"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const waitLong = 15 * time.Second

func target(name string, driver *configv1.Driver) *configv1.TargetConfig {
	return &configv1.TargetConfig{
		Target: name, Version: "1", Sip: &configv1.SIP{Domains: []string{name + ".test"}, Realm: name}, Driver: driver,
		Lines: []*configv1.Line{{Name: "a", Number: "1001"}, {Name: "b", Number: "1002"}},
	}
}

// TestReplicaRunsBothKindsOfTarget starts all of a replica on one bus.
func TestReplicaRunsBothKindsOfTarget(t *testing.T) {
	snapshot, err := targetconfig.Build([32]byte{},
		target("desk", &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}}),
		target("load", &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{AutoAnswer: true}}}))
	if err != nil {
		t.Fatal(err)
	}
	connected := bustest.Run(t).Connect(t)
	logger := slog.New(slog.DiscardHandler)
	leases, err := directory.New(directory.Options{Bus: connected, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	config := NewDefaultConfig()
	config.SIP.Listen = "127.0.0.1:0"
	own := &statev1.Replica{Id: "pc-0", Service: directory.PhoneControl}
	replica, err := New(config, Dependencies{
		Replica: own, Bus: connected, Leases: leases, Source: targetconfig.NewStatic(snapshot), Logger: logger,
		Registerer: prometheus.NewRegistry(), Product: "Offhook/test",
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(own.GetSipEndpoint(), "127.0.0.1:") || strings.HasSuffix(own.GetSipEndpoint(), ":0") {
		t.Errorf("SIP endpoint is %q", own.GetSipEndpoint())
	}
	ctx, cancel := context.WithCancel(context.Background())
	running, watching := make(chan error, 1), make(chan error, 1)
	go func() { watching <- leases.Run(ctx) }()
	serving, stop := context.WithCancel(ctx)
	go func() { running <- replica.Run(serving) }()
	t.Cleanup(func() {
		stop()
		<-running
		cancel()
		<-watching
	})

	client := phonecontrolv1.NewPhoneControlServiceClient(link.Direct(replica.Register))
	within, done := context.WithTimeout(t.Context(), waitLong)
	defer done()
	for _, name := range []string{"desk", "load"} {
		for {
			_, err := client.ListRegistrations(within, &phonecontrolv1.ListRegistrationsRequest{Target: name})
			if err == nil {
				break
			}
			if _, notYet := ctierr.AsNotOwner(err); !notYet || within.Err() != nil {
				t.Fatal(err)
			}
		}
	}
	_, owned := leases.Owner("desk")
	for (!owned || replica.Ready() != nil) && within.Err() == nil { // until the driver has read its registrations
		_, owned = leases.Owner("desk")
	}
	if code := register(t, own.GetSipEndpoint(), "desk.test"); code != 401 {
		t.Errorf("REGISTER at the SIP target of a replica that is ready was answered %d, want 401", code)
	}
	if code := register(t, own.GetSipEndpoint(), "elsewhere.test"); code != 503 {
		t.Errorf("REGISTER at a target that does not run here was answered %d, want 503", code)
	}
	var response *phonecontrolv1.MakeCallResponse
	for { // until the simulated phones are in service
		if response, err = client.MakeCall(within, &phonecontrolv1.MakeCallRequest{
			Target: "load", CallingDevice: "1001", CalledDirectoryNumber: "1002",
		}); err == nil {
			break
		}
		if ctierr.FromError(err).Value != "callingDeviceOutOfService" {
			t.Fatal(err)
		}
	}
	if response.GetCallingDevice().GetDeviceId() != "1001" || response.GetCallingDevice().GetCallId() == "" {
		t.Errorf("MakeCall gave %v", response)
	}
	if err := replica.Ready(); err != nil {
		t.Errorf("replica is not ready: %v", err)
	}
}

// register sends one REGISTER without credentials over TCP.
func register(t *testing.T, address, domain string) int {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	if _, err := endpoint.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(stopped); _ = endpoint.Run(ctx) }()
	defer func() { cancel(); <-stopped }()
	request := sipstack.NewRequest(sipstack.REGISTER, sipstack.URI{Scheme: "sip", Host: domain})
	for name, value := range map[string]string{"From": "<sip:x@" + domain + ">;tag=1", "To": "<sip:x@" + domain + ">"} {
		request.AppendHeader(sipstack.NewHeader(name, value))
	}
	route, err := sipstack.ParseURI("sip:" + address + ";transport=tcp;lr")
	if err != nil {
		t.Fatal(err)
	}
	sipstack.AddRoute(request, route)
	final := make(chan int, 1)
	if _, err := endpoint.Send(request, sipstack.Flow{}, func(res *sipstack.Response) {
		if res.StatusCode >= 200 {
			final <- res.StatusCode
		}
	}); err != nil {
		t.Fatal(err)
	}
	select {
	case code := <-final:
		return code
	case <-time.After(waitLong):
		t.Fatal("REGISTER was not answered")
		return 0
	}
}

func TestConfigIsValidated(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*Config)
		want  string
	}{
		{"defaults", func(*Config) {}, ""},
		{"listen", func(c *Config) { c.SIP.Listen = "nowhere" }, "sip.listen"},
		{"advertise", func(c *Config) { c.SIP.Advertise = ":5070" }, "sip.advertise"},
		{"algorithm", func(c *Config) { c.SIP.DigestAlgorithms = []digestauth.Algorithm{"MD4"} }, "sip.digestAlgorithms[0]"},
		{"queue", func(c *Config) { c.Limits.Queue = 0 }, "limits.queue"},
		{"timeout", func(c *Config) { c.Limits.ServiceTimeout = process.Duration(time.Hour) }, "limits.serviceTimeout"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := NewDefaultConfig()
			tt.spoil(config)
			err := config.Validate()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
				t.Errorf("Validate gave %v, want %q", err, tt.want)
			}
		})
	}
}

func TestAdvertised(t *testing.T) {
	for _, tt := range []struct{ listen, advertise, grpc, want string }{
		{":5070", "", "10.1.2.3:9090", "10.1.2.3:5070"},
		{"0.0.0.0:5070", "", "10.1.2.3:9090", "10.1.2.3:5070"},
		{":5070", "pc.example:5070", "10.1.2.3:9090", "pc.example:5070"},
		{"127.0.0.1:5070", "", "10.1.2.3:9090", ""},
		{":0", "", "10.1.2.3:9090", ""},
		{":5070", "", "", ""},
	} {
		got := advertised(SIP{Listen: tt.listen, Advertise: tt.advertise}, &statev1.Replica{GrpcEndpoint: tt.grpc})
		if got != tt.want {
			t.Errorf("listening at %q as %q, gRPC at %q: advertised %q, want %q", tt.listen, tt.advertise, tt.grpc, got, tt.want)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	configv1 "offhook.dev/proto/offhook/config/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"

	"offhook.dev/csta"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/csta-session/sessionstore"
	"offhook.dev/services/csta-session/sessionstore/storetest"
	"offhook.dev/services/directory"
	"offhook.dev/services/targetconfig"
)

const openBody = `<RequestSystemStatus xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"/>`

func labSnapshot(t testing.TB) *targetconfig.Snapshot {
	t.Helper()
	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "lab", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "lab"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
		Lines:  []*configv1.Line{{Name: "l", Number: "1001", Watch: true, Control: true}},
		Users:  []*configv1.CTIUser{{Name: "alice", User: "alice", Lines: []*configv1.LineRights{{Number: "1001", Monitor: true, Control: true}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// startServer runs a server until the test ends.
func startServer(t testing.TB, bucket sessionstore.Bucket, tape *tape, registerer prometheus.Registerer) *Server {
	t.Helper()
	server := New(Options{
		Sessions: bucket,
		Clients: directory.Fixed{
			PhoneControlClient: (&fakePhoneControl{tape: tape}).client(), MonitorClient: &fakeMonitor{tape: tape}, EdgeClient: &fakeEdge{tape: tape},
		},
		Targets: targetconfig.NewStatic(labSnapshot(t)), ReapInterval: 20 * time.Millisecond, ReapGrace: time.Millisecond,
		Logger: newLogger(tape), Registerer: registerer,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	if err := server.store.WaitSynced(ctx); err != nil {
		t.Fatal(err)
	}
	return server
}

func openSession(t testing.TB, server *Server, id string) {
	t.Helper()
	_, err := server.OpenSession(t.Context(), &sessionv1.OpenSessionRequest{
		SessionId: id, Edge: "edge-1", User: "alice", Target: "lab", To: "sip:1001@lab", CallId: id, Body: []byte(openBody),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnyReplicaServesAnySessionOnNATS(t *testing.T) {
	server := bustest.Run(t)
	tape := &tape{}
	one := startServer(t, server.Connect(t).Sessions(), tape, nil)
	other := startServer(t, server.Connect(t).Sessions(), tape, nil)
	openSession(t, one, "a1")
	for _, replica := range []*Server{other, one} {
		response, err := replica.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{
			SessionId: "a1", Body: []byte(`<MakeCall><calledDirectoryNumber>1002</calledDirectoryNumber></MakeCall>`),
		})
		if err != nil || !strings.Contains(string(response.GetBody()), "MakeCallResponse") {
			t.Fatalf("invoke gives %s, %v", response.GetBody(), err)
		}
	}
	if _, err := other.EndSession(t.Context(), &sessionv1.EndSessionRequest{SessionId: "a1", Reason: sessionv1.EndReason_END_REASON_BYE}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.EndSession(t.Context(), &sessionv1.EndSessionRequest{SessionId: "a1", Reason: sessionv1.EndReason_END_REASON_BYE}); err != nil {
		t.Fatal(err)
	}
	ends := 0
	for _, line := range tape.take() {
		if strings.Contains(line, "session ended") {
			ends++
		}
	}
	if ends != 1 {
		t.Errorf("the session ended %d times", ends)
	}
}

func TestFeaturesTellTheDispatchTable(t *testing.T) {
	services := newServices()
	features := newFeatures(services).advanced
	told := map[string]bool{}
	for _, list := range []csta.CapabilityList{
		features.SupportedServices.CapExchangeServList, features.SupportedServices.SystemStatServList,
		features.SupportedServices.MonitoringServList, features.SupportedServices.SnapshotServList,
		features.SupportedServices.CallControlServList, features.SupportedServices.CallAssociatedServList,
		features.SupportedServices.LogicalServList, features.SupportedServices.PhysDevServList,
		features.SupportedServices.RouteingServList,
	} {
		for _, name := range list.Names() {
			told[name] = true
		}
	}
	for element, entry := range services {
		message := csta.NewMessage(element)
		if message == nil || message.Kind() != csta.KindRequest && message.Kind() != csta.KindReport {
			t.Errorf("%s is no request of ECMA-323 or 354", element)
		}
		if (entry.list != nil) != told[entry.capability] {
			t.Errorf("%s is told: %v", element, told[entry.capability])
		}
		delete(told, entry.capability)
	}
	for _, name := range []string{"reRoute", "routeRegisterAbort", "routeRequest", "routeUsed"} {
		delete(told, name) // what the application is told
	}
	if len(told) > 0 {
		t.Errorf("told but not served: %v", told)
	}
}

func TestDeviceTextsAreBounded(t *testing.T) {
	record := &statev1.SessionRecord{Line: "1001", LineText: "tel:1001"}
	learnText(record, "1001", "sip:1001@a")
	for i := range 3 * maxDeviceTexts {
		number := fmt.Sprint(2000 + i)
		if !learnText(record, number, "tel:"+number) || record.DeviceTexts[number] != "tel:"+number {
			t.Fatalf("%s is not learned", number)
		}
		if learnText(record, number, "tel:"+number) {
			t.Fatalf("%s is learned twice", number)
		}
	}
	if len(record.DeviceTexts) != maxDeviceTexts || record.DeviceTexts["1001"] != "sip:1001@a" {
		t.Errorf("%d texts, own %q", len(record.DeviceTexts), record.DeviceTexts["1001"])
	}
}

func TestConcurrentServicesOfOneSession(t *testing.T) {
	server := startServer(t, storetest.New(), &tape{}, nil)
	openSession(t, server, "a1")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			response, err := server.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{
				SessionId: "a1", Body: fmt.Appendf(nil, `<HoldCall><callToBeHeld><callID>%d</callID><deviceID>tel:1001;x=%d</deviceID></callToBeHeld></HoldCall>`, i, i%3),
			})
			if err != nil || !strings.Contains(string(response.GetBody()), "HoldCallResponse") {
				t.Errorf("invoke gives %s, %v", response.GetBody(), err)
			}
		})
	}
	all.Wait()
}

func TestMetricsHaveClosedLabels(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	server := startServer(t, storetest.New(), &tape{}, registry)
	openSession(t, server, "a1")
	for _, body := range []string{`<MakeCall><calledDirectoryNumber>1002</calledDirectoryNumber></MakeCall>`, `<Evil1/>`, `<Evil2/>`, `<ParkCall/>`, `nothing`, `<MakeCall/>`} {
		_, _ = server.InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{SessionId: "a1", Body: []byte(body)})
	}
	want := `
# HELP offhook_session_services_total CSTA service requests, by service and result (ok, category of CSTAErrorCode, or fault).
# TYPE offhook_session_services_total counter
offhook_session_services_total{result="fault",service="ill-formed"} 1
offhook_session_services_total{result="ok",service="MakeCall"} 1
offhook_session_services_total{result="operation",service="MakeCall"} 1
offhook_session_services_total{result="operation",service="ParkCall"} 1
offhook_session_services_total{result="operation",service="unknown"} 2
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "offhook_session_services_total"); err != nil {
		t.Error(err)
	}
}

func BenchmarkInvokeSnapshotDevice(b *testing.B) {
	server := startServer(b, storetest.New(), &tape{}, nil)
	server.options.Clients = directory.Fixed{PhoneControlClient: silentPhones{}, MonitorClient: &fakeMonitor{tape: &tape{}}}
	openSession(b, server, "a1")
	request := &sessionv1.InvokeServiceRequest{SessionId: "a1", Body: []byte(`<?xml version="1.0"?><SnapshotDevice xmlns="http://www.ecma-international.org/standards/ecma-323/csta/ed3"><snapshotObject>sip:1001@lab</snapshotObject></SnapshotDevice>`)}
	b.ReportAllocs()
	for b.Loop() {
		response, err := server.InvokeService(b.Context(), request)
		if err != nil || len(response.GetBody()) < 100 {
			b.Fatal(err)
		}
	}
}

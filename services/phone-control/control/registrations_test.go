// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/targetconfig"
)

// fakeRegistrations tell their keys after every write.
type fakeRegistrations struct {
	mu      sync.Mutex
	records map[string]*statev1.RouteRegistration
	written chan []string
}

func newFakeRegistrations(records ...*statev1.RouteRegistration) *fakeRegistrations {
	f := &fakeRegistrations{records: make(map[string]*statev1.RouteRegistration), written: make(chan []string, 16)}
	for _, record := range records {
		f.records[record.GetTarget()+"."+record.GetRouteRegisterReqId()] = record
	}
	return f
}

func (f *fakeRegistrations) change(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
	f.written <- slices.Sorted(maps.Keys(f.records))
}

func (f *fakeRegistrations) Put(_ context.Context, key string, record *statev1.RouteRegistration) (uint64, error) {
	f.change(func() { f.records[key] = record })
	return 1, nil
}

func (f *fakeRegistrations) Delete(_ context.Context, key string) error {
	f.change(func() { delete(f.records, key) })
	return nil
}

func (f *fakeRegistrations) List(context.Context, string) ([]bus.Entry[*statev1.RouteRegistration], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var entries []bus.Entry[*statev1.RouteRegistration]
	for _, key := range slices.Sorted(maps.Keys(f.records)) {
		entries = append(entries, bus.Entry[*statev1.RouteRegistration]{Key: key, Value: f.records[key], Revision: 1})
	}
	return entries, nil
}

func routeingConfig(t *testing.T) *targetconfig.Snapshot {
	t.Helper()
	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "cme", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
		Lines: []*configv1.Line{
			{Name: "caller", Number: "1001", Watch: true, Control: true},
			{Name: "sales", Number: "1500", Watch: true, Control: true, Kind: configv1.LineKind_LINE_KIND_ROUTEING},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func TestRouteRegistrationsAreKept(t *testing.T) {
	kept := newFakeRegistrations()
	f := startServer(t, nil, func(options *Options) {
		options.RouteRegistrations = kept
		options.Source = targetconfig.NewStatic(routeingConfig(t))
	})
	registered, err := f.RouteRegister(t.Context(), &phonecontrolv1.RouteRegisterRequest{Target: "cme", SessionId: "s1", RouteingDevice: "1500"})
	if err != nil {
		t.Fatal(err)
	}
	if keys := receive(t, kept.written, "write"); !slices.Equal(keys, []string{"cme." + registered.GetRouteRegisterReqId()}) {
		t.Errorf("after RouteRegister the store holds %q", keys)
	}
	if _, err := f.RouteRegisterCancel(t.Context(), &phonecontrolv1.RouteRegisterCancelRequest{Target: "cme", SessionId: "s1"}); err != nil {
		t.Fatal(err)
	}
	if keys := receive(t, kept.written, "write"); len(keys) != 0 {
		t.Errorf("after RouteRegisterCancel the store holds %q", keys)
	}
}

// TestNextOwnerAsksWhoRegistered: a registration serves calls of the owner that
// follows; one for a line that routes no more is aborted.
func TestNextOwnerAsksWhoRegistered(t *testing.T) {
	kept := newFakeRegistrations(
		&statev1.RouteRegistration{Target: "cme", RouteRegisterReqId: "r1", SessionId: "s1", AllowedDevices: []string{"1500"}},
		&statev1.RouteRegistration{Target: "cme", RouteRegisterReqId: "r2", SessionId: "s2", AllowedDevices: []string{"1001"}},
	)
	told := make(chan *sessionv1.TellRouteingRequest, 4)
	f := startServer(t, nil, func(options *Options) {
		options.RouteRegistrations = kept
		options.TellRouteing = func(_ context.Context, message *sessionv1.TellRouteingRequest) error {
			told <- message
			return nil
		}
		options.Source = targetconfig.NewStatic(routeingConfig(t))
	})
	if message := receive(t, told, "message"); message.GetSessionId() != "s2" || message.GetRouteRegisterAbort() == nil {
		t.Errorf("session of the line that routes no more is told %v", message)
	}
	if keys := receive(t, kept.written, "write"); !slices.Equal(keys, []string{"cme.r1"}) {
		t.Errorf("the store holds %q", keys)
	}
	if _, err := f.makeCall(t, "1001", "1500"); err != nil {
		t.Fatal(err)
	}
	if message := receive(t, told, "message"); message.GetSessionId() != "s1" || message.GetRouteRequest().GetRouteingDevice() != "1500" {
		t.Errorf("the application is told %v", message)
	}
}

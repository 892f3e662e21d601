// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/link"
)

// fakeSessions is csta-session as the edge sees it. Hooks may be nil.
type fakeSessions struct {
	sessionv1.UnimplementedSessionServiceServer
	open    hook[*sessionv1.OpenSessionRequest, *sessionv1.OpenSessionResponse]
	invoke  hook[*sessionv1.InvokeServiceRequest, *sessionv1.InvokeServiceResponse]
	refresh hook[*sessionv1.RefreshSessionRequest, *sessionv1.RefreshSessionResponse]
	find    hook[*sessionv1.FindSessionsRequest, *sessionv1.FindSessionsResponse]
	client  sessionv1.SessionServiceClient

	opened    chan *sessionv1.OpenSessionRequest
	refreshed chan *sessionv1.RefreshSessionRequest
	ended     chan *sessionv1.EndSessionRequest
}

// hook is a function that a test may set while the edge runs.
type hook[Q, A any] struct {
	serve atomic.Pointer[func(Q) (A, error)]
}

func (h *hook[Q, A]) set(serve func(Q) (A, error)) { h.serve.Store(&serve) }

func (h *hook[Q, A]) get() func(Q) (A, error) {
	if serve := h.serve.Load(); serve != nil {
		return *serve
	}
	return nil
}

const lostBody = "<SystemStatus>messagesLost</SystemStatus>"

func newFakeSessions() *fakeSessions {
	f := &fakeSessions{
		opened:    make(chan *sessionv1.OpenSessionRequest, 1000),
		refreshed: make(chan *sessionv1.RefreshSessionRequest, 1000),
		ended:     make(chan *sessionv1.EndSessionRequest, 1000),
	}
	f.client = sessionv1.NewSessionServiceClient(link.Direct(func(r grpc.ServiceRegistrar) {
		sessionv1.RegisterSessionServiceServer(r, f)
	}))
	return f
}

func (f *fakeSessions) Sessions(string) sessionv1.SessionServiceClient { return f.client }

func (f *fakeSessions) OpenSession(_ context.Context, req *sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
	f.opened <- proto.CloneOf(req)
	if serve := f.open.get(); serve != nil {
		return serve(req)
	}
	return &sessionv1.OpenSessionResponse{
		Body: []byte("<RequestSystemStatusResponse/>"), SessionExpiresSeconds: 1800, MinSeSeconds: 90,
		MessagesLostBody: []byte(lostBody),
	}, nil
}

func (f *fakeSessions) InvokeService(_ context.Context, req *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
	if serve := f.invoke.get(); serve != nil {
		return serve(req)
	}
	return &sessionv1.InvokeServiceResponse{Body: append([]byte("response to "), req.GetBody()...)}, nil
}

func (f *fakeSessions) RefreshSession(_ context.Context, req *sessionv1.RefreshSessionRequest) (*sessionv1.RefreshSessionResponse, error) {
	f.refreshed <- proto.CloneOf(req)
	if serve := f.refresh.get(); serve != nil {
		return serve(req)
	}
	res := &sessionv1.RefreshSessionResponse{}
	if len(req.GetBody()) > 0 {
		res.Body = []byte("<RequestSystemStatusResponse/>")
	}
	return res, nil
}

func (f *fakeSessions) EndSession(_ context.Context, req *sessionv1.EndSessionRequest) (*sessionv1.EndSessionResponse, error) {
	f.ended <- proto.CloneOf(req)
	return &sessionv1.EndSessionResponse{}, nil
}

func (f *fakeSessions) FindSessions(_ context.Context, req *sessionv1.FindSessionsRequest) (*sessionv1.FindSessionsResponse, error) {
	if serve := f.find.get(); serve != nil {
		return serve(req)
	}
	return &sessionv1.FindSessionsResponse{}, nil
}

func refuse(code codes.Code, text string) error { return status.Error(code, text) }

// memDialogs is the bucket of dialogs in memory.
type memDialogs struct {
	mu      sync.Mutex
	records map[string]*statev1.DialogRecord
	// revisions of records that are there.
	revisions map[string]uint64
	writes    int
}

func newMemDialogs() *memDialogs {
	return &memDialogs{records: make(map[string]*statev1.DialogRecord), revisions: make(map[string]uint64)}
}

func (m *memDialogs) Get(_ context.Context, key string) (bus.Entry[*statev1.DialogRecord], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	record, ok := m.records[key]
	if !ok {
		return bus.Entry[*statev1.DialogRecord]{}, bus.ErrNotFound
	}
	return bus.Entry[*statev1.DialogRecord]{Key: key, Value: proto.CloneOf(record)}, nil
}

func (m *memDialogs) Put(_ context.Context, key string, value *statev1.DialogRecord) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	m.records[key] = proto.CloneOf(value)
	m.revisions[key] = uint64(m.writes)
	return uint64(m.writes), nil
}

func (m *memDialogs) Update(ctx context.Context, key string, value *statev1.DialogRecord, revision uint64) (uint64, error) {
	m.mu.Lock()
	current := m.revisions[key]
	m.mu.Unlock()
	if current != revision {
		return 0, bus.ErrConflict
	}
	return m.Put(ctx, key, value)
}

func (m *memDialogs) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.records, key)
	delete(m.revisions, key)
	return nil
}

func (m *memDialogs) List(context.Context, string) ([]bus.Entry[*statev1.DialogRecord], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []bus.Entry[*statev1.DialogRecord]
	for key, record := range m.records {
		entries = append(entries, bus.Entry[*statev1.DialogRecord]{Key: key, Value: proto.CloneOf(record), Revision: m.revisions[key]})
	}
	return entries, nil
}

func (m *memDialogs) snapshot() (records, writes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.records), m.writes
}

// fakeOwners says who runs a target.
type fakeOwners struct {
	mu     sync.Mutex
	leases map[string]*statev1.Lease
}

func (o *fakeOwners) Owner(target string) (*statev1.Lease, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	lease, ok := o.leases[target]
	return lease, ok
}

func (o *fakeOwners) set(target, sipEndpoint string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.leases == nil {
		o.leases = make(map[string]*statev1.Lease)
	}
	o.leases[target] = &statev1.Lease{Target: target, SipEndpoint: sipEndpoint}
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	var v T
	select {
	case v = <-from:
	case <-t.Context().Done():
		t.Fatalf("no %s", what)
	case <-deadline():
		t.Fatalf("no %s", what)
	}
	return v
}

// eventually waits for what another goroutine does after it answered.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := deadline()
	for !reached() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

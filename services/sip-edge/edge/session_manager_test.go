// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/targetconfig"
)

// memManagers is the bucket of session managers in memory.
type memManagers struct {
	mu      sync.Mutex
	entries map[string]bus.Entry[*statev1.SessionManagerRecord]
	writes  uint64
	fail    error
}

func newMemManagers() *memManagers {
	return &memManagers{entries: make(map[string]bus.Entry[*statev1.SessionManagerRecord])}
}

func (m *memManagers) Get(_ context.Context, key string) (bus.Entry[*statev1.SessionManagerRecord], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	entry, ok := m.entries[key]
	if m.fail != nil {
		return bus.Entry[*statev1.SessionManagerRecord]{}, m.fail
	}
	if !ok {
		return bus.Entry[*statev1.SessionManagerRecord]{}, bus.ErrNotFound
	}
	entry.Value = proto.CloneOf(entry.Value)
	return entry, nil
}

func (m *memManagers) Put(_ context.Context, key string, value *statev1.SessionManagerRecord) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	m.entries[key] = bus.Entry[*statev1.SessionManagerRecord]{Key: key, Value: proto.CloneOf(value), Revision: m.writes}
	return m.writes, nil
}

func (m *memManagers) Update(ctx context.Context, key string, value *statev1.SessionManagerRecord, revision uint64) (uint64, error) {
	if entry, err := m.Get(ctx, key); err != nil || entry.Revision != revision {
		return 0, bus.ErrConflict
	}
	return m.Put(ctx, key, value)
}

func (m *memManagers) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.entries, key)
	return nil
}

func (m *memManagers) DeleteRevision(ctx context.Context, key string, _ uint64) error {
	return m.Delete(ctx, key)
}

func (m *memManagers) List(context.Context, string) ([]bus.Entry[*statev1.SessionManagerRecord], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var entries []bus.Entry[*statev1.SessionManagerRecord]
	for _, entry := range m.entries {
		entries = append(entries, entry)
	}
	return entries, nil
}

const managerKey = "branch.app1"

// record is what is registered under app1; nil: nothing.
func (m *memManagers) record() *statev1.SessionManagerRecord {
	entry, _ := m.Get(context.Background(), managerKey)
	return entry.Value
}

// withManager configures app1, a session manager of alice.
func withManager(t *testing.T, ctiAware bool) bedOption {
	return func(b *bed, _ *Config) {
		b.targets = targetconfig.NewStatic(testTargets(t, func(c *configv1.TargetConfig) {
			c.SessionManagers = []*configv1.SessionManager{{
				RegisterId: "app1", User: "alice", Keepalive: durationpb.New(5 * time.Minute), CtiAware: ctiAware,
			}}
		}))
	}
}

// application is a session manager that registers as app1 and is alice.
func application(t *testing.T, b *bed) *client {
	t.Helper()
	c := dial(t, "tcp", b.tcp())
	c.to = "sip:app1@example.test"
	return c
}

// register sends a REGISTER and, after the challenge, sends it again with the
// answer to it.
func (c *client) register(headers ...string) {
	c.t.Helper()
	c.send(c.managerRequest(headers...))
	res, _ := c.final()
	if res.code() != 407 {
		c.t.Fatalf("REGISTER without password: %s, want 407", res.start)
	}
	c.send(c.managerRequest(append(headers, c.authorization(res, "REGISTER"))...))
}

// managerRequest is a REGISTER whose From is the register-id.
func (c *client) managerRequest(headers ...string) string {
	return strings.Replace(c.request("REGISTER", "", headers...), "From: <sip:alice@", "From: <sip:app1@", 1)
}

// registered registers and returns the final response.
func (c *client) registered(headers ...string) message {
	c.t.Helper()
	c.register(headers...)
	res, _ := c.final()
	return res
}

// unanswered registers and checks that no answer comes.
func (c *client) unanswered(b *bed, times float64) {
	c.t.Helper()
	c.register()
	eventually(c.t, "the keepalive is left unanswered", func() bool {
		return b.metric("offhook_edge_session_manager_requests_total", map[string]string{"result": "unanswered"}) == times
	})
	callID := c.callID
	c.callID += "-options"
	c.send(strings.Replace(c.request("OPTIONS", ""), "OPTIONS sip:app1@", "OPTIONS sip:", 1))
	if res, _ := c.final(); res.header.Get("Call-Id") != c.callID || res.code() != 200 {
		c.t.Fatalf("%s to %s, want the answer to OPTIONS only", res.start, res.header.Get("Cseq"))
	}
	c.callID = callID
}

func TestSessionManagerRegisters(t *testing.T) {
	b := newBed(t, withManager(t, false))
	c := application(t, b)
	for _, step := range []struct {
		name, expires, granted string
		code                   int
	}{
		{"without a time of its own", "", "300", 200},
		{"shorter than the keepalive", "Expires: 90", "90", 200},
		{"longer than the keepalive", "Expires: 3600", "300", 200},
		{"too short", "Expires: 59", "", 423},
	} {
		var headers []string
		if step.expires != "" {
			headers = []string{step.expires}
		}
		res := c.registered(headers...)
		if res.code() != step.code || res.header.Get("Expires") != step.granted {
			t.Errorf("%s: %s for %s s, want %d for %s", step.name, res.start, res.header.Get("Expires"), step.code, step.granted)
		}
		if step.code == 423 && res.header.Get("Min-Expires") != "60" {
			t.Errorf("%s: Min-Expires %q", step.name, res.header.Get("Min-Expires"))
		}
		if contact := res.header.Get("Contact"); step.code == 200 && !strings.HasSuffix(contact, ";expires="+step.granted) {
			t.Errorf("%s: Contact %q", step.name, contact)
		}
	}
	record := b.managers.record()
	if record.GetEdge() != "edge-1" || record.GetPeer() != "tcp:"+c.conn.LocalAddr().String() || record.GetUserAgent() != "test" ||
		!strings.HasPrefix(record.GetContact(), "sip:alice@127.0.0.1") || record.GetCallId() != c.callID {
		t.Errorf("record %v", record)
	}
	if res := c.registered("Expires: 0"); res.code() != 200 || b.managers.record() != nil {
		t.Errorf("REGISTER with Expires 0: %s, record %v", res.start, b.managers.record())
	}
	eventually(t, "four REGISTER are counted with 200", func() bool {
		return b.metric("offhook_edge_session_manager_requests_total", map[string]string{"result": "200"}) == 4
	})
}

func TestSessionManagerNeedsItsUsersPassword(t *testing.T) {
	b := newBed(t, withManager(t, false))
	c := application(t, b)
	c.user, c.secret = "bob", "hunter2"
	c.send(c.request("REGISTER", ""))
	challenge, _ := c.final()
	c.send(c.request("REGISTER", "", c.authorization(challenge, "REGISTER")))
	if res, _ := c.final(); res.code() != 403 || b.managers.record() != nil {
		t.Errorf("REGISTER with another user's password: %s, want 403", res.start)
	}
	c.user, c.secret = "alice", "wrong"
	if res := c.registered(); res.code() != 407 || b.managers.record() != nil {
		t.Errorf("REGISTER with a wrong password: %s, want 407", res.start)
	}
}

func TestSessionManagerOpensItsSession(t *testing.T) {
	b := newBed(t, withManager(t, true))
	c := application(t, b)
	c.user = "alice"
	c.registered()
	if b.managers.record().GetSessionSeen() {
		t.Error("a session was seen before there was one")
	}
	s := application(t, b)
	s.open()
	opened := receive(t, b.sessions.opened, "OpenSession")
	if opened.GetUser() != "alice" || opened.GetTo() != "sip:app1@example.test" {
		t.Errorf("OpenSession got user %q, To %q", opened.GetUser(), opened.GetTo())
	}
	eventually(t, "the session is noted", func() bool { return b.managers.record().GetSessionSeen() })
}

func TestCTIAwareKeepalive(t *testing.T) {
	b := newBed(t, withManager(t, true))
	sessions := func(n uint32) {
		b.sessions.find.set(func(req *sessionv1.FindSessionsRequest) (*sessionv1.FindSessionsResponse, error) {
			if req.GetUser() != "alice" || req.GetTarget() != "branch" {
				t.Errorf("FindSessions got %v", req)
			}
			return &sessionv1.FindSessionsResponse{Sessions: n}, nil
		})
	}
	c := application(t, b)
	answered := func(when string) {
		t.Helper()
		if res := c.registered(); res.code() != 200 {
			t.Fatalf("%s: %s, want 200", when, res.start)
		}
	}
	sessions(0)
	answered("the first, before there is a session")
	answered("a keepalive, while there was none yet")
	sessions(1)
	answered("a keepalive with a session")
	b.sessions.find.set(func(*sessionv1.FindSessionsRequest) (*sessionv1.FindSessionsResponse, error) {
		return nil, refuse(codes.Unavailable, "restarting")
	})
	answered("a keepalive while csta-session can't be asked")
	sessions(0)
	expires := b.managers.record().GetExpires().AsTime()
	c.unanswered(b, 1)
	c.unanswered(b, 2)
	if after := b.managers.record().GetExpires().AsTime(); !after.Equal(expires) {
		t.Errorf("an unanswered keepalive moved the expiry from %v to %v", expires, after)
	}
	c.callID += "-again"
	answered("another run of the application")
	if b.managers.record().GetSessionSeen() {
		t.Error("the new run is judged by the session of the old one")
	}
}

// TestCTIAwareAfterAShortSession: the session came and went between two
// keepalives.
func TestCTIAwareAfterAShortSession(t *testing.T) {
	b := newBed(t, withManager(t, true))
	c := application(t, b)
	c.registered()
	s := application(t, b)
	s.open()
	s.bye()
	eventually(t, "the session is noted", func() bool { return b.managers.record().GetSessionSeen() })
	c.unanswered(b, 1)
}

func TestSessionManagerThatRanOutIsAnsweredAnew(t *testing.T) {
	managers := newMemManagers()
	b := newBed(t, withManager(t, true), func(b *bed, _ *Config) { b.managers = managers })
	c := application(t, b)
	c.registered()
	record := managers.record()
	record.SessionSeen, record.Expires.Seconds = true, 1
	if _, err := managers.Put(t.Context(), managerKey, record); err != nil {
		t.Fatal(err)
	}
	if res := c.registered(); res.code() != 200 || managers.record().GetSessionSeen() {
		t.Errorf("REGISTER after the one before ran out: %s, record %v", res.start, managers.record())
	}
}

func TestSessionManagerWithoutItsBucket(t *testing.T) {
	managers := newMemManagers()
	managers.fail = bus.ErrClosed
	b := newBed(t, withManager(t, false), func(b *bed, _ *Config) { b.managers = managers })
	if res := application(t, b).registered(); res.code() != 503 || res.header.Get("Retry-After") == "" {
		t.Errorf("REGISTER: %s, want 503 with Retry-After", res.start)
	}
}

// TestSessionManagerKnownToAllEdges registers at one edge and keeps alive at
// another, over a real bucket.
func TestSessionManagerKnownToAllEdges(t *testing.T) {
	server := bustest.Run(t)
	first := newBed(t, withManager(t, true), withBucket(server.Connect(t)))
	second := newBed(t, withManager(t, true), withBucket(server.Connect(t)), withReplica("edge-2"))
	c := application(t, first)
	if res := c.registered(); res.code() != 200 {
		t.Fatalf("REGISTER: %s", res.start)
	}
	s := application(t, second)
	s.open()
	s.bye()
	second.edge.managers.SessionOpened(t.Context(), second.targets.Snapshot().User("alice")[0])
	c.connect(second.tcp())
	c.unanswered(second, 1)
}

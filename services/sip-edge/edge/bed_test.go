// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"os"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus"
	"offhook.dev/services/link"
	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sip-edge/sessionmanager"
	"offhook.dev/services/targetconfig"
)

// bed is an edge on loopback with everything around it faked.
type bed struct {
	t        testing.TB
	edge     *Edge
	sessions *fakeSessions
	dialogs  *memDialogs
	managers *memManagers
	bucket   sessionmanager.Records // in place of managers
	targets  *targetconfig.Static
	owners   *fakeOwners
	registry *prometheus.Registry
	service  edgev1.EdgeServiceClient
	replica  *statev1.Replica
	store    appsession.Dialogs // in place of dialogs
	edges    appsession.Edges
	stop     func()
}

type bedOption func(*bed, *Config)

func withDialogs(d *memDialogs) bedOption { return func(b *bed, _ *Config) { b.dialogs = d } }

func withStore(d appsession.Dialogs) bedOption { return func(b *bed, _ *Config) { b.store = d } }

func withSessions(s *fakeSessions) bedOption { return func(b *bed, _ *Config) { b.sessions = s } }

func withEdges(e appsession.Edges) bedOption { return func(b *bed, _ *Config) { b.edges = e } }

func withReplica(id string) bedOption { return func(b *bed, _ *Config) { b.replica.Id = id } }

func withBucket(buses *bus.Bus) bedOption {
	return func(b *bed, _ *Config) { b.bucket = buses.SessionManagers() }
}

func withConfig(change func(*Config)) bedOption { return func(_ *bed, c *Config) { change(c) } }

func newBed(t testing.TB, options ...bedOption) *bed {
	t.Helper()
	b := &bed{
		t: t, sessions: newFakeSessions(), dialogs: newMemDialogs(), owners: &fakeOwners{},
		managers: newMemManagers(), targets: targetconfig.NewStatic(testTargets(t)), registry: prometheus.NewRegistry(),
		replica: &statev1.Replica{Service: "sip-edge", Id: "edge-1"},
	}
	config := NewDefaultConfig()
	config.SIP.Listen = []string{"udp:127.0.0.1:0", "tcp:127.0.0.1:0"}
	config.SIP.InternalListen = "127.0.0.1:0"
	config.Limits.RequestsPerSecond = 0
	for _, option := range options {
		option(b, config)
	}
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	if os.Getenv("EDGE_TEST_LOG") != "" {
		logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if b.store == nil {
		b.store = b.dialogs
	}
	if b.bucket == nil {
		b.bucket = b.managers
	}
	edge, err := New(config, Dependencies{
		Replica: b.replica, Targets: b.targets, Owners: b.owners, Sessions: b.sessions, Dialogs: b.store, SessionManagers: b.bucket,
		Edges: b.edges, Logger: logger, Registerer: b.registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.edge = edge
	b.service = edgev1.NewEdgeServiceClient(link.Direct(func(r grpc.ServiceRegistrar) { edge.Register(r) }))
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- edge.Run(ctx) }()
	stopped := false
	b.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(b.stop)
	return b
}

func (b *bed) udp() string { return b.edge.Addresses()[0].String() }
func (b *bed) tcp() string { return b.edge.Addresses()[1].String() }

// deliver sends one event to sessions.
func (b *bed) deliver(event string, sessionIDs ...string) *edgev1.DeliverResponse {
	b.t.Helper()
	req := &edgev1.DeliverRequest{Head: []byte(event + " for ")}
	for _, id := range sessionIDs {
		req.Recipients = append(req.Recipients, &edgev1.Recipient{SessionId: id, MonitorCrossRefId: "7"})
	}
	res, err := b.service.Deliver(context.Background(), req)
	if err != nil {
		b.t.Fatalf("Deliver: %v", err)
	}
	return res
}

func (b *bed) metric(name string, labels prometheus.Labels) float64 {
	b.t.Helper()
	families, err := b.registry.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
	metrics:
		for _, metric := range family.GetMetric() {
			for _, pair := range metric.GetLabel() {
				if want, asked := labels[pair.GetName()]; asked && want != pair.GetValue() {
					continue metrics
				}
			}
			sum += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return sum
}

var testKey = [32]byte{1, 2, 3}

func testTargets(t testing.TB, change ...func(*configv1.TargetConfig)) *targetconfig.Snapshot {
	t.Helper()
	config := &configv1.TargetConfig{
		Target: "branch", Version: "1",
		Sip:    &configv1.SIP{Domains: []string{"example.test"}, Realm: "example.test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
		Lines:  []*configv1.Line{{Name: "line-1001", Number: "1001", Watch: true, Control: true}},
		Users: []*configv1.CTIUser{
			testUser(t, "alice", "secret"), testUser(t, "bob", "hunter2"),
		},
	}
	for _, f := range change {
		f(config)
	}
	snapshot, err := targetconfig.Build(testKey, config)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func testUser(t testing.TB, user, password string) *configv1.CTIUser {
	t.Helper()
	text := []byte(user + ":example.test:" + password)
	md5Sum, sha := md5.Sum(text), sha256.Sum256(text)
	secret, err := proto.Marshal(&configv1.DigestSecret{Ha1Md5: hex.EncodeToString(md5Sum[:]), Ha1Sha256: hex.EncodeToString(sha[:])})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Seal(testKey, secret, seal.UserPlace("branch", user))
	if err != nil {
		t.Fatal(err)
	}
	return &configv1.CTIUser{
		Name: user, User: user, Credential: &configv1.SealedCredential{Sealed: sealed},
		Lines: []*configv1.LineRights{{Number: "1001", Monitor: true, Control: true}},
	}
}

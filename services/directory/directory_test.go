// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testTimeout = 30 * time.Second

// member is a directory of one process in a test.
type member struct {
	*Directory
	bus  *bus.Bus
	stop func()
}

// patient times outlast any pause of a busy machine: what is told on the bus is
// seen long before an entry expires. With hasty ones a crash is soon seen.
var (
	patient = Options{ReplicaTTL: 10 * time.Second, LeaseTTL: 10 * time.Second}
	hasty   = Options{ReplicaTTL: 600 * time.Millisecond, LeaseTTL: 500 * time.Millisecond}
)

// join runs a directory until the test ends or stop is called.
func join(t *testing.T, server *bustest.Server, times Options) *member {
	t.Helper()
	b := server.Connect(t)
	times.Bus, times.OwnerWait = b, testTimeout
	times.AnnounceInterval, times.RenewInterval = 100*time.Millisecond, 100*time.Millisecond
	d, err := New(times)
	if err != nil {
		t.Fatal(err)
	}
	m := &member{Directory: d, bus: b}
	m.stop = start(t, d.Run)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	if err := d.WaitSynced(ctx); err != nil {
		t.Fatal(err)
	}
	return m
}

// start runs a function until the returned one is called or the test ends.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; !errors.Is(err, context.Canceled) && !errors.Is(err, bus.ErrClosed) {
				t.Errorf("run ended with %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// await waits, change by change, until the condition holds.
func await(t *testing.T, d *Directory, what string, condition func() bool) {
	t.Helper()
	timeout := time.NewTimer(testTimeout)
	defer timeout.Stop()
	for {
		changed := d.nextChange()
		if condition() {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("%s did not come about", what)
		}
	}
}

func announce(t *testing.T, m *member, replica *statev1.Replica) (stop func()) {
	t.Helper()
	return start(t, func(ctx context.Context) error { return m.Announce(ctx, replica) })
}

func TestReplicasComeDrainAndGo(t *testing.T) {
	server := bustest.Run(t)
	a, b := join(t, server, patient), join(t, server, patient)
	replica := &statev1.Replica{Service: SIPEdge, Id: "edge-0.pod", GrpcEndpoint: "127.0.0.1:1"}
	leave := announce(t, a, replica)
	await(t, b.Directory, "replica", func() bool { return len(b.Replicas(SIPEdge)) == 1 })
	if got, ok := b.Replica("edge-0.pod"); !ok || got.GetGrpcEndpoint() != "127.0.0.1:1" {
		t.Fatalf("replica %v, %v", got, ok)
	}
	if err := a.SetDraining(t.Context(), "edge-0.pod"); err != nil {
		t.Fatal(err)
	}
	await(t, b.Directory, "drain", func() bool { return b.Replicas(SIPEdge)[0].GetDraining() })
	leave()
	await(t, b.Directory, "leave", func() bool { return len(b.Replicas(SIPEdge)) == 0 })
	if err := a.SetDraining(t.Context(), "edge-0.pod"); err == nil {
		t.Error("draining a replica that left: no error")
	}
}

func TestReplicaThatCrashedExpires(t *testing.T) {
	server := bustest.Run(t)
	a, b := join(t, server, hasty), join(t, server, hasty)
	announce(t, a, &statev1.Replica{Service: SIPEdge, Id: "edge-0"})
	await(t, b.Directory, "replica", func() bool { return len(b.Replicas(SIPEdge)) == 1 })
	a.bus.Close()
	await(t, b.Directory, "expiry", func() bool { return len(b.Replicas(SIPEdge)) == 0 })
}

// holder is a candidate that tells what happens to it.
type holder struct {
	acquired chan *statev1.Lease
	released chan struct{}
}

func newHolder() *holder {
	return &holder{acquired: make(chan *statev1.Lease, 8), released: make(chan struct{}, 8)}
}

func (h *holder) Acquired(ctx context.Context, lease *statev1.Lease) error {
	h.acquired <- lease
	<-ctx.Done()
	h.released <- struct{}{}
	return nil
}

func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(testTimeout):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

func TestLeaseIsHandedOverAtOnce(t *testing.T) {
	server := bustest.Run(t)
	a, b := join(t, server, patient), join(t, server, patient)
	first, second := newHolder(), newHolder()
	leave := start(t, func(ctx context.Context) error {
		return a.Campaign(ctx, "branch.1", &statev1.Replica{Service: PhoneControl, Id: "pc-0", SipEndpoint: "127.0.0.1:5060", SkinnyEndpoint: "127.0.0.1:2000"}, first)
	})
	lease := receive(t, "lease", first.acquired)
	if lease.GetEpoch() == 0 || lease.GetReplica() != "pc-0" || lease.GetSipEndpoint() != "127.0.0.1:5060" ||
		lease.GetSkinnyEndpoint() != "127.0.0.1:2000" {
		t.Fatalf("lease %v", lease)
	}
	await(t, b.Directory, "owner", func() bool {
		owner, ok := b.Owner("branch.1")
		return ok && owner.GetEpoch() == lease.GetEpoch()
	})
	start(t, func(ctx context.Context) error {
		return b.Campaign(ctx, "branch.1", &statev1.Replica{Service: PhoneControl, Id: "pc-1"}, second)
	})
	began := time.Now()
	leave()
	receive(t, "release", first.released)
	taken := receive(t, "lease after the hand-over", second.acquired)
	if taken.GetEpoch() <= lease.GetEpoch() {
		t.Errorf("epoch %d after %d", taken.GetEpoch(), lease.GetEpoch())
	}
	if waited := time.Since(began); waited > patient.LeaseTTL-time.Second {
		t.Errorf("hand-over took %v, as long as a lease lasts", waited)
	}
}

func TestLeaseOfACrashedOwnerIsTaken(t *testing.T) {
	server := bustest.Run(t)
	a, b := join(t, server, hasty), join(t, server, hasty)
	first, second := newHolder(), newHolder()
	start(t, func(ctx context.Context) error {
		return a.Campaign(ctx, "branch-1", &statev1.Replica{Service: PhoneControl, Id: "pc-0"}, first)
	})
	lease := receive(t, "lease", first.acquired)
	start(t, func(ctx context.Context) error {
		return b.Campaign(ctx, "branch-1", &statev1.Replica{Service: PhoneControl, Id: "pc-1"}, second)
	})
	a.bus.Close()
	receive(t, "loss by the crashed owner", first.released)
	taken := receive(t, "lease after the crash", second.acquired)
	if taken.GetEpoch() <= lease.GetEpoch() {
		t.Errorf("epoch %d after %d", taken.GetEpoch(), lease.GetEpoch())
	}
	select {
	case <-second.released:
		t.Error("the new owner lost the lease")
	default:
	}
}

func TestRestartedReplicaTakesItsLeaseBackAtOnce(t *testing.T) {
	server := bustest.Run(t)
	a, b := join(t, server, patient), join(t, server, patient)
	first, second := newHolder(), newHolder()
	replica := &statev1.Replica{Service: PhoneControl, Id: "pc-0"}
	start(t, func(ctx context.Context) error { return a.Campaign(ctx, "branch-1", replica, first) })
	lease := receive(t, "lease", first.acquired)
	await(t, b.Directory, "owner", func() bool { _, ok := b.Owner("branch-1"); return ok })
	a.bus.Close()
	began := time.Now()
	start(t, func(ctx context.Context) error { return b.Campaign(ctx, "branch-1", replica, second) })
	taken := receive(t, "lease after the restart", second.acquired)
	if waited := time.Since(began); taken.GetEpoch() <= lease.GetEpoch() || waited > patient.LeaseTTL-time.Second {
		t.Errorf("epoch %d after %d, after %v", taken.GetEpoch(), lease.GetEpoch(), waited)
	}
}

func TestOwnerKeepsItsLeaseOverManyRenewals(t *testing.T) {
	server := bustest.Run(t)
	times := Options{ReplicaTTL: 10 * time.Second, LeaseTTL: 2 * time.Second}
	a, b := join(t, server, times), join(t, server, times)
	first, second := newHolder(), newHolder()
	start(t, func(ctx context.Context) error {
		return a.Campaign(ctx, "branch-1", &statev1.Replica{Service: PhoneControl, Id: "pc-0"}, first)
	})
	lease := receive(t, "lease", first.acquired)
	start(t, func(ctx context.Context) error {
		return b.Campaign(ctx, "branch-1", &statev1.Replica{Service: PhoneControl, Id: "pc-1"}, second)
	})
	// The TTL passes twice by renewals that are seen on the bus.
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	renewals, enough := 0, int(2*times.LeaseTTL/(100*time.Millisecond))
	_ = b.bus.Leases().Watch(ctx, ">", func(change bus.Change[*statev1.Lease]) {
		if change.Operation == bus.OperationPut {
			renewals++
		}
		if renewals == enough {
			cancel()
		}
	})
	if renewals < enough {
		t.Errorf("%d renewals in %v", renewals, testTimeout)
	}
	if owner, ok := b.Owner("branch-1"); !ok || owner.GetEpoch() != lease.GetEpoch() {
		t.Errorf("owner %v, %v", owner, ok)
	}
	if len(second.acquired) != 0 {
		t.Error("a held lease was taken")
	}
}

// TestNATSIsAway: for longer than anything lasts. Who was there stays, the owner
// keeps its target, and both have their entries again when NATS is back.
func TestNATSIsAway(t *testing.T) {
	server := bustest.Run(t)
	a, b := join(t, server, hasty), join(t, server, hasty)
	replicas := []*statev1.Replica{{Service: PhoneControl, Id: "pc-0"}, {Service: PhoneControl, Id: "pc-1"}}
	announce(t, a, replicas[0])
	announce(t, b, replicas[1])
	first, second := newHolder(), newHolder()
	start(t, func(ctx context.Context) error { return a.Campaign(ctx, "branch-1", replicas[0], first) })
	lease := receive(t, "lease", first.acquired)
	start(t, func(ctx context.Context) error { return b.Campaign(ctx, "branch-1", replicas[1], second) })
	everybody := func() bool {
		owner, ok := b.Owner("branch-1")
		return ok && owner.GetEpoch() == lease.GetEpoch() && len(b.Replicas(PhoneControl)) == 2 && len(a.Replicas(PhoneControl)) == 2
	}
	for _, m := range []*member{a, b} {
		await(t, m.Directory, "both replicas and the owner", func() bool {
			_, ok := m.Owner("branch-1")
			return ok && len(m.Replicas(PhoneControl)) == 2
		})
	}

	server.Stop(t)
	select {
	case <-first.released:
		t.Fatal("the owner let go of its target")
	case <-second.acquired:
		t.Fatal("another replica took the target")
	case <-time.After(3 * hasty.ReplicaTTL): // that nothing happens
	}
	if !everybody() {
		t.Fatalf("while NATS is away the directory knows %v", b.Replicas(PhoneControl))
	}
	server.Restart(t)
	// Entries that aged out are written again: a newcomer sees them.
	late := join(t, server, hasty)
	await(t, late.Directory, "all that was there", func() bool {
		owner, ok := late.Owner("branch-1")
		return ok && owner.GetEpoch() == lease.GetEpoch() && len(late.Replicas(PhoneControl)) == 2
	})
	if !everybody() || len(first.released) > 0 || len(second.acquired) > 0 {
		t.Errorf("after NATS was away: owner released %d times, other acquired %d times", len(first.released), len(second.acquired))
	}

	// A replica that goes for good is still missed.
	a.bus.Close()
	receive(t, "loss by the owner that is gone", first.released)
	if taken := receive(t, "lease after that", second.acquired); taken.GetEpoch() <= lease.GetEpoch() {
		t.Errorf("epoch %d after %d", taken.GetEpoch(), lease.GetEpoch())
	}
}

// exchangeOf answers phone-control calls, or refuses them as not the owner.
type exchangeOf struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
	name    string
	refusal error
	asked   chan string
}

func (e *exchangeOf) MakeCall(context.Context, *phonecontrolv1.MakeCallRequest) (*phonecontrolv1.MakeCallResponse, error) {
	e.asked <- e.name
	if e.refusal != nil {
		return nil, e.refusal
	}
	return &phonecontrolv1.MakeCallResponse{}, nil
}

func (e *exchangeOf) register(registrar grpc.ServiceRegistrar) {
	phonecontrolv1.RegisterPhoneControlServiceServer(registrar, e)
}

// listen serves over links and gives the endpoint.
func listen(t *testing.T, register func(grpc.ServiceRegistrar)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	links := link.NewServer(link.ServerOptions{})
	register(links)
	server := grpc.NewServer(links.GRPCOptions()...)
	links.Attach(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		<-served
	})
	return listener.Addr().String()
}

func TestCallsFollowTheOwner(t *testing.T) {
	server := bustest.Run(t)
	m := join(t, server, patient)
	asked := make(chan string, 8)
	old := &exchangeOf{name: "old", refusal: ctierr.NotOwner("branch-1", "pc-1"), asked: asked}
	current := &exchangeOf{name: "current", asked: asked}
	oldEndpoint, endpoint := listen(t, old.register), listen(t, current.register)
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	client := m.PhoneControl("branch-1")
	request := &phonecontrolv1.MakeCallRequest{Target: "branch-1"}
	if _, err := client.MakeCall(ctx, request); status.Code(err) != codes.Unavailable {
		t.Fatalf("call without any replica: %v", err)
	}
	announce(t, m, &statev1.Replica{Service: PhoneControl, Id: "pc-1", GrpcEndpoint: endpoint})
	await(t, m.Directory, "replica", func() bool { return len(m.Replicas(PhoneControl)) == 1 })
	start(t, func(ctx context.Context) error {
		return m.Campaign(ctx, "branch-1", &statev1.Replica{Service: PhoneControl, Id: "pc-1", GrpcEndpoint: endpoint}, newHolder())
	})
	if _, err := client.MakeCall(ctx, request); err != nil {
		t.Fatalf("call that waits for an owner: %v", err)
	}
	if got := <-asked; got != "current" {
		t.Fatalf("asked %s", got)
	}
	// What this process believes is out of date: the lease on the bus is right.
	// A renewal may correct it before the call: then it is made wrong again.
	for redirected := false; !redirected; {
		m.update(func(now time.Time) bool {
			lease := &statev1.Lease{Target: "branch-1", Replica: "pc-old", GrpcEndpoint: oldEndpoint}
			m.table.leases["branch-1"] = leaseEntry{lease: lease, revision: m.table.leases["branch-1"].revision - 1, seen: now}
			return true
		})
		if _, err := client.MakeCall(ctx, request); err != nil {
			t.Fatalf("call after a redirection: %v", err)
		}
		got := <-asked
		if redirected = got == "old"; redirected {
			got = <-asked
		}
		if got != "current" {
			t.Fatalf("asked %s last", got)
		}
	}
}

type sessions struct {
	sessionv1.UnimplementedSessionServiceServer
}

func (sessions) InvokeService(_ context.Context, asked *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
	return &sessionv1.InvokeServiceResponse{Body: asked.GetBody()}, nil
}

func TestLocalReplicaIsCalledStraight(t *testing.T) {
	m := join(t, bustest.Run(t), patient)
	m.AddLocal("cs-0", func(r grpc.ServiceRegistrar) { sessionv1.RegisterSessionServiceServer(r, sessions{}) })
	announce(t, m, &statev1.Replica{Service: CSTASession, Id: "cs-0"})
	await(t, m.Directory, "replica", func() bool { return len(m.Replicas(CSTASession)) == 1 })
	answer, err := m.Sessions("any").InvokeService(t.Context(), &sessionv1.InvokeServiceRequest{Body: []byte("x")})
	if err != nil || string(answer.GetBody()) != "x" {
		t.Fatalf("answer %v, %v", answer, err)
	}
	if _, err := m.Conn("nobody"); status.Code(err) != codes.Unavailable {
		t.Errorf("connection to nobody: %v", err)
	}
}

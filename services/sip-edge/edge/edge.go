// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	edgev1 "offhook.dev/proto/offhook/edge/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/flowtoken"
	"offhook.dev/services/process"
	"offhook.dev/services/ratelimit"
	"offhook.dev/services/sip-edge/appsession"
	"offhook.dev/services/sip-edge/eventqueue"
	"offhook.dev/services/sip-edge/provision"
	"offhook.dev/services/sip-edge/proxy"
	"offhook.dev/services/sip-edge/sessionmanager"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
	"offhook.dev/services/tlsreload"
)

// Dependencies are what an Edge is given.
type Dependencies struct {
	// Replica of this edge; New sets its SipEndpoint.
	Replica  *statev1.Replica
	Targets  targetconfig.Source
	Owners   proxy.Owners
	Sessions appsession.Sessions
	Dialogs  appsession.Dialogs
	// Edges that dialogs are handed over to and from; nil: none.
	Edges appsession.Edges
	// SessionManagers is the bucket of registered session managers.
	SessionManagers sessionmanager.Records
	Logger          *slog.Logger
	// Registerer takes the metrics; nil: none.
	Registerer prometheus.Registerer
	// Trace, where set, is given every message of the outer side.
	Trace func(dir sipstack.TraceDirection, flow sipstack.Flow, raw []byte)
}

// Edge is one replica of sip-edge.
type Edge struct {
	config   *Config
	log      *slog.Logger
	outer    *sipstack.Endpoint
	inner    *sipstack.Endpoint
	reloader *tlsreload.Reloader // nil: no TLS
	sessions *appsession.Manager
	managers *sessionmanager.Server
	carrier  *proxy.Proxy
	skinny   *skinnyPhones
	listens  []net.Addr
	internal net.Addr
	draining atomic.Bool
}

var (
	_ process.Component = (*Edge)(nil)
	_ process.Drainer   = (*Edge)(nil)
	_ process.Readier   = (*Edge)(nil)
)

// New makes an edge and opens its listeners.
func New(config *Config, deps Dependencies) (*Edge, error) {
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	tokenKey, err := readKey("sip.flowTokenKeyFile", config.SIP.FlowTokenKeyFile)
	if err != nil {
		return nil, err
	}
	nonceKey, err := readKey("digest.nonceKeyFile", config.Digest.NonceKeyFile)
	if err != nil {
		return nil, err
	}
	e := &Edge{config: config, log: deps.Logger}
	if err := e.openEndpoints(deps); err != nil {
		return nil, err
	}
	limits := config.Limits
	e.sessions = appsession.New(appsession.Options{
		Edge: deps.Replica.GetId(), Endpoint: e.outer, Targets: deps.Targets,
		Digest: digestauth.New(digestauth.Config{
			Component: "sip_edge", Registerer: deps.Registerer, Key: nonceKey,
			NonceLifetime: time.Duration(config.Digest.NonceLifetime), AllowLegacy: config.Digest.AllowLegacy,
			Failures: ratelimit.Config{
				PerSecond: config.Digest.FailuresPerSecond, Burst: config.Digest.FailureBurst, Sources: limits.SourcesTracked,
			},
		}),
		Sessions: deps.Sessions, Dialogs: deps.Dialogs, Edges: deps.Edges, Logger: deps.Logger, Registerer: deps.Registerer,
		Trusted: e.trusts, Opened: func(ctx context.Context, user *targetconfig.User) { e.managers.SessionOpened(ctx, user) },
		Limits: appsession.Limits{
			Sessions: limits.Sessions, BodyBytes: limits.BodyBytes,
			Events:         eventqueue.Limits{Events: limits.EventsWaiting},
			ServiceTimeout: time.Duration(limits.ServiceTimeout), ProbeInterval: time.Duration(config.Sessions.ProbeInterval),
			Patience: time.Duration(config.Sessions.EventPatience),
		},
	})
	e.managers = sessionmanager.New(sessionmanager.Options{
		Edge: deps.Replica.GetId(), Targets: deps.Targets, Authenticator: e.sessions, Records: deps.SessionManagers,
		Sessions: deps.Sessions, Logger: deps.Logger, Registerer: deps.Registerer,
	})
	e.carrier = proxy.New(proxy.Options{
		Outer: e.outer, Inner: e.inner, Targets: deps.Targets, Owners: deps.Owners,
		Tokens: flowtoken.New(tokenKey), Logger: deps.Logger, Registerer: deps.Registerer,
	})
	limited := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "offhook_edge_requests_limited_total", Help: "Requests refused because their source sent too many.",
	})
	if deps.Registerer != nil {
		deps.Registerer.MustRegister(limited)
	}
	e.outer.SetHandler(&outside{
		sessions: e.sessions, managers: e.managers, proxy: e.carrier,
		relay: newRelay(deps.Replica.GetId(), deps.Edges, deps.Logger, deps.Registerer),
		provision: provision.New(provision.Options{
			Endpoint: e.outer, Authenticator: e.sessions, Targets: deps.Targets, Logger: deps.Logger, Registerer: deps.Registerer,
		}),
		limited: limited, bodyBytes: limits.BodyBytes,
		limiter: ratelimit.New(ratelimit.Config{
			PerSecond: limits.RequestsPerSecond, Burst: limits.RequestBurst, Sources: limits.SourcesTracked,
		}),
	})
	e.inner.SetHandler(&inside{proxy: e.carrier})
	if e.skinny, err = newSkinnyPhones(config.Skinny, deps); err != nil {
		return nil, err
	}
	return e, nil
}

// Addresses are the outer listeners' addresses, in the order of sip.listen, then
// that of TLS.
func (e *Edge) Addresses() []net.Addr { return e.listens }

// InternalAddress is the inner listener's address.
func (e *Edge) InternalAddress() net.Addr { return e.internal }

// SkinnyAddresses are the listeners of Skinny phones: without TLS, then with.
func (e *Edge) SkinnyAddresses() []net.Addr { return e.skinny.listens }

// Register implements process.Component.
func (e *Edge) Register(registrar grpc.ServiceRegistrar) {
	edgev1.RegisterEdgeServiceServer(registrar, &service{Service: appsession.NewService(e.sessions), outer: e.outer})
}

// restoreTimeout bounds the reading of dialog records at the start.
const restoreTimeout = 5 * time.Second

// Run implements process.Component.
func (e *Edge) Run(ctx context.Context) error {
	e.sessions.Serve(ctx)
	e.managers.Serve(ctx)
	listing, cancel := context.WithTimeout(ctx, restoreTimeout)
	record, err := e.sessions.Restore(listing)
	cancel()
	if err != nil {
		// Each dialog is also taken over when its application speaks.
		e.log.Warn("restore dialogs", "error", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return e.outer.Run(ctx) })
	group.Go(func() error { return e.inner.Run(ctx) })
	group.Go(func() error { return e.managers.Run(ctx) })
	group.Go(func() error { return e.skinny.run(ctx) })
	if e.reloader != nil {
		group.Go(func() error { return e.reloader.Run(ctx) })
	}
	group.Go(func() error {
		record()
		<-ctx.Done()
		e.sessions.Close()
		e.carrier.Close()
		return nil
	})
	err = group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// leftGrace is how long an edge that has handed its sessions over still answers:
// monitor learns where they are, and what it sent before that is refused here
// rather than lost.
const leftGrace = time.Second

// settleTimeout bounds the wait for what is under way when connections are to end.
const settleTimeout = 2 * time.Second

// Drain implements process.Drainer: no new sessions, and those there are handed
// to another edge or ended by BYE, as configured. Where there is no other edge they
// are left to the one that gets their next request.
func (e *Edge) Drain(ctx context.Context) error {
	e.draining.Store(true)
	e.sessions.SetDraining()
	e.skinny.listener.Drain()
	if e.config.Sessions.OnDrain == OnDrainBye {
		e.sessions.EndAll("the service drains")
		return e.sessions.WaitEmpty(ctx)
	}
	left, err := e.sessions.LeaveAll(ctx)
	if err != nil {
		e.log.Warn("sessions are left without a word", "error", err)
	}
	if left > 0 {
		e.log.Info("sessions are handed over", "sessions", left)
	}
	timer := time.NewTimer(leftGrace)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	e.outer.FinishStreams(ctx, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, settleTimeout)
		defer cancel()
		e.sessions.WaitAnswered(ctx)
		e.carrier.Finish(ctx)
	})
	return nil
}

// Ready implements process.Readier. An edge that is full refuses further sessions,
// and goes on serving those that it has.
func (e *Edge) Ready() error {
	if e.draining.Load() {
		return errors.New("draining")
	}
	return nil
}

func readKey(path, file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	key, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(key) < 16 {
		return nil, fmt.Errorf("%s: %d bytes, want at least 16", path, len(key))
	}
	return key, nil
}

// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/directory"
	"offhook.dev/services/targetconfig"
)

// Leases are how a replica comes to run a target; *directory.Directory is one.
type Leases interface {
	Campaign(ctx context.Context, target string, replica *statev1.Replica, candidate directory.Candidate) error
	Owner(target string) (*statev1.Lease, bool)
}

// EventWriter appends one target's numbered events; *bus.EventWriter is one.
type EventWriter interface {
	LastNumber() uint64
	Append(events ...*ctiv1.Event) error
	Close(ctx context.Context) error
}

// Options are a server's dependencies and bounds.
type Options struct {
	Replica *statev1.Replica
	Source  targetconfig.Source
	Leases  Leases
	// Events makes the event writer of a target for a lease.
	Events func(ctx context.Context, target string, epoch uint64) (EventWriter, error)
	// History of a target, read when its lease is taken; nil: none.
	History History
	// TellRouteing reaches the applications that route calls; nil: none.
	TellRouteing TellRouteing
	// RouteRegistrations keeps who routes calls; nil: only while this replica
	// owns the target.
	RouteRegistrations RouteRegistrations
	// Features keeps what was set of lines; nil: only while this replica owns the
	// target.
	Features FeatureStore
	// HandOvers keeps the calls of targets that are handed over; nil: they are
	// left without a word.
	HandOvers HandOvers
	Driver    Factory
	// Queue is how much new work may wait for one target. Default 1024.
	Queue int
	// ServiceTimeout bounds one service whose caller sets no earlier deadline.
	// Default 8 s.
	ServiceTimeout time.Duration
	Logger         *slog.Logger
	Metrics        *Metrics
}

// Server runs the targets whose lease this replica holds and answers
// PhoneControlService for them. It is safe for concurrent use.
type Server struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
	phonecontrolv1.UnimplementedSimulatedPhoneServiceServer
	options Options

	mu       sync.RWMutex
	running  map[string]*target
	draining bool
	// drain is closed when the targets are to be handed over, drained when that
	// is done.
	drain, drained chan struct{}
}

var (
	_ phonecontrolv1.PhoneControlServiceServer   = (*Server)(nil)
	_ phonecontrolv1.SimulatedPhoneServiceServer = (*Server)(nil)
)

// NewServer gives a server that runs nothing until Run.
func NewServer(options Options) *Server {
	if options.Queue <= 0 {
		options.Queue = 1024
	}
	if options.ServiceTimeout <= 0 {
		options.ServiceTimeout = 8 * time.Second
	}
	return &Server{
		options: options, running: make(map[string]*target),
		drain: make(chan struct{}), drained: make(chan struct{}),
	}
}

// Register adds the services to a gRPC server or link.
func (s *Server) Register(registrar grpc.ServiceRegistrar) {
	phonecontrolv1.RegisterPhoneControlServiceServer(registrar, s)
	phonecontrolv1.RegisterSimulatedPhoneServiceServer(registrar, s)
}

// Run campaigns for every configured target, and runs those it gets, until the
// context ends.
func (s *Server) Run(ctx context.Context) error {
	changed := make(chan struct{}, 1)
	unsubscribe := s.options.Source.Subscribe(func(_, after *targetconfig.Snapshot) {
		s.reconfigure(after)
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer unsubscribe()
	campaigns := newCampaigns(s)
	defer campaigns.stopAll()
	draining := s.drain // nil once all is handed over
	for {
		if draining != nil {
			campaigns.follow(ctx, s.options.Source.Snapshot())
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		case <-draining:
			draining = nil
			campaigns.stopAll()
			close(s.drained)
		}
	}
}

// Drain hands the targets over, calls included, each as soon as nothing is under
// way with its phones, and at the latest shortly before the context ends. Until
// then they are served.
func (s *Server) Drain(ctx context.Context) error {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return nil
	}
	s.draining = true
	targets := slices.Collect(maps.Values(s.running))
	s.mu.Unlock()
	latest := time.Now().Add(time.Hour)
	if deadline, ok := ctx.Deadline(); ok {
		latest = deadline.Add(-handOverMargin)
	}
	for _, t := range targets {
		t.leave(latest)
	}
	var late error
	for _, t := range targets {
		select {
		case <-t.ended:
		case <-ctx.Done():
			late = fmt.Errorf("hand target %s over: %w", t.name, context.Cause(ctx))
		}
	}
	close(s.drain)
	select {
	case <-s.drained:
		return late
	case <-ctx.Done():
		return errors.Join(late, context.Cause(ctx))
	}
}

// reconfigure tells running targets of a new configuration.
func (s *Server) reconfigure(snapshot *targetconfig.Snapshot) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for name, t := range s.running {
		if config, ok := snapshot.TargetByName(name); ok {
			t.reconfigure(config)
		}
	}
}

// target finds a running target; the error is NOT_OWNER.
func (s *Server) target(name string) (*target, error) {
	s.mu.RLock()
	t, ok := s.running[name]
	s.mu.RUnlock()
	if ok {
		return t, nil
	}
	owner := ""
	if lease, held := s.options.Leases.Owner(name); held {
		owner = lease.GetReplica()
	}
	s.options.Metrics.refused(name, "not_owner")
	return nil, ctierr.NotOwner(name, owner)
}

// errDraining refuses a target that this replica would only hand over again.
var errDraining = errors.New("this replica drains")

// own runs a target while its lease is held.
func (s *Server) own(ctx context.Context, lease *statev1.Lease) error {
	name := lease.GetTarget()
	if s.drains() {
		return errDraining
	}
	config, ok := s.options.Source.Snapshot().TargetByName(name)
	if !ok {
		return errors.New("target is no longer configured")
	}
	t, err := newTarget(ctx, s.options, config, lease)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.running[name] = t
	draining := s.draining
	s.mu.Unlock()
	if draining { // since a moment ago
		t.leave(time.Now())
	}
	if latest, ok := s.options.Source.Snapshot().TargetByName(name); ok && latest != config {
		t.reconfigure(latest)
	}
	s.options.Logger.Info("target is run here", "target", name, "epoch", lease.GetEpoch())
	err = t.run(ctx)
	s.mu.Lock()
	delete(s.running, name)
	s.mu.Unlock()
	s.options.Logger.Info("target is let go", "target", name, "reason", err)
	if errors.Is(err, errHandedOver) {
		return nil
	}
	return err
}

func (s *Server) drains() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.draining
}

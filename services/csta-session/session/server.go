// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/services/csta-session/sessionstore"
)

// Server serves CSTA application sessions. It is safe for concurrent use; its
// background work is done by Run.
type Server struct {
	sessionv1.UnimplementedSessionServiceServer

	options  Options
	store    *sessionstore.Store
	tasks    *tasks
	metrics  *metrics
	log      *slog.Logger
	audit    *slog.Logger
	draining atomic.Bool
	// recheck wakes the check of rights after a change of configuration.
	recheck   chan struct{}
	withdrawn withdrawn

	services map[string]service
	features features
	load     load
	probed   probed
}

var _ sessionv1.SessionServiceServer = (*Server)(nil)

// New gives a server that knows no session until Run.
func New(options Options) *Server {
	options = options.withDefaults()
	s := &Server{
		options: options,
		store:   sessionstore.New(options.Sessions),
		log:     options.Logger,
		audit:   options.Logger.With("logger", "audit"),
		recheck: make(chan struct{}, 1),
	}
	s.services = newServices()
	s.features = newFeatures(s.services)
	s.load.limit = int64(options.OverloadServices)
	s.metrics = newMetrics(options.Registerer, s.store.Len)
	s.tasks = newTasks(s.metrics.tasksDropped)
	return s
}

// Register adds the service to a gRPC server or link.
func (s *Server) Register(registrar grpc.ServiceRegistrar) {
	sessionv1.RegisterSessionServiceServer(registrar, s)
}

// Run follows the sessions bucket, ends expired and revoked sessions, and works
// off background tasks until the context ends.
func (s *Server) Run(ctx context.Context) error {
	unsubscribe := s.options.Targets.Subscribe(s.configurationChanged)
	defer unsubscribe()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.store.Run(ctx) })
	group.Go(func() error { return s.tasks.run(ctx) })
	group.Go(func() error { return s.reap(ctx) })
	group.Go(func() error { return s.enforceRights(ctx) })
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Drain refuses new sessions from now on. Sessions are not ended: any other
// replica serves them.
func (s *Server) Drain(context.Context) error {
	s.draining.Store(true)
	return nil
}

// Ready is nil once all sessions have been read.
func (s *Server) Ready() error {
	if !s.store.Synced() {
		return errors.New("sessions are not read yet")
	}
	return nil
}

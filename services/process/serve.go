// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
	"offhook.dev/services/targetconfig"
	"offhook.dev/services/tlsreload"
)

// startTimeout bounds what must come about before the component is made.
const startTimeout = time.Minute

// server is a process at work.
type server struct {
	common    *Common
	out       outside
	logger    *slog.Logger
	registry  *prometheus.Registry
	tasks     *tasks
	readiness *readiness
	replica   *statev1.Replica
	bus       *bus.Bus
	directory *directory.Directory
	watcher   *targetconfig.Watcher
	component Component
	links     *link.Server
	grpc      *grpc.Server
	listener  net.Listener

	announcing, running *task
}

// serve runs a process until a signal has drained it, which is no error, or
// something failed.
func serve[C Configuration](ctx context.Context, spec *Spec[C], config C, out outside) error {
	level, err := logLevel(config.Base().Log.Level)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{
		common: config.Base(), out: out, readiness: &readiness{}, tasks: newTasks(ctx), registry: prometheus.NewRegistry(),
		logger: slog.New(slog.NewJSONHandler(out.stderr, &slog.HandlerOptions{Level: level})).With("service", spec.Name),
	}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	starting, started := context.WithTimeout(ctx, startTimeout)
	defer started()
	interrupted := make(chan struct{})
	stopWatching := s.interruptible(started, interrupted)
	err = s.prepare(starting, spec.Name)
	if err == nil {
		err = assemble(starting, s, spec, config)
	}
	if err == nil {
		err = s.start(starting)
	}
	stopWatching()
	asked := false
	select {
	case <-interrupted:
		asked = true
	default:
	}
	switch {
	case err != nil && asked:
		return s.end()
	case err != nil:
		return errors.Join(err, s.end())
	}
	s.logger.Info("serving", "replica", s.replica.GetId(), "grpc", s.replica.GetGrpcEndpoint(), "version", Version)
	err = s.await(asked)
	return errors.Join(err, s.end())
}

// interruptible ends the start when a signal comes; the returned function ends
// the watch for one.
func (s *server) interruptible(cancel context.CancelFunc, interrupted chan struct{}) (stop func()) {
	stopping, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-s.out.signals:
			close(interrupted)
			cancel()
		case <-stopping:
		}
	}()
	return func() {
		close(stopping)
		<-stopped
	}
}

// prepare connects everything that the component needs.
func (s *server) prepare(ctx context.Context, service string) error {
	id, err := replicaID(service, s.common, s.out.environment)
	if err != nil {
		return err
	}
	s.logger = s.logger.With("replica", id)
	if err := s.serveAdmin(ctx); err != nil {
		return err
	}
	s.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.common.GRPC.Listen)
	if err != nil {
		return fmt.Errorf("listen for gRPC: %w; change grpc.listen", err)
	}
	endpoint, err := advertised(s.common, s.listener.Addr(), s.out.environment)
	if err != nil {
		return err
	}
	s.replica = &statev1.Replica{Service: service, Id: id, GrpcEndpoint: endpoint}
	if err := s.connect(ctx); err != nil {
		return err
	}
	linkOptions := link.Options{Logger: s.logger, Metrics: link.NewMetrics(s.registry)}
	var grpcOptions []grpc.ServerOption
	if s.common.GRPC.TLS.Enabled() {
		reloader, err := s.reload("gRPC certificates", s.common.GRPC.TLS)
		if err != nil {
			return err
		}
		linkOptions.Credentials = credentials.NewTLS(reloader.ClientConfig(s.common.GRPC.TLS.ServerName))
		grpcOptions = append(grpcOptions, grpc.Creds(credentials.NewTLS(reloader.ServerConfig())))
	}
	s.links = link.NewServer(link.ServerOptions{Metrics: linkOptions.Metrics})
	s.grpc = grpc.NewServer(append(s.links.GRPCOptions(), grpcOptions...)...)
	s.directory, err = directory.New(directory.Options{Bus: s.bus, Link: linkOptions, Logger: s.logger, Registerer: s.registry})
	if err != nil {
		return err
	}
	s.tasks.start("directory", s.directory.Run)
	if err := s.directory.WaitSynced(ctx); err != nil {
		return fmt.Errorf("read the directory of replicas: %w", err)
	}
	return nil
}

func (s *server) serveAdmin(ctx context.Context) error {
	if s.common.Admin.Listen == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.common.Admin.Listen)
	if err != nil {
		return fmt.Errorf("listen for admin: %w; change admin.listen", err)
	}
	s.logger.Info("admin is listening", "address", listener.Addr().String())
	handler := AdminHandler(s.readiness.ready, s.registry, s.common.Admin.Profiling)
	s.tasks.start("admin", func(ctx context.Context) error { return ServeAdmin(ctx, listener, handler) })
	return nil
}

func (s *server) connect(ctx context.Context) error {
	options := bus.Options{
		Name: s.replica.GetService() + "/" + s.replica.GetId(), URL: s.common.NATS.URL,
		CredentialsFile: s.common.NATS.CredentialsFile, Replicas: s.common.NATS.Replicas,
		Logger: s.logger, Registerer: s.registry,
	}
	if s.common.NATS.TLS.Enabled() {
		reloader, err := s.reload("NATS certificates", s.common.NATS.TLS)
		if err != nil {
			return err
		}
		options.TLS = reloader.ClientConfig(s.common.NATS.TLS.ServerName)
	}
	connected, err := bus.Connect(ctx, options)
	if err != nil {
		return fmt.Errorf("%w; check nats.url, and that nats-server runs with JetStream", err)
	}
	s.bus = connected
	return nil
}

func (s *server) reload(name string, files TLS) (*tlsreload.Reloader, error) {
	reloader, err := tlsreload.New(tlsreload.Options{
		Files: tlsreload.Files{CA: files.CA, Cert: files.Cert, Key: files.Key}, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}
	s.tasks.start(name, reloader.Run)
	return reloader, nil
}

// assemble makes the component.
func assemble[C Configuration](ctx context.Context, s *server, spec *Spec[C], config C) error {
	environment := &Environment{
		Replica: s.replica, Bus: s.bus, Directory: s.directory, Logger: s.logger, Registerer: s.registry, common: s.common,
	}
	component, err := spec.New(ctx, environment, config)
	if err != nil {
		return fmt.Errorf("make %s: %w", spec.Name, err)
	}
	s.component, s.watcher = component, environment.watcher
	return nil
}

// start starts the component, then its servers, then tells of the replica.
func (s *server) start(ctx context.Context) error {
	if s.watcher != nil {
		s.tasks.start("target configuration", s.watcher.Run)
		if err := s.watcher.WaitSynced(ctx); err != nil {
			return fmt.Errorf("read the configuration of targets: %w", err)
		}
	}
	s.component.Register(s.links)
	s.links.Attach(s.grpc)
	healthv1.RegisterHealthServer(s.grpc, s.readiness)
	s.directory.AddLocal(s.replica.GetId(), s.component.Register)
	// NATS was there to come this far. Later its absence makes nobody unready: a
	// Service without endpoints would part phones and applications from those that
	// serve them still.
	if readier, ok := s.component.(Readier); ok {
		s.readiness.checks = append(s.readiness.checks, readier.Ready)
	}
	s.running = s.tasks.start("component", s.runComponent)
	s.tasks.start("gRPC", s.serveGRPC)
	s.announcing = s.tasks.start("announcement", func(ctx context.Context) error {
		return s.directory.Announce(ctx, s.replica)
	})
	s.readiness.serving.Store(true)
	return nil
}

// runComponent lets a component end early while it is drained, and not before.
func (s *server) runComponent(ctx context.Context) error {
	err := s.component.Run(ctx)
	if err == nil && s.readiness.draining.Load() {
		<-ctx.Done()
	}
	return err
}

// serveGRPC serves until the context ends, and then lets no call go on.
func (s *server) serveGRPC(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- s.grpc.Serve(s.listener) }()
	select {
	case err := <-served:
		if err == nil && ctx.Err() == nil {
			// A drain stopped the server: the task ends when it is asked to.
			<-ctx.Done()
		}
		return err
	case <-ctx.Done():
		s.grpc.Stop()
		return <-served
	}
}

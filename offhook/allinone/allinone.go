// SPDX-License-Identifier: Apache-2.0

// Package allinone runs the four services in one process on an embedded NATS
// server, configured by a folder of manifests. Services call each other
// directly: no gRPC and no serialisation lies between them.
package allinone

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"offhook.dev/offhook/folder"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/embedded"
	"offhook.dev/services/directory"
	"offhook.dev/services/process"
	"offhook.dev/services/targetconfig"
)

// startTimeout bounds the start of everything; stopTimeout the drain.
const (
	askReadyEvery = 10 * time.Millisecond

	startTimeout = time.Minute
	stopTimeout  = 10 * time.Second
)

// Options of the process.
type Options struct {
	// Manifests is the folder.
	Manifests string
	// SIP listeners, "udp:host:port" or "tcp:host:port".
	SIP []string
	// Advertise is the host:port of Contact, Via and Record-Route where the
	// listener's own address is not what others reach.
	Advertise string
	// Skinny is the host:port of the listener of Skinny phones; empty: none.
	Skinny string
	// Provisioning is the host:port where Skinny phones get their configuration
	// files over HTTP; empty: none.
	Provisioning string
	// GRPC is the loopback host:port for offhookctl's administrator; empty: none.
	GRPC string
	// Admin is the host:port of /livez, /readyz and /metrics; empty: none.
	Admin string
	// Profiling serves /debug/pprof on Admin.
	Profiling bool
	// DataDir keeps NATS's files over restarts; empty: a temporary folder.
	DataDir string
	// RequestsPerSecond bounds requests outside CSTA dialogs per source
	// address; zero: sip-edge's default, negative: no limit, nor of what Skinny
	// phones say.
	RequestsPerSecond float64
	Logger            *slog.Logger
}

// Process is an assembled all-in-one process.
type Process struct {
	options    Options
	logger     *slog.Logger
	registry   *prometheus.Registry
	nats       *embedded.Server
	bus        *bus.Bus
	directory  *directory.Directory
	watcher    *targetconfig.Watcher
	folder     *folder.Folder
	components []component
	ready      chan struct{}
	sip        []net.Addr
	skinny     net.Addr
	// provisioning is nil where there is none.
	provisioning net.Addr
}

// component is one of the four services with how it is announced.
type component struct {
	process.Component
	replica *statev1.Replica
}

// New starts NATS, applies the manifests and opens the SIP listeners. Run then
// serves; a Process whose Run is not called must be closed by Close.
func New(ctx context.Context, options Options) (*Process, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	p := &Process{options: options, logger: options.Logger, registry: prometheus.NewRegistry(), ready: make(chan struct{})}
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := p.assemble(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Process) assemble(ctx context.Context) error {
	var key [seal.KeySize]byte
	if _, err := rand.Read(key[:]); err != nil {
		return fmt.Errorf("make config key: %w", err)
	}
	if _, err := folder.Load(p.options.Manifests, key); err != nil {
		return err // before anything is started
	}
	var err error
	if p.nats, err = embedded.Start(ctx, embedded.Options{StoreDir: p.options.DataDir, Logger: p.logger}); err != nil {
		return err
	}
	if p.bus, err = bus.Connect(ctx, bus.Options{
		Name: "offhook", InProcess: p.nats, MemoryStorage: p.options.DataDir == "", Logger: p.logger, Registerer: p.registry,
	}); err != nil {
		return err
	}
	p.folder = folder.New(p.options.Manifests, key, targetconfig.NewPublisher(p.bus), p.logger)
	if err := p.folder.Apply(ctx); err != nil {
		return err
	}
	if p.directory, err = directory.New(directory.Options{Bus: p.bus, Logger: p.logger, Registerer: p.registry}); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	p.watcher = targetconfig.NewWatcher(targetconfig.Options{
		Bus: p.bus, Service: "offhook", Replica: "offhook", Key: key, Logger: p.logger, Registerer: p.registry,
	})
	return p.addComponents()
}

// Close releases what New opened. Run does so by itself.
func (p *Process) Close() error {
	return errors.Join(p.releaseComponents(), p.closeBus())
}

// releaseComponents gives back what components opened that never ran: they do
// so when they run to their end.
func (p *Process) releaseComponents() error {
	ended, end := context.WithCancel(context.Background())
	end()
	var failures []error
	for _, c := range p.components {
		if err := c.Run(ended); err != nil && !errors.Is(err, context.Canceled) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (p *Process) closeBus() error {
	if p.bus != nil {
		p.bus.Close()
	}
	if p.nats != nil {
		return p.nats.Stop()
	}
	return nil
}

// Ready is closed when every target has its owner and every service is ready.
func (p *Process) Ready() <-chan struct{} { return p.ready }

// SIPAddresses are the listeners.
func (p *Process) SIPAddresses() []net.Addr { return p.sip }

// SkinnyAddress is the listener of Skinny phones; nil: none.
func (p *Process) SkinnyAddress() net.Addr { return p.skinny }

// ProvisioningAddress is where Skinny phones get their configuration files; nil:
// none.
func (p *Process) ProvisioningAddress() net.Addr { return p.provisioning }

// Run serves until the context ends, drains, and returns when everything has
// stopped.
func (p *Process) Run(ctx context.Context) error {
	served := false
	defer func() {
		if served {
			_ = p.closeBus()
		} else {
			_ = p.Close()
		}
	}()
	// What the services stand on outlives them.
	ground, stopGround := context.WithCancel(context.WithoutCancel(ctx))
	defer stopGround()
	serving, stopServing := context.WithCancel(ground)
	defer stopServing()

	group, failed := errgroup.WithContext(ground)
	// Where one of these fails, the services above them are drained.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(failed, stop)()
	quiet := func(run func(context.Context) error, ctx context.Context) func() error {
		return func() error {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				return err
			}
			return nil
		}
	}
	group.Go(quiet(p.directory.Run, ground))
	group.Go(quiet(p.watcher.Run, ground))
	group.Go(quiet(p.folder.Run, serving))
	if err := p.serveAdmin(ground, group, quiet); err != nil {
		stopGround()
		return errors.Join(err, group.Wait())
	}
	if err := p.serveGRPC(ground, group); err != nil {
		stopGround()
		return errors.Join(err, group.Wait())
	}
	served = true
	group.Go(func() error {
		defer stopGround()
		return p.serve(ctx, serving, stopServing)
	})
	return group.Wait()
}

// serve runs the components until the context ends, then drains them.
func (p *Process) serve(ctx, serving context.Context, stop context.CancelFunc) error {
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := errors.Join(p.directory.WaitSynced(starting), p.watcher.WaitSynced(starting)); err != nil {
		failures := []error{p.releaseComponents()}
		if ctx.Err() == nil { // else told to stop meanwhile
			failures = append(failures, fmt.Errorf("start: %w", err))
		}
		return errors.Join(failures...)
	}
	components, failed := errgroup.WithContext(serving)
	for _, c := range p.components {
		p.directory.AddLocal(c.replica.GetId(), c.Register)
	}
	for _, c := range p.components {
		components.Go(func() error {
			if err := c.Run(failed); err != nil && failed.Err() == nil {
				return fmt.Errorf("%s: %w", c.replica.GetService(), err)
			}
			return nil
		})
		components.Go(func() error {
			if err := p.directory.Announce(failed, c.replica); err != nil && failed.Err() == nil {
				return err
			}
			return nil
		})
	}
	components.Go(func() error {
		if p.awaitOwners(failed) && p.awaitServices(failed) {
			close(p.ready)
		}
		return nil
	})
	select {
	case <-failed.Done():
	case <-ctx.Done():
		p.logger.Info("draining")
		p.drain(context.WithoutCancel(ctx))
	}
	stop()
	return components.Wait()
}

// awaitOwners waits until every target has an owner; false if the context ends.
func (p *Process) awaitOwners(ctx context.Context) bool {
	changed := make(chan struct{}, 1)
	unsubscribe := p.directory.Subscribe(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer unsubscribe()
	for !p.allOwned() {
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
	return true
}

// awaitServices asks until every service is ready, which none of them tells by
// itself; false if the context ends.
func (p *Process) awaitServices(ctx context.Context) bool {
	again := time.NewTicker(askReadyEvery)
	defer again.Stop()
	for p.servicesReady() != nil {
		select {
		case <-ctx.Done():
			return false
		case <-again.C:
		}
	}
	return true
}

func (p *Process) allOwned() bool {
	for _, target := range p.watcher.Snapshot().Targets() {
		if _, owned := p.directory.Owner(target.Name); !owned {
			return false
		}
	}
	for _, c := range p.components {
		if _, announced := p.directory.Replica(c.replica.GetId()); !announced {
			return false
		}
	}
	return true
}

func (p *Process) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	for _, c := range p.components {
		if drainer, ok := c.Component.(process.Drainer); ok {
			if err := drainer.Drain(ctx); err != nil {
				p.logger.Warn("drain is not complete", "component", c.replica.GetService(), "error", err)
			}
		}
	}
}

func (p *Process) serveAdmin(ctx context.Context, group *errgroup.Group, quiet func(func(context.Context) error, context.Context) func() error) error {
	if p.options.Admin == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.options.Admin)
	if err != nil {
		return fmt.Errorf("listen for admin: %w; choose another address with --admin", err)
	}
	handler := process.AdminHandler(p.checkReady, p.registry, p.options.Profiling)
	group.Go(quiet(func(ctx context.Context) error { return process.ServeAdmin(ctx, listener, handler) }, ctx))
	return nil
}

func (p *Process) checkReady() error {
	select {
	case <-p.ready:
	default:
		return errors.New("starting")
	}
	return p.servicesReady()
}

func (p *Process) servicesReady() error {
	failures := []error{p.bus.Ready()}
	for _, c := range p.components {
		if readier, ok := c.Component.(process.Readier); ok {
			failures = append(failures, readier.Ready())
		}
	}
	return errors.Join(failures...)
}

// serveGRPC serves the services for administrators only; the services don't use
// it among themselves.
func (p *Process) serveGRPC(ctx context.Context, group *errgroup.Group) error {
	if p.options.GRPC == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(p.options.GRPC)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("listen for gRPC: %q is not a loopback address; the all-in-one process has no TLS there", p.options.GRPC)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.options.GRPC)
	if err != nil {
		return fmt.Errorf("listen for gRPC: %w; choose another address with --grpc", err)
	}
	server := grpc.NewServer()
	for _, c := range p.components {
		c.Register(server)
	}
	stopped := make(chan struct{})
	group.Go(func() error {
		defer close(stopped)
		if err := server.Serve(listener); err != nil && ctx.Err() == nil {
			return fmt.Errorf("serve gRPC: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		select {
		case <-ctx.Done():
			server.Stop()
		case <-stopped:
		}
		return nil
	})
	return nil
}

// Metrics describes every metric of the process.
func (p *Process) Metrics() prometheus.Collector { return p.registry }

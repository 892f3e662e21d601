// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
	"offhook.dev/services/targetconfig"
)

// ErrNotConnected: NATS was not reached yet.
var ErrNotConnected = errors.New("NATS is not connected yet")

// Options are a plane's dependencies.
type Options struct {
	// Connect gives the bus; it waits for the server until its context ends.
	Connect func(context.Context) (*bus.Bus, error)
	// Report asks the owner of a target; nil: over gRPC.
	Report func(ctx context.Context, clients directory.Clients, config *configv1.TargetConfig) (*Report, error)
	// Link are the settings of calls to phone-control.
	Link link.Options
	// Interval between two reports of a target. Default 5 s.
	Interval   time.Duration
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Plane is the data plane as the operator sees it. Run it on the leader only:
// one publisher may be at work at a time. It is safe for concurrent use.
type Plane struct {
	options Options
	metrics *metrics
	changed chan struct{}

	mu        sync.Mutex
	bus       *bus.Bus
	directory *directory.Directory
	books     *books
	// unsynced are the buckets that have not been read once.
	unsynced map[string]bool
}

// New gives a plane that knows nothing until Start.
func New(options Options) *Plane {
	if options.Interval <= 0 {
		options.Interval = 5 * time.Second
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.Report == nil {
		options.Report = reportTarget
	}
	return &Plane{
		options: options, metrics: newMetrics(options.Registerer), changed: make(chan struct{}, 1), books: newBooks(),
		unsynced: map[string]bool{"config": true, "config-acks": true, "sessions": true, "monitors": true, "directory": true},
	}
}

// Start connects and follows the data plane until the context ends. Lost
// connections come back by themselves.
func (p *Plane) Start(ctx context.Context) error {
	connected, err := p.options.Connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer connected.Close()
	linkOptions := p.options.Link
	linkOptions.Logger = p.options.Logger
	replicas, err := directory.New(directory.Options{
		Bus: connected, Link: linkOptions, Logger: p.options.Logger, Registerer: p.options.Registerer,
	})
	if err != nil {
		return fmt.Errorf("follow replicas: %w", err)
	}
	p.mu.Lock()
	p.bus, p.directory = connected, replicas
	p.mu.Unlock()
	defer replicas.Subscribe(p.touch)()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return replicas.Run(ctx) })
	group.Go(func() error { return p.awaitReplicas(ctx, replicas) })
	group.Go(func() error {
		return connected.Config().Watch(ctx, ">", func(change bus.Change[*configv1.TargetConfig]) {
			p.record("config", change.Operation, func(b *books) { b.configChanged(change) })
		})
	})
	group.Go(func() error {
		return connected.ConfigAcks().Watch(ctx, ">", func(change bus.Change[*statev1.Acknowledgement]) {
			p.record("config-acks", change.Operation, func(b *books) {
				note(b.acks, change, func(entry bus.Entry[*statev1.Acknowledgement]) *statev1.Acknowledgement { return entry.Value })
			})
		})
	})
	group.Go(func() error {
		return connected.Sessions().Watch(ctx, ">", func(change bus.Change[*statev1.SessionRecord]) {
			p.record("sessions", change.Operation, func(b *books) { b.sessionChanged(change, time.Now()) })
		})
	})
	group.Go(func() error {
		return connected.Monitors().Watch(ctx, ">", func(change bus.Change[*statev1.MonitorRecord]) {
			p.record("monitors", change.Operation, func(b *books) {
				note(b.monitors, change, func(entry bus.Entry[*statev1.MonitorRecord]) monitor {
					return monitor{session: entry.Value.GetSessionId(), target: entry.Value.GetTarget()}
				})
			})
		})
	})
	group.Go(func() error { return p.poll(ctx, replicas) })
	group.Go(func() error { return p.followConnection(ctx, connected) })
	if err := group.Wait(); ctx.Err() == nil {
		return fmt.Errorf("follow the data plane: %w", err)
	}
	return nil
}

// NeedLeaderElection makes the manager run it on the leader.
func (p *Plane) NeedLeaderElection() bool { return true }

func (p *Plane) awaitReplicas(ctx context.Context, replicas *directory.Directory) error {
	if err := replicas.WaitSynced(ctx); err != nil {
		return err //nolint:wrapcheck // the context's
	}
	p.record("directory", bus.OperationSynced, func(*books) {})
	return nil
}

// followConnection tells when NATS goes and comes.
func (p *Plane) followConnection(ctx context.Context, connected *bus.Bus) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	up := true
	for {
		p.metrics.connected.Set(boolean(up))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			if now := connected.Ready() == nil; now != up {
				up = now
				p.touch()
			}
		}
	}
}

// record changes the books and tells of it.
func (p *Plane) record(bucket string, operation bus.Operation, change func(*books)) {
	p.mu.Lock()
	change(p.books)
	if operation == bus.OperationSynced {
		delete(p.unsynced, bucket)
	}
	p.mu.Unlock()
	p.touch()
}

// touch tells of a change.
func (p *Plane) touch() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// Changed gets a value after something changed; changes are put together.
func (p *Plane) Changed() <-chan struct{} { return p.changed }

// ready is why the data plane is not known, or nil.
func (p *Plane) ready() error {
	switch {
	case p.bus == nil || len(p.unsynced) > 0:
		return ErrNotConnected
	default:
		return p.bus.Ready() //nolint:wrapcheck // it names the server
	}
}

// View is what is known now.
func (p *Plane) View() *View {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.directory == nil {
		return &View{Err: ErrNotConnected}
	}
	view := p.books.view(p.directory)
	view.Err = p.ready()
	return view
}

// Published are the configurations that the data plane was given last, by
// target. They must not be changed.
func (p *Plane) Published() (map[string]*configv1.TargetConfig, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ready(); err != nil {
		return nil, err
	}
	published := make(map[string]*configv1.TargetConfig, len(p.books.configs))
	for _, entry := range p.books.configs {
		published[entry.Value.GetTarget()] = entry.Value
	}
	return published, nil
}

// Publish gives the data plane exactly these configurations, by target. What
// does not differ from what it was given last is left alone. It must not be
// called by two goroutines at a time.
func (p *Plane) Publish(ctx context.Context, configs map[string]*configv1.TargetConfig) error {
	published, err := p.Published()
	if err != nil {
		return err
	}
	same := func(a, b *configv1.TargetConfig) bool { return a.GetVersion() == b.GetVersion() }
	if maps.EqualFunc(published, configs, same) {
		return nil
	}
	list := slices.Collect(maps.Values(configs))
	users := map[string]bool{}
	for _, config := range list {
		for _, user := range config.GetUsers() {
			users[user.GetUser()] = true
		}
	}
	if err := targetconfig.NewPublisher(p.bus).Publish(ctx, list...); err != nil {
		p.metrics.publishFailures.Inc()
		return err //nolint:wrapcheck // it says what it did
	}
	for name, config := range configs {
		if !same(published[name], config) {
			p.metrics.published.Inc()
			p.options.Logger.Info("configuration published", "target", name, "config_version", config.GetVersion(),
				"lines", len(config.GetLines()), "users", len(config.GetUsers()))
		}
	}
	for name := range published {
		if configs[name] == nil {
			p.options.Logger.Info("target withdrawn", "target", name)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// The watch tells the same, a little later.
	p.books.configs = make(map[string]bus.Entry[*configv1.TargetConfig], len(configs))
	for name, config := range configs {
		p.books.configs[bus.EncodeKey(name)] = bus.Entry[*configv1.TargetConfig]{Key: bus.EncodeKey(name), Value: config}
	}
	p.books.forget(users)
	return nil
}

func boolean(value bool) float64 {
	if value {
		return 1
	}
	return 0
}

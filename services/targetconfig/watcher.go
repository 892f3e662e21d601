// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// Options are a watcher's dependencies.
type Options struct {
	Bus *bus.Bus
	// Service and Replica sign acknowledgements.
	Service, Replica string
	// Key opens sealed credentials.
	Key [32]byte
	// Validate is the service's own check of a new snapshot (dry run); nil:
	// none. An error refuses the change.
	Validate   func(*Snapshot) error
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// ackTimeout bounds one acknowledgement; one that fails is not repeated, as the
// next version brings the next.
const ackTimeout = 5 * time.Second

// Watcher follows the bucket of rendered configurations. It is safe for
// concurrent use.
type Watcher struct {
	options     Options
	metrics     *metrics
	snapshot    atomic.Pointer[Snapshot]
	subscribers subscribers
	synced      chan struct{}

	// Of Run's goroutine only: the configurations in force, and what was read
	// before the bucket was read once.
	applied map[string]*configv1.TargetConfig
	initial map[string]*configv1.TargetConfig
	syncing bool
	// refused are configurations whose time may come: a domain that another
	// target claims may be given up later.
	refused map[string]*configv1.TargetConfig
}

var _ Source = (*Watcher)(nil)

// NewWatcher gives a watcher with an empty snapshot.
func NewWatcher(options Options) *Watcher {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Watcher{
		options: options,
		metrics: newMetrics(options.Registerer),
		synced:  make(chan struct{}),
		applied: map[string]*configv1.TargetConfig{},
		initial: map[string]*configv1.TargetConfig{},
		refused: map[string]*configv1.TargetConfig{},
		syncing: true,
	}
	w.snapshot.Store(&Snapshot{})
	return w
}

// Run follows the bucket until the context ends and returns its error. Call it
// once.
func (w *Watcher) Run(ctx context.Context) error {
	return w.options.Bus.Config().Watch(ctx, ">", func(change bus.Change[*configv1.TargetConfig]) {
		switch {
		case change.Operation == bus.OperationSynced:
			w.applyInitial(ctx)
		case w.syncing && change.Operation == bus.OperationPut:
			w.initial[change.Key] = change.Value
		case w.syncing:
			delete(w.initial, change.Key)
		case change.Operation == bus.OperationPut:
			w.apply(ctx, change.Key, change.Value)
		default:
			w.withdraw(ctx, change.Key)
		}
	})
}

// WaitSynced returns when the configurations that existed were applied or
// refused once.
func (w *Watcher) WaitSynced(ctx context.Context) error {
	select {
	case <-w.synced:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Snapshot implements Source.
func (w *Watcher) Snapshot() *Snapshot { return w.snapshot.Load() }

// Subscribe implements Source.
func (w *Watcher) Subscribe(changed func(before, after *Snapshot)) (unsubscribe func()) {
	return w.subscribers.add(changed)
}

// applyInitial applies what the bucket held at the start as one change; where
// that is refused, target by target, so that one bad target stops no other.
func (w *Watcher) applyInitial(ctx context.Context) {
	w.syncing = false
	if err := w.swap(w.initial); err == nil {
		for key, config := range w.initial {
			w.acknowledge(ctx, key, config, nil)
		}
	} else {
		for _, key := range slices.Sorted(maps.Keys(w.initial)) {
			w.apply(ctx, key, w.initial[key])
		}
	}
	w.initial = nil
	close(w.synced)
}

// apply puts one configuration in force, or refuses it and keeps the one
// before.
func (w *Watcher) apply(ctx context.Context, key string, config *configv1.TargetConfig) {
	next := maps.Clone(w.applied)
	next[key] = config
	err := w.swap(next)
	if err == nil {
		delete(w.refused, key)
		w.acknowledge(ctx, key, config, nil)
		w.retryRefused(ctx)
		return
	}
	if w.refused[key] != config {
		w.refused[key] = config
		w.metrics.refused.Inc()
		w.options.Logger.Error("configuration is refused; the one before stays", "target", config.GetTarget(), "version", config.GetVersion(), "error", err)
	}
	w.acknowledge(ctx, key, config, err)
}

// retryRefused tries the refused configurations again after a change. Each
// success removes one, so it ends.
func (w *Watcher) retryRefused(ctx context.Context) {
	for _, key := range slices.Sorted(maps.Keys(w.refused)) {
		config, still := w.refused[key]
		if !still {
			continue
		}
		next := maps.Clone(w.applied)
		next[key] = config
		if w.swap(next) == nil {
			delete(w.refused, key)
			w.acknowledge(ctx, key, config, nil)
			w.retryRefused(ctx)
			return
		}
	}
}

// withdraw takes a target out of force.
func (w *Watcher) withdraw(ctx context.Context, key string) {
	delete(w.refused, key)
	next := maps.Clone(w.applied)
	delete(next, key)
	if err := w.swap(next); err != nil {
		w.metrics.refused.Inc()
		w.options.Logger.Error("withdrawal of a target is refused", "target", key, "error", err)
		return
	}
	w.forget(ctx, key)
	w.retryRefused(ctx)
}

// swap builds and checks a snapshot and puts it in force.
func (w *Watcher) swap(next map[string]*configv1.TargetConfig) error {
	for key, config := range next {
		if bus.EncodeKey(config.GetTarget()) != key {
			return fmt.Errorf("entry %s is of target %q", key, config.GetTarget())
		}
	}
	built, err := Build(w.options.Key, slices.Collect(maps.Values(next))...)
	if err != nil {
		return err
	}
	if w.options.Validate != nil {
		if err := w.options.Validate(built); err != nil {
			return err
		}
	}
	w.applied = next
	before := w.snapshot.Swap(built)
	w.metrics.applied.Inc()
	w.metrics.targets.Set(float64(len(built.targets)))
	w.subscribers.tell(before, built)
	return nil
}

// acknowledge says on the bus which version is in force, or why it was refused.
func (w *Watcher) acknowledge(ctx context.Context, key string, config *configv1.TargetConfig, refusal error) {
	ack := &statev1.Acknowledgement{
		Target: config.GetTarget(), Service: w.options.Service, Replica: w.options.Replica, Version: config.GetVersion(),
	}
	if refusal != nil {
		ack.Error = refusal.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	if _, err := w.options.Bus.ConfigAcks().Put(ctx, w.ackKey(key), ack); err != nil && ctx.Err() == nil {
		w.options.Logger.Warn("acknowledge configuration", "target", config.GetTarget(), "error", err)
	}
}

func (w *Watcher) forget(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	if err := w.options.Bus.ConfigAcks().Delete(ctx, w.ackKey(key)); err != nil && ctx.Err() == nil {
		w.options.Logger.Warn("delete acknowledgement", "target", key, "error", err)
	}
}

func (w *Watcher) ackKey(key string) string {
	return key + "." + bus.EncodeKey(w.options.Service) + "." + bus.EncodeKey(w.options.Replica)
}

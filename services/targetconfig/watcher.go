// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	configv1 "offhook.dev/proto/offhook/config/v1"
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

// Watcher follows the bucket of rendered configurations. It is safe for
// concurrent use.
type Watcher struct{}

var _ Source = (*Watcher)(nil)

// NewWatcher gives a watcher with an empty snapshot.
func NewWatcher(options Options) *Watcher { return &Watcher{} }

// Run follows the bucket until the context ends.
func (w *Watcher) Run(ctx context.Context) error { return errors.ErrUnsupported }

// WaitSynced returns when the configurations that existed were applied or
// refused once.
func (w *Watcher) WaitSynced(ctx context.Context) error { return errors.ErrUnsupported }

// Snapshot implements Source.
func (w *Watcher) Snapshot() *Snapshot { return &Snapshot{} }

// Subscribe implements Source.
func (w *Watcher) Subscribe(changed func(before, after *Snapshot)) (unsubscribe func()) {
	return func() {}
}

// Build makes a snapshot of rendered configurations, all or nothing: the error
// joins every fault. Credentials are opened with the key.
func Build(key [32]byte, configs ...*configv1.TargetConfig) (*Snapshot, error) {
	return nil, errors.ErrUnsupported
}

func canonicalHost(host string) string { return strings.ToLower(host) }

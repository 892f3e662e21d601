// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"offhook.dev/services/process"
)

// errNotSynced: objects have not been read once.
var errNotSynced = errors.New("objects of the namespace have not been read yet")

// adminServer serves /livez, /readyz and /metrics, on every replica. It is
// ready when the objects have been read: NATS may be away, and another replica
// may lead.
type adminServer struct {
	listen    string
	profiling bool
	cache     cache.Cache
	gatherer  prometheus.Gatherer
	logger    *slog.Logger
	synced    atomic.Bool
}

// NeedLeaderElection makes the manager run it on every replica.
func (a *adminServer) NeedLeaderElection() bool { return false }

// Start serves until the context ends.
func (a *adminServer) Start(ctx context.Context) error {
	if a.listen == "" {
		<-ctx.Done()
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.listen)
	if err != nil {
		return fmt.Errorf("listen for admin: %w; change admin.listen", err)
	}
	a.logger.Info("admin is listening", "address", listener.Addr().String())
	syncing := make(chan struct{})
	go func() {
		defer close(syncing)
		a.synced.Store(a.cache.WaitForCacheSync(ctx))
	}()
	defer func() { <-syncing }()
	if err := process.ServeAdmin(ctx, listener, process.AdminHandler(a.ready, a.gatherer, a.profiling)); err != nil {
		return fmt.Errorf("serve admin: %w", err)
	}
	return nil
}

func (a *adminServer) ready() error {
	if !a.synced.Load() {
		return errNotSynced
	}
	return nil
}

// SPDX-License-Identifier: Apache-2.0

package skinnyrelay

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/ratelimit"
	"offhook.dev/services/skinnyport"
	"offhook.dev/services/targetconfig"
)

// Options are a listener's dependencies and limits. Limits that are zero have
// their defaults.
type Options struct {
	Owners  Owners
	Targets targetconfig.Source
	Logger  *slog.Logger
	// Registerer takes the metrics; nil: none.
	Registerer prometheus.Registerer
	// MaxConnections in all: 20,000. One too many is closed.
	MaxConnections int
	// MaxPerSource is how many of them one address may have: 1,024. One too many
	// is closed.
	MaxPerSource int
	// RegisterTimeout is how long a phone may take to say who it is: 10 s.
	RegisterTimeout time.Duration
}

// Listener takes Skinny phones where they come in, and each to the replica that
// runs its target. It is safe for concurrent use.
type Listener struct {
	options Options
	relay   *Relay
	metrics *metrics
	// logs bounds how often a refusal of one source is logged.
	logs *ratelimit.PerSource

	listeners skinnyport.Listeners
	serving   sync.WaitGroup

	mu      sync.Mutex
	open    int
	sources map[string]int
}

// NewListener makes a listener that listens nowhere yet.
func NewListener(options Options) *Listener {
	if options.MaxConnections <= 0 {
		options.MaxConnections = 20000
	}
	if options.MaxPerSource <= 0 {
		options.MaxPerSource = 1024
	}
	if options.RegisterTimeout <= 0 {
		options.RegisterTimeout = 10 * time.Second
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Listener{
		options: options, relay: New(options.Owners, ""), metrics: newMetrics(options.Registerer),
		logs:    ratelimit.New(ratelimit.Config{PerSecond: 1.0 / 60, Burst: 1}),
		sources: make(map[string]int),
	}
}

// Listen opens a TCP listener, before Run; config nil: without TLS.
func (l *Listener) Listen(address string, config *tls.Config) (net.Addr, error) {
	return l.listeners.Listen(address, config)
}

// Run takes connections until the context ends, which ends those that are open.
func (l *Listener) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := l.listeners.Accept(ctx, func(network net.Conn) { l.serve(ctx, network) }, func() {
		l.metrics.refused.WithLabelValues("accept").Inc()
	})
	if err != nil {
		cancel(err)
	}
	<-ctx.Done()
	l.serving.Wait()
	return context.Cause(ctx)
}

// Drain takes no more connections; those that are open go on until Run ends.
func (l *Listener) Drain() { l.listeners.Close() }

// serve begins with one connection, if there is room for it.
func (l *Listener) serve(ctx context.Context, network net.Conn) {
	source := ratelimit.Source(network.RemoteAddr().String())
	l.mu.Lock()
	reason := ""
	switch {
	case l.open >= l.options.MaxConnections:
		reason = "too_many"
	case l.sources[source] >= l.options.MaxPerSource:
		reason = "too_many_of_source"
	default:
		l.open++
		l.sources[source]++
	}
	l.mu.Unlock()
	if reason != "" {
		l.note(source, reason, nil)
		_ = network.Close()
		return
	}
	l.metrics.accepted.Inc()
	l.metrics.open.Inc()
	l.serving.Go(func() {
		defer l.left(source)
		l.take(ctx, network, source)
	})
}

func (l *Listener) left(source string) {
	l.metrics.open.Dec()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.sources[source]--; l.sources[source] == 0 {
		delete(l.sources, source)
	}
}

// note counts a refusal, and logs it unless the source had one lately.
func (l *Listener) note(source, reason string, err error) {
	l.metrics.refused.WithLabelValues(reason).Inc()
	if l.logs.Allow(source) {
		l.options.Logger.Warn("skinny phone is refused", "source", source, "reason", reason, "error", err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
)

// Options say how to reach NATS and what to keep there. The zero value of a
// field means its default.
type Options struct {
	// Name of the connection, for nats-server's own reports.
	Name string
	// URL of one or more servers, separated by commas.
	URL string
	// InProcess is an embedded server to use in place of URL.
	InProcess nats.InProcessConnProvider
	// CredentialsFile is a NATS .creds file; empty: none.
	CredentialsFile string
	// TLS for the connection; nil: as the URL says.
	TLS *tls.Config
	// Replicas of stream and buckets. Default 1.
	Replicas int
	// MemoryStorage keeps stream and buckets in memory instead of on disk.
	MemoryStorage bool
	// EventsMaxAge and EventsMaxBytes bound the event stream; the oldest events
	// go first. Defaults 1 h and 256 MiB.
	EventsMaxAge   time.Duration
	EventsMaxBytes int64
	// LeaseTTL and ReplicaTTL are the ages at which entries of the buckets
	// leases and replicas vanish. Defaults 4 s and 6 s.
	LeaseTTL, ReplicaTTL time.Duration
	// RequestTimeout bounds one request to NATS whose context has no deadline.
	// Default 5 s.
	RequestTimeout time.Duration
	// Logger tells of lost and regained connections; nil is silent.
	Logger *slog.Logger
	// Registerer takes the metrics; nil: none.
	Registerer prometheus.Registerer
}

var errWatchEnded = errors.New("watch ended early")

func (o Options) withDefaults() (Options, error) {
	if o.URL == "" && o.InProcess == nil {
		return o, errors.New("connect to NATS: no URL is given")
	}
	if o.Replicas <= 0 {
		o.Replicas = 1
	}
	if o.EventsMaxBytes <= 0 {
		o.EventsMaxBytes = 256 << 20
	}
	for _, setting := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{
		{&o.EventsMaxAge, time.Hour},
		{&o.LeaseTTL, 4 * time.Second},
		{&o.ReplicaTTL, 6 * time.Second},
		{&o.RequestTimeout, 5 * time.Second},
	} {
		if *setting.value <= 0 {
			*setting.value = setting.otherwise
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func (o Options) where() string {
	if o.InProcess != nil {
		return "this process"
	}
	return o.URL
}

// natsOptions connect for ever: every loss is answered by another attempt, and
// nothing is kept back to be sent late.
func (o Options) natsOptions(b *Bus) []nats.Option {
	options := []nats.Option{
		nats.Name(o.Name),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 300*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(5 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.Timeout(2 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if b.ctx.Err() == nil {
				b.metrics.disconnects.Inc()
				o.Logger.Warn("NATS is disconnected", "server", o.where(), "error", err)
			}
		}),
		nats.ReconnectHandler(func(conn *nats.Conn) {
			o.Logger.Info("NATS is connected again", "server", conn.ConnectedUrlRedacted())
			select {
			case b.reconnected <- struct{}{}:
			default:
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if b.ctx.Err() == nil {
				b.metrics.errors.Inc()
				o.Logger.Warn("NATS reports an error", "error", err)
			}
		}),
	}
	if o.InProcess != nil {
		options = append(options, nats.InProcessServer(o.InProcess))
	}
	if o.CredentialsFile != "" {
		options = append(options, nats.UserCredentials(o.CredentialsFile))
	}
	if o.TLS != nil {
		options = append(options, nats.Secure(o.TLS))
	}
	return options
}

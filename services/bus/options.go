// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"crypto/tls"
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

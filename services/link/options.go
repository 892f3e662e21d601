// SPDX-License-Identifier: Apache-2.0

package link

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// Options are a Conn's settings. The zero value of a field means its default.
type Options struct {
	// Credentials of the transport; nil means plain text.
	Credentials credentials.TransportCredentials
	// MaxInFlight bounds the calls that wait for an answer; a call beyond it
	// fails with RESOURCE_EXHAUSTED. Default 4096.
	MaxInFlight int
	// MaxMessageBytes bounds one request or response. Default 4 MiB.
	MaxMessageBytes int
	// KeepAlive is the idle time before the peer is probed. Default 10 s.
	KeepAlive time.Duration
	// KeepAliveTimeout ends the connection when a probe is not answered.
	// Default 3 s.
	KeepAliveTimeout time.Duration
	// MinBackoff and MaxBackoff bound the wait before a lost stream is opened
	// anew. Defaults 50 ms and 2 s; the wait doubles and has jitter.
	MinBackoff, MaxBackoff time.Duration
	// DialOptions are added to those of the gRPC connection.
	DialOptions []grpc.DialOption
	// Metrics counts calls; nil counts nothing. Share one over all Conns.
	Metrics *Metrics
	// Logger tells of lost and regained streams; nil is silent.
	Logger *slog.Logger
}

// ServerOptions are a Server's settings. The zero value of a field means its
// default.
type ServerOptions struct {
	// MaxConcurrent bounds the calls served at a time over all links; a call
	// beyond it fails with RESOURCE_EXHAUSTED. Default 4096.
	MaxConcurrent int
	// MaxMessageBytes bounds one response. Default 4 MiB.
	MaxMessageBytes int
	// Metrics counts calls; nil counts nothing.
	Metrics *Metrics
}

// NewMetrics registers the metrics of links; a nil registerer gives metrics
// that nobody reads.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_link_calls_total",
			Help: "Calls by side (client, server) and gRPC code.",
		}, []string{"side", "code"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "offhook_link_calls_in_flight",
			Help: "Calls that are open now, by side.",
		}, []string{"side"}),
		connects: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "offhook_link_connects_total",
			Help: "Streams opened to a peer, the first and every one after a loss.",
		}),
	}
	if registerer != nil {
		registerer.MustRegister(m.calls, m.inFlight, m.connects)
	}
	m.resolve()
	return m
}

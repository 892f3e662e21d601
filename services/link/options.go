// SPDX-License-Identifier: Apache-2.0

package link

import (
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
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

const (
	defaultMaxInFlight     = 4096
	defaultMaxConcurrent   = 4096
	defaultMaxMessageBytes = 4 << 20
	// chunkSlack is what a gRPC message may hold beyond one largest frame.
	chunkSlack = 2 * chunkBytes
)

func (o Options) withDefaults() Options {
	orInt(&o.MaxInFlight, defaultMaxInFlight)
	orInt(&o.MaxMessageBytes, defaultMaxMessageBytes)
	orDuration(&o.KeepAlive, 10*time.Second)
	orDuration(&o.KeepAliveTimeout, 3*time.Second)
	orDuration(&o.MinBackoff, 50*time.Millisecond)
	orDuration(&o.MaxBackoff, 2*time.Second)
	if o.Credentials == nil {
		o.Credentials = insecure.NewCredentials()
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o ServerOptions) withDefaults() ServerOptions {
	orInt(&o.MaxConcurrent, defaultMaxConcurrent)
	orInt(&o.MaxMessageBytes, defaultMaxMessageBytes)
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	return o
}

func orInt(value *int, otherwise int) {
	if *value <= 0 {
		*value = otherwise
	}
}

func orDuration(value *time.Duration, otherwise time.Duration) {
	if *value <= 0 {
		*value = otherwise
	}
}

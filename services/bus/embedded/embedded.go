// SPDX-License-Identifier: Apache-2.0

// Package embedded owns a nats-server with JetStream inside this process, for
// the all-in-one binary and for tests. It never handles signals.
package embedded

import (
	"context"
	"errors"
	"log/slog"
	"net"
)

// Options say where the server keeps its data and listens.
type Options struct {
	// StoreDir keeps JetStream's files; empty: a temporary folder that Stop
	// removes.
	StoreDir string
	// Listen is a loopback "host:port" for clients outside this process; port
	// 0 or -1 takes a free one; empty: no listener.
	Listen string
	// MaxMemory and MaxStore bound JetStream in bytes. Defaults 256 MiB, 1 GiB.
	MaxMemory, MaxStore int64
	// Logger takes the server's warnings and errors; nil is silent.
	Logger *slog.Logger
}

// Server is a running nats-server. It implements nats.InProcessConnProvider.
type Server struct{}

// Start starts a server and waits until it is ready or the context ends.
func Start(ctx context.Context, options Options) (*Server, error) {
	return nil, errors.ErrUnsupported
}

// InProcessConn gives a connection without a socket.
func (s *Server) InProcessConn() (net.Conn, error) { return nil, errors.ErrUnsupported }

// URL for clients; empty without a listener.
func (s *Server) URL() string { return "" }

// Stop ends the server and waits for it.
func (s *Server) Stop() {}

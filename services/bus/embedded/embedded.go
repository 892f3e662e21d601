// SPDX-License-Identifier: Apache-2.0

// Package embedded owns a nats-server with JetStream inside this process, for
// the all-in-one binary and for tests. It never handles signals and never
// listens on other than loopback addresses.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// Options say where the server keeps its data and listens.
type Options struct {
	// StoreDir keeps JetStream's files; empty: a temporary folder that Stop
	// removes.
	StoreDir string
	// Listen is a loopback "host:port" for clients outside this process; port
	// 0 takes a free one; empty: no listener.
	Listen string
	// MaxMemory and MaxStore bound JetStream in bytes. Default 1 GiB each.
	MaxMemory, MaxStore int64
	// Logger takes the server's warnings and errors; nil is silent.
	Logger *slog.Logger
}

// Server is a running nats-server.
type Server struct {
	server    *server.Server
	listening bool
	temporary string
}

var _ nats.InProcessConnProvider = (*Server)(nil)

// Start starts a server and waits until it is ready or the context ends.
func Start(ctx context.Context, options Options) (*Server, error) {
	settings := &server.Options{
		ServerName:         "offhook",
		NoSigs:             true,
		NoLog:              true,
		JetStream:          true,
		StoreDir:           options.StoreDir,
		DontListen:         options.Listen == "",
		JetStreamMaxMemory: orBytes(options.MaxMemory, 1<<30),
		JetStreamMaxStore:  orBytes(options.MaxStore, 1<<30),
	}
	if options.Listen != "" {
		host, port, err := loopback(options.Listen)
		if err != nil {
			return nil, fmt.Errorf("start NATS: %w", err)
		}
		settings.Host, settings.Port = host, port
	}
	s := &Server{listening: options.Listen != ""}
	if options.StoreDir == "" {
		folder, err := os.MkdirTemp("", "offhook-nats-")
		if err != nil {
			return nil, fmt.Errorf("start NATS: %w", err)
		}
		s.temporary, settings.StoreDir = folder, folder
	}
	made, err := server.NewServer(settings)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start NATS: %w", err), s.removeTemporary())
	}
	s.server = made
	if options.Logger != nil {
		made.SetLoggerV2(logger{options.Logger}, false, false, false)
	}
	made.Start()
	if err := s.awaitReady(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start NATS: %w", err), s.Stop())
	}
	return s, nil
}

// awaitReady asks the server in short steps, as it has no other way to tell.
func (s *Server) awaitReady(ctx context.Context) error {
	for !s.server.ReadyForConnections(100 * time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !s.server.Running() {
			return errors.New("server ended at once; is the address or store in use?")
		}
	}
	if !s.server.JetStreamEnabled() {
		return errors.New("JetStream is not enabled; is the store writable?")
	}
	return nil
}

// InProcessConn gives a connection without a socket.
func (s *Server) InProcessConn() (net.Conn, error) { return s.server.InProcessConn() }

// URL for clients; empty without a listener.
func (s *Server) URL() string {
	if !s.listening {
		return ""
	}
	return s.server.ClientURL()
}

// Stop ends the server, waits for it and removes a temporary store.
func (s *Server) Stop() error {
	s.server.Shutdown()
	s.server.WaitForShutdown()
	return s.removeTemporary()
}

func (s *Server) removeTemporary() error {
	if s.temporary == "" {
		return nil
	}
	if err := os.RemoveAll(s.temporary); err != nil {
		return fmt.Errorf("remove temporary NATS store: %w", err)
	}
	return nil
}

func loopback(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("listen address %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", 0, fmt.Errorf("listen address %q is not a loopback address; for other hosts run nats-server with credentials and TLS", listen)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("listen address %q: port is not a number from 0 to 65535", listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

func orBytes(value, otherwise int64) int64 {
	if value <= 0 {
		return otherwise
	}
	return value
}

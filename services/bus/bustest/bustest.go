// SPDX-License-Identifier: Apache-2.0

// Package bustest owns a NATS server for tests of this project: embedded, on
// loopback, with its files in the test's own folder. It is never part of a
// service.
package bustest

import (
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"offhook.dev/services/bus"
	"offhook.dev/services/bus/embedded"
)

const startTimeout = 20 * time.Second

// Server is a NATS server that lives as long as its test. Its methods are for
// the test's goroutine.
type Server struct {
	folder string
	listen string
	server *embedded.Server
}

// Run starts a server; the test's end stops it.
func Run(t testing.TB) *Server {
	t.Helper()
	s := &Server{folder: t.TempDir(), listen: "127.0.0.1:0"}
	s.Restart(t)
	address, err := url.Parse(s.server.URL())
	if err != nil {
		t.Fatalf("read URL of NATS: %v", err)
	}
	s.listen = net.JoinHostPort(address.Hostname(), address.Port())
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// URL of the server, the same after a Restart.
func (s *Server) URL() string { return "nats://" + s.listen }

// InProcessConn gives a connection without a socket; it implements
// nats.InProcessConnProvider.
func (s *Server) InProcessConn() (net.Conn, error) {
	if s.server == nil {
		return nil, net.ErrClosed
	}
	return s.server.InProcessConn()
}

// Connect gives a bus on this server that the test's end closes.
func (s *Server) Connect(t testing.TB) *bus.Bus {
	t.Helper()
	return s.ConnectWith(t, bus.Options{})
}

// ConnectWith is Connect with options, whose URL is set here.
func (s *Server) ConnectWith(t testing.TB, options bus.Options) *bus.Bus {
	t.Helper()
	options.URL = s.URL()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	connected, err := bus.Connect(ctx, options)
	if err != nil {
		t.Fatalf("connect to NATS: %v", err)
	}
	t.Cleanup(connected.Close)
	return connected
}

// Stop ends the server, files kept; stopping twice is no error.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if s.server == nil {
		return
	}
	if err := s.server.Stop(); err != nil {
		t.Errorf("stop NATS: %v", err)
	}
	s.server = nil
}

// Restart starts a stopped server again at the same address with its files.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if s.server != nil {
		t.Fatal("restart NATS: it is running; stop it first")
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	started, err := embedded.Start(ctx, embedded.Options{StoreDir: s.folder, Listen: s.listen})
	if err != nil {
		t.Fatalf("start NATS: %v", err)
	}
	s.server = started
}

// SPDX-License-Identifier: Apache-2.0

// Package bustest owns a NATS server for tests of this project: embedded, on
// loopback, with its files in the test's own folder. It is never part of a
// service.
package bustest

import (
	"testing"

	"offhook.dev/services/bus"
)

// Server is a NATS server that lives as long as its test.
type Server struct{}

// Run starts a server; the test's end stops it.
func Run(t testing.TB) *Server { return nil }

// URL of the server, the same after a Restart.
func (s *Server) URL() string { return "" }

// Connect gives a bus on this server that the test's end closes.
func (s *Server) Connect(t testing.TB) *bus.Bus { return nil }

// Stop ends the server, files kept.
func (s *Server) Stop(t testing.TB) {}

// Restart starts a stopped server again at the same address and files.
func (s *Server) Restart(t testing.TB) {}

// SPDX-License-Identifier: Apache-2.0

// Package allinonetest runs the all-in-one process inside a test, on loopback
// and ephemeral ports, with the quickstart's manifests. It is never part of a
// program.
package allinonetest

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/allinone"
)

// patience bounds the start and the end.
const patience = 30 * time.Second

// Process is a running all-in-one process.
type Process struct {
	*allinone.Process
	cancel context.CancelFunc
	ended  chan error
}

// Options are those of a test: one UDP and one TCP listener on free ports.
func Options(manifests string) allinone.Options {
	return allinone.Options{
		Manifests: manifests, SIP: []string{"udp:127.0.0.1:0", "tcp:127.0.0.1:0"},
		Logger: slog.New(slog.DiscardHandler),
	}
}

// Quickstart is a copy of the quickstart's manifests that the test may change.
func Quickstart(t testing.TB) string {
	t.Helper()
	_, self, _, _ := runtime.Caller(0)
	folder := t.TempDir()
	source := filepath.Join(filepath.Dir(self), "..", "..", "..", "deploy", "samples", "quickstart")
	if err := os.CopyFS(folder, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Start runs a process until Stop or the test's end, and waits until it is
// ready.
func Start(t testing.TB, options allinone.Options) *Process {
	t.Helper()
	process, err := allinone.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p := &Process{Process: process, cancel: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- process.Run(ctx) }()
	t.Cleanup(func() { p.Stop(t) })
	select {
	case <-process.Ready():
	case err := <-p.ended:
		p.ended <- nil
		t.Fatalf("the process ended at once: %v", err)
	case <-time.After(patience):
		t.Fatal("the process is not ready")
	}
	return p
}

// Stop ends the process and waits for its end.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	p.cancel()
	select {
	case err := <-p.ended:
		p.ended <- nil // for the next Stop
		if err != nil {
			t.Errorf("run: %v", err)
		}
	case <-time.After(patience):
		t.Error("the process does not end")
	}
}

// Server is the host:port of the listener of a network, "udp" or "tcp".
func (p *Process) Server(network string) string {
	var address net.Addr
	for _, listener := range p.SIPAddresses() {
		if strings.HasPrefix(listener.Network(), network) {
			address = listener
		}
	}
	return address.String()
}

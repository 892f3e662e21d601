// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/link"
)

// wire carries connections to a server, and can be cut.
type wire struct {
	listener net.Listener
	server   string
	running  sync.WaitGroup

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]struct{}
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, server: strings.Trim(strings.TrimPrefix(server, "https:"), "/"), conns: map[net.Conn]struct{}{}}
	w.running.Go(w.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
		w.running.Wait()
	})
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.server)
		if err != nil || !w.keep(near, far) {
			_ = near.Close()
			if far != nil {
				_ = far.Close()
			}
			continue
		}
		w.running.Go(func() { w.carry(near, far) })
		w.running.Go(func() { w.carry(far, near) })
	}
}

func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, conn := range conns {
		w.conns[conn] = struct{}{}
	}
	return !w.down
}

func (w *wire) carry(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, to)
	delete(w.conns, from)
}

// cut ends all connections and lets none come about.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for conn := range w.conns {
		_ = conn.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

// phones is a phone-control without phones and calls.
type phones struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
}

func (phones) ListRegistrations(context.Context, *phonecontrolv1.ListRegistrationsRequest) (*phonecontrolv1.ListRegistrationsResponse, error) {
	return &phonecontrolv1.ListRegistrationsResponse{}, nil
}

func (phones) SnapshotDevice(context.Context, *phonecontrolv1.SnapshotDeviceRequest) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	return &phonecontrolv1.SnapshotDeviceResponse{}, nil
}

// servePhones gives the address of a phone-control.
func servePhones(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	links := link.NewServer(link.ServerOptions{})
	server := grpc.NewServer(links.GRPCOptions()...)
	phonecontrolv1.RegisterPhoneControlServiceServer(links, phones{})
	links.Attach(server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Stop()
		<-ended
	})
	return listener.Addr().String()
}

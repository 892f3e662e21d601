// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"net"
	"os"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"offhook.dev/csta"
	"offhook.dev/offhook/allinone/allinonetest"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/cstaclient"
)

const (
	target = "office"
	domain = "office.test"
	// fence is the line whose service tells that all is told.
	fence    = "1999"
	user     = "suite"
	password = "suite-password" // of manifests/office.yaml
)

// office is the process that all stories are played against.
type office struct {
	server string
	// folder of the manifests, which is watched.
	folder string
	phones phonecontrolv1.SimulatedPhoneServiceClient
}

func open(t *testing.T) *office {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("manifests")); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.GRPC = freeAddress(t)
	options.RequestsPerSecond = -1
	process := allinonetest.Start(t, options)
	connection, err := grpc.NewClient(options.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return &office{server: process.Server("tcp"), folder: folder, phones: phonecontrolv1.NewSimulatedPhoneServiceClient(connection)}
}

// freeAddress is a loopback address that nobody listens at, on a host that no
// other test uses.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.7.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

// enter opens the session of a line and monitors the fence, and the line where
// asked.
func (o *office) enter(t *testing.T, line string, edition csta.Edition, monitored bool) *party {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	p := &party{line: line, edition: edition, changed: make(chan struct{})}
	var err error
	if p.client, err = cstaclient.New(ctx, cstaclient.Options{Server: o.server, Trace: p.trace}); err != nil {
		t.Fatal(err)
	}
	if p.session, err = p.client.Open(ctx, cstaclient.SessionOptions{
		User: user, Password: password, Domain: domain, Line: line, Edition: edition,
	}); err != nil {
		t.Fatal(err)
	}
	reference, err := p.session.MonitorStart(ctx, fence)
	if err != nil {
		t.Fatal(err)
	}
	p.mutex.Lock()
	p.fenceRef = string(reference)
	p.mutex.Unlock()
	if monitored {
		if _, err := p.session.MonitorStart(ctx, line); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

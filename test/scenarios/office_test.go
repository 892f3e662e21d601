// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/offhook/allinone"
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
	phones hands
	// patient: has phones that can't be asked whether they are told all, so that
	// every party is given the time to be told what the story says.
	patient bool
}

// open begins with an office of simulated phones.
func open(t *testing.T) *office {
	t.Helper()
	options := officeOptions(t)
	options.GRPC = freeAddress(t)
	process := allinonetest.Start(t, options)
	return opened(t, &office{server: process.Server("tcp"), folder: options.Manifests, phones: newSimulatedHands(t, options.GRPC)})
}

// openSkinny begins with an office of Skinny phones.
func openSkinny(t *testing.T) *office {
	t.Helper()
	options := officeOptions(t)
	options.Skinny = "127.0.0.1:0"
	withSkinnyPhones(t, options.Manifests)
	process := allinonetest.Start(t, options)
	return opened(t, &office{server: process.Server("tcp"), folder: options.Manifests, phones: newSkinnyHands(t, process)})
}

func officeOptions(t *testing.T) allinone.Options {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("manifests")); err != nil {
		t.Fatal(err)
	}
	options := allinonetest.Options(folder)
	options.RequestsPerSecond = -1
	return options
}

func opened(t *testing.T, o *office) *office {
	t.Helper()
	// What comes of the start is over before the first story.
	p := o.enter(t, "1001", csta.Edition3, false)
	o.awaitStart(t, p)
	p.leave(t)
	return o
}

// awaitStart waits until all lines came into service, the fence last: until then
// it can't go out.
func (o *office) awaitStart(t *testing.T, p *party) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		o.act(t, phonecontrolv1.Action_ACTION_UNPLUG)
		out := p.toldOfFence("OutOfServiceEvent", time.Second)
		o.act(t, phonecontrolv1.Action_ACTION_PLUG_IN)
		if out && p.toldOfFence("BackInServiceEvent", patience) {
			return
		}
	}
	t.Fatal("the lines do not come into service")
}

// act does something at the phone of the fence.
func (o *office) act(t *testing.T, action phonecontrolv1.Action) {
	t.Helper()
	if err := o.phones.act(t.Context(), action, fence, ""); err != nil {
		t.Fatal(err)
	}
}

// moveFence takes the fence out of service or back, and waits until all parties
// are told.
func (o *office) moveFence(t *testing.T, parties []*party, out bool) {
	t.Helper()
	action, event := phonecontrolv1.Action_ACTION_PLUG_IN, "BackInServiceEvent"
	if out {
		action, event = phonecontrolv1.Action_ACTION_UNPLUG, "OutOfServiceEvent"
	}
	o.act(t, action)
	for _, p := range parties {
		if !p.toldOfFence(event, patience) {
			t.Fatalf("%s is not told of the fence: %s", p.line, event)
		}
	}
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

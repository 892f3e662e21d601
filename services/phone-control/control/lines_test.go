// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/targetconfig"
)

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(waitLong)
	for !reached() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

// watchingDriver notes what phones that watch lines are told.
type watchingDriver struct {
	Driver
	mu      sync.Mutex
	changes []string
}

func (d *watchingDriver) Changed(line string, kind subscription.Kind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes = append(d.changes, line+" "+[]string{"", "calls", "features", "messages"}[kind])
}

// told gives the changes since it was called last.
func (d *watchingDriver) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	changes := d.changes
	d.changes = nil
	return changes
}

func TestSubscribedPhonesSeeTheLines(t *testing.T) {
	var watching *watchingDriver
	f := startServer(t, nil, func(o *Options) {
		o.Source = targetconfig.NewStatic(withLines(t, &configv1.Line{Number: "1001", DisplayName: "Ann"}, &configv1.Line{Number: "1002", DisplayName: "Bob"}))
		started := o.Driver
		o.Driver = func(target *targetconfig.Target, loop Loop) (Driver, error) {
			driver, err := started(target, loop)
			watching = &watchingDriver{Driver: driver}
			return watching, err
		}
	})
	f.events(t, 2)
	lines, ctx := f.loop.Lines(), t.Context()
	if told := watching.told(); len(told) != 0 {
		t.Errorf("before anything happens, there are changes %q", told)
	}
	connection, err := f.makeCall(t, "1001", "1002")
	if err != nil {
		t.Fatal(err)
	}
	f.events(t, 3)
	id := connection.GetCallId()
	check := func(line string, want ...subscription.Call) {
		t.Helper()
		if diff := cmp.Diff(want, lines.Calls(ctx, line)); diff != "" {
			t.Errorf("calls of %s differ (-want +got):\n%s", line, diff)
		}
	}
	check("1001", subscription.Call{ID: id, State: subscription.CallConfirmed, Initiator: true, RemoteNumber: "1002", RemoteName: "Bob"})
	check("1002", subscription.Call{ID: id, State: subscription.CallEarly, RemoteNumber: "1001", RemoteName: "Ann"})
	check("1999")
	if told := watching.told(); !slices.Contains(told, "1001 calls") || !slices.Contains(told, "1002 calls") {
		t.Errorf("of the call, the changes are %q", told)
	}
	if _, err := f.ClearConnection(ctx, &phonecontrolv1.ClearConnectionRequest{Target: "cme", ConnectionToBeCleared: connection}); err != nil {
		t.Fatal(err)
	}
	f.events(t, 3)
	check("1001")

	// A caller who does not want to be known is not shown.
	if _, err := f.SetCallerIDStatus(ctx, &phonecontrolv1.SetCallerIDStatusRequest{Target: "cme", Device: "1001"}); err != nil {
		t.Fatal(err)
	}
	f.events(t, 1)
	if connection, err = f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	f.events(t, 3)
	check("1002", subscription.Call{ID: connection.GetCallId(), State: subscription.CallEarly})
	check("1001", subscription.Call{ID: connection.GetCallId(), State: subscription.CallConfirmed, Initiator: true, RemoteNumber: "1002", RemoteName: "Bob"})
}

func TestPhonesSetFeatures(t *testing.T) {
	var watching *watchingDriver
	f := startServer(t, nil, func(o *Options) {
		started := o.Driver
		o.Driver = func(target *targetconfig.Target, loop Loop) (Driver, error) {
			driver, err := started(target, loop)
			watching = &watchingDriver{Driver: driver}
			return watching, err
		}
	}, "1001", "1002")
	f.events(t, 2)
	lines, ctx := f.loop.Lines(), t.Context()
	if err := lines.SetDoNotDisturb(ctx, "1001", true); err != nil {
		t.Fatal(err)
	}
	if err := lines.SetForwarding(ctx, "1001", subscription.Forwarding{Type: "forwardNoAns", Active: true, ForwardDN: "1002", RingCount: 2}); err != nil {
		t.Fatal(err)
	}
	if err := lines.SetForwarding(ctx, "1001", subscription.Forwarding{Type: "forwardBusy", Active: true, ForwardDN: "1001"}); err == nil {
		t.Error("a line forwards to itself")
	}
	if got := names(f.events(t, 2)); got != "DoNotDisturb@1001 Forwarding@1001" {
		t.Errorf("events %s", got)
	}
	want := subscription.Features{DoNotDisturb: true, Forwardings: []subscription.Forwarding{
		{Type: "forwardImmediate"}, {Type: "forwardBusy"},
		{Type: "forwardNoAns", Active: true, ForwardDN: "1002", RingCount: 2}, {Type: "forwardDND"},
	}}
	if diff := cmp.Diff(want, lines.Features(ctx, "1001")); diff != "" {
		t.Errorf("features differ (-want +got):\n%s", diff)
	}
	if _, err := f.SetMessageWaitingIndicator(ctx, &phonecontrolv1.SetMessageWaitingIndicatorRequest{
		Target: "cme", Device: "1001", MessageWaitingOn: true, NewMessages: 2,
	}); err != nil {
		t.Fatal(err)
	}
	if got := lines.MessageWaiting(ctx, "1001"); got != (subscription.MessageWaiting{On: true, New: 2}) {
		t.Errorf("messages are %+v", got)
	}
	if got := watching.told(); !slices.Equal(got, []string{"1001 features", "1001 features", "1001 messages"}) {
		t.Errorf("changes are %q", got)
	}
}

// TestLinesOfATargetThatIsGone: phones get nothing, and nobody waits.
func TestLinesOfATargetThatIsGone(t *testing.T) {
	var lines subscription.Lines
	t.Run("owned", func(t *testing.T) {
		f := startServer(t, nil, nil, "1001")
		f.events(t, 1)
		lines = f.loop.Lines()
	})
	if calls := lines.Calls(t.Context(), "1001"); calls != nil {
		t.Errorf("calls are %v", calls)
	}
	if err := lines.SetDoNotDisturb(context.Background(), "1001", true); err == nil {
		t.Error("do not disturb was set")
	}
}

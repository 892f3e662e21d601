// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/test/e2e/system"
)

// patience bounds every wait of an application.
const patience = 15 * time.Second

// application is a CSTA application with one session.
type application struct {
	*cstaclient.Session
	t    *testing.T
	wire *wire

	mutex   sync.Mutex
	events  map[csta.MonitorCrossRefID][]string
	calls   map[csta.CallID]int // in the order of their first event or response
	changed chan struct{}
}

// monitor is a device monitor of an application.
type monitor struct {
	*application
	id     csta.MonitorCrossRefID
	device string
}

// dial opens a session; the caller wants to see the error.
func dial(t *testing.T, s *system.System, options cstaclient.SessionOptions, transport string) (*application, error) {
	t.Helper()
	a := &application{
		t: t, wire: &wire{}, events: make(map[csta.MonitorCrossRefID][]string),
		calls: make(map[csta.CallID]int), changed: make(chan struct{}),
	}
	client, err := cstaclient.New(t.Context(), cstaclient.Options{Server: s.SIP, Transport: transport, LocalIP: s.Network.IP(99), Trace: a.wire.trace})
	if err != nil {
		t.Fatal(err)
	}
	a.Session, err = client.Open(bounded(t), options)
	if err != nil {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		return nil, err
	}
	pumped := make(chan struct{})
	go a.pump(pumped)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := a.Close(ctx); err != nil {
			t.Error(err)
		}
		<-pumped
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("what application %s on %s received: %s", options.User, options.Line, a.wire)
		}
	})
	return a, nil
}

// open opens a session of a user with its right password over TCP.
func open(t *testing.T, s *system.System, user, line string) *application {
	t.Helper()
	a, err := dial(t, s, cstaclient.SessionOptions{User: user, Password: "secret-" + user, Line: line}, "tcp")
	if err != nil {
		t.Fatalf("open session of %s on %s: %v", user, line, err)
	}
	return a
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// pump sorts events by monitor.
func (a *application) pump(done chan<- struct{}) {
	defer close(done)
	for event := range a.Events() {
		a.mutex.Lock()
		summary := cstaclient.Summarize(event)
		a.events[summary.Monitor] = append(a.events[summary.Monitor], a.describe(summary))
		close(a.changed)
		a.changed = make(chan struct{})
		a.mutex.Unlock()
	}
}

// describe writes an event as "Delivered 1/1002 alerting newCall 1001>1002": the
// first call of the application, the device, the monitored device's local
// connection state, the cause, and the parties.
func (a *application) describe(s cstaclient.Summary) string {
	words := []string{s.Event}
	if s.CallID != "" {
		words = append(words, fmt.Sprintf("%d/%s", a.number(s.CallID), s.Device))
	} else {
		words = append(words, s.Device)
	}
	for _, word := range []string{string(s.LocalState), string(s.Cause)} {
		if word != "" {
			words = append(words, word)
		}
	}
	if s.Calling != "" {
		words = append(words, s.Calling+">"+s.Called)
	}
	return strings.Join(words, " ")
}

func (a *application) number(call csta.CallID) int {
	if a.calls[call] == 0 {
		a.calls[call] = len(a.calls) + 1
	}
	return a.calls[call]
}

// call is the id of the application's n-th call.
func (a *application) call(n int) csta.CallID {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for id, number := range a.calls {
		if number == n {
			return id
		}
	}
	a.t.Helper()
	a.t.Fatalf("the application has seen no call %d", n)
	return ""
}

// connection is a device in the application's n-th call.
func (a *application) connection(n int, device string) csta.ConnectionID {
	a.t.Helper()
	return cstaclient.Connection(a.call(n), device)
}

// monitor starts a device monitor.
func (a *application) monitor(device string) *monitor {
	a.t.Helper()
	id, err := a.MonitorStart(bounded(a.t), device)
	if err != nil {
		a.t.Fatalf("monitor %s: %v", device, err)
	}
	return &monitor{application: a, id: id, device: device}
}

// monitorBoth starts monitors on the two lines with phones.
func (a *application) monitorBoth() (first, second *monitor) {
	a.t.Helper()
	return a.monitor("1001"), a.monitor("1002")
}

// makeCall makes a call and gives the caller's connection.
func (a *application) makeCall(calling, called string, prompt bool) csta.ConnectionID {
	a.t.Helper()
	connection, err := a.MakeCall(bounded(a.t), calling, called, prompt)
	if err != nil {
		a.t.Fatalf("make call from %s to %s: %v", calling, called, err)
	}
	return connection
}

// expect takes as many events of the monitor as are given, waits for those that
// have not come, and compares them.
func (m *monitor) expect(want ...string) {
	m.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		m.mutex.Lock()
		got, changed := m.events[m.id], m.changed
		complete := len(got) >= len(want)
		if complete {
			got, m.events[m.id] = got[:len(want)], got[len(want):]
		}
		m.mutex.Unlock()
		if complete || differs(got, want) {
			if diff := cmp.Diff(want, got); diff != "" {
				m.t.Fatalf("events of %s (-want +got):\n%s", m.device, diff)
			}
			return
		}
		select {
		case <-changed:
		case <-m.Ended():
			m.t.Fatalf("the session ended; events of %s (-want +got):\n%s", m.device, cmp.Diff(want, got))
		case <-timeout.C:
			m.t.Fatalf("events of %s after %s (-want +got):\n%s", m.device, patience, cmp.Diff(want, got))
		}
	}
}

// differs reports whether what has come can't become what is wanted.
func differs(got, want []string) bool {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return true
		}
	}
	return false
}

// quiet fails the test where the monitors have events that nobody expected.
func (a *application) quiet(monitors ...*monitor) {
	a.t.Helper()
	for _, m := range monitors {
		// What the server sent before this answer has come.
		if err := a.MonitorStop(bounded(a.t), m.id); err != nil {
			a.t.Fatalf("stop monitor of %s: %v", m.device, err)
		}
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, m := range monitors {
		if rest := a.events[m.id]; len(rest) > 0 {
			a.t.Errorf("unexpected events of %s: %q", m.device, rest)
		}
	}
}

// refused fails the test unless the error is that negative response.
func refused(t *testing.T, err error, category, value string) {
	t.Helper()
	var negative *cstaclient.ServiceError
	if !errors.As(err, &negative) {
		t.Fatalf("got %v, want %s %s", err, category, value)
	}
	if negative.Category != category || negative.Value != value {
		t.Errorf("negative response: %s %s, want %s %s", negative.Category, negative.Value, category, value)
	}
}

// SPDX-License-Identifier: Apache-2.0

package cstaclient_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/cstaclient/cstatest"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/sipstack/siptest"
)

// poll waits until done tells so.
func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := within(t)
	for !done() {
		select {
		case <-ticker.C:
		case <-limit.Done():
			t.Fatal("never: " + what)
		}
	}
}

// behind starts a server behind a service address, where one client opens sessions.
func behind(t *testing.T, options cstatest.Options, count int) (*office, []*cstaclient.Session, []*sipstack.Dialog) {
	t.Helper()
	service := siptest.NewService(t, "")
	options.Advertised = service.Address
	server := cstatest.Start(t, options)
	service.To(server.TCP)
	client, err := cstaclient.New(t.Context(), cstaclient.Options{Server: service.Address})
	if err != nil {
		t.Fatal(err)
	}
	office := &office{Service: service, server: server, client: client, t: t}
	t.Cleanup(office.close)
	sessions, dialogs := make([]*cstaclient.Session, count), make([]*sipstack.Dialog, count)
	for i := range count {
		if sessions[i], err = client.Open(within(t), alice); err != nil {
			t.Fatal(err)
		}
		dialogs[i] = server.Dialog(t)
	}
	return office, sessions, dialogs
}

type office struct {
	*siptest.Service
	server *cstatest.Server
	client *cstaclient.Client
	once   sync.Once
	t      *testing.T
}

func (o *office) close() {
	o.once.Do(func() {
		if err := o.client.Close(); err != nil {
			o.t.Error(err)
		}
	})
}

// back waits until the server has each session on another connection than those
// that its dialogs had.
func back(t *testing.T, dialogs []*sipstack.Dialog, had []sipstack.Flow) {
	t.Helper()
	for i, dialog := range dialogs {
		poll(t, "session is back", func() bool { return dialog.Flow() != had[i] })
	}
}

func flows(dialogs []*sipstack.Dialog) []sipstack.Flow {
	all := make([]sipstack.Flow, len(dialogs))
	for i, dialog := range dialogs {
		all[i] = dialog.Flow()
	}
	return all
}

// Sessions that only listen come back by themselves when their connection ends,
// again and again, and their events go on in order.
func TestSessionsComeBack(t *testing.T) {
	const count, rounds, events = 10, 5, 4
	office, sessions, dialogs := behind(t, cstatest.Options{}, count)
	server := office.server
	for round := range rounds {
		had := flows(dialogs)
		office.Cut()
		back(t, dialogs, had)
		for i := range events {
			for _, dialog := range dialogs {
				server.Send(t, dialog, event(round*events+i))
			}
		}
		for n := range events * count {
			select {
			case <-server.Answers:
			case <-within(t).Done():
				t.Fatalf("event %d of round %d is not answered", n, round)
			}
		}
	}
	for i, session := range sessions {
		for n := range rounds * events {
			select {
			case got := <-session.Events():
				if call := cstaclient.Summarize(got).CallID; string(call) != fmt.Sprint(n) {
					t.Fatalf("session %d: event %d is of call %s", i, n, call)
				}
			case <-within(t).Done():
				t.Fatalf("session %d: event %d does not come", i, n)
			}
		}
	}
}

// While the server is away sessions try again, less and less often.
func TestSessionsComeBackToAServerThatWasAway(t *testing.T) {
	office, sessions, dialogs := behind(t, cstatest.Options{}, 2)
	had := flows(dialogs)
	before := office.Accepted()
	office.To("")
	office.Cut()
	started := time.Now()
	poll(t, "sessions try again", func() bool { return office.Accepted() >= before+4 })
	// Two sessions can't have waited less than 25 ms each between two of theirs.
	if took := time.Since(started); took < 25*time.Millisecond {
		t.Errorf("4 attempts in %s", took)
	}
	office.To(office.server.TCP)
	back(t, dialogs, had)
	for i, session := range sessions {
		office.server.Send(t, dialogs[i], event(i))
		if call := cstaclient.Summarize(<-session.Events()).CallID; string(call) != fmt.Sprint(i) {
			t.Errorf("the event is of call %s", call)
		}
	}
}

// A client may be closed while its server is away.
func TestClientClosesWhileTheServerIsAway(t *testing.T) {
	office, sessions, _ := behind(t, cstatest.Options{}, 1)
	before := office.Accepted()
	office.To("")
	office.Cut()
	poll(t, "the session tries again", func() bool { return office.Accepted() > before })
	office.close()
	awaitEnd(t, sessions[0])
}

// A server that does not know the dialog any more ends the session.
func TestSessionThatTheServerHasForgotten(t *testing.T) {
	office, sessions, _ := behind(t, cstatest.Options{}, 1)
	office.To(cstatest.Start(t, cstatest.Options{}).TCP)
	office.Cut()
	awaitEnd(t, sessions[0])
	if cause := sessions[0].Cause(); cause != sipstack.EndPeerLost {
		t.Errorf("cause is %d", cause)
	}
	if _, err := sessions[0].MonitorStart(within(t), "1002"); !errors.Is(err, cstaclient.ErrEnded) {
		t.Errorf("a service after the end: %v", err)
	}
}

// A service whose connection ends before its answer comes is asked for again.
func TestServiceIsAskedForAgain(t *testing.T) {
	var asked atomic.Int32
	began := make(chan struct{}, 1)
	office, sessions, _ := behind(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) {
		if asked.Add(1) == 1 {
			began <- struct{}{}
			return 0, nil
		}
		return 200, &csta.MonitorStartResponse{MonitorCrossRefID: "7"}
	}}, 1)
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		<-began
		office.Cut()
	}()
	if monitor, err := sessions[0].MonitorStart(within(t), "1002"); err != nil || monitor != "7" {
		t.Errorf("monitor %q, error %v", monitor, err)
	}
	<-cut
	if n := asked.Load(); n != 2 {
		t.Errorf("the server was asked %d times", n)
	}
}

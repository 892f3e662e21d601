// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
	"offhook.dev/test/e2e/baresip"
)

// patience bounds what people wait for, longest what commands take.
const (
	patience = 20 * time.Second
	longest  = 6 * time.Minute
)

// softPhone is a registered software phone that answers by itself.
func (i *installation) softPhone(t *testing.T, domain, number, password, transport string) *softphone.Phone {
	t.Helper()
	registered, failed := make(chan struct{}, 1), make(chan string, 1)
	phone, err := softphone.New(softphone.Settings{
		Number: number, Password: password, Domain: domain, Registrar: i.sip, Transport: transport, IP: i.local,
		AutoAnswer: true, RemoteControl: true, AnswerAfter: time.Millisecond,
		Report: func(report softphone.Report) {
			switch report.Kind {
			case softphone.Registered:
				registered <- struct{}{}
			case softphone.RegistrationFailed:
				select {
				case failed <- report.String():
				default:
				}
			default:
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- phone.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("phone %s: %v", number, err)
		}
	})
	select {
	case <-registered:
	case why := <-failed:
		t.Fatal(why)
	case <-time.After(patience):
		t.Fatalf("phone %s is not registered", number)
	}
	return phone
}

// deskPhone is a registered baresip.
func (i *installation) deskPhone(t *testing.T, domain, number, password string) *baresip.Phone {
	t.Helper()
	phone := baresip.Launch(t, baresip.Settings{
		Number: number, Password: password, Domain: domain, Registrar: i.sip, Transport: "udp",
		IP: i.local, RTPPortBase: 21000,
	})
	phone.WaitRegistered()
	return phone
}

// application is a CSTA session that monitors a line.
type application struct {
	*cstaclient.Session
	t *testing.T
}

// open opens a session and monitors its line.
func (i *installation) open(t *testing.T, domain, transport, user, password, line string) *application {
	t.Helper()
	a, err := i.tryOpen(t, domain, transport, user, password, line)
	if err != nil {
		t.Fatalf("open session of %s on %s over %s: %v", user, line, transport, err)
	}
	return a
}

func (i *installation) tryOpen(t *testing.T, domain, transport, user, password, line string) (*application, error) {
	t.Helper()
	client, err := cstaclient.New(t.Context(), cstaclient.Options{Server: i.sip, Transport: transport, LocalIP: i.local})
	if err != nil {
		t.Fatal(err)
	}
	session, err := client.Open(bounded(t), cstaclient.SessionOptions{User: user, Password: password, Domain: domain, Line: line})
	if err != nil {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		return nil, err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := session.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := session.MonitorStart(bounded(t), line); err != nil {
		t.Fatalf("monitor %s: %v", line, err)
	}
	return &application{Session: session, t: t}, nil
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// expect takes the next events, and gives the call of the first.
func (a *application) expect(want ...string) csta.CallID {
	a.t.Helper()
	var call csta.CallID
	for _, event := range want {
		select {
		case got, open := <-a.Events():
			if !open {
				a.t.Fatalf("the session ended (%v), want %s", a.Cause(), event)
			}
			summary := cstaclient.Summarize(got)
			if text := summary.Event + " " + summary.Device; text != event {
				a.t.Fatalf("event %s, want %s", text, event)
			}
			if call == "" {
				call = summary.CallID
			}
		case <-time.After(patience):
			a.t.Fatalf("no event, want %s", event)
		}
	}
	return call
}

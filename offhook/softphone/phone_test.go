// SPDX-License-Identifier: Apache-2.0

package softphone_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/sipstack"
)

const patience = 10 * time.Second

// phone is a software phone with its reports.
type phone struct {
	*softphone.Phone
	t       *testing.T
	reports chan softphone.Report
	stop    func()
}

// ring of the phone is answered by the test, unless settings say otherwise.
func start(t *testing.T, settings softphone.Settings) *phone {
	t.Helper()
	p := &phone{t: t, reports: make(chan softphone.Report, 200)}
	settings.Domain, settings.Report = "127.0.0.1", func(report softphone.Report) { p.reports <- report }
	if settings.Password == "" {
		settings.Password = "pw" + settings.Number
	}
	var err error
	if p.Phone, err = softphone.New(settings); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	p.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(p.stop)
	return p
}

func (p *phone) await(kind softphone.ReportKind) softphone.Report {
	p.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case report := <-p.reports:
			if report.Kind == kind {
				return report
			}
		case <-limit:
			p.t.Fatalf("phone %s: no report %q", p.Number(), kind)
		}
	}
}

func (p *phone) call() *softphone.Call {
	p.t.Helper()
	calls := p.Calls()
	if len(calls) != 1 {
		p.t.Fatalf("phone %s has %d calls", p.Number(), len(calls))
	}
	return calls[0]
}

// flows waits for so many further packets at the call.
func flows(t *testing.T, call *softphone.Call) {
	t.Helper()
	_, first := call.RTP()
	poll(t, "RTP flows", func() bool { _, now := call.RTP(); return now >= first+5 })
}

// stands waits until no packet has come for 200 ms: ten of them.
func stands(t *testing.T, call *softphone.Call) {
	t.Helper()
	_, last := call.RTP()
	quiet := time.NewTicker(200 * time.Millisecond)
	defer quiet.Stop()
	for range 20 {
		<-quiet.C
		_, now := call.RTP()
		if now == last {
			return
		}
		last = now
	}
	t.Fatal("RTP goes on")
}

func poll(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(patience)
	for !done() {
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatal("never: " + what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// pair are two registered phones, the first of which has called the second.
func pair(t *testing.T, server, transport string) (caller, called *phone, out *softphone.Call) {
	t.Helper()
	caller = start(t, softphone.Settings{Number: "1001", Registrar: server, Transport: transport})
	called = start(t, softphone.Settings{Number: "1002", Registrar: server, Transport: transport})
	caller.await(softphone.Registered)
	called.await(softphone.Registered)
	out, err := caller.Dial("1002")
	must(t, err)
	called.await(softphone.IncomingCall)
	caller.await(softphone.FarEndRings)
	return caller, called, out
}

func TestCalls(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))

	for _, transport := range []string{"udp", "tcp"} {
		t.Run("answered, held and resumed by both over "+transport, func(t *testing.T) {
			caller, called, out := pair(t, process.Server(transport), transport)
			in, rings := called.Ringing()
			if !rings || in.Peer() != "1001" {
				t.Fatalf("the called phone rings: %v", rings)
			}
			must(t, in.Answer())
			if err := in.Answer(); !errors.Is(err, softphone.ErrNotRinging) {
				t.Errorf("a second Answer gives %v", err)
			}
			caller.await(softphone.CallConnected)
			flows(t, out)
			flows(t, in)
			for _, holder := range []struct {
				own, other  *phone
				call, peers *softphone.Call
			}{{caller, called, out, in}, {called, caller, in, out}} {
				must(t, holder.call.Hold())
				if err := holder.call.Hold(); err == nil {
					t.Error("a call is put on hold twice")
				}
				holder.own.await(softphone.HeldHere)
				holder.other.await(softphone.HeldByPeer)
				stands(t, holder.call)
				if state := holder.call.State(); state != softphone.Held {
					t.Errorf("the holder's call is %s", state)
				}
				must(t, holder.call.Resume())
				holder.own.await(softphone.ResumedHere)
				holder.other.await(softphone.ResumedByPeer)
				flows(t, out)
				flows(t, in)
			}
			must(t, out.Hangup())
			caller.await(softphone.CallEnded)
			if report := called.await(softphone.CallEnded); report.Detail != "the other side hung up" {
				t.Errorf("the called phone says %q", report.Detail)
			}
			if err := out.Hangup(); !errors.Is(err, softphone.ErrNoSuchCall) {
				t.Errorf("a second Hangup gives %v", err)
			}
			if len(caller.Calls())+len(called.Calls()) != 0 {
				t.Error("calls are left")
			}
		})
	}

	t.Run("rejected", func(t *testing.T) {
		caller, called, _ := pair(t, process.Server("udp"), "udp")
		must(t, called.call().Hangup())
		if report := caller.await(softphone.CallEnded); !strings.HasPrefix(report.Detail, "486") {
			t.Errorf("the caller is told %q", report.Detail)
		}
	})

	t.Run("cancelled", func(t *testing.T) {
		caller, called, out := pair(t, process.Server("udp"), "udp")
		must(t, out.Hangup())
		caller.await(softphone.CallEnded)
		called.await(softphone.CallEnded)
	})

	t.Run("number nobody has", func(t *testing.T) {
		caller := start(t, softphone.Settings{Number: "1001", Registrar: process.Server("udp")})
		caller.await(softphone.Registered)
		_, err := caller.Dial("9999")
		must(t, err)
		if report := caller.await(softphone.CallEnded); !strings.HasPrefix(report.Detail, "404") {
			t.Errorf("the caller is told %q", report.Detail)
		}
	})

	t.Run("answered by itself", func(t *testing.T) {
		caller := start(t, softphone.Settings{Number: "1001", Registrar: process.Server("udp")})
		called := start(t, softphone.Settings{Number: "1002", Registrar: process.Server("udp"), AnswerAfter: time.Millisecond})
		caller.await(softphone.Registered)
		called.await(softphone.Registered)
		_, err := caller.Dial("1002")
		must(t, err)
		caller.await(softphone.CallConnected)
	})

	t.Run("stopped in a call", func(t *testing.T) {
		caller, called, _ := pair(t, process.Server("udp"), "udp")
		must(t, called.call().Answer())
		caller.await(softphone.CallConnected)
		caller.stop()
		called.await(softphone.CallEnded)
		if _, err := caller.Dial("1002"); !errors.Is(err, softphone.ErrPhoneShutDown) {
			t.Errorf("a stopped phone dials: %v", err)
		}
		// It has un-registered: nobody is there.
		out, err := called.Dial("1001")
		must(t, err)
		if report := called.await(softphone.CallEnded); !strings.HasPrefix(report.Detail, "480") {
			t.Errorf("%s is told %q", out.Peer(), report.Detail)
		}
	})

	t.Run("stopped while it dials", func(t *testing.T) {
		caller, called, _ := pair(t, process.Server("udp"), "udp")
		caller.stop()
		called.await(softphone.CallEnded)
	})

	t.Run("wrong password", func(t *testing.T) {
		stranger := start(t, softphone.Settings{Number: "1003", Password: "guess", Registrar: process.Server("udp")})
		if report := stranger.await(softphone.RegistrationFailed); !strings.Contains(report.Detail, "40") {
			t.Errorf("told %q", report.Detail)
		}
		stranger.await(softphone.RegistrationFailed) // it tries again
	})

	t.Run("registered anew in time", func(t *testing.T) {
		// 423 raises the two seconds to the target's least.
		phone := start(t, softphone.Settings{Number: "1003", Registrar: process.Server("udp"), Expires: 2 * time.Second})
		phone.await(softphone.Registered)
	})

	t.Run("controlled by an application", func(t *testing.T) {
		settings := softphone.Settings{Registrar: process.Server("udp"), AutoAnswer: true, RemoteControl: true}
		settings.Number = "1001"
		caller := start(t, settings)
		settings.Number = "1002"
		called := start(t, settings)
		caller.await(softphone.Registered)
		called.await(softphone.Registered)
		ctx := t.Context()
		client, err := cstaclient.New(ctx, cstaclient.Options{Server: process.Server("tcp")})
		must(t, err)
		defer func() { _ = client.Close() }()
		session, err := client.Open(ctx, cstaclient.SessionOptions{User: "alice", Password: "alice-secret", Line: "1001"})
		must(t, err)
		_, err = session.MonitorStart(ctx, "1002")
		must(t, err)
		connection, err := session.MakeCall(ctx, "1001", "1002", false)
		must(t, err)
		caller.await(softphone.CallConnected) // by its auto-answer headers
		for event := range session.Events() {
			if cstaclient.Summarize(event).Event == "Delivered" {
				break
			}
		}
		must(t, session.AnswerCall(ctx, cstaclient.Connection("", "1002")))
		called.await(softphone.CallConnected) // by NOTIFY talk
		flows(t, called.call())
		must(t, session.HoldCall(ctx, connection))
		stands(t, called.call())
		must(t, session.RetrieveCall(ctx, connection))
		flows(t, called.call())
		must(t, session.ClearConnection(ctx, connection))
		caller.await(softphone.CallEnded)
		called.await(softphone.CallEnded)
		must(t, session.Close(ctx))
	})
}

func TestNewRefuses(t *testing.T) {
	for name, settings := range map[string]softphone.Settings{
		"no number":      {Domain: "d", Registrar: "127.0.0.1:1"},
		"no domain":      {Number: "1001", Registrar: "127.0.0.1:1"},
		"no registrar":   {Number: "1001", Domain: "d"},
		"odd transport":  {Number: "1001", Domain: "d", Registrar: "127.0.0.1:1", Transport: "carrier-pigeon"},
		"foreign own IP": {Number: "1001", Domain: "d", Registrar: "127.0.0.1:1", IP: "192.0.2.1"},
	} {
		if _, err := softphone.New(settings); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// A server that asks, refuses and goes away, made of the SIP stack.
type registrar struct {
	answer func(*sipstack.ServerTx)
}

func (r registrar) HandleRequest(tx *sipstack.ServerTx)                            { r.answer(tx) }
func (registrar) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

func startRegistrar(t *testing.T, answer func(*sipstack.ServerTx)) string {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	must(t, err)
	address, err := endpoint.Listen("udp", "127.0.0.1:0")
	must(t, err)
	endpoint.SetHandler(registrar{answer})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- endpoint.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return address.String()
}

func TestRegistrationIsRefreshedAndRecovers(t *testing.T) {
	requests := make(chan int, 100)
	count := 0 // one Call-ID: one after the other
	server := startRegistrar(t, func(tx *sipstack.ServerTx) {
		count++
		requests <- count
		contact := sipstack.NewHeader("Contact", sipstack.HeaderValue(tx.Request(), "Contact"))
		switch count {
		case 1:
			_ = tx.Respond(423, "", sipstack.WithHeader(sipstack.NewHeader("Min-Expires", "3")))
		case 2:
			_ = tx.Respond(200, "", sipstack.WithHeader(contact)) // 3 s granted: again after 1.5 s
		case 3:
			_ = tx.Respond(503, "")
		default:
			_ = tx.Respond(200, "", sipstack.WithHeader(contact))
		}
	})
	phone := start(t, softphone.Settings{Number: "1001", Registrar: server, Expires: 2 * time.Second})
	phone.await(softphone.Registered)
	if report := phone.await(softphone.RegistrationFailed); !strings.Contains(report.Detail, "503") {
		t.Errorf("told %q", report.Detail)
	}
	phone.await(softphone.Registered)
	phone.stop()
	for range 5 { // the fifth un-registers
		<-requests
	}
}

func TestStrangeRequests(t *testing.T) {
	contact := make(chan string, 1)
	server := startRegistrar(t, func(tx *sipstack.ServerTx) {
		select {
		case contact <- sipstack.HeaderValue(tx.Request(), "Contact"):
		default:
		}
		_ = tx.Respond(200, "")
	})
	phone := start(t, softphone.Settings{Number: "1001", Registrar: server})
	phone.await(softphone.Registered)
	address, err := sipstack.ParseNameAddr(<-contact)
	must(t, err)
	peer, err := sipstack.NewEndpoint(sipstack.Config{})
	must(t, err)
	_, err = peer.Listen("udp", "127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- peer.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for method, want := range map[sipstack.RequestMethod]int{"OPTIONS": 200, "NOTIFY": 489, "MESSAGE": 405, "BYE": 481} {
		request := sipstack.NewRequest(method, address.URI)
		request.AppendHeader(sipstack.NewHeader("From", "<sip:x@127.0.0.1>;tag=1"))
		to := "<sip:1001@127.0.0.1>"
		if method == "BYE" {
			to += ";tag=none"
		}
		request.AppendHeader(sipstack.NewHeader("To", to))
		got := make(chan int, 1)
		_, err := peer.Send(request, sipstack.Flow{}, func(response *sipstack.Response) {
			if response.StatusCode >= 200 {
				got <- response.StatusCode
			}
		})
		must(t, err)
		if code := <-got; code != want {
			t.Errorf("%s is answered %d, want %d", method, code, want)
		}
	}
}

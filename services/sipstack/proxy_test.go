// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// proxyTo makes an endpoint that proxies everything to the address in dest.
func proxyTo(t testing.TB, dest *atomic.Value, token string) *harness {
	t.Helper()
	return proxyWith(t, quick(), dest, token)
}

func proxyWith(t testing.TB, timers Timers, dest *atomic.Value, token string) *harness {
	t.Helper()
	var self atomic.Pointer[harness]
	hs := start(t, Config{Timers: timers}, handlerFuncs{
		request: func(tx *ServerTx) {
			hs := self.Load()
			fwd := tx.Forward()
			if fwd == nil {
				return
			}
			if own, ok := tx.OwnRoute(); ok && own.User != token {
				t.Errorf("route user %q", own.User)
			}
			if fwd.Method == INVITE {
				AddRecordRoute(fwd, hs.e.RouteURI("udp", token))
			}
			var flow Flow
			if _, ok := tx.OwnRoute(); !ok {
				flow = Flow{Network: "udp", Remote: dest.Load().(string)}
			}
			client, err := hs.e.Send(fwd, flow, func(res *Response) {
				if IsLocal(res) {
					_ = tx.Respond(res.StatusCode, "")
					return
				}
				_ = tx.RespondWith(res)
			})
			if err != nil {
				_ = tx.Respond(503, "")
				return
			}
			tx.OnCancelKeep(client.Cancel)
		},
		stray: func(_ Flow, req *Request, res *Response) {
			hs := self.Load()
			if req != nil {
				hs.e.StripRoute(req)
				_ = hs.e.SendStateless(req, Flow{})
				return
			}
			_ = hs.e.SendStateless(StripVia(res), Flow{})
		},
	})
	self.Store(hs)
	return hs
}

func TestProxy(t *testing.T) {
	var dest atomic.Value
	px := proxyTo(t, &dest, "tok")
	h := newDialogFuncs(nil)
	dialogs := make(chan *Dialog, 1)
	bob := start(t, Config{Timers: quick()}, accepting(AcceptSpec{Handler: h}, dialogs))
	dest.Store(bob.udp.String())
	alice := start(t, Config{Timers: quick()}, handlerFuncs{})
	uri, _ := ParseURI("sip:bob@example.test")
	d, c := call1(t, alice, uri, InviteSpec{Dest: Flow{Network: "udp", Remote: px.udp.String()}})
	for res := range c.responses {
		if res.StatusCode == 200 {
			break
		}
	}
	if err := d.Ack([]byte("sdp"), "application/sdp"); err != nil {
		t.Fatal(err)
	}
	if ack := within(t, h.acks, "ACK"); string(ack.Body()) != "sdp" {
		t.Fatal("ACK did not pass")
	}
	if routes := d.State().RouteSet; len(routes) != 1 || !strings.Contains(routes[0], "tok@"+px.udp.String()) {
		t.Fatal(routes)
	}
	// Both ways through the Record-Route.
	callee := within(t, dialogs, "dialog")
	got := make(chan int, 1)
	if _, err := callee.Send(RequestSpec{Method: INFO, OnResponse: func(res *Response) { got <- res.StatusCode }}); err != nil {
		t.Fatal(err)
	}
	if code := within(t, got, "answer"); code != 200 {
		t.Fatal(code)
	}
	if err := d.Bye(); err != nil {
		t.Fatal(err)
	}
	if cause := within(t, h.ends, "end"); cause != EndByeReceived {
		t.Fatal(cause)
	}
}

func TestProxyPassesCancel(t *testing.T) {
	var dest atomic.Value
	px := proxyTo(t, &dest, "tok")
	bob := listenPeer(t)
	b := bob.text()
	dest.Store(bob.conn.LocalAddr().String())
	p := dialPeer(t, px.tcp)
	invite := p.invite("pcancel", "z9hG4bKi", 1, "")
	p.send(msg(invite, ""))
	got := b.want("INVITE")
	if n := len(got.headers["via"]); n != 2 || got.get("Max-Forwards") != "69" {
		t.Fatal(n, got.get("Max-Forwards"))
	}
	b.answer(got, 180, "", "")
	p.want("180")
	p.send(msg(strings.Replace(strings.Replace(invite, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1), ""))
	p.want("200")
	cancel := b.want("CANCEL")
	b.answer(cancel, 200, "", "")
	b.answer(got, 487, "", "")
	b.want("ACK")
	if res := p.want("487"); len(res.headers["via"]) != 1 {
		t.Fatal(res.headers["via"])
	}
}

func TestProxyTimesOut(t *testing.T) {
	bob := listenPeer(t)
	var dest atomic.Value
	dest.Store(bob.conn.LocalAddr().String())
	timers := quick()
	timers.TimerF = time.Second // an unanswered request is kept as long once more
	px := proxyWith(t, timers, &dest, "tok")
	p := dialPeer(t, px.tcp)
	p.send(options(p, "ptime"))
	p.want("408")
}

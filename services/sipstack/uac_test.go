// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// listenPeer is a UDP peer that waits to be called.
func listenPeer(t testing.TB) *udpPeer {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &udpPeer{conn: conn, t: t, udp: true}
}

// udpPeer answers where the last packet came from.
type udpPeer struct {
	peer
	conn *net.UDPConn
	from netip.AddrPort
}

type connected struct {
	*net.UDPConn
	p *udpPeer
}

func (c connected) Read(b []byte) (int, error) {
	n, from, err := c.UDPConn.ReadFromUDPAddrPort(b)
	if err == nil {
		c.p.from = from
	}
	return n, err
}
func (c connected) Write(b []byte) (int, error) { return c.UDPConn.WriteToUDPAddrPort(b, c.p.from) }

func (p *udpPeer) text() *peer {
	p.peer.conn = connected{p.conn, p}
	return &p.peer
}

func (p *udpPeer) uri(t testing.TB) URI {
	t.Helper()
	uri, err := ParseURI("sip:bob@" + p.conn.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

func mustAddr(t testing.TB, s string) NameAddr {
	t.Helper()
	a, err := ParseNameAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// calls is what a caller under test is told.
type calls struct {
	*dialogFuncs
	responses chan *Response
}

func call1(t testing.TB, hs *harness, to URI, spec InviteSpec) (*Dialog, *calls) {
	t.Helper()
	c := &calls{dialogFuncs: newDialogFuncs(nil), responses: make(chan *Response, 64)}
	spec.RequestURI = to
	spec.From = mustAddr(t, `"Offhook" <sip:1001@offhook.test>`)
	spec.To = NameAddr{URI: to}
	spec.Handler = c
	spec.OnResponse = func(res *Response) { c.responses <- res }
	d, err := hs.e.Invite(spec)
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

func TestInviteAckBye(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	bob := listenPeer(t)
	p := bob.text()
	d, c := call1(t, hs, bob.uri(t), InviteSpec{})
	invite := p.want("INVITE")
	if invite.body != "" || invite.get("Contact") == "" || invite.get("Max-Forwards") != "70" {
		t.Fatalf("%v", invite)
	}
	p.answer(invite, 180, "", "")
	if res := within(t, c.responses, "180"); res.StatusCode != 180 || !d.Early() {
		t.Fatal(res.StatusCode, d.Early())
	}
	contact := "Contact: <sip:bob2@" + bob.conn.LocalAddr().String() + ">\nContent-Type: application/sdp"
	p.answer(invite, 200, contact, "offer")
	if res := within(t, c.responses, "200"); string(res.Body()) != "offer" || !d.Confirmed() {
		t.Fatal("no confirmed dialog")
	}
	if err := d.Ack([]byte("answer"), "application/sdp"); err != nil {
		t.Fatal(err)
	}
	ack := p.want("ACK")
	if ack.body != "answer" || !strings.HasPrefix(ack.start, "ACK sip:bob2@") || ack.get("CSeq") != strings.Replace(invite.get("CSeq"), "INVITE", "ACK", 1) {
		t.Fatalf("%v", ack)
	}
	p.answer(invite, 200, contact, "offer") // again: the ACK goes again
	if again := p.want("ACK"); again.body != "answer" {
		t.Fatalf("%v", again)
	}
	if err := d.Ack(nil, ""); err == nil {
		t.Fatal("second Ack was taken")
	}
	if err := d.Bye(); err != nil {
		t.Fatal(err)
	}
	p.answer(p.want("BYE"), 200, "", "")
	if cause := within(t, c.ends, "end"); cause != EndByeSent {
		t.Fatal(cause)
	}
}

func TestInviteRejected(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	bob := listenPeer(t)
	p := bob.text()
	_, c := call1(t, hs, bob.uri(t), InviteSpec{})
	invite := p.want("INVITE")
	p.answer(invite, 486, "", "")
	ack := p.want("ACK")
	if ack.get("Via") != invite.get("Via") || ack.tag("To") != "peer" {
		t.Fatalf("%v", ack)
	}
	if res := within(t, c.responses, "486"); res.StatusCode != 486 {
		t.Fatal(res.StatusCode)
	}
	if cause := within(t, c.ends, "end"); cause != EndRejected {
		t.Fatal(cause)
	}
	eventually(t, "call forgotten", func() bool { return callsOf(hs.e) == 0 })
}

func TestInviteTimesOut(t *testing.T) {
	timers := quick()
	timers.T1, timers.TimerB = 2*time.Millisecond, 100*time.Millisecond
	hs := start(t, Config{Timers: timers}, handlerFuncs{})
	bob := listenPeer(t)
	_, c := call1(t, hs, bob.uri(t), InviteSpec{})
	if res := within(t, c.responses, "408"); res.StatusCode != 408 || !IsLocal(res) {
		t.Fatal(res.StatusCode)
	}
	if cause := within(t, c.ends, "end"); cause != EndRejected {
		t.Fatal(cause)
	}
}

func TestRefusedConnectionIs503(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	uri, _ := ParseURI("sip:x@" + l.Addr().String() + ";transport=tcp")
	_ = l.Close()
	_, c := call1(t, hs, uri, InviteSpec{})
	if res := within(t, c.responses, "503"); res.StatusCode != 503 || !IsLocal(res) {
		t.Fatal(res.StatusCode)
	}
}

// TestCancelRaces: CANCEL before a provisional response waits for it, and a 2xx
// that crosses it gets ACK and BYE.
func TestCancelRaces(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	t.Run("early", func(t *testing.T) {
		bob := listenPeer(t)
		p := bob.text()
		d, c := call1(t, hs, bob.uri(t), InviteSpec{})
		invite := p.want("INVITE")
		d.Cancel()
		if m, _ := p.readFor(5 * time.Millisecond); strings.HasPrefix(m.start, "CANCEL") {
			t.Fatal("CANCEL before any response")
		}
		p.answer(invite, 180, "", "")
		cancel := p.want("CANCEL")
		if cancel.get("Via") != invite.get("Via") || cancel.get("CSeq") != strings.Replace(invite.get("CSeq"), "INVITE", "CANCEL", 1) {
			t.Fatalf("%v", cancel)
		}
		p.answer(cancel, 200, "", "")
		p.answer(invite, 487, "", "")
		p.want("ACK")
		if cause := within(t, c.ends, "end"); cause != EndRejected {
			t.Fatal(cause)
		}
	})
	t.Run("crossing 2xx", func(t *testing.T) {
		bob := listenPeer(t)
		p := bob.text()
		d, c := call1(t, hs, bob.uri(t), InviteSpec{})
		invite := p.want("INVITE")
		p.answer(invite, 180, "", "")
		within(t, c.responses, "180")
		d.Cancel()
		p.want("CANCEL")
		p.answer(invite, 200, "Contact: <"+strings.Fields(invite.start)[1]+">", "")
		p.want("ACK")
		p.answer(p.want("BYE"), 200, "", "")
		if res := within(t, c.responses, "487"); res.StatusCode != 487 || !IsLocal(res) {
			t.Fatal(res.StatusCode)
		}
		if cause := within(t, c.ends, "end"); cause != EndRejected {
			t.Fatal(cause)
		}
	})
}

func TestForkedInvite(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	bob := listenPeer(t)
	p := bob.text()
	d, c := call1(t, hs, bob.uri(t), InviteSpec{})
	invite := p.want("INVITE")
	contact := "Contact: <" + strings.Fields(invite.start)[1] + ">"
	for _, tag := range []string{"one", "two", "three"} {
		p.answer(invite, 180, "To: "+invite.get("To")+";tag="+tag+"\nNOTAG"+contact, "")
	}
	answer := func(tag string) {
		fork := invite
		fork.headers = map[string][]string{}
		maps.Copy(fork.headers, invite.headers)
		fork.headers["to"] = []string{invite.get("To") + ";tag=" + tag}
		p.answer(fork, 200, contact, "")
	}
	answer("two")
	for res := range c.responses {
		if res.StatusCode == 200 {
			break
		}
	}
	if err := d.Ack(nil, ""); err != nil {
		t.Fatal(err)
	}
	if p.want("ACK").tag("To") != "two" || d.RemoteTag() != "two" {
		t.Fatal("another fork won")
	}
	answer("three")
	if p.want("ACK").tag("To") != "three" {
		t.Fatal("no ACK to the other fork")
	}
	bye := p.want("BYE")
	if bye.tag("To") != "three" {
		t.Fatal("BYE to the wrong fork")
	}
	p.answer(bye, 200, "", "")
	if !d.Confirmed() {
		t.Fatal("the dialog ended with its fork")
	}
}

func TestRouteSetAndTargetRefresh(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	bob, proxy := listenPeer(t), listenPeer(t)
	b, p := bob.text(), proxy.text()
	route := "<sip:" + proxy.conn.LocalAddr().String() + ";lr>"
	d, c := call1(t, hs, bob.uri(t), InviteSpec{Route: []string{route}})
	invite := p.want("INVITE")
	if invite.get("Route") != route {
		t.Fatalf("%v", invite.headers)
	}
	p.answer(invite, 200, "Record-Route: <sip:far;lr>\nRecord-Route: "+route+"\nContact: <sip:bob@192.0.2.1>", "")
	within(t, c.responses, "200")
	if err := d.Ack(nil, ""); err != nil {
		t.Fatal(err)
	}
	ack := p.want("ACK")
	if got := fmt.Sprint(ack.headers["route"]); got != "["+route+" <sip:far;lr>]" || !strings.HasPrefix(ack.start, "ACK sip:bob@192.0.2.1 ") {
		t.Fatal(got, ack.start)
	}
	state := d.State()
	if len(state.RouteSet) != 2 || state.UAS {
		t.Fatalf("%+v", state)
	}
	_ = b
}

func TestDigest(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, handlerFuncs{})
	bob := listenPeer(t)
	p := bob.text()
	_, c := call1(t, hs, bob.uri(t), InviteSpec{Credentials: &Credentials{Username: "alice", Password: "secret"}})
	invite := p.want("INVITE")
	p.answer(invite, 407, `Proxy-Authenticate: Digest realm="r", nonce="n", algorithm=MD5, qop="auth"`+"\n"+`Proxy-Authenticate: Digest realm="r", nonce="n2", algorithm=SHA-256, qop="auth"`, "")
	p.want("ACK")
	second := p.want("INVITE")
	auth := second.get("Proxy-Authorization")
	if !strings.Contains(auth, `nonce="n2"`) || !strings.Contains(auth, "SHA-256") || second.get("CSeq") == invite.get("CSeq") {
		t.Fatal(auth)
	}
	// Another server, which knows the password but not the nonce.
	p.answer(second, 407, `Proxy-Authenticate: Digest realm="r", nonce="n3", algorithm=SHA-256, qop="auth", stale=true`, "")
	p.want("ACK")
	third := p.want("INVITE")
	if auth := third.get("Proxy-Authorization"); !strings.Contains(auth, `nonce="n3"`) || strings.Contains(auth, "n2") {
		t.Fatal(auth)
	}
	p.answer(third, 407, `Proxy-Authenticate: Digest realm="r", nonce="n4", algorithm=SHA-256, qop="auth", stale=true`, "")
	if res := within(t, c.responses, "407"); res.StatusCode != 407 {
		t.Fatal(res.StatusCode)
	}
}

// pair makes a dialog between two endpoints: caller's and callee's side.
func pair(t testing.TB, timers Timers, network string, accept AcceptSpec, invite InviteSpec) (caller, callee *Dialog, c *calls, h *dialogFuncs) {
	t.Helper()
	dialogs := make(chan *Dialog, 1)
	h, _ = accept.Handler.(*dialogFuncs)
	if h == nil && accept.Handler == nil {
		h = newDialogFuncs(nil)
		accept.Handler = h
	}
	b := start(t, Config{Timers: timers}, accepting(accept, dialogs))
	a := start(t, Config{Timers: timers}, handlerFuncs{})
	addr := b.udp
	if network == "tcp" {
		addr = b.tcp
	}
	uri, err := ParseURI("sip:bob@" + addr.String() + ";transport=" + network)
	if err != nil {
		t.Fatal(err)
	}
	caller, c = call1(t, a, uri, invite)
	for res := range c.responses {
		if res.StatusCode >= 300 {
			t.Fatal(res.StatusCode)
		}
		if res.StatusCode >= 200 {
			break
		}
	}
	if err := caller.Ack(nil, ""); err != nil {
		t.Fatal(err)
	}
	callee = within(t, dialogs, "dialog")
	if h != nil {
		within(t, h.acks, "ACK")
	}
	return caller, callee, c, h
}

func TestReinviteBothWays(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) { _ = tx.Respond(200, "", WithBody([]byte("answer"), "application/sdp")) })
			caller, callee, c, _ := pair(t, quick(), network, AcceptSpec{Handler: h}, InviteSpec{})
			c.set(func(_ *Dialog, tx *ServerTx) { _ = tx.Respond(200, "", WithBody([]byte("offer"), "application/sdp")) })
			for _, d := range []*Dialog{caller, callee} {
				got := make(chan *Response, 8)
				if _, err := d.Send(RequestSpec{Method: INVITE, OnResponse: func(res *Response) { got <- res }}); err != nil {
					t.Fatal(err)
				}
				var glare *GlareError
				if _, err := d.Send(RequestSpec{Method: INVITE}); !errors.As(err, &glare) || glare.RetryAfter < 0 {
					t.Fatal(err)
				}
				for res := range got {
					if res.StatusCode == 200 {
						break
					}
				}
				if err := d.Ack([]byte("x"), "application/sdp"); err != nil {
					t.Fatal(err)
				}
				acks := h.acks
				if d == callee {
					acks = c.acks
				}
				if ack := within(t, acks, "ACK"); string(ack.Body()) != "x" {
					t.Fatal("ACK without body")
				}
			}
		})
	}
}

func TestGlareIs491(t *testing.T) {
	hold := make(chan struct{})
	dialogs := make(chan *Dialog, 1)
	hs := start(t, Config{Timers: quick()}, accepting(AcceptSpec{Handler: newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		<-hold
		_ = tx.Respond(200, "")
	})}, dialogs))
	p := dialPeer(t, hs.tcp)
	ok := p.open("glare", "z9hG4bKi")
	d := within(t, dialogs, "dialog")
	eventually(t, "ACK taken", func() bool { d.c.mu.Lock(); defer d.c.mu.Unlock(); return d.awaitAck == nil })
	if _, err := d.Send(RequestSpec{Method: INVITE}); err != nil {
		t.Fatal(err)
	}
	ours := p.want("INVITE")
	p.send(msg(p.inDialog(ok, "INVITE", "z9hG4bKr", 2, "Contact: <sip:x@127.0.0.1>"), ""))
	p.want("491")
	p.send(msg(p.inDialog(ok, "ACK", "z9hG4bKr", 2, ""), ""))
	p.answer(ours, 491, "", "")
	p.want("ACK")
	p.send(msg(p.inDialog(ok, "INVITE", "z9hG4bKs", 3, "Contact: <sip:x@127.0.0.1>"), ""))
	p.send(msg(p.inDialog(ok, "INVITE", "z9hG4bKt", 4, "Contact: <sip:x@127.0.0.1>"), ""))
	if res := p.want("500"); res.get("Retry-After") == "" {
		t.Fatal("no Retry-After")
	}
	close(hold)
}

// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// open makes a CSTA-like dialog and returns the 200.
func (p *peer) open(callID, branch string) received {
	p.t.Helper()
	p.send(msg(p.invite(callID, branch, 1, "Supported: timer"), "<r/>"))
	ok := p.want("200")
	ack := branch
	if ack != "" {
		ack += "a"
	}
	p.send(msg(p.inDialog(ok, "ACK", ack, 1, ""), ""))
	return ok
}

func TestUDPRetransmissionIsAbsorbed(t *testing.T) {
	var handled atomic.Int64
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		handled.Add(1)
		_ = tx.Respond(200, "", WithBody([]byte("x"), "text/plain"))
	})
	for _, branch := range []string{"z9hG4bK", ""} { // with and without (pidgin-sipe)
		t.Run("branch="+branch, func(t *testing.T) {
			handled.Store(0)
			hs := start(t, Config{Timers: quick()}, accepting(AcceptSpec{Handler: h}, nil))
			p := dialPeer(t, hs.udp)
			b := func(s string) string {
				if branch == "" {
					return ""
				}
				return branch + s
			}
			ok := p.open("absorb", b("i"))
			info := msg(p.inDialog(ok, "INFO", b("n"), 2, ""), "")
			for range 3 {
				p.send(info)
				if res := p.want("200"); res.body != "x" {
					t.Fatalf("body %q", res.body)
				}
			}
			if handled.Load() != 1 {
				t.Fatalf("handled %d times", handled.Load())
			}
		})
	}
}

func TestTwoHundredIsSentUntilAck(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			h := newDialogFuncs(nil)
			hs := start(t, Config{Timers: quick()}, accepting(AcceptSpec{Handler: h}, nil))
			p := dialPeer(t, map[string]interface {
				Network() string
				String() string
			}{"udp": hs.udp, "tcp": hs.tcp}[network])
			p.send(msg(p.invite("again", "z9hG4bKi", 1, ""), ""))
			var ok received
			for range 3 {
				ok = p.want("200")
			}
			p.send(msg(p.inDialog(ok, "ACK", "z9hG4bKa", 1, ""), "sdp"))
			if ack := within(t, h.acks, "ACK"); string(ack.Body()) != "sdp" {
				t.Fatalf("ACK body %q", ack.Body())
			}
			for { // what was on its way
				if _, err := p.readFor(150 * time.Millisecond); err != nil {
					break
				}
			}
		})
	}
}

func TestMissingAckEndsTheDialogWithBye(t *testing.T) {
	h := newDialogFuncs(nil)
	timers := quick()
	timers.T1 = 4 * time.Millisecond
	hs := start(t, Config{Timers: timers}, accepting(AcceptSpec{Handler: h}, nil))
	p := dialPeer(t, hs.udp)
	p.send(msg(p.invite("noack", "z9hG4bKi", 1, ""), ""))
	bye := p.want("BYE")
	p.answer(bye, 200, "", "")
	if cause := within(t, h.ends, "end"); cause != EndPeerLost {
		t.Fatalf("cause %s", cause)
	}
	eventually(t, "call forgotten", func() bool { return callsOf(hs.e) == 0 })
}

func TestCancel(t *testing.T) {
	cancelled := make(chan error, 1)
	hs := start(t, Config{Timers: quick()}, handlerFuncs{request: func(tx *ServerTx) {
		if _, err := tx.Ring(180); err != nil {
			t.Error(err)
		}
		tx.OnCancel(func() {
			_, err := tx.Accept(AcceptSpec{})
			cancelled <- err
		})
	}})
	p := dialPeer(t, hs.udp)
	invite := p.invite("cancel", "z9hG4bKi", 1, "")
	p.send(msg(invite, ""))
	ringing := p.want("180")
	cancel := strings.Replace(strings.Replace(invite, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1)
	p.send(msg(cancel, ""))
	if res := p.want("200"); res.get("CSeq") != "1 CANCEL" || res.tag("To") != ringing.tag("To") {
		t.Fatalf("%v", res)
	}
	final := p.want("487")
	if final.tag("To") != ringing.tag("To") {
		t.Fatal("another To tag")
	}
	if err := within(t, cancelled, "OnCancel"); !errors.Is(err, ErrRequestTerminated) {
		t.Fatalf("Accept after CANCEL: %v", err)
	}
	p.want("487") // again, until ACK
	p.send(msg(strings.Replace(strings.Replace(invite, "INVITE ", "ACK ", 1), "1 INVITE", "1 ACK", 1), ""))
	eventually(t, "dialog and transaction gone", func() bool {
		return hs.e.counts.dialogs.Load() == 0 && callsOf(hs.e) == 0
	})
}

func TestCancelAfterAnswerIsTooLate(t *testing.T) {
	hs := start(t, Config{Timers: quick()}, accepting(AcceptSpec{}, nil))
	p := dialPeer(t, hs.tcp)
	invite := p.invite("late", "z9hG4bKi", 1, "")
	p.send(msg(invite, ""))
	p.want("200")
	p.send(msg(strings.Replace(strings.Replace(invite, "INVITE ", "CANCEL ", 1), "1 INVITE", "1 CANCEL", 1), ""))
	for {
		res := p.want("200")
		if res.get("CSeq") == "1 CANCEL" {
			return
		}
	}
}

func TestAutomaticAnswers(t *testing.T) {
	hs := start(t, Config{}, handlerFuncs{request: func(tx *ServerTx) {
		switch tx.Request().Method {
		case OPTIONS:
			_ = tx.RespondOptions([]RequestMethod{INVITE, INFO}, []string{"application/csta+xml"}, []string{"timer"})
		case SUBSCRIBE:
			if tx.RequireOnly("timer") {
				_ = tx.Respond(202, "")
			}
		case MESSAGE:
			_ = tx.RejectContentType("application/csta+xml")
		case PUBLISH:
			_ = tx.RejectBusy(1500 * time.Millisecond)
		case REGISTER:
			if tx.Forward() != nil {
				_ = tx.Respond(200, "")
			}
		default:
			_ = tx.RejectMethod(INVITE, INFO)
		}
	}})
	head := func(method, from string) string {
		return method + " sip:1001@offhook.test SIP/2.0\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK" + method + from +
			"\nMax-Forwards: 70\nFrom: <sip:a@b>;tag=" + from + "\nTo: <sip:1001@offhook.test>\nCall-ID: auto" + method + from + "\nCSeq: 1 " + method
	}
	edit := func(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }
	tests := []struct {
		name, text string
		code       int
		header     string
		value      string
	}{
		{"481 no dialog", edit(head("INFO", "1"), "test>\nCall", "test>;tag=x\nCall"), 481, "", ""},
		{"405", head("REFER", "2"), 405, "Allow", "INVITE, INFO"},
		{"415", head("MESSAGE", "3"), 415, "Accept", "application/csta+xml"},
		{"420", head("SUBSCRIBE", "4") + "\nRequire: timer, gruu", 420, "Unsupported", "gruu"},
		{"not 420 for Proxy-Require", head("SUBSCRIBE", "5") + "\nProxy-Require: ms-benotify", 202, "", ""},
		{"483", edit(head("REGISTER", "6"), "Forwards: 70", "Forwards: 0"), 483, "", ""},
		{"503", head("PUBLISH", "7"), 503, "Retry-After", "2"},
		{"505", edit(head("OPTIONS", "8"), "test SIP/2.0", "test SIP/3.0"), 505, "", ""},
		{"200 OPTIONS", head("OPTIONS", "9"), 200, "Supported", "timer"},
		{"400 no Call-ID", edit(head("OPTIONS", "10"), "Call-ID:", "X-ID:"), 400, "", ""},
		{"400 bad CSeq", edit(head("OPTIONS", "11"), "CSeq: 1 OPTIONS", "CSeq: one"), 400, "", ""},
		{"400 CSeq method", edit(head("OPTIONS", "12"), "CSeq: 1 OPTIONS", "CSeq: 1 INFO"), 400, "", ""},
		{"400 two From", head("OPTIONS", "13") + "\nFrom: <sip:c@d>", 400, "", ""},
		{"400 bad From", edit(head("OPTIONS", "14"), "<sip:a@b>", "<sip:a@b"), 400, "", ""},
		{"400 Request-URI", edit(head("OPTIONS", "15"), "sip:1001@offhook.test SIP", "sip:1001@offhook.test:port SIP"), 400, "", ""},
		{"400 Max-Forwards", edit(head("OPTIONS", "16"), "Forwards: 70", "Forwards: many"), 400, "", ""},
		{"compact forms", edit(head("OPTIONS", "17"), "Via:", "v:", "From:", "f:", "To:", "t:", "Call-ID:", "i:"), 200, "", ""},
		{"folded header", edit(head("OPTIONS", "18"), "From: ", "From:\n "), 200, "", ""},
		{"481 CANCEL", edit(head("CANCEL", "19"), "", ""), 481, "", ""},
	}
	p := dialPeer(t, hs.tcp)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.send(msg(tt.text, ""))
			res, err := p.readFor(patience)
			if err != nil {
				t.Fatal(err)
			}
			if res.code() != tt.code || tt.header != "" && res.get(tt.header) != tt.value {
				t.Fatalf("%s, %s: %s", res.start, tt.header, res.get(tt.header))
			}
			if tt.code >= 300 && tt.name != "400 no Call-ID" && res.tag("To") == "" {
				t.Error("no To tag")
			}
		})
	}
}

func TestMergedRequestIs482(t *testing.T) {
	hold := make(chan struct{})
	hs := start(t, Config{}, handlerFuncs{request: func(tx *ServerTx) { <-hold; _ = tx.Respond(480, "") }})
	t.Cleanup(func() { close(hold) })
	p := dialPeer(t, hs.tcp)
	p.send(msg(p.invite("merged", "z9hG4bK1", 1, ""), ""))
	p.send(msg(p.invite("merged", "z9hG4bK2", 1, ""), ""))
	if res := p.want("482"); !strings.Contains(res.get("Via"), "z9hG4bK2") {
		t.Fatal(res)
	}
}

func TestTryingAfterAWhile(t *testing.T) {
	hold := make(chan struct{})
	hs := start(t, Config{}, handlerFuncs{request: func(tx *ServerTx) { <-hold; _ = tx.Respond(480, "") }})
	p := dialPeer(t, hs.udp)
	p.send(msg(p.invite("trying", "z9hG4bK1", 1, "Timestamp: 54"), ""))
	if res := p.want("100"); res.get("Timestamp") != "54" || res.tag("To") != "" {
		t.Fatal(res)
	}
	close(hold)
	p.want("480")
}

// TestPidginSipe plays the quirks of csta.md 4: no branch, CSeq that starts
// over, an ACK whose CSeq is wrong, lower-case transport, epid, maddr, INFOs
// sent back to back, event INFOs never answered.
func TestPidginSipe(t *testing.T) {
	var order []string
	dialogs := make(chan *Dialog, 1)
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		req := tx.Request()
		order = append(order, fmt.Sprint(req.CSeq().SeqNo, req.Method))
		if MediaType(req) != "application/csta+xml" {
			t.Errorf("media type %q", MediaType(req))
		}
		_ = tx.Respond(200, "", WithBody(req.Body(), "application/csta+xml"))
	})
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h, SessionExpires: 30 * time.Minute, Body: []byte("<ok/>"), ContentType: "application/csta+xml"}, dialogs))
	p := dialPeer(t, hs.tcp)
	var ok received
	request := func(method string, seq int) string {
		to, contact := "<sip:1001@offhook.test>", "Contact: <sip:alice@192.0.2.9:5060;maddr=192.0.2.9;transport=tcp>;proxy=replace\n"
		target := "sip:1001@offhook.test"
		if ok.start != "" {
			to = ok.get("To")
			target = strings.Trim(ok.get("Contact"), "<>")
		}
		return msg(fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/tcp 192.0.2.9:5060\nFrom: <sip:alice@offhook.test>;tag=2817;epid=1234\nTo: %s\nMax-Forwards: 70\nCSeq: %d %s\nCall-ID: pidgin\n%sSupported: timer\nContent-Type: application/CSTA+XML; charset=utf-8",
			method, target, to, seq, method, contact), "<q/>")
	}
	p.send(request("INVITE", 1))
	ok = p.want("200")
	if ok.get("Session-Expires") != "1800;refresher=uac" || ok.get("Require") != "timer" || !strings.Contains(ok.get("From"), "epid=1234") {
		t.Fatalf("%v", ok.headers)
	}
	p.send(request("ACK", 1))
	p.send(request("INFO", 2) + request("INFO", 3) + request("INFO", 4))
	for range 3 {
		p.want("200")
	}
	p.send(request("INVITE", 5))
	if res := p.want("200"); res.get("Session-Expires") != "1800;refresher=uac" {
		t.Fatalf("refresh: %v", res.headers)
	}
	p.send(request("ACK", 1) + request("INFO", 2) + request("INVITE", 3))
	for _, cseq := range []string{"2 INFO", "3 INVITE"} {
		if res := p.want("200"); res.get("CSeq") != cseq {
			t.Fatal(res.get("CSeq"))
		}
	}
	p.send(request("ACK", 1))
	d := within(t, dialogs, "dialog")
	for range 50 {
		if tx, err := d.Send(RequestSpec{Method: INFO, Body: []byte("<event/>"), ContentType: "application/csta+xml", NoWait: true}); tx != nil || err != nil {
			t.Fatal(tx, err)
		}
	}
	first := p.want("INFO")
	if !strings.HasPrefix(first.start, "INFO sip:alice@192.0.2.9:5060;maddr=192.0.2.9;transport=tcp ") || first.tag("To") != "2817" {
		t.Fatalf("%v", first)
	}
	for range 49 {
		p.want("INFO")
	}
	if n := hs.e.counts.clientTx.Load(); n != 0 {
		t.Fatalf("%d client transactions kept", n)
	}
	p.send(request("BYE", 6))
	p.want("200")
	if cause := within(t, h.ends, "end"); cause != EndByeReceived {
		t.Fatal(cause)
	}
	want := "[2INFO 3INFO 4INFO 5INVITE 2INFO 3INVITE 6BYE]"
	if got := fmt.Sprint(order); got != want {
		t.Fatalf("handled %s, want %s", got, want)
	}
}

func TestCSeqTooLowIs500(t *testing.T) {
	h := newDialogFuncs(nil)
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h}, nil))
	p := dialPeer(t, hs.tcp)
	ok := p.open("cseq", "z9hG4bKi")
	p.send(msg(p.inDialog(ok, "INFO", "z9hG4bK1", 7, ""), ""))
	p.want("200")
	p.send(msg(p.inDialog(ok, "INFO", "z9hG4bK2", 6, ""), ""))
	p.want("500")
}

// TestRefusedForNowMayComeAgain: after a 503 the same request may come by another
// way, under its number.
func TestRefusedForNowMayComeAgain(t *testing.T) {
	answers := make(chan int, 3)
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) { _ = tx.Respond(<-answers, "") })
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h}, nil))
	p := dialPeer(t, hs.tcp)
	ok := p.open("again", "z9hG4bKi")
	for i, answer := range []int{503, 503, 200} {
		answers <- answer
		p.send(msg(p.inDialog(ok, "INFO", fmt.Sprint("z9hG4bK", i), 7, ""), ""))
		p.want(fmt.Sprint(answer))
	}
	p.send(msg(p.inDialog(ok, "INFO", "z9hG4bK3", 7, ""), ""))
	p.want("500")
}

func TestLargeBodies(t *testing.T) {
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		_ = tx.Respond(200, "", WithBody(tx.Request().Body(), "text/plain"))
	})
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h}, nil))
	for _, tt := range []struct {
		network string
		size    int
	}{{"tcp", 60000}, {"udp", 4000}, {"udp", 40000}} {
		p := dialPeer(t, hs.tcp)
		if tt.network == "udp" {
			p = dialPeer(t, hs.udp)
		}
		ok := p.open(fmt.Sprint("large", tt.size), fmt.Sprint("z9hG4bKi", tt.size))
		body := strings.Repeat("0123456789", tt.size/10)
		p.send(msg(p.inDialog(ok, "INFO", fmt.Sprint("z9hG4bKn", tt.size), 2, "Content-Type: text/plain"), body))
		if res := p.want("200"); res.body != body {
			t.Fatalf("%s: %d bytes came back of %d", tt.network, len(res.body), len(body))
		}
	}
}

func TestRportAndReceived(t *testing.T) {
	hs := start(t, Config{}, handlerFuncs{request: func(tx *ServerTx) { _ = tx.Respond(200, "") }})
	p := dialPeer(t, hs.udp)
	p.send(msg("OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5099;rport;branch=z9hG4bKr\nFrom: <sip:a@b>;tag=1\nTo: <sip:x>\nCall-ID: rport\nCSeq: 1 OPTIONS", ""))
	via := p.want("200").get("Via")
	_, port, _ := strings.Cut(p.conn.LocalAddr().String(), ":")
	if !strings.Contains(via, "rport="+port) || !strings.Contains(via, "received=127.0.0.1") {
		t.Fatal(via)
	}
}

func TestDialogStaysOnTheClientsConnection(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: newDialogFuncs(nil)}, dialogs))
	p := dialPeer(t, hs.tcp)
	ok := p.open("stay", "z9hG4bKi")
	d := within(t, dialogs, "dialog")
	// The client comes again on another connection: requests follow it.
	_ = p.conn.Close()
	again := dialPeer(t, hs.tcp)
	again.send(msg(again.inDialog(ok, "INFO", "z9hG4bKn", 2, ""), ""))
	again.want("200")
	answered := make(chan int, 1)
	if _, err := d.Send(RequestSpec{Method: INFO, OnResponse: func(res *Response) { answered <- res.StatusCode }}); err != nil {
		t.Fatal(err)
	}
	again.answer(again.want("INFO"), 200, "", "")
	if code := within(t, answered, "answer"); code != 200 {
		t.Fatal(code)
	}
	if f := d.Flow(); f.Remote != again.conn.LocalAddr().String() {
		t.Fatal(f)
	}
}

func TestByeWaitsForAck(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	h := newDialogFuncs(nil)
	hs := start(t, Config{Timers: quick()}, accepting(AcceptSpec{Handler: h}, dialogs))
	p := dialPeer(t, hs.tcp)
	p.send(msg(p.invite("bye", "z9hG4bKi", 1, ""), ""))
	ok := p.want("200")
	d := within(t, dialogs, "dialog")
	if err := d.Bye(); err != nil {
		t.Fatal(err)
	}
	p.send(msg(p.inDialog(ok, "ACK", "z9hG4bKa", 1, ""), ""))
	p.answer(p.want("BYE"), 200, "", "")
	if cause := within(t, h.ends, "end"); cause != EndByeSent {
		t.Fatal(cause)
	}
	if _, err := d.Send(RequestSpec{Method: INFO}); !errors.Is(err, ErrDialogGone) {
		t.Fatal(err)
	}
}

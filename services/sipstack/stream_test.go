// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func options(p *peer, id string) string {
	return msg("OPTIONS sip:x SIP/2.0\nVia: "+p.via("z9hG4bK"+id)+"\nFrom: <sip:a@b>;tag=1\nTo: <sip:x>\nCall-ID: "+id+"\nCSeq: 1 OPTIONS", "")
}

func answering() handlerFuncs {
	return handlerFuncs{request: func(tx *ServerTx) { _ = tx.Respond(200, "") }}
}

func (p *peer) wantClosed() {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	for {
		if _, err := p.conn.Read(b); err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				p.t.Fatal("connection stays open")
			}
			return
		}
	}
}

func refusedCount(e *Endpoint, reason string) float64 {
	return testutil.ToFloat64(e.metrics.refusals.WithLabelValues(reason))
}

func TestBadStreamsAreClosedAndCounted(t *testing.T) {
	hs := start(t, Config{}, answering())
	tests := []struct {
		name, text, reason string
		code               int
	}{
		{"not sip", "\x16\x03\x01\x02\x00\x01\x00", "garbage", 0},
		{"http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "content_length", 0},
		{"endless header", "OPTIONS sip:x SIP/2.0\r\nX: " + strings.Repeat("a", maxHeadBytes+1), "header_too_large", 0},
		{"giant Content-Length", "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: g\r\nCSeq: 1 OPTIONS\r\nContent-Length: 999999999\r\n\r\n", "message_too_large", 413},
		{"no Content-Length", "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: g\r\nCSeq: 1 OPTIONS\r\n\r\n", "content_length", 400},
		{"two Content-Length", "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: g\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\nl: 5\r\n\r\n", "content_length", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := dialPeer(t, hs.tcp)
			before := refusedCount(hs.e, tt.reason)
			p.send(tt.text)
			if tt.code != 0 {
				if res := p.read(); res.code() != tt.code {
					t.Fatal(res.start)
				}
			}
			p.wantClosed()
			if got := refusedCount(hs.e, tt.reason); got != before+1 {
				t.Fatalf("%s counted %v times", tt.reason, got-before)
			}
		})
	}
	p := dialPeer(t, hs.tcp)
	p.send(options(p, "after"))
	p.want("200")
}

func TestHalfMessagesAndKeepAlive(t *testing.T) {
	hs := start(t, Config{}, answering())
	p := dialPeer(t, hs.tcp)
	text := options(p, "half") + msg("MESSAGE sip:x SIP/2.0\nVia: "+p.via("z9hG4bKm")+"\nFrom: <sip:a@b>;tag=1\nTo: <sip:x>\nCall-ID: m\nCSeq: 1 MESSAGE\nContent-Type: text/plain", strings.Repeat("body\r\n\r\n", 2000))
	tcp := p.conn.(*net.TCPConn)
	_ = tcp.SetNoDelay(true)
	for i := 0; i < len(text); {
		n := min(1+i%97, len(text)-i)
		p.send(text[i : i+n])
		i += n
	}
	got := map[string]bool{p.want("200").get("Call-ID"): true}
	got[p.want("200").get("Call-ID")] = true
	if !got["half"] || !got["m"] {
		t.Fatal(got)
	}
	p.send("\r\n\r\n")
	pong := make([]byte, 16)
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	if n, err := p.r.Read(pong); err != nil || string(pong[:n]) != "\r\n" {
		t.Fatalf("pong %q %v", pong[:n], err)
	}
	p.send("\r\n" + options(p, "afterping"))
	p.want("200")
}

func TestIdleAndLimitedConnections(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	reg := prometheus.NewRegistry()
	hs := start(t, Config{Registerer: reg, Limits: Limits{MaxConnections: 2, ConnectionIdle: 500 * time.Millisecond}}, accepting(AcceptSpec{Handler: newDialogFuncs(nil)}, dialogs))
	held := dialPeer(t, hs.tcp)
	ok := held.open("held", "z9hG4bKi")
	mute := dialPeer(t, hs.tcp)
	eventually(t, "two connections", func() bool { return hs.e.transports.count() == 2 })
	third := dialPeer(t, hs.tcp)
	third.wantClosed()
	mute.wantClosed()
	held.send(msg(held.inDialog(ok, "INFO", "z9hG4bKn", 2, ""), ""))
	held.want("200") // a dialog holds its connection
	if err := within(t, dialogs, "dialog").Bye(); err != nil {
		t.Fatal(err)
	}
	held.answer(held.want("BYE"), 200, "", "")
	held.wantClosed()
	if n, err := testutil.GatherAndCount(reg); err != nil || n < 20 {
		t.Fatal(n, err)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
}

// TestPeerThatDoesNotRead: the endpoint neither blocks nor keeps more than its
// limit, and goes on serving others.
func TestPeerThatDoesNotRead(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	h := newDialogFuncs(nil)
	hs := start(t, Config{Timers: quick(), Limits: Limits{MaxQueuedWriteBytes: 256 << 10}}, accepting(AcceptSpec{Handler: h}, dialogs))
	p := dialPeer(t, hs.tcp)
	p.open("deaf", "z9hG4bKi")
	d := within(t, dialogs, "dialog")
	flow := d.Flow()
	body := []byte(strings.Repeat("x", 32<<10))
	for range 1000 {
		if _, err := d.Send(RequestSpec{Method: INFO, Body: body, ContentType: "text/plain", NoWait: true}); err != nil {
			t.Fatal(err)
		}
		if !hs.e.FlowAlive(flow) {
			break
		}
	}
	if hs.e.FlowAlive(flow) {
		t.Fatal("a peer that reads nothing keeps its connection")
	}
	q := dialPeer(t, hs.tcp)
	q.open("other", "z9hG4bKo")
}

func TestWriteTimeout(t *testing.T) {
	dialogs := make(chan *Dialog, 1)
	hs := start(t, Config{Limits: Limits{MaxQueuedWriteBytes: 64 << 20, WriteTimeout: 50 * time.Millisecond}}, accepting(AcceptSpec{Handler: newDialogFuncs(nil)}, dialogs))
	p := dialPeer(t, hs.tcp)
	p.open("slow", "z9hG4bKi")
	d := within(t, dialogs, "dialog")
	body := []byte(strings.Repeat("x", 60<<10))
	for range 300 {
		if _, err := d.Send(RequestSpec{Method: INFO, Body: body, ContentType: "text/plain", NoWait: true}); err != nil {
			t.Fatal(err)
		}
	}
	lost := hs.e.metrics.closedConns.WithLabelValues("in", "write_timeout")
	eventually(t, "write time-out", func() bool { return testutil.ToFloat64(lost) == 1 })
}

func TestOverload(t *testing.T) {
	hold := make(chan struct{})
	hs := start(t, Config{Limits: Limits{MaxServerTx: 4, MaxQueuedPerCall: 2}}, handlerFuncs{request: func(tx *ServerTx) {
		<-hold
		_ = tx.Respond(200, "")
	}})
	t.Cleanup(func() { close(hold) })
	p := dialPeer(t, hs.tcp)
	for i := range 5 {
		p.send(options(p, fmt.Sprint("overload", i)))
	}
	if res := p.want("503"); res.get("Retry-After") == "" || res.get("Call-ID") != "overload4" {
		t.Fatal(res)
	}
}

func TestDialogLimit(t *testing.T) {
	errs := make(chan error, 4)
	hs := start(t, Config{Limits: Limits{MaxDialogs: 1}}, handlerFuncs{request: func(tx *ServerTx) {
		_, err := tx.Accept(AcceptSpec{Handler: newDialogFuncs(nil)})
		errs <- err
	}})
	p := dialPeer(t, hs.tcp)
	p.open("one", "z9hG4bK1")
	if err := within(t, errs, "accept"); err != nil {
		t.Fatal(err)
	}
	p.send(msg(p.invite("two", "z9hG4bK2", 1, ""), ""))
	if res := p.want("503"); res.get("Retry-After") == "" {
		t.Fatal(res)
	}
	if err := within(t, errs, "accept"); !errors.Is(err, ErrTooManyDialogs) {
		t.Fatal(err)
	}
}

func TestEndpointCloseEndsDialogs(t *testing.T) {
	h := newDialogFuncs(nil)
	t.Run("run", func(t *testing.T) {
		hs := start(t, Config{}, accepting(AcceptSpec{Handler: h}, nil))
		p := dialPeer(t, hs.tcp)
		p.open("close", "z9hG4bKi")
		within(t, h.acks, "ACK")
	})
	if cause := within(t, h.ends, "end"); cause != EndEndpointClose {
		t.Fatal(cause)
	}
}

// TestIdleDialogMemory: what an idle dialog costs, its connection aside.
func TestIdleDialogMemory(t *testing.T) {
	const n, limit = 2000, 3000
	h := newDialogFuncs(nil)
	h.acks, h.ends = make(chan *Request, n), make(chan DialogEnd, n+1)
	hs := start(t, Config{}, accepting(AcceptSpec{Handler: h, SessionExpires: time.Hour}, nil))
	p := dialPeer(t, hs.tcp)
	heap := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	p.open("warm", "z9hG4bKw")
	within(t, h.acks, "ACK")
	before, goroutines := heap(), runtime.NumGoroutine()
	for i := range n {
		p.open(fmt.Sprint("idle-dialog-with-a-usual-call-id-", i), fmt.Sprint("z9hG4bKi", i))
	}
	for range n {
		within(t, h.acks, "ACK")
	}
	each := (heap() - before) / n
	t.Logf("%d bytes per idle dialog with a session timer", each)
	if each > limit {
		t.Errorf("%d bytes per idle dialog, limit %d", each, limit)
	}
	if more := runtime.NumGoroutine() - goroutines; more > 8 {
		t.Errorf("%d goroutines for %d idle dialogs", more, n)
	}
}

// TestSlowLoris: a message that never ends is not waited for, however often a
// byte comes.
func TestSlowLoris(t *testing.T) {
	e, err := NewEndpoint(Config{})
	if err != nil {
		t.Fatal(err)
	}
	e.partial = 60 * time.Millisecond
	addr, err := e.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.SetHandler(answering())
	run(t, e)
	p := dialPeer(t, addr)
	text := options(p, "slow")
	p.send(text + text[:40])
	p.want("200")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for i := 40; i < 140; i++ {
		<-tick.C
		if _, err := p.conn.Write([]byte(text[i : i+1])); err != nil {
			break
		}
	}
	slow := e.metrics.closedConns.WithLabelValues("in", "slow_message")
	eventually(t, "connection closed", func() bool { return testutil.ToFloat64(slow) == 1 })
	p.wantClosed()
}

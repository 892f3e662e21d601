// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// harness is an endpoint under test with its handler.
type harness struct {
	t   testing.TB
	e   *Endpoint
	udp net.Addr
	tcp net.Addr
}

// handlerFuncs is a Handler made of functions.
type handlerFuncs struct {
	request func(*ServerTx)
	stray   func(Flow, *Request, *Response)
	unknown func(*ServerTx) *Dialog
}

func (h handlerFuncs) HandleRequest(tx *ServerTx) { h.request(tx) }
func (h handlerFuncs) HandleStray(f Flow, req *Request, res *Response) {
	if h.stray != nil {
		h.stray(f, req, res)
	}
}
func (h handlerFuncs) HandleUnknownDialog(tx *ServerTx) *Dialog {
	if h.unknown == nil {
		return nil
	}
	return h.unknown(tx)
}

// dialogFuncs is a DialogHandler that writes down what it is told.
type dialogFuncs struct {
	mu      sync.Mutex
	request func(*Dialog, *ServerTx)
	acks    chan *Request
	ends    chan DialogEnd
}

func newDialogFuncs(request func(*Dialog, *ServerTx)) *dialogFuncs {
	return &dialogFuncs{request: request, acks: make(chan *Request, 16), ends: make(chan DialogEnd, 16)}
}

func (h *dialogFuncs) HandleDialogRequest(d *Dialog, tx *ServerTx) {
	h.mu.Lock()
	request := h.request
	h.mu.Unlock()
	if request == nil {
		_ = tx.Respond(200, "")
		return
	}
	request(d, tx)
}
func (h *dialogFuncs) set(request func(*Dialog, *ServerTx)) {
	h.mu.Lock()
	h.request = request
	h.mu.Unlock()
}
func (h *dialogFuncs) HandleAck(_ *Dialog, ack *Request)          { h.acks <- ack }
func (h *dialogFuncs) HandleDialogEnd(_ *Dialog, cause DialogEnd) { h.ends <- cause }

// patience bounds waits that only a failure makes long.
const patience = 20 * time.Second

// quick are timers that make tests last milliseconds, but wait for an answer
// however busy the machine is.
func quick() Timers {
	return Timers{
		T1: 20 * time.Millisecond, T2: 80 * time.Millisecond, T4: 100 * time.Millisecond,
		TimerB: patience, TimerF: patience, TimerC: patience,
	}
}

// start runs an endpoint on loopback until the test ends.
func start(t testing.TB, cfg Config, h Handler) *harness {
	t.Helper()
	e, err := NewEndpoint(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hs := &harness{t: t, e: e}
	if hs.udp, err = e.Listen("udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if hs.tcp, err = e.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if h != nil {
		e.SetHandler(h)
	}
	run(t, e)
	return hs
}

// run runs an endpoint until stop is called or the test ends.
func run(t testing.TB, e *Endpoint) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("Run did not return")
		}
	})
	t.Cleanup(stop)
	return stop
}

// peer is a SIP peer made of text.
type peer struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
	udp  bool
}

func dialPeer(t testing.TB, addr net.Addr) *peer {
	t.Helper()
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t: t, conn: conn, r: bufio.NewReaderSize(conn, 70000), udp: addr.Network() == "udp"}
}

// sip turns a text with LF into a message: "VIA" in the first lines stays, the
// Content-Length is added.
func msg(head string, body string) string {
	head = strings.ReplaceAll(strings.TrimSpace(head), "\n", "\r\n")
	return head + "\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.conn, text); err != nil {
		p.t.Fatal(err)
	}
}

type received struct {
	start   string
	headers map[string][]string
	body    string
}

func (r received) code() int {
	f := strings.Fields(r.start)
	if len(f) < 2 || f[0] != "SIP/2.0" {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n
}

func (r received) get(name string) string {
	if v := r.headers[strings.ToLower(name)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (r received) tag(name string) string {
	_, tag, _ := strings.Cut(r.get(name), ";tag=")
	tag, _, _ = strings.Cut(tag, ";")
	return tag
}

// read reads one message, within limit.
func (p *peer) readFor(limit time.Duration) (received, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(limit))
	r := p.r
	if p.udp {
		buf := make([]byte, 70000)
		n, err := p.conn.Read(buf)
		if err != nil {
			return received{}, err
		}
		r = bufio.NewReader(strings.NewReader(string(buf[:n])))
	}
	return readMessage(r)
}

func readMessage(r *bufio.Reader) (received, error) {
	m := received{headers: make(map[string][]string)}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return m, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" && m.start == "" {
			continue
		}
		if line == "" {
			break
		}
		if m.start == "" {
			m.start = line
			continue
		}
		k, v, _ := strings.Cut(line, ":")
		k = strings.ToLower(strings.TrimSpace(k))
		m.headers[k] = append(m.headers[k], strings.TrimSpace(v))
	}
	n, _ := strconv.Atoi(m.get("Content-Length"))
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	m.body = string(body)
	return m, err
}

func (p *peer) read() received {
	p.t.Helper()
	m, err := p.readFor(patience)
	if err != nil {
		p.t.Fatalf("read: %v", err)
	}
	return m
}

// want reads until a response with that code, or a request with that method.
func (p *peer) want(what string) received {
	p.t.Helper()
	for range 200 {
		m := p.read()
		if strings.Fields(m.start)[0] == what || strconv.Itoa(m.code()) == what {
			return m
		}
	}
	p.t.Fatalf("no %s came", what)
	return received{}
}

// answer answers a received request.
func (p *peer) answer(req received, code int, extra, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\n", code, ReasonPhrase(code))
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range req.headers[strings.ToLower(name)] {
			if name == "To" && !strings.Contains(v, "tag=") && code > 100 && !strings.Contains(extra, "NOTAG") {
				v += ";tag=peer"
			}
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	b.WriteString(strings.ReplaceAll(extra, "NOTAG", ""))
	p.send(msg(b.String(), body))
}

// via is the peer's own Via.
func (p *peer) via(branch string) string {
	transport := "TCP"
	if p.udp {
		transport = "UDP"
	}
	if branch != "" {
		branch = ";branch=" + branch
	}
	return "SIP/2.0/" + transport + " " + p.conn.LocalAddr().String() + branch + ";rport"
}

// invite is the head of a CSTA INVITE.
func (p *peer) invite(callID, branch string, seq int, extra string) string {
	return fmt.Sprintf("INVITE sip:1001@offhook.test SIP/2.0\nVia: %s\nMax-Forwards: 70\nFrom: <sip:alice@offhook.test>;tag=a1\nTo: <sip:1001@offhook.test>\nCall-ID: %s\nCSeq: %d INVITE\nContact: <sip:alice@%s>\n%s",
		p.via(branch), callID, seq, p.conn.LocalAddr(), extra)
}

// inDialog is the head of a request in the dialog of a 200.
func (p *peer) inDialog(ok received, method, branch string, seq int, extra string) string {
	target := strings.Trim(strings.SplitN(ok.get("Contact"), ";", 2)[0], "<>")
	return fmt.Sprintf("%s %s SIP/2.0\nVia: %s\nMax-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\n%s",
		method, target, p.via(branch), ok.get("From"), ok.get("To"), ok.get("Call-ID"), seq, method, extra)
}

// accepting is a handler that accepts every INVITE with spec.
func accepting(spec AcceptSpec, dialogs chan *Dialog) handlerFuncs {
	return handlerFuncs{request: func(tx *ServerTx) {
		if tx.Request().Method != INVITE {
			_ = tx.RejectMethod(INVITE)
			return
		}
		d, err := tx.Accept(spec)
		if err == nil && dialogs != nil {
			dialogs <- d
		}
	}}
}

func within[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

// eventually waits for a condition that another goroutine makes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("never: %s", what)
		}
	}
}

func callsOf(e *Endpoint) (n int) {
	for i := range e.shards {
		e.shards[i].mu.Lock()
		n += len(e.shards[i].calls)
		e.shards[i].mu.Unlock()
	}
	return n
}

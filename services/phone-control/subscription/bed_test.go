// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/icholy/digest"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// patience bounds waits that only a failure makes long.
const patience = 20 * time.Second

var errRefused = errors.New("refused")

// fakeLines are lines whose calls and features a test sets.
type fakeLines struct {
	mu       sync.Mutex
	calls    map[string][]Call
	features map[string]Features
	messages map[string]MessageWaiting
	refuse   bool
}

func (f *fakeLines) Calls(_ context.Context, line string) []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[line]
}

func (f *fakeLines) Features(_ context.Context, line string) Features {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.features[line]
}

func (f *fakeLines) MessageWaiting(_ context.Context, line string) MessageWaiting {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.messages[line]
}

func (f *fakeLines) SetDoNotDisturb(_ context.Context, line string, on bool) error {
	return f.set(line, func(features *Features) { features.DoNotDisturb = on })
}

func (f *fakeLines) SetForwarding(_ context.Context, line string, forwarding Forwarding) error {
	return f.set(line, func(features *Features) { features.Forwardings = []Forwarding{forwarding} })
}

func (f *fakeLines) set(line string, change func(*Features)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuse {
		return errRefused
	}
	features := f.features[line]
	change(&features)
	f.features[line] = features
	return nil
}

func (f *fakeLines) setCalls(line string, calls ...Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[line] = calls
}

func (f *fakeLines) setMessages(line string, waiting MessageWaiting) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages[line] = waiting
}

var testKey = [32]byte{1}

// target has lines 1001 to 1003 with a phone each; 1003 may not be watched.
func target(t testing.TB, change ...func(*configv1.TargetConfig)) *targetconfig.Target {
	t.Helper()
	config := &configv1.TargetConfig{
		Target: "branch", Sip: &configv1.SIP{Domains: []string{"pbx.test"}, Realm: "pbx.test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_SipLine{SipLine: &configv1.SIPLine{}}},
	}
	for _, number := range []string{"1001", "1002", "1003"} {
		sum := md5.Sum([]byte("phone" + number + ":pbx.test:pw" + number))
		secret, err := proto.Marshal(&configv1.DigestSecret{Ha1Md5: fmt.Sprintf("%x", sum)})
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := seal.Seal(testKey, secret, seal.DevicePlace("branch", "line-"+number, "desk"))
		if err != nil {
			t.Fatal(err)
		}
		config.Lines = append(config.Lines, &configv1.Line{
			Name: "line-" + number, Number: number, Watch: number != "1003", Control: true, Devices: []*configv1.Device{
				{Name: "desk", Username: "phone" + number, Credential: &configv1.SealedCredential{Sealed: sealed}},
			},
		})
	}
	for _, f := range change {
		f(config)
	}
	snapshot, err := targetconfig.Build(testKey, config)
	if err != nil {
		t.Fatal(err)
	}
	built, _ := snapshot.TargetByName("branch")
	return built
}

// bed is a registry behind a real endpoint on loopback.
type bed struct {
	t        *testing.T
	registry *Registry
	lines    *fakeLines
	address  string
	metrics  *prometheus.Registry
	// stop ends the registry, but not the endpoint.
	stop func()

	mu     sync.Mutex
	target *targetconfig.Target
	phones []registrar.Binding
}

func newBed(t *testing.T, limits Limits) *bed {
	t.Helper()
	b := &bed{t: t, target: target(t), metrics: prometheus.NewRegistry(), lines: &fakeLines{
		calls: map[string][]Call{}, features: map[string]Features{}, messages: map[string]MessageWaiting{},
	}}
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	address, err := endpoint.Listen("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.address = address.String()
	metrics, err := NewMetrics(b.metrics)
	if err != nil {
		t.Fatal(err)
	}
	b.registry = New(Options{
		Target: "branch", Config: b.config, Endpoint: endpoint, Lines: b.lines, Limits: limits, Metrics: metrics,
		Auth: digestauth.New(digestauth.Config{Algorithms: []digestauth.Algorithm{digestauth.MD5}}),
		Phones: func(string) []registrar.Binding {
			b.mu.Lock()
			defer b.mu.Unlock()
			return b.phones
		},
	})
	endpoint.SetHandler(subscribes{b.registry})
	b.stop = start(t, b.registry.Run)
	running := start(t, endpoint.Run)
	t.Cleanup(func() { b.stop(); running() })
	return b
}

// start runs something until the returned function is called.
func start(t *testing.T, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	return func() { cancel(); <-done }
}

func (b *bed) config() *targetconfig.Target {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.target
}

type subscribes struct{ registry *Registry }

func (s subscribes) HandleRequest(tx *sipstack.ServerTx)                              { s.registry.HandleSubscribe(tx) }
func (s subscribes) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

// message is one SIP message as it came.
type message struct {
	start  string
	header textproto.MIMEHeader
	body   string
}

func (m message) code() int {
	code, _ := strconv.Atoi(strings.Fields(m.start)[1])
	return code
}

// phone writes its SIP by hand.
type phone struct {
	t       *testing.T
	conn    net.Conn
	number  string
	callID  string
	toTag   string
	contact string
	cseq    int
	answer  int // to NOTIFY
	// notes are NOTIFY requests that came before an awaited response.
	notes []message
}

var callIDs int

func (b *bed) phone(number string) *phone {
	b.t.Helper()
	conn, err := net.Dial("udp", b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = conn.Close() })
	callIDs++
	return &phone{t: b.t, conn: conn, number: number, callID: fmt.Sprintf("call-%d", callIDs), answer: 200}
}

func (p *phone) write(resource, event, body string, headers ...string) {
	p.t.Helper()
	p.cseq++
	uri, to := "sip:"+resource+"@pbx.test", "<sip:"+resource+"@pbx.test>"
	if p.toTag != "" {
		uri, to = p.contact, to+";tag="+p.toTag
	}
	lines := append([]string{
		"SUBSCRIBE " + uri + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s-%d", p.conn.LocalAddr(), p.callID, p.cseq),
		"From: <sip:" + p.number + "@pbx.test>;tag=phone", "To: " + to, "Call-ID: " + p.callID, fmt.Sprintf("CSeq: %d SUBSCRIBE", p.cseq),
		"Max-Forwards: 70", "Contact: <sip:" + p.number + "@" + p.conn.LocalAddr().String() + ">", "Event: " + event,
	}, headers...)
	if body != "" {
		lines = append(lines, "Content-Type: application/x-as-feature-event+xml")
	}
	p.send(strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body)
}

func (p *phone) send(text string) {
	if _, err := p.conn.Write([]byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *phone) read() message {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	buffer := make([]byte, 1<<16)
	n, err := p.conn.Read(buffer)
	if err != nil {
		p.t.Fatalf("read: %v", err)
	}
	reader := bufio.NewReader(bytes.NewReader(buffer[:n]))
	lines := textproto.NewReader(reader)
	start, err := lines.ReadLine()
	if err != nil {
		p.t.Fatal(err)
	}
	header, err := lines.ReadMIMEHeader()
	if err != nil {
		p.t.Fatal(err)
	}
	body, _ := io.ReadAll(reader)
	return message{start: start, header: header, body: string(body)}
}

// final reads the final response to the last SUBSCRIBE.
func (p *phone) final() message {
	p.t.Helper()
	for {
		m := p.read()
		switch {
		case strings.HasPrefix(m.start, "NOTIFY"):
			p.respond(m)
			p.notes = append(p.notes, m)
		case m.code() >= 200 && strings.HasPrefix(m.header.Get("Cseq"), strconv.Itoa(p.cseq)+" "):
			return m
		}
	}
}

// notified reads the next NOTIFY and answers it.
func (p *phone) notified() message {
	p.t.Helper()
	if len(p.notes) > 0 {
		m := p.notes[0]
		p.notes = p.notes[1:]
		return m
	}
	for {
		m := p.read()
		if strings.HasPrefix(m.start, "NOTIFY") {
			p.respond(m)
			return m
		}
	}
}

func (p *phone) respond(m message) {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d X\r\n", p.answer)
	for _, name := range []string{"Via", "From", "To", "Call-Id", "Cseq"} {
		fmt.Fprintf(&b, "%s: %s\r\n", name, m.header.Get(name))
	}
	p.send(b.String() + "Content-Length: 0\r\n\r\n")
}

// subscribe subscribes with one answer to a challenge.
func (p *phone) subscribe(resource, event, body string, headers ...string) message {
	p.t.Helper()
	p.write(resource, event, body, headers...)
	res := p.final()
	if res.code() == 401 {
		challenge, err := digest.ParseChallenge(res.header.Get("Www-Authenticate"))
		if err != nil {
			p.t.Fatal(err)
		}
		credentials, err := digest.Digest(challenge, digest.Options{
			Method: "SUBSCRIBE", URI: "sip:" + resource + "@pbx.test", Username: "phone" + p.number, Password: "pw" + p.number, Count: 1,
		})
		if err != nil {
			p.t.Fatal(err)
		}
		p.write(resource, event, body, append(headers, "Authorization: "+credentials.String())...)
		res = p.final()
	}
	if to := res.header.Get("To"); res.code() == 200 {
		p.toTag = to[strings.Index(to, ";tag=")+5:]
		contact := res.header.Get("Contact")
		p.contact = contact[strings.Index(contact, "<")+1 : strings.Index(contact, ">")]
	}
	return res
}

// subscribed subscribes, which must be granted, and reads the first NOTIFY.
func (p *phone) subscribed(resource, event string, headers ...string) message {
	p.t.Helper()
	if res := p.subscribe(resource, event, "", headers...); res.code() != 200 {
		p.t.Fatalf("SUBSCRIBE to %s of %s: %s", event, resource, res.start)
	}
	return p.notified()
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, reached func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !reached() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("never: %s", what)
		}
	}
}

func (b *bed) empty() {
	b.t.Helper()
	eventually(b.t, "no subscription is left", func() bool { return b.registry.Len() == 0 })
}

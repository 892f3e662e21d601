// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/sipstack"
)

// element is a phone or a phone-control made of our own endpoint.
type element struct {
	t        *testing.T
	endpoint *sipstack.Endpoint
	address  string
	network  string

	requests chan *sipstack.ServerTx // outside dialogs
	dialogs  chan *sipstack.ServerTx // inside
	acks     chan *sipstack.Request
	ends     chan sipstack.DialogEnd
}

func newElement(t *testing.T, network string) *element {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{})
	if err != nil {
		t.Fatal(err)
	}
	address, err := endpoint.Listen(network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &element{
		t: t, endpoint: endpoint, address: address.String(), network: network,
		requests: make(chan *sipstack.ServerTx, 100), dialogs: make(chan *sipstack.ServerTx, 100),
		acks: make(chan *sipstack.Request, 100), ends: make(chan sipstack.DialogEnd, 100),
	}
	endpoint.SetHandler(e)
	ctx, cancel := context.WithCancel(context.Background())
	var ran sync.WaitGroup
	ran.Go(func() { _ = endpoint.Run(ctx) })
	t.Cleanup(func() { cancel(); ran.Wait() })
	return e
}

func (e *element) HandleRequest(tx *sipstack.ServerTx)                              { e.requests <- tx }
func (e *element) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}
func (e *element) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx)    { e.dialogs <- tx }
func (e *element) HandleAck(_ *sipstack.Dialog, ack *sipstack.Request)              { e.acks <- ack }
func (e *element) HandleDialogEnd(_ *sipstack.Dialog, cause sipstack.DialogEnd)     { e.ends <- cause }

// responses gathers what a request is answered.
func responses() (sipstack.ResponseFunc, chan *sipstack.Response) {
	all := make(chan *sipstack.Response, 100)
	return func(res *sipstack.Response) { all <- res }, all
}

func finalOf(t *testing.T, all <-chan *sipstack.Response) *sipstack.Response {
	t.Helper()
	for {
		if res := receive(t, all, "final response"); res.StatusCode >= 200 {
			return res
		}
	}
}

func mustURI(t *testing.T, text string) sipstack.URI {
	t.Helper()
	uri, err := sipstack.ParseURI(text)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

// request is a request of a phone outside dialogs.
func (e *element) request(method sipstack.RequestMethod, uri string, headers ...sipstack.Header) *sipstack.Request {
	req := sipstack.NewRequest(method, mustURI(e.t, uri))
	for name, value := range map[string]string{
		"From": "<sip:1001@example.test>;tag=phone", "To": "<" + uri + ">",
		"Contact": fmt.Sprintf("<sip:1001@%s;transport=%s>", e.address, e.network),
	} {
		req.AppendHeader(sipstack.NewHeader(name, value))
	}
	for _, h := range headers {
		req.AppendHeader(h)
	}
	return req
}

func (e *element) send(req *sipstack.Request, to string) chan *sipstack.Response {
	e.t.Helper()
	tell, all := responses()
	if _, err := e.endpoint.Send(req, sipstack.Flow{Network: e.network, Remote: to}, tell); err != nil {
		e.t.Fatal(err)
	}
	return all
}

// plant is an edge between a phone and a phone-control.
type plant struct {
	*bed
	t       *testing.T
	phone   *element
	control *element
	to      string // of the edge, for the phone
	path    string // of the phone's registration
	contact sipstack.URI
}

func newPlant(t *testing.T, network string) *plant {
	t.Helper()
	p := &plant{bed: newBed(t), t: t, phone: newElement(t, network), control: newElement(t, "tcp")}
	p.owners.set("branch", p.control.address)
	p.to = p.tcp()
	if network == "udp" {
		p.to = p.udp()
	}
	p.register()
	return p
}

func (p *plant) register() {
	p.t.Helper()
	all := p.phone.send(p.phone.request(sipstack.REGISTER, "sip:example.test", sipstack.NewHeader("Expires", "3600")), p.to)
	tx := receive(p.t, p.control.requests, "REGISTER at phone-control")
	if tx.Request().Method != sipstack.REGISTER {
		p.t.Fatalf("phone-control got %s", tx.Request().Method)
	}
	p.path = sipstack.HeaderValue(tx.Request(), "Path")
	contact := sipstack.HeaderValue(tx.Request(), "Contact")
	addr, err := sipstack.ParseNameAddr(contact)
	if err != nil {
		p.t.Fatal(err)
	}
	p.contact = addr.URI
	if err := tx.Respond(200, "", sipstack.WithHeader(sipstack.NewHeader("Contact", contact+";expires=3600"), sipstack.NewHeader("Path", p.path))); err != nil {
		p.t.Fatal(err)
	}
	if res := finalOf(p.t, all); res.StatusCode != 200 {
		p.t.Fatalf("REGISTER: %d", res.StatusCode)
	}
}

func eachNetwork(t *testing.T, run func(t *testing.T, network string)) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) { run(t, network) })
	}
}

func TestRegisterGetsAPathToThisEdge(t *testing.T) {
	eachNetwork(t, func(t *testing.T, network string) {
		p := newPlant(t, network)
		for _, want := range []string{p.edge.InternalAddress().String(), ";transport=tcp", ";lr", ";ob"} {
			if !strings.Contains(p.path, want) {
				t.Errorf("Path %q lacks %q", p.path, want)
			}
		}
	})
}

func TestCallOfAPhone(t *testing.T) {
	eachNetwork(t, func(t *testing.T, network string) {
		p := newPlant(t, network)
		tell, all := responses()
		call, err := p.phone.endpoint.Invite(sipstack.InviteSpec{
			RequestURI: mustURI(t, "sip:1002@example.test"),
			From:       sipstack.NameAddr{URI: mustURI(t, "sip:1001@example.test")}, To: sipstack.NameAddr{URI: mustURI(t, "sip:1002@example.test")},
			Dest: sipstack.Flow{Network: network, Remote: p.to}, Body: []byte("v=0\r\n"), ContentType: "application/sdp",
			Handler: p.phone, OnResponse: tell,
			Headers: []sipstack.Header{sipstack.NewHeader("P-Asserted-Identity", "<sip:boss@example.test>")},
		})
		if err != nil {
			t.Fatal(err)
		}
		invite := receive(t, p.control.requests, "INVITE at phone-control")
		if routes := sipstack.HeaderValues(invite.Request(), "Record-Route"); len(routes) != 2 {
			t.Fatalf("Record-Route %q, want both sides of the edge", routes)
		}
		if asserted := sipstack.HeaderValue(invite.Request(), "P-Asserted-Identity"); asserted != "" {
			t.Errorf("a phone asserted its identity: %q", asserted)
		}
		if _, err := invite.Ring(180); err != nil {
			t.Fatal(err)
		}
		if res := receive(t, all, "response"); res.StatusCode != 180 {
			t.Fatalf("phone got %d, want 180", res.StatusCode)
		}
		answered, err := invite.Accept(sipstack.AcceptSpec{Code: 200, Handler: p.control, Body: []byte("v=0\r\n"), ContentType: "application/sdp"})
		if err != nil {
			t.Fatal(err)
		}
		if res := finalOf(t, all); res.StatusCode != 200 || string(res.Body()) != "v=0\r\n" {
			t.Fatalf("phone got %d", res.StatusCode)
		}
		if err := call.Ack(nil, ""); err != nil {
			t.Fatal(err)
		}
		receive(t, p.control.acks, "ACK at phone-control")

		// Requests in the dialog, both ways.
		tellInfo, infoAnswers := responses()
		if _, err := answered.Send(sipstack.RequestSpec{Method: sipstack.INFO, OnResponse: tellInfo}); err != nil {
			t.Fatal(err)
		}
		_ = receive(t, p.phone.dialogs, "INFO at the phone").Respond(200, "")
		if res := finalOf(t, infoAnswers); res.StatusCode != 200 {
			t.Errorf("INFO to the phone: %d", res.StatusCode)
		}
		if err := call.Bye(); err != nil {
			t.Fatal(err)
		}
		bye := receive(t, p.control.dialogs, "BYE at phone-control")
		if bye.Request().Method != sipstack.BYE {
			t.Fatalf("phone-control got %s, want BYE", bye.Request().Method)
		}
		_ = bye.Respond(200, "")
		if cause := receive(t, p.phone.ends, "end of the call"); cause != sipstack.EndByeSent {
			t.Errorf("the call ended by %d", cause)
		}
	})
}

func (p *plant) callPhone(handler sipstack.DialogHandler, tell sipstack.ResponseFunc) (*sipstack.Dialog, error) {
	return p.control.endpoint.Invite(sipstack.InviteSpec{
		RequestURI: p.contact, Route: []string{p.path},
		From: sipstack.NameAddr{URI: mustURI(p.t, "sip:1002@example.test")}, To: sipstack.NameAddr{URI: mustURI(p.t, "sip:1001@example.test")},
		Body: []byte("v=0\r\n"), ContentType: "application/sdp", Handler: handler, OnResponse: tell,
	})
}

func TestCallToAPhone(t *testing.T) {
	eachNetwork(t, func(t *testing.T, network string) {
		p := newPlant(t, network)
		tell, all := responses()
		call, err := p.callPhone(p.control, tell)
		if err != nil {
			t.Fatal(err)
		}
		invite := receive(t, p.phone.requests, "INVITE at the phone")
		if got := invite.Request().Recipient.User; got != "1001" {
			t.Errorf("Request-URI for %q", got)
		}
		if invite.Flow().Remote != p.to {
			t.Errorf("INVITE came from %s, want the edge's %s", invite.Flow().Remote, p.to)
		}
		answered, err := invite.Accept(sipstack.AcceptSpec{Code: 200, Handler: p.phone})
		if err != nil {
			t.Fatal(err)
		}
		if res := finalOf(t, all); res.StatusCode != 200 {
			t.Fatalf("phone-control got %d", res.StatusCode)
		}
		if err := call.Ack(nil, ""); err != nil {
			t.Fatal(err)
		}
		receive(t, p.phone.acks, "ACK at the phone")
		if err := answered.Bye(); err != nil {
			t.Fatal(err)
		}
		bye := receive(t, p.control.dialogs, "BYE at phone-control")
		_ = bye.Respond(200, "")
		receive(t, p.phone.ends, "end of the call")
	})
}

func TestPhoneCancels(t *testing.T) {
	eachNetwork(t, func(t *testing.T, network string) {
		p := newPlant(t, network)
		tell, all := responses()
		call, err := p.phone.endpoint.Invite(sipstack.InviteSpec{
			RequestURI: mustURI(t, "sip:1002@example.test"),
			From:       sipstack.NameAddr{URI: mustURI(t, "sip:1001@example.test")}, To: sipstack.NameAddr{URI: mustURI(t, "sip:1002@example.test")},
			Dest: sipstack.Flow{Network: network, Remote: p.to}, Handler: p.phone, OnResponse: tell,
		})
		if err != nil {
			t.Fatal(err)
		}
		invite := receive(t, p.control.requests, "INVITE at phone-control")
		if _, err := invite.Ring(180); err != nil {
			t.Fatal(err)
		}
		if res := receive(t, all, "response"); res.StatusCode != 180 {
			t.Fatalf("phone got %d", res.StatusCode)
		}
		cancelled := make(chan struct{})
		invite.OnCancel(func() { close(cancelled) })
		call.Cancel()
		receive(t, cancelled, "CANCEL at phone-control")
		if res := finalOf(t, all); res.StatusCode != 487 {
			t.Errorf("phone got %d, want 487", res.StatusCode)
		}
	})
}

func TestPhoneControlCancels(t *testing.T) {
	p := newPlant(t, "udp")
	tell, all := responses()
	call, err := p.callPhone(p.control, tell)
	if err != nil {
		t.Fatal(err)
	}
	invite := receive(t, p.phone.requests, "INVITE at the phone")
	cancelled := make(chan struct{})
	invite.OnCancel(func() { close(cancelled) })
	if _, err := invite.Ring(180); err != nil {
		t.Fatal(err)
	}
	for receive(t, all, "180").StatusCode != 180 {
	}
	call.Cancel()
	receive(t, cancelled, "CANCEL at the phone")
	if res := finalOf(t, all); res.StatusCode != 487 {
		t.Errorf("phone-control got %d, want 487", res.StatusCode)
	}
}

func TestFailuresComeBack(t *testing.T) {
	p := newPlant(t, "tcp")
	all := p.phone.send(p.phone.request(sipstack.SUBSCRIBE, "sip:1001@example.test", sipstack.NewHeader("Event", "message-summary")), p.to)
	_ = receive(t, p.control.requests, "SUBSCRIBE").Respond(489, "", sipstack.WithHeader(sipstack.NewHeader("Allow-Events", "talk")))
	if res := finalOf(t, all); res.StatusCode != 489 || sipstack.HeaderValue(res, "Allow-Events") != "talk" {
		t.Errorf("phone got %d, %v", res.StatusCode, res.Headers())
	}
}

func TestPhonesRequestIsRefused(t *testing.T) {
	forged := strings.Repeat("A", 80)
	tests := []struct {
		name    string
		prepare func(p *plant)
		uri     string
		headers func(p *plant) []sipstack.Header
		want    int
		result  string
	}{
		{name: "no target", uri: "sip:1002@elsewhere.test", want: 404, result: "no_target"},
		{name: "no owner", prepare: func(p *plant) { p.owners.set("branch", "") }, want: 503, result: "no_owner"},
		{name: "owner gone", prepare: func(p *plant) { p.owners.set("branch", closedPort(p.t)) }, want: 503, result: "forwarded"},
		{name: "forged token", headers: func(p *plant) []sipstack.Header {
			return []sipstack.Header{sipstack.NewHeader("Route", "<sip:"+forged+"@"+p.to+";lr>")}
		}, want: 403, result: "forged_route"},
		{name: "token and another route", headers: func(p *plant) []sipstack.Header {
			token := strings.TrimPrefix(strings.Split(p.path, "@")[0], "<sip:")
			return []sipstack.Header{
				sipstack.NewHeader("Route", "<sip:"+token+"@"+p.to+";lr>"), sipstack.NewHeader("Route", "<sip:victim.test;lr>"),
			}
		}, want: 403, result: "forged_route"},
		{name: "too many hops", headers: func(*plant) []sipstack.Header {
			return []sipstack.Header{sipstack.NewHeader("Max-Forwards", "0")}
		}, want: 483, result: "too_many_hops"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPlant(t, "udp")
			if test.prepare != nil {
				test.prepare(p)
			}
			uri := test.uri
			if uri == "" {
				uri = "sip:1002@example.test"
			}
			var headers []sipstack.Header
			if test.headers != nil {
				headers = test.headers(p)
			}
			want := 1.0
			if test.result == "forwarded" {
				want = 2 // the REGISTER was forwarded as well
			}
			res := finalOf(t, p.phone.send(p.phone.request(sipstack.MESSAGE, uri, headers...), p.to))
			if res.StatusCode != test.want {
				t.Fatalf("MESSAGE: %d, want %d", res.StatusCode, test.want)
			}
			if test.want == 503 && sipstack.HeaderValue(res, "Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			eventually(t, test.result+" counted", func() bool {
				return p.metric("offhook_edge_proxied_requests_total", prometheus.Labels{"direction": "from_phone", "result": test.result}) == want
			})
		})
	}
}

// TestTokenIsGoodForItsPhoneOnly has a phone at another address use a token.
func TestTokenIsGoodForItsPhoneOnly(t *testing.T) {
	p := newPlant(t, "udp")
	thief, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)})
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	defer thief.Close()
	token := strings.TrimPrefix(strings.Split(p.path, "@")[0], "<sip:")
	edge, _ := net.ResolveUDPAddr("udp", p.to)
	text := fmt.Sprintf("MESSAGE sip:1002@example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;rport;branch=z9hG4bKthief\r\n"+
		"Max-Forwards: 70\r\nRoute: <sip:%s@%s;lr>\r\nFrom: <sip:x@example.test>;tag=1\r\nTo: <sip:1002@example.test>\r\n"+
		"Call-ID: thief\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n", thief.LocalAddr(), token, p.to)
	if _, err := thief.WriteToUDP([]byte(text), edge); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	_ = thief.SetReadDeadline(time.Now().Add(patience))
	n, err := thief.Read(buffer)
	if err != nil || !strings.HasPrefix(string(buffer[:n]), "SIP/2.0 403") {
		t.Errorf("got %q, %v; want 403", buffer[:n], err)
	}
}

func TestPhoneControlIsRefused(t *testing.T) {
	t.Run("forged token", func(t *testing.T) {
		p := newPlant(t, "udp")
		p.path = "<sip:" + strings.Repeat("A", 80) + "@" + p.edge.InternalAddress().String() + ";transport=tcp;lr>"
		tell, all := responses()
		if _, err := p.callPhone(p.control, tell); err != nil {
			t.Fatal(err)
		}
		if res := finalOf(t, all); res.StatusCode != 403 {
			t.Errorf("INVITE: %d, want 403", res.StatusCode)
		}
	})
	t.Run("no token", func(t *testing.T) {
		p := newPlant(t, "udp")
		p.path = "<sip:" + p.edge.InternalAddress().String() + ";transport=tcp;lr>"
		tell, all := responses()
		if _, err := p.callPhone(p.control, tell); err != nil {
			t.Fatal(err)
		}
		if res := finalOf(t, all); res.StatusCode != 404 {
			t.Errorf("INVITE: %d, want 404", res.StatusCode)
		}
	})
	t.Run("flow gone", func(t *testing.T) {
		p := newPlant(t, "udp")
		c := dial(t, "tcp", p.tcp())
		c.user, c.to = "1001", "sip:example.test"
		c.send(c.request("REGISTER", "", "Expires: 3600"))
		tx := receive(t, p.control.requests, "REGISTER")
		p.path = sipstack.HeaderValue(tx.Request(), "Path")
		_ = tx.Respond(200, "", sipstack.WithHeader(sipstack.NewHeader("Contact", "<sip:x@192.0.2.1>;expires=3600")))
		if res, _ := c.final(); res.code() != 200 {
			t.Fatal(res.start)
		}
		c.conn.Close()
		eventually(t, "430 to an INVITE for a flow that is gone", func() bool {
			tell, all := responses()
			if _, err := p.callPhone(p.control, tell); err != nil {
				t.Fatal(err)
			}
			return finalOf(t, all).StatusCode == 430
		})
	})
}

// TestOuterSideFollowsNoToken has someone outside send what only phone-control
// may: a request with the Route that leads to a phone.
func TestOuterSideFollowsNoToken(t *testing.T) {
	p := newPlant(t, "udp")
	token := strings.TrimPrefix(strings.Split(p.path, "@")[0], "<sip:")
	all := p.phone.send(p.phone.request(sipstack.MESSAGE, p.contact.String(),
		sipstack.NewHeader("Route", "<sip:"+token+"@"+p.to+";lr>")), p.to)
	tx := receive(t, p.control.requests, "MESSAGE at phone-control, not at a phone")
	_ = tx.Respond(404, "")
	if res := finalOf(t, all); res.StatusCode != 404 {
		t.Errorf("MESSAGE: %d", res.StatusCode)
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

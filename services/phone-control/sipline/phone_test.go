// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"offhook.dev/services/sipstack"
)

// waitLong bounds every wait of these tests.
const waitLong = 10 * time.Second

// phone is a small SIP phone on a socket of its own. What arrives is put in
// channels that a test reads in order.
type phone struct {
	t        *testing.T
	number   string
	endpoint *sipstack.Endpoint
	server   string
	media    int
	allow    string // Allow-Events of REGISTER
	path     string // Path of REGISTER, as an edge adds it
	password string
	aor      string // To of REGISTER
	// contactUser is the user part of Contact.
	contactUser string

	incoming chan *sipstack.ServerTx // new INVITEs
	requests chan *sipstack.ServerTx // requests in dialogs
	acks     chan *sipstack.Request
	ends     chan sipstack.DialogEnd

	mu     sync.Mutex
	dialog *sipstack.Dialog
	cseq   uint32
	regID  string
}

func newPhone(t *testing.T, number, server string, media int) *phone {
	t.Helper()
	endpoint, err := sipstack.NewEndpoint(sipstack.Config{Product: "TestPhone"})
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{
		t: t, number: number, endpoint: endpoint, server: server, media: media,
		incoming: make(chan *sipstack.ServerTx, 16), requests: make(chan *sipstack.ServerTx, 16),
		acks: make(chan *sipstack.Request, 16), ends: make(chan sipstack.DialogEnd, 16),
		regID: "reg-" + number, password: "pw" + number, aor: number, contactUser: number,
	}
	endpoint.SetHandler(p)
	if _, err := endpoint.Listen("udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = endpoint.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return p
}

func (p *phone) HandleRequest(tx *sipstack.ServerTx) {
	if tx.Request().Method == "INVITE" {
		p.incoming <- tx
		return
	}
	_ = tx.Respond(200, "")
}
func (p *phone) HandleStray(sipstack.Flow, *sipstack.Request, *sipstack.Response) {}

func (p *phone) HandleDialogRequest(_ *sipstack.Dialog, tx *sipstack.ServerTx) {
	if tx.Request().Method == "BYE" || tx.Request().Method == "OPTIONS" {
		_ = tx.Respond(200, "")
		return
	}
	p.requests <- tx
}
func (p *phone) HandleAck(_ *sipstack.Dialog, ack *sipstack.Request)          { p.acks <- ack }
func (p *phone) HandleDialogEnd(_ *sipstack.Dialog, cause sipstack.DialogEnd) { p.ends <- cause }

func (p *phone) flow() sipstack.Flow {
	uri := p.endpoint.LocalURI("udp", "")
	return sipstack.Flow{Network: "udp", Local: fmt.Sprintf("%s:%d", uri.Host, uri.Port), Remote: p.server}
}

func (p *phone) uri(number string) sipstack.URI {
	return sipstack.URI{Scheme: "sip", User: number, Host: "pbx.test"}
}

// sdp is the phone's description with the direction.
func (p *phone) sdp(direction string) []byte {
	return fmt.Appendf(nil, "v=0\r\no=%s 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=%s\r\n", p.number, p.media, direction)
}

// outgoing is a call of the phone.
type outgoing struct {
	dialog    *sipstack.Dialog
	responses chan *sipstack.Response
}

func (p *phone) dial(number string, offer []byte) *outgoing {
	p.t.Helper()
	call := &outgoing{responses: make(chan *sipstack.Response, 16)}
	spec := sipstack.InviteSpec{
		RequestURI: p.uri(number), From: sipstack.NameAddr{URI: p.uri(p.number)}, To: sipstack.NameAddr{URI: p.uri(number)},
		Dest: p.flow(), Body: offer, Handler: p,
		OnResponse:  func(res *sipstack.Response) { call.responses <- res },
		Credentials: &sipstack.Credentials{Username: p.number, Password: "pw" + p.number},
	}
	if offer != nil {
		spec.ContentType = "application/sdp"
	}
	dialog, err := p.endpoint.Invite(spec)
	if err != nil {
		p.t.Fatal(err)
	}
	call.dialog = dialog
	p.setDialog(dialog)
	return call
}

// answer waits for a response other than 100.
func (c *outgoing) next(t *testing.T) *sipstack.Response {
	t.Helper()
	for {
		if res := receive(t, c.responses, "response to INVITE"); res.StatusCode != 100 {
			return res
		}
	}
}

// until waits for a response with the code and fails on another final one.
func (c *outgoing) until(t *testing.T, code int) *sipstack.Response {
	t.Helper()
	for {
		res := c.next(t)
		if res.StatusCode == code {
			return res
		}
		if res.StatusCode >= 200 {
			t.Fatalf("INVITE was answered %d, want %d", res.StatusCode, code)
		}
	}
}

func (p *phone) setDialog(d *sipstack.Dialog) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dialog = d
}

func (p *phone) current() *sipstack.Dialog {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dialog
}

// invited waits for a new INVITE.
func (p *phone) invited() *sipstack.ServerTx {
	p.t.Helper()
	return receive(p.t, p.incoming, "INVITE at phone "+p.number)
}

// invitedBy waits for a new INVITE with the description that another phone has
// now. Those of calls that are over are refused: the CANCEL may come after.
func (p *phone) invitedBy(from *phone) *sipstack.ServerTx {
	p.t.Helper()
	for {
		tx := p.invited()
		if strings.Contains(string(tx.Request().Body()), mediaLine(from)) {
			return tx
		}
		_ = tx.Reject(486)
	}
}

// ring answers 180.
func (p *phone) ring(tx *sipstack.ServerTx) *sipstack.Dialog {
	p.t.Helper()
	dialog, err := tx.Ring(180)
	if err != nil {
		p.t.Fatal(err)
	}
	dialog.SetHandler(p)
	return dialog
}

// pickUp answers 200 with a description.
func (p *phone) pickUp(tx *sipstack.ServerTx, body []byte) {
	p.t.Helper()
	spec := sipstack.AcceptSpec{Code: 200, Handler: p, Body: body}
	if body != nil {
		spec.ContentType = "application/sdp"
	}
	dialog, err := tx.Accept(spec)
	if err != nil {
		p.t.Fatal(err)
	}
	p.setDialog(dialog)
}

// reinvite sends a re-INVITE, acknowledges its 2xx and gives the final answer.
func (p *phone) reinvite(body []byte) *sipstack.Response {
	p.t.Helper()
	return p.request("INVITE", body)
}

func (p *phone) request(method sipstack.RequestMethod, body []byte) *sipstack.Response {
	p.t.Helper()
	final := make(chan *sipstack.Response, 1)
	dialog := p.current()
	contentType := "application/sdp"
	if method == "INFO" {
		contentType = "application/dtmf-relay"
	}
	if _, err := dialog.Send(sipstack.RequestSpec{
		Method: method, Body: body, ContentType: contentType,
		OnResponse: func(res *sipstack.Response) {
			if res.StatusCode >= 200 {
				if method == "INVITE" && res.StatusCode < 300 {
					_ = dialog.Ack(nil, "")
				}
				final <- res
			}
		},
	}); err != nil {
		p.t.Fatalf("%s of phone %s: %v", method, p.number, err)
	}
	return receive(p.t, final, "answer to "+string(method))
}

// reinvited waits for a re-INVITE from the server, checks its direction ("" is
// no description) and answers with the phone's description.
func (p *phone) reinvited(direction, answer string) {
	p.t.Helper()
	tx := receive(p.t, p.requests, "re-INVITE at phone "+p.number)
	if tx.Request().Method != "INVITE" {
		p.t.Fatalf("phone %s got %s, want INVITE", p.number, tx.Request().Method)
	}
	if got := directionOfBody(tx.Request().Body()); got != direction {
		p.t.Errorf("re-INVITE at phone %s offers %q, want %q", p.number, got, direction)
	}
	if err := tx.Respond(200, "", sipstack.WithBody(p.sdp(answer), "application/sdp")); err != nil {
		p.t.Fatal(err)
	}
}

// acked waits for the ACK and gives its description's direction.
func (p *phone) acked() string {
	p.t.Helper()
	return directionOfBody(receive(p.t, p.acks, "ACK at phone "+p.number).Body())
}

func (p *phone) ended(want sipstack.DialogEnd) {
	p.t.Helper()
	if got := receive(p.t, p.ends, "end of the dialog at phone "+p.number); got != want {
		p.t.Errorf("dialog at phone %s ended by %d, want %d", p.number, got, want)
	}
}

func directionOfBody(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	for line := range strings.SplitSeq(string(body), "\r\n") {
		switch line {
		case "a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive":
			return line[2:]
		}
	}
	return "sendrecv"
}

func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(waitLong):
		t.Fatalf("no %s within %s", what, waitLong)
		panic("unreachable")
	}
}

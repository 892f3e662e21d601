// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
)

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

// rawPhone is a phone that writes its SIP by hand. Each of its requests is of a
// dialog or registration of its own. Requests that come while it waits for a
// response are kept.
type rawPhone struct {
	t      *testing.T
	conn   net.Conn
	number string
	// answer gives the status for a request that comes; nil: 200.
	answer func(message) int
	count  int
	came   []message
	// seen are the requests that came, to know those that are sent again.
	seen map[string]bool
	// dialogs are the Call-IDs of its subscriptions, by event package.
	dialogs map[string]string
}

func newRawPhone(t *testing.T, server, number string) *rawPhone {
	t.Helper()
	conn, err := net.Dial("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &rawPhone{t: t, conn: conn, number: number, dialogs: make(map[string]string), seen: make(map[string]bool)}
}

// request sends a request, with credentials once it is challenged, and gives the
// final response.
func (p *rawPhone) request(method, resource, body string, headers ...string) message {
	p.t.Helper()
	p.count++
	id := fmt.Sprintf("%s-%s-%d", p.number, method, p.count)
	uri := "sip:" + resource + "@desk.test"
	write := func(cseq int, headers ...string) {
		user := "sip:" + p.number + "@"
		lines := append([]string{
			method + " " + uri + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/UDP %s;rport;branch=z9hG4bK%s-%d", p.conn.LocalAddr(), id, cseq),
			"From: <" + user + "desk.test>;tag=phone", "To: <" + uri + ">", "Call-ID: " + id, fmt.Sprintf("CSeq: %d %s", cseq, method),
			"Max-Forwards: 70", "Contact: <" + user + p.conn.LocalAddr().String() + ">",
		}, headers...)
		p.send(strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body)
	}
	write(1, headers...)
	final := p.final(id)
	if final.code() != 401 {
		return final
	}
	challenge, err := digest.ParseChallenge(final.header.Get("Www-Authenticate"))
	if err != nil {
		p.t.Fatal(err)
	}
	credentials, err := digest.Digest(challenge, digest.Options{
		Method: method, URI: uri, Username: "phone" + p.number, Password: "pw" + p.number, Count: 1,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	write(2, append(headers, "Authorization: "+credentials.String())...)
	return p.final(id)
}

func (p *rawPhone) register() {
	p.t.Helper()
	if res := p.request("REGISTER", p.number, "", "Expires: 600"); res.code() != 200 {
		p.t.Fatalf("REGISTER of %s: %s", p.number, res.start)
	}
}

// subscribe subscribes and gives the first NOTIFY.
func (p *rawPhone) subscribe(resource, event, body string, headers ...string) message {
	p.t.Helper()
	res := p.request("SUBSCRIBE", resource, body, append(headers, "Event: "+event, "Expires: 600")...)
	if res.code() != 200 {
		p.t.Fatalf("SUBSCRIBE of %s to %s of %s: %s", p.number, event, resource, res.start)
	}
	p.dialogs[event] = res.header.Get("Call-Id")
	return p.notified(event)
}

// final reads the final response with a Call-ID.
func (p *rawPhone) final(callID string) message {
	p.t.Helper()
	for {
		m, response := p.read()
		if response && m.code() >= 200 && m.header.Get("Call-Id") == callID {
			return m
		}
	}
}

// got waits for a request of a method.
func (p *rawPhone) got(method string) {
	p.t.Helper()
	for {
		for i, m := range p.came {
			if strings.HasPrefix(m.start, method+" ") {
				p.came = append(p.came[:i:i], p.came[i+1:]...)
				return
			}
		}
		p.read()
	}
}

// notified gives the next NOTIFY of the phone's last subscription to an event
// package, or of one that it did not subscribe to.
func (p *rawPhone) notified(event string) message {
	p.t.Helper()
	for {
		for i, m := range p.came {
			dialog, subscribed := p.dialogs[event]
			if strings.HasPrefix(m.start, "NOTIFY ") && m.header.Get("Event") == event && (!subscribed || m.header.Get("Call-Id") == dialog) {
				p.came = append(p.came[:i:i], p.came[i+1:]...)
				return m
			}
		}
		p.read()
	}
}

// read takes one message; requests are answered and kept.
func (p *rawPhone) read() (m message, response bool) {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(waitLong))
	buffer := make([]byte, 1<<16)
	n, err := p.conn.Read(buffer)
	if err != nil {
		p.t.Fatalf("phone %s: %v", p.number, err)
	}
	reader := bufio.NewReader(bytes.NewReader(buffer[:n]))
	lines := textproto.NewReader(reader)
	if m.start, err = lines.ReadLine(); err != nil {
		p.t.Fatal(err)
	}
	if m.header, err = lines.ReadMIMEHeader(); err != nil {
		p.t.Fatal(err)
	}
	body, _ := io.ReadAll(reader)
	m.body = string(body)
	switch {
	case strings.HasPrefix(m.start, "SIP/2.0 "):
		return m, true
	case !strings.HasPrefix(m.start, "ACK "):
		code := 200
		if p.answer != nil {
			code = p.answer(m)
		}
		p.respond(m, code)
		if id := m.header.Get("Call-Id") + " " + m.header.Get("Cseq"); !p.seen[id] {
			p.seen[id] = true
			p.came = append(p.came, m)
		}
	}
	return m, false
}

func (p *rawPhone) respond(m message, code int) {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d X\r\n", code)
	for _, name := range []string{"Via", "From", "Call-Id", "Cseq"} {
		fmt.Fprintf(&b, "%s: %s\r\n", name, m.header.Get(name))
	}
	to := m.header.Get("To")
	if !strings.Contains(to, "tag=") {
		to += ";tag=phone"
	}
	p.send(b.String() + "To: " + to + "\r\nContent-Length: 0\r\n\r\n")
}

func (p *rawPhone) send(text string) {
	p.t.Helper()
	if _, err := p.conn.Write([]byte(text)); err != nil {
		p.t.Fatal(err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package edge

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

const patience = 20 * time.Second

func deadline() <-chan time.Time { return time.After(patience) }

// message is one SIP message as it came.
type message struct {
	start  string
	header textproto.MIMEHeader
	body   string
}

func (m message) code() int {
	if !strings.HasPrefix(m.start, "SIP/2.0 ") {
		return 0
	}
	code, _ := strconv.Atoi(strings.Fields(m.start)[1])
	return code
}

func (m message) method() string { return strings.Fields(m.start)[0] }

func readMessage(r *bufio.Reader) (message, error) {
	reader := textproto.NewReader(r)
	var m message
	for m.start == "" {
		line, err := reader.ReadLine()
		if err != nil {
			return message{}, err
		}
		m.start = line
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		return message{}, err
	}
	m.header = header
	length, _ := strconv.Atoi(header.Get("Content-Length"))
	body := make([]byte, length)
	if _, err := io.ReadFull(r, body); err != nil {
		return message{}, err
	}
	m.body = string(body)
	return m, nil
}

// client is a CSTA application that writes its SIP by hand.
type client struct {
	t       *testing.T
	network string
	conn    net.Conn
	reader  *bufio.Reader
	user    string
	secret  string
	to      string
	callID  string
	toTag   string
	contact string // of the edge
	cseq    int
	// answerEvents makes expect answer requests of the edge with 200.
	answerEvents bool
}

var callIDs int

func dial(t *testing.T, network, address string) *client {
	t.Helper()
	c := &client{t: t, network: network, user: "alice", secret: "secret", to: "sip:1001@example.test", answerEvents: true}
	callIDs++
	c.callID = fmt.Sprintf("call-%d-%d@client", callIDs, time.Now().UnixNano())
	c.connect(address)
	t.Cleanup(func() { c.conn.Close() })
	return c
}

func (c *client) connect(address string) {
	c.t.Helper()
	conn, err := net.Dial(c.network, address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = conn
	if c.network != "udp" {
		c.reader = bufio.NewReaderSize(conn, 1<<20)
	}
}

func (c *client) send(text string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(text)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// read reads the next message of any kind.
func (c *client) read() message {
	c.t.Helper()
	m, err := c.tryRead(patience)
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return m
}

func (c *client) tryRead(limit time.Duration) (message, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(limit))
	if c.network != "udp" {
		return readMessage(c.reader)
	}
	buffer := make([]byte, 1<<16)
	n, err := c.conn.Read(buffer)
	if err != nil {
		return message{}, err
	}
	return readMessage(bufio.NewReader(bytes.NewReader(buffer[:n])))
}

// request writes a request; extra are whole header lines.
func (c *client) request(method, body string, extra ...string) string {
	c.cseq++
	uri, to := c.to, "<"+c.to+">"
	if c.toTag != "" {
		uri, to = c.contact, to+";tag="+c.toTag
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;rport;branch=z9hG4bK-%s-%d-%d\r\n", method, uri,
		strings.ToUpper(c.network), c.conn.LocalAddr(), method, c.cseq, time.Now().UnixNano())
	fmt.Fprintf(&b, "Max-Forwards: 70\r\nFrom: <sip:%s@example.test>;tag=client\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n",
		c.user, to, c.callID, c.cseq, method)
	fmt.Fprintf(&b, "Contact: <sip:%s@%s;transport=%s>\r\nUser-Agent: test\r\n", c.user, c.conn.LocalAddr(), c.network)
	typed := false
	for _, line := range extra {
		b.WriteString(line + "\r\n")
		typed = typed || strings.HasPrefix(line, "Content-Type:")
	}
	if body != "" && !typed {
		b.WriteString("Content-Type: application/csta+xml\r\nContent-Disposition: signal;handling=required\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// response answers a request of the edge.
func (c *client) response(m message, code int) {
	c.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d X\r\n", code)
	for _, name := range []string{"Via", "From", "To", "Call-Id", "Cseq"} {
		for _, value := range m.header[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", strings.Replace(name, "Cseq", "CSeq", 1), value)
		}
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	c.send(b.String())
}

// final reads up to the final response to the latest request. Requests of the
// edge before it are answered, where wanted, and returned.
func (c *client) final() (message, []message) {
	c.t.Helper()
	var requests []message
	for {
		m := c.read()
		switch {
		case m.code() == 0:
			requests = append(requests, m)
			if c.answerEvents {
				c.response(m, 200)
			}
		case m.code() >= 200:
			return m, requests
		}
	}
}

// event reads the next request of the edge.
func (c *client) event() message {
	c.t.Helper()
	for {
		m := c.read()
		if m.code() == 0 {
			if c.answerEvents {
				c.response(m, 200)
			}
			return m
		}
	}
}

// invite opens a session up to the final response, with one answer to a 407.
func (c *client) invite(body string, extra ...string) message {
	c.t.Helper()
	c.send(c.request("INVITE", body, extra...))
	res, _ := c.final()
	if res.code() == 407 && c.secret != "" {
		c.ack(res)
		c.send(c.request("INVITE", body, append(extra, c.authorization(res, "INVITE"))...))
		res, _ = c.final()
	}
	if to := res.header.Get("To"); res.code() == 200 {
		c.toTag = to[strings.Index(to, ";tag=")+5:]
		contact := res.header.Get("Contact")
		c.contact = contact[strings.Index(contact, "<")+1 : strings.Index(contact, ">")]
	}
	c.ack(res)
	return res
}

// open opens a session that must be accepted.
func (c *client) open() message {
	c.t.Helper()
	res := c.invite("<RequestSystemStatus/>", "Supported: timer")
	if res.code() != 200 {
		c.t.Fatalf("INVITE: %s, %v", res.start, res.header)
	}
	return res
}

func (c *client) ack(res message) {
	c.t.Helper()
	uri := c.to
	if res.code() == 200 {
		uri = c.contact
	}
	via := res.header.Get("Via")
	if res.code() == 200 {
		via = fmt.Sprintf("SIP/2.0/%s %s;branch=z9hG4bK-ack-%d", strings.ToUpper(c.network), c.conn.LocalAddr(), time.Now().UnixNano())
	}
	c.send(fmt.Sprintf("ACK %s SIP/2.0\r\nVia: %s\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d ACK\r\nContent-Length: 0\r\n\r\n",
		uri, via, res.header.Get("From"), res.header.Get("To"), c.callID, c.cseq))
}

// authorization answers the last challenge of a 407, which is MD5.
func (c *client) authorization(res message, method string) string {
	c.t.Helper()
	values := res.header["Proxy-Authenticate"]
	challenge, err := digest.ParseChallenge(values[len(values)-1])
	if err != nil {
		c.t.Fatalf("challenge %q: %v", values, err)
	}
	credentials, err := digest.Digest(challenge, digest.Options{
		Method: method, URI: c.to, Username: c.user, Password: c.secret, Count: 1,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return "Proxy-Authorization: " + credentials.String()
}

// info sends one CSTA request and returns its response.
func (c *client) info(body string) message {
	c.t.Helper()
	c.send(c.request("INFO", body))
	res, _ := c.final()
	return res
}

func (c *client) bye() {
	c.t.Helper()
	c.send(c.request("BYE", ""))
	if res, _ := c.final(); res.code() != 200 {
		c.t.Fatalf("BYE: %s", res.start)
	}
}

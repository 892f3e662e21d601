// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"offhook.dev/csta"
	"offhook.dev/test/e2e/system"
)

// silentApplication opens a session and a monitor over a bare TCP connection,
// and from then on neither reads nor answers anything until the test ends.
func silentApplication(t *testing.T, s *system.System, user, number string) {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(s.Network.IP(98))}, Timeout: patience}
	connection, err := dialer.Dial("tcp", s.SIP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if err := connection.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c := &bareSIP{t: t, connection: connection, reader: bufio.NewReader(connection), user: user, domain: s.Domain, uri: "sip:" + number + "@" + s.Domain}
	status := c.request("INVITE", &csta.RequestSystemStatus{}, "")
	if status != 407 {
		t.Fatalf("INVITE without credentials: %d", status)
	}
	c.acknowledge()
	if status := c.request("INVITE", &csta.RequestSystemStatus{}, c.authorization("INVITE", "secret-"+user)); status != 200 {
		t.Fatalf("INVITE: %d", status)
	}
	c.acknowledge()
	start := &csta.MonitorStart{}
	start.MonitorObject.DeviceObject = &csta.DeviceID{Text: number}
	if status := c.request("INFO", start, ""); status != 200 {
		t.Fatalf("INFO: %d", status)
	}
}

// bareSIP is just enough of SIP to open a session.
type bareSIP struct {
	t            *testing.T
	connection   net.Conn
	reader       *bufio.Reader
	user, domain string
	uri          string
	sequence     int
	to           string // To of the last response
	challenge    string
}

// request sends a request and gives the status of its final response.
func (c *bareSIP) request(method string, message csta.Message, authorization string) int {
	c.t.Helper()
	c.sequence++
	c.send(method, csta.Append(nil, message, csta.DefaultEdition), "Content-Type: application/csta+xml\r\n"+authorization)
	for {
		status, header := c.response()
		if status >= 200 {
			c.to, c.challenge = header.Get("To"), header.Get("Proxy-Authenticate")
			return status
		}
	}
}

func (c *bareSIP) acknowledge() { c.send("ACK", nil, "") }

func (c *bareSIP) send(method string, body []byte, more string) {
	c.t.Helper()
	to := c.to
	if to == "" || method == "INVITE" {
		to = "<" + c.uri + ">"
	}
	local := c.connection.LocalAddr()
	_, err := fmt.Fprintf(c.connection, "%s %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKsilent%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%s@%s>;tag=silent\r\nTo: %s\r\nCall-ID: silent-%s\r\nCSeq: %d %s\r\nContact: <sip:%s;transport=tcp>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, c.uri, local, c.sequence, c.user, c.domain, to, local, c.sequence, method, local, more, len(body), body)
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *bareSIP) response() (int, textproto.MIMEHeader) {
	c.t.Helper()
	reader := textproto.NewReader(c.reader)
	first, err := reader.ReadLine()
	if err != nil {
		c.t.Fatal(err)
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil {
		c.t.Fatal(err)
	}
	length, _ := strconv.Atoi(header.Get("Content-Length"))
	if _, err := io.CopyN(io.Discard, c.reader, int64(length)); err != nil {
		c.t.Fatal(err)
	}
	words := strings.Fields(first)
	status := 0
	if len(words) > 1 {
		status, _ = strconv.Atoi(words[1])
	}
	if status == 0 {
		c.t.Fatalf("not a response: %q", first)
	}
	return status, header
}

// authorization answers a Digest challenge with MD5 and qop=auth.
func (c *bareSIP) authorization(method, password string) string {
	c.t.Helper()
	value := func(name string) string {
		match := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(c.challenge)
		if match == nil {
			c.t.Fatalf("no %s in challenge %q", name, c.challenge)
		}
		return match[1]
	}
	hash := func(text string) string {
		sum := md5.Sum([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	realm, nonce := value("realm"), value("nonce")
	response := hash(strings.Join([]string{hash(c.user + ":" + realm + ":" + password), nonce, "00000001", "cnonce", "auth", hash(method + ":" + c.uri)}, ":"))
	return fmt.Sprintf("Proxy-Authorization: Digest username=%q, realm=%q, nonce=%q, uri=%q, response=%q, algorithm=MD5, qop=auth, nc=00000001, cnonce=\"cnonce\"\r\n",
		c.user, realm, nonce, c.uri, response)
}

// oneIsSilent: two applications watch the same lines and get every event, while
// a third one never reads; it delays nobody.
func oneIsSilent(t *testing.T, l *lab) {
	silentApplication(t, l.System, "bob", "1001")
	silentApplication(t, l.System, "bob", "1002")
	alice, bob := l.alice(t), open(t, l.System, "bob", "1002")
	alice1, alice2 := alice.monitorBoth()
	bob1, bob2 := bob.monitorBoth()
	began := time.Now()
	for n := 1; n <= 5; n++ {
		l.talk()
		l.phone1001.Hangup()
		l.phone1002.WaitFor("CALL_CLOSED")
		l.phone1001.WaitIdle()
		caller, called := talking(strconv.Itoa(n))
		caller = append(caller, fmt.Sprintf("ConnectionCleared %d/1001 null normalClearing", n))
		called = append(called, fmt.Sprintf("ConnectionCleared %d/1001 connected normalClearing", n), fmt.Sprintf("ConnectionCleared %d/1002 null normalClearing", n))
		for _, m := range []*monitor{alice1, bob1} {
			m.expect(caller...)
		}
		for _, m := range []*monitor{alice2, bob2} {
			m.expect(called...)
		}
	}
	// Waiting for the silent ones would take a SIP time-out, 32 s.
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("five calls took %s", took)
	}
	alice.quiet(alice1, alice2)
	bob.quiet(bob1, bob2)
}

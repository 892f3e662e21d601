// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"

	"github.com/icholy/digest"
)

// pidgin writes what pidgin-sipe 1.25 was seen to write: no branch in Via,
// transport in lower case, epid in From, a CSeq that starts over after each
// refresh, digest as RFC 2069 knew it, and no answer to events.
type pidgin struct {
	*client
	cseq int
}

func (p *pidgin) request(method, body string, headers ...string) {
	to, uri := "<sip:1001@example.test>", "sip:1001@example.test"
	if p.toTag != "" {
		to, uri = to+";tag="+p.toTag, p.contact
	}
	lines := append([]string{
		method + " " + uri + " SIP/2.0", "Via: SIP/2.0/tcp " + p.conn.LocalAddr().String(),
		"From: <sip:alice@example.test>;tag=9876;epid=abcdef012345", "To: " + to, "Max-Forwards: 70",
		fmt.Sprintf("CSeq: %d %s", p.cseq, method), "User-Agent: Purple/2.14.12 Sipe/1.25.0", "Call-ID: " + p.callID,
		"Contact: <sip:alice@" + p.conn.LocalAddr().String() + ";maddr=127.0.0.1;transport=tcp>;proxy=replace",
	}, headers...)
	if body != "" {
		lines = append(lines, "Content-Type: application/csta+xml", "Content-Disposition: signal;handling=required")
	}
	p.send(strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body)
}

// legacyAnswer is Proxy-Authorization to the first challenge, whatever its
// algorithm and qop.
func (p *pidgin) legacyAnswer(challenged message, method, uri string) string {
	challenge, err := digest.ParseChallenge(challenged.header["Proxy-Authenticate"][0])
	if err != nil {
		p.t.Fatal(err)
	}
	hex := func(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }
	response := hex(hex("alice:"+challenge.Realm+":secret") + ":" + challenge.Nonce + ":" + hex(method+":"+uri))
	return fmt.Sprintf(`Proxy-Authorization: Digest username="alice", realm="%s", nonce="%s", uri="%s", nc="1", response="%s"`,
		challenge.Realm, challenge.Nonce, uri, response)
}

func (p *pidgin) open(first int) {
	p.t.Helper()
	p.cseq = first
	p.request("INVITE", "<RequestSystemStatus/>", "Supported: timer")
	res, _ := p.final()
	if res.code() == 407 {
		p.request("ACK", "")
		p.cseq++
		p.request("INVITE", "<RequestSystemStatus/>", "Supported: timer", p.legacyAnswer(res, "INVITE", "sip:1001@example.test"))
		res, _ = p.final()
	}
	if res.code() != 200 || res.body != "<RequestSystemStatusResponse/>" || !strings.HasSuffix(res.header.Get("Session-Expires"), ";refresher=uac") {
		p.t.Fatalf("INVITE: %+v", res)
	}
	to, contact := res.header.Get("To"), res.header.Get("Contact")
	p.toTag = to[strings.Index(to, ";tag=")+5:]
	p.contact = contact[strings.Index(contact, "<")+1 : strings.Index(contact, ">")]
	p.cseq = 1 // the ACK says so, whatever the INVITE said
	p.request("ACK", "")
}

func TestPidginSipe(t *testing.T) {
	b := newBed(t)
	p := &pidgin{client: dial(t, "tcp", b.tcp())}
	p.answerEvents = false
	p.signOn()
	p.open(1)
	opened := receive(t, b.sessions.opened, "OpenSession")
	if opened.GetInstance() != "abcdef012345" {
		t.Errorf("instance %q, want the epid", opened.GetInstance())
	}
	for round := range 3 {
		p.cseq = 2
		p.request("INFO", "<GetCSTAFeatures/>")
		p.cseq = 3
		p.request("INFO", "<MonitorStart/>")
		for _, want := range []string{"response to <GetCSTAFeatures/>", "response to <MonitorStart/>"} {
			if res, _ := p.final(); res.body != want {
				t.Fatalf("round %d: %+v, want %q", round, res, want)
			}
		}
		b.deliver("event", opened.GetSessionId())
		if event := p.event(); event.body != "event for 7" {
			t.Fatalf("round %d: %+v", round, event)
		}
		p.open(5)
		receive(t, b.sessions.refreshed, "RefreshSession")
	}
	p.cseq = 2
	p.request("BYE", "")
	if res, _ := p.final(); res.code() != 200 {
		t.Errorf("BYE: %s", res.start)
	}
	receive(t, b.sessions.ended, "EndSession")
}

// signOn registers and asks for the line.
func (p *pidgin) signOn() {
	p.t.Helper()
	session := p.callID
	for method, header := range map[string]string{"REGISTER": "Expires: 600", "SUBSCRIBE": "Event: vnd-microsoft-provisioning"} {
		p.callID = method + session
		uri := "sip:1001@example.test"
		p.cseq = 1
		p.request(method, "", header)
		res, _ := p.final()
		if res.code() == 407 {
			p.cseq++
			p.request(method, "", header, p.legacyAnswer(res, method, uri))
			res, _ = p.final()
		}
		if res.code() != 200 {
			p.t.Fatalf("%s: %+v", method, res)
		}
		switch method {
		case "REGISTER":
			if res.header.Get("Expires") != "600" || res.header.Get("Allow-Events") != "vnd-microsoft-provisioning" {
				p.t.Errorf("REGISTER: %v", res.header)
			}
		case "SUBSCRIBE":
			notify := p.event()
			const want = `<provision><user uri="alice@example.test"><line uri="tel:1001;phone-context=dialstring" server="sip:1001@example.test"></line></user></provision>`
			if notify.method() != "NOTIFY" || notify.body != want || notify.header.Get("Event") != "vnd-microsoft-provisioning" ||
				notify.header.Get("From") != res.header.Get("To") {
				p.t.Errorf("NOTIFY: %+v", notify)
			}
			p.response(notify, 200)
		}
	}
	p.callID = session
}

func TestOtherSubscriptionsOfACTIUser(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.send(c.request("SUBSCRIBE", "", "Event: presence"))
	challenge, _ := c.final()
	c.send(c.request("SUBSCRIBE", "", "Event: presence", c.authorization(challenge, "SUBSCRIBE")))
	if res, _ := c.final(); res.code() != 489 || res.header.Get("Allow-Events") != "vnd-microsoft-provisioning" {
		t.Errorf("SUBSCRIBE: %s, %v", res.start, res.header)
	}
}

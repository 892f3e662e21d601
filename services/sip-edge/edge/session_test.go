// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/codes"

	configv1 "offhook.dev/proto/offhook/config/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"
)

func TestOpenRequestAndEnd(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			b := newBed(t)
			address := b.tcp()
			if network == "udp" {
				address = b.udp()
			}
			c := dial(t, network, address)
			c.send(c.request("INVITE", "<RequestSystemStatus/>"))
			challenge, _ := c.final()
			if challenge.code() != 407 || len(challenge.header["Proxy-Authenticate"]) != 2 {
				t.Fatalf("INVITE without credentials: %s, %v", challenge.start, challenge.header)
			}
			c.ack(challenge)
			res := c.open()
			for name, want := range map[string]string{
				"Content-Type": "application/csta+xml", "Content-Disposition": "signal;handling=required",
				"Session-Expires": "1800;refresher=uac", "Require": "timer",
			} {
				if got := res.header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if res.body != "<RequestSystemStatusResponse/>" {
				t.Errorf("body %q", res.body)
			}
			opened := receive(t, b.sessions.opened, "OpenSession")
			if opened.GetUser() != "alice" || opened.GetTarget() != "branch" || opened.GetEdge() != "edge-1" ||
				opened.GetTo() != "sip:1001@example.test" || opened.GetFrom() != "sip:alice@example.test" ||
				opened.GetPeer() != network+":"+c.conn.LocalAddr().String() || string(opened.GetBody()) != "<RequestSystemStatus/>" ||
				opened.GetUserAgent() != "test" || len(opened.GetSessionId()) != 32 {
				t.Errorf("OpenSession got %v", opened)
			}
			if !strings.Contains(c.contact, opened.GetSessionId()) {
				t.Errorf("Contact %q does not bear the session id", c.contact)
			}
			if got := c.info("<MakeCall/>"); got.code() != 200 || got.body != "response to <MakeCall/>" ||
				got.header.Get("Content-Disposition") != "signal;handling=required" {
				t.Errorf("INFO: %+v", got)
			}
			if records, writes := b.dialogs.snapshot(); records != 1 || writes != 1 {
				t.Errorf("%d records and %d writes, want 1 and 1: none per INFO", records, writes)
			}
			b.deliver("event", opened.GetSessionId())
			if event := c.event(); event.method() != "INFO" || event.body != "event for 7" ||
				event.header.Get("Content-Type") != "application/csta+xml" {
				t.Errorf("event: %+v", event)
			}
			c.bye()
			if ended := receive(t, b.sessions.ended, "EndSession"); ended.GetReason() != sessionv1.EndReason_END_REASON_BYE {
				t.Errorf("EndSession got %v", ended)
			}
			if records, _ := b.dialogs.snapshot(); records != 0 {
				t.Errorf("%d records left", records)
			}
			if unknown := b.deliver("late", opened.GetSessionId()).GetUnknownSessions(); len(unknown) != 1 {
				t.Errorf("unknown sessions %v, want the one that ended", unknown)
			}
		})
	}
}

// TestTelURIs: a telephone number has no host; that of From names the target.
func TestTelURIs(t *testing.T) {
	const line = "tel:1001;phone-context=dialstring"
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.to = line
	c.open()
	if opened := receive(t, b.sessions.opened, "OpenSession"); opened.GetTo() != line || opened.GetTarget() != "branch" {
		t.Errorf("OpenSession got %v", opened)
	}
	if got := c.info("<MakeCall/>"); got.code() != 200 {
		t.Errorf("INFO: %+v", got)
	}
	c.bye()
}

func TestInviteIsRefused(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(b *bed, c *client)
		body    string
		extra   []string
		want    int
		warning string
	}{
		{name: "wrong password", prepare: func(_ *bed, c *client) { c.secret = "guess" }, want: 407},
		{name: "unknown user", prepare: func(_ *bed, c *client) { c.user = "mallory" }, want: 407},
		{name: "unknown domain", prepare: func(_ *bed, c *client) { c.to = "sip:1001@elsewhere.test" }, want: 404, warning: "no CMETarget"},
		{name: "no body", body: " ", extra: []string{"Content-Type: application/csta+xml"}, want: 400, warning: "application/csta+xml"},
		{name: "body too large", body: strings.Repeat("x", 64<<10+1), want: 413},
		{name: "session interval", extra: []string{"Supported: timer", "Session-Expires: 60"}, want: 422},
		{name: "extension", extra: []string{"Require: 100rel"}, want: 420},
		{name: "no such line", prepare: refusing(codes.NotFound, "no line 1001"), want: 404, warning: "no line 1001"},
		{name: "no right", prepare: refusing(codes.PermissionDenied, "may not"), want: 403, warning: "may not"},
		{name: "not XML", prepare: refusing(codes.InvalidArgument, "not XML"), want: 400, warning: "not XML"},
		{name: "too many", prepare: refusing(codes.ResourceExhausted, "3 sessions already"), want: 503, warning: "3 sessions already"},
		{name: "away", prepare: refusing(codes.Unavailable, "10.0.0.1:7000 refused"), want: 503, warning: "not available"},
		{name: "broken", prepare: refusing(codes.Internal, "stack trace"), want: 500, warning: "failed"},
		{name: "draining", prepare: func(b *bed, _ *client) { b.edge.sessions.SetDraining() }, want: 503, warning: "no new sessions"},
		{name: "draining target", prepare: func(b *bed, _ *client) {
			b.targets.Set(testTargets(b.t, func(c *configv1.TargetConfig) { c.Drain = true }))
		}, want: 503, warning: "drains"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBed(t)
			c := dial(t, "tcp", b.tcp())
			if test.prepare != nil {
				test.prepare(b, c)
			}
			body := test.body
			if body == "" {
				body = "<RequestSystemStatus/>"
			}
			res := c.invite(body, test.extra...)
			if res.code() != test.want {
				t.Fatalf("INVITE: %s, want %d; %v", res.start, test.want, res.header)
			}
			if warning := res.header.Get("Warning"); !strings.Contains(warning, test.warning) {
				t.Errorf("Warning %q, want it to say %q", warning, test.warning)
			}
			if test.want == 503 && res.header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			if test.want == 422 && res.header.Get("Min-Se") != "90" {
				t.Errorf("Min-SE %q, want 90", res.header.Get("Min-Se"))
			}
			if strings.Contains(res.header.Get("Warning"), "stack") || strings.Contains(res.header.Get("Warning"), "10.0.0.1") {
				t.Errorf("inner text leaves: %q", res.header.Get("Warning"))
			}
			if records, _ := b.dialogs.snapshot(); records != 0 || b.edge.sessions.Count() != 0 {
				t.Error("a refused session is held")
			}
		})
	}
}

func refusing(code codes.Code, text string) func(*bed, *client) {
	return func(b *bed, _ *client) {
		b.sessions.open.set(func(*sessionv1.OpenSessionRequest) (*sessionv1.OpenSessionResponse, error) {
			return nil, refuse(code, text)
		})
	}
}

func TestFromMustBeTheAuthenticatedUser(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.send(c.request("INVITE", "<RequestSystemStatus/>"))
	challenge, _ := c.final()
	c.ack(challenge)
	c.user, c.secret = "bob", "hunter2"
	authorization := c.authorization(challenge, "INVITE")
	c.user = "alice"
	c.send(c.request("INVITE", "<RequestSystemStatus/>", authorization))
	if res, _ := c.final(); res.code() != 403 {
		t.Errorf("alice with bob's password: %s, want 403", res.start)
	}
}

func TestWrongPasswordsAreLimitedPerSource(t *testing.T) {
	b := newBed(t, withConfig(func(c *Config) { c.Digest.FailureBurst, c.Digest.FailuresPerSecond = 3, 0.001 }))
	for i, want := range []int{407, 407, 407, 403} {
		c := dial(t, "tcp", b.tcp())
		c.secret = "guess"
		if res := c.invite("<RequestSystemStatus/>"); res.code() != want {
			t.Errorf("attempt %d: %s, want %d", i, res.start, want)
		}
	}
	if n := b.metric("offhook_digest_results_total", prometheus.Labels{"reason": "wrong_password"}); n != 3 {
		t.Errorf("%g wrong passwords counted, want 3", n)
	}
}

func TestRequestsInADialog(t *testing.T) {
	b := newBed(t)
	b.sessions.invoke.set(func(req *sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
		switch string(req.GetBody()) {
		case "broken":
			return nil, refuse(codes.InvalidArgument, "not XML")
		case "busy":
			return nil, refuse(codes.Unavailable, "")
		}
		return &sessionv1.InvokeServiceResponse{Body: req.GetBody()}, nil
	})
	c := dial(t, "tcp", b.tcp())
	c.open()
	tests := []struct {
		name, method, body string
		extra              []string
		want               int
		header, value      string
	}{
		{name: "keep-alive", method: "INFO", want: 200},
		{name: "wrong type", method: "INFO", body: "hello", extra: []string{"Content-Type: text/plain"}, want: 415, header: "Accept", value: "application/csta+xml"},
		{name: "type in capitals with parameter", method: "INFO", body: "x", extra: []string{"Content-Type: application/CSTA+XML;charset=utf-8"}, want: 200},
		{name: "not XML", method: "INFO", body: "broken", want: 400},
		{name: "away", method: "INFO", body: "busy", want: 503, header: "Retry-After", value: "5"},
		{name: "too large", method: "INFO", body: strings.Repeat("x", 64<<10+1), want: 413},
		{name: "ping", method: "OPTIONS", want: 200, header: "Accept", value: "application/csta+xml"},
		{name: "other method", method: "MESSAGE", body: "x", want: 405, header: "Allow", value: "INVITE, ACK, CANCEL, BYE, INFO, UPDATE, OPTIONS"},
		{name: "extension", method: "INFO", body: "x", extra: []string{"Require: gruu"}, want: 420, header: "Unsupported", value: "gruu"},
		{name: "multipart", method: "INFO", body: "--b\r\nContent-Type: application/csta+xml\r\n\r\n<x/>\r\n--b--\r\n", extra: []string{"Content-Type: multipart/mixed;boundary=b"}, want: 200},
		{name: "multipart with SDP", method: "INFO", body: "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n", extra: []string{"Content-Type: multipart/mixed;boundary=b"}, want: 415},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c.send(c.request(test.method, test.body, test.extra...))
			res, _ := c.final()
			if res.code() != test.want {
				t.Fatalf("%s: %s, want %d", test.method, res.start, test.want)
			}
			if got := res.header.Get(test.header); test.header != "" && got != test.value {
				t.Errorf("%s: %q, want %q", test.header, got, test.value)
			}
		})
	}
	c.bye()
}

func TestSessionThatEndedElsewhere(t *testing.T) {
	b := newBed(t)
	b.sessions.invoke.set(func(*sessionv1.InvokeServiceRequest) (*sessionv1.InvokeServiceResponse, error) {
		return nil, refuse(codes.NotFound, "no session")
	})
	c := dial(t, "tcp", b.tcp())
	c.open()
	if res := c.info("<x/>"); res.code() != 481 {
		t.Errorf("INFO: %s, want 481", res.start)
	}
	if bye := c.event(); bye.method() != "BYE" {
		t.Errorf("got %s, want BYE", bye.start)
	}
	select {
	case ended := <-b.sessions.ended:
		t.Errorf("EndSession %v of a session that csta-session ended", ended)
	default:
	}
}

func TestInfoWithoutADialog(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	if res := c.info("<MakeCall/>"); res.code() != 481 {
		t.Errorf("INFO: %s, want 481", res.start)
	}
	c = dial(t, "tcp", b.tcp())
	c.toTag, c.contact = "nonsense", "sip:00000000000000000000000000000000@"+b.tcp()
	if res := c.info("<MakeCall/>"); res.code() != 481 {
		t.Errorf("INFO of an unknown dialog: %s, want 481", res.start)
	}
}

func TestOptionsToTheEdge(t *testing.T) {
	b := newBed(t)
	c := dial(t, "udp", b.udp())
	c.to = "sip:example.test"
	c.send(c.request("OPTIONS", ""))
	if res, _ := c.final(); res.code() != 200 || res.header.Get("Supported") != "timer" {
		t.Errorf("OPTIONS: %s, %v", res.start, res.header)
	}
}

func TestSourcesAreLimited(t *testing.T) {
	b := newBed(t, withConfig(func(c *Config) { c.Limits.RequestsPerSecond, c.Limits.RequestBurst = 0.001, 2 }))
	c := dial(t, "udp", b.udp())
	for i, want := range []int{200, 200, 503} {
		c.to = "sip:example.test"
		c.send(c.request("OPTIONS", ""))
		if res, _ := c.final(); res.code() != want {
			t.Errorf("request %d: %s, want %d", i, res.start, want)
		}
	}
	if n := b.metric("offhook_edge_requests_limited_total", nil); n != 1 {
		t.Errorf("%g limited requests counted, want 1", n)
	}
}

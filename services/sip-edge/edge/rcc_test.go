// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/targetconfig"
)

// asked sends a request of a CTI user and, after the challenge, again with the
// answer to it.
func (c *client) asked(method string, headers ...string) message {
	c.t.Helper()
	c.send(c.request(method, "", headers...))
	res, _ := c.final()
	if res.code() != 407 {
		c.t.Fatalf("%s without password: %s, want 407", method, res.start)
	}
	c.send(c.request(method, "", append(headers, c.authorization(res, method))...))
	res, _ = c.final()
	return res
}

func TestRCCRegistration(t *testing.T) {
	b := newBed(t)
	c := dial(t, "tcp", b.tcp())
	c.to = "sip:alice@example.test"
	for _, step := range []struct {
		name, header, expires string
		contact               bool
	}{
		{"no time", "X-None: 1", "3600", true},
		{"by header", "Expires: 600", "600", true},
		{"long", "Expires: 86400", "3600", true},
		{"off by header", "Expires: 0", "0", false},
	} {
		res := c.asked("REGISTER", step.header)
		if res.code() != 200 || res.header.Get("Expires") != step.expires || res.header.Get("Allow-Events") != "vnd-microsoft-provisioning" ||
			(res.header.Get("Contact") != "") != step.contact {
			t.Errorf("%s: %s, %v", step.name, res.start, res.header)
		}
		if step.contact && !strings.HasSuffix(res.header.Get("Contact"), ";expires="+step.expires) {
			t.Errorf("%s: Contact %q", step.name, res.header.Get("Contact"))
		}
	}
	off := strings.Replace(c.request("REGISTER", ""), "transport=tcp>", "transport=tcp>;expires=0", 1)
	c.send(off)
	res, _ := c.final()
	off = strings.Replace(c.request("REGISTER", "", c.authorization(res, "REGISTER")), "transport=tcp>", "transport=tcp>;expires=0", 1)
	c.send(off)
	if res, _ := c.final(); res.code() != 200 || res.header.Get("Expires") != "0" || res.header.Get("Contact") != "" {
		t.Errorf("off by Contact: %s, %v", res.start, res.header)
	}
}

// TestRCCProvisioning: the lines in the order of the configuration, E.164
// without phone-context, none that may not be used; the client may ask again in
// the dialog, and says what our proxies need not know.
func TestRCCProvisioning(t *testing.T) {
	b := newBed(t, func(b *bed, _ *Config) {
		b.targets = targetconfig.NewStatic(testTargets(t, func(c *configv1.TargetConfig) {
			c.Lines = append(c.Lines, &configv1.Line{Name: "e164", Number: "+14255550150", Watch: true}, &configv1.Line{Name: "shut", Number: "1003"})
			c.Users[0].Lines = []*configv1.LineRights{{Number: "+14255550150", Monitor: true}, {Number: "1001", Control: true}, {Number: "1003"}}
		}))
	})
	c := dial(t, "tcp", b.tcp())
	c.to = "sip:alice@example.test"
	ask := func(expires string) (res, notify message) {
		t.Helper()
		res = c.asked("SUBSCRIBE", "Event: vnd-microsoft-provisioning", "Proxy-Require: ms-benotify", "Accept: application/vnd-microsoft-provisioning+xml", "Expires: "+expires)
		if res.code() != 200 || res.header.Get("Expires") != "0" || res.header.Get("Contact") == "" {
			t.Fatalf("SUBSCRIBE: %s, %v", res.start, res.header)
		}
		return res, c.event()
	}
	const want = `<provision><user uri="alice@example.test"><line uri="tel:+14255550150" server="sip:+14255550150@example.test"></line>` +
		`<line uri="tel:1001;phone-context=dialstring" server="sip:1001@example.test"></line></user></provision>`
	res, first := ask("3600")
	if first.method() != "NOTIFY" || first.body != want || !strings.HasPrefix(first.header.Get("Subscription-State"), "terminated") ||
		first.header.Get("From") != res.header.Get("To") || !strings.HasSuffix(first.header.Get("To"), ";tag=client") {
		t.Errorf("NOTIFY: %+v", first)
	}
	// Again, and to end it, in the dialog that the first one made.
	to := res.header.Get("To")
	c.toTag, c.contact = to[strings.Index(to, ";tag=")+5:], c.to
	for _, expires := range []string{"3600", "0"} {
		_, again := ask(expires)
		if again.body != want || again.header.Get("From") != first.header.Get("From") || again.header.Get("Cseq") == first.header.Get("Cseq") {
			t.Errorf("NOTIFY again: %+v", again)
		}
		first = again
	}
}

// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"net"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/sipstack"
)

// exchange is the element's part in a dialog that is up: a request each way,
// answered, then BYE of the first.
func exchange(t *testing.T, caller, called *element, call, answered *sipstack.Dialog) {
	t.Helper()
	for _, side := range []struct {
		from *sipstack.Dialog
		to   *element
	}{{call, called}, {answered, caller}} {
		tell, all := responses()
		if _, err := side.from.Send(sipstack.RequestSpec{Method: sipstack.INFO, OnResponse: tell}); err != nil {
			t.Fatal(err)
		}
		_ = receive(t, side.to.dialogs, "INFO").Respond(200, "")
		if res := finalOf(t, all); res.StatusCode != 200 {
			t.Errorf("INFO: %d", res.StatusCode)
		}
	}
	if err := call.Bye(); err != nil {
		t.Fatal(err)
	}
	_ = receive(t, called.dialogs, "BYE").Respond(200, "")
	if cause := receive(t, caller.ends, "end of the call"); cause != sipstack.EndByeSent {
		t.Errorf("the call ended by %d", cause)
	}
}

// withTrunk gives the target a trunk to the plant's phone element.
func withTrunk(t *testing.T, network string) *plant {
	t.Helper()
	p := newPlant(t, network)
	p.targets.Set(testTargets(t, func(config *configv1.TargetConfig) {
		config.Trunk = &configv1.Trunk{Name: "pstn", Uri: "sip:" + p.phone.address + ";transport=" + network}
	}))
	return p
}

// TestCallToTheTrunk: phone-control's call goes where the target's trunk is, and
// the dialog that it makes goes on both ways.
func TestCallToTheTrunk(t *testing.T) {
	eachNetwork(t, func(t *testing.T, network string) {
		p := withTrunk(t, network)
		tell, all := responses()
		call, err := p.control.endpoint.Invite(sipstack.InviteSpec{
			RequestURI: mustURI(t, "sip:+495551234@"+p.phone.address+";transport="+network),
			Route:      []string{"<sip:branch@" + p.edge.InternalAddress().String() + ";transport=tcp;lr;trunk>"},
			From:       sipstack.NameAddr{URI: mustURI(t, "sip:1001@example.test")}, To: sipstack.NameAddr{URI: mustURI(t, "sip:+495551234@gw.test")},
			Headers: []sipstack.Header{sipstack.NewHeader("P-Asserted-Identity", "<sip:1001@example.test>")},
			Body:    []byte("v=0\r\n"), ContentType: "application/sdp", Handler: p.control, OnResponse: tell,
		})
		if err != nil {
			t.Fatal(err)
		}
		invite := receive(t, p.phone.requests, "INVITE at the trunk")
		if got := invite.Request().Recipient.User; got != "+495551234" {
			t.Errorf("Request-URI for %q", got)
		}
		if routes := sipstack.HeaderValues(invite.Request(), "Route"); len(routes) > 0 {
			t.Errorf("Route %q is left", routes)
		}
		if got := sipstack.HeaderValue(invite.Request(), "P-Asserted-Identity"); got == "" {
			t.Error("the identity that phone-control asserts is gone")
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
		receive(t, p.phone.acks, "ACK at the trunk")
		exchange(t, p.control, p.phone, call, answered)
	})
}

// TestCallFromTheTrunk: the call is marked for phone-control, with who the trunk
// asserts.
func TestCallFromTheTrunk(t *testing.T) {
	eachNetwork(t, func(t *testing.T, network string) {
		p := withTrunk(t, network)
		tell, all := responses()
		call, err := p.phone.endpoint.Invite(sipstack.InviteSpec{
			RequestURI: mustURI(t, "sip:1001@example.test"),
			From:       sipstack.NameAddr{URI: mustURI(t, "sip:x@gw.test")}, To: sipstack.NameAddr{URI: mustURI(t, "sip:1001@example.test")},
			Dest: sipstack.Flow{Network: network, Remote: p.to}, Handler: p.phone, OnResponse: tell,
			Headers: []sipstack.Header{sipstack.NewHeader("P-Asserted-Identity", "<sip:+4930123@gw.test>")},
		})
		if err != nil {
			t.Fatal(err)
		}
		invite := receive(t, p.control.requests, "INVITE at phone-control")
		routes := sipstack.ListValues(invite.Request(), "Record-Route")
		first, err := sipstack.ParseNameAddr(routes[0])
		if err != nil || !first.URI.UriParams.Has("trunk") {
			t.Errorf("Record-Route %q does not tell of the trunk", routes)
		}
		if got := sipstack.HeaderValue(invite.Request(), "P-Asserted-Identity"); got != "<sip:+4930123@gw.test>" {
			t.Errorf("P-Asserted-Identity is %q", got)
		}
		answered, err := invite.Accept(sipstack.AcceptSpec{Code: 200, Handler: p.control})
		if err != nil {
			t.Fatal(err)
		}
		if res := finalOf(t, all); res.StatusCode != 200 {
			t.Fatalf("the trunk got %d", res.StatusCode)
		}
		if err := call.Ack(nil, ""); err != nil {
			t.Fatal(err)
		}
		receive(t, p.control.acks, "ACK at phone-control")
		exchange(t, p.phone, p.control, call, answered)
	})
}

// TestTrunkRouteGoesToTheTrunkOnly: an edge is no way to anywhere else.
func TestTrunkRouteGoesToTheTrunkOnly(t *testing.T) {
	p := withTrunk(t, "udp")
	elsewhere := newElement(t, "udp")
	_, port, err := net.SplitHostPort(p.phone.address)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		target, uri string
		code        int
	}{
		{"branch", "sip:1@" + elsewhere.address, 403},
		{"branch", "sip:1@localhost:" + port, 403},
		{"nowhere", "sip:1@" + p.phone.address, 404},
	} {
		tell, all := responses()
		if _, err := p.control.endpoint.Invite(sipstack.InviteSpec{
			RequestURI: mustURI(t, tt.uri), Route: []string{"<sip:" + tt.target + "@" + p.edge.InternalAddress().String() + ";transport=tcp;lr;trunk>"},
			From: sipstack.NameAddr{URI: mustURI(t, "sip:1001@example.test")}, To: sipstack.NameAddr{URI: mustURI(t, tt.uri)},
			Handler: p.control, OnResponse: tell,
		}); err != nil {
			t.Fatal(err)
		}
		if res := finalOf(t, all); res.StatusCode != tt.code {
			t.Errorf("%s by the trunk of %s: %d, want %d", tt.uri, tt.target, res.StatusCode, tt.code)
		}
	}
}

// TestPhonesAreNotMarked: what a phone sends is not taken for the trunk's.
func TestPhonesAreNotMarked(t *testing.T) {
	p := withTrunk(t, "udp")
	other := newElement(t, "udp")
	_ = other.send(other.request(sipstack.INVITE, "sip:1002@example.test", sipstack.NewHeader("P-Asserted-Identity", "<sip:boss@example.test>"),
		sipstack.NewHeader("Record-Route", "<sip:x@127.0.0.1;lr;trunk>")), p.to)
	invite := receive(t, p.control.requests, "INVITE at phone-control")
	first, err := sipstack.ParseNameAddr(sipstack.ListValues(invite.Request(), "Record-Route")[0])
	if err != nil || first.URI.UriParams.Has("trunk") || sipstack.HeaderValue(invite.Request(), "P-Asserted-Identity") != "" {
		t.Errorf("a phone passes for the trunk: %v", first)
	}
	_ = invite.Reject(486)
}

// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"offhook.dev/services/sipstack"
)

// TestDialogGoesOnAtAnotherEdge: a phone's route set names both sides of the edge
// that recorded it. Another edge at the same address knows that by the token, and
// takes off the side that is not its own.
func TestDialogGoesOnAtAnotherEdge(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := withConfig(func(c *Config) { c.SIP.FlowTokenKeyFile, c.SIP.Advertise = key, "127.0.0.9:5060" })
	first, second := newBed(t, shared), newBed(t, shared, withReplica("edge-2"))
	phone, control := newElement(t, "udp"), newElement(t, "tcp")
	for _, b := range []*bed{first, second} {
		b.owners.set("branch", control.address)
	}
	answers := phone.send(phone.request(sipstack.INVITE, "sip:1002@example.test"), first.udp())
	invite := receive(t, control.requests, "INVITE at phone-control")
	recorded := sipstack.HeaderValues(invite.Request(), "Record-Route")
	if err := invite.Reject(486); err != nil { // the routes are what matters
		t.Fatal(err)
	}
	if res := finalOf(t, answers); res.StatusCode != 486 {
		t.Fatalf("INVITE: %d", res.StatusCode)
	}
	if len(recorded) != 2 {
		t.Fatalf("Record-Route %q, want both sides of the edge", recorded)
	}

	later := func(routes ...string) *sipstack.Request {
		req := sipstack.NewRequest(sipstack.INFO, mustURI(t, "sip:"+control.address+";transport=tcp"))
		for name, value := range map[string]string{
			"From": "<sip:1001@example.test>;tag=phone", "To": "<sip:1002@example.test>;tag=far",
		} {
			req.AppendHeader(sipstack.NewHeader(name, value))
		}
		for _, route := range routes {
			req.AppendHeader(sipstack.NewHeader("Route", route))
		}
		return req
	}
	slices.Reverse(recorded) // as the phone has them
	for _, b := range []*bed{first, second} {
		// Unknown to phone-control: that it came is enough.
		if res := finalOf(t, phone.send(later(recorded...), b.udp())); res.StatusCode != 481 {
			t.Errorf("INFO by %s was answered %d, want phone-control's 481", b.replica.GetId(), res.StatusCode)
		}
		foreign := later(append(recorded[:1:1], "<sip:somebody@127.0.0.8:5070;lr>")...)
		if res := finalOf(t, phone.send(foreign, b.udp())); res.StatusCode != 403 {
			t.Errorf("INFO on a foreign route by %s was answered %d, want 403", b.replica.GetId(), res.StatusCode)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package sipstack

import "testing"

func TestAdvertisedAddresses(t *testing.T) {
	e, err := NewEndpoint(Config{Advertised: "edge.example:5060", AdvertisedTLS: "edge.example:5061"})
	if err != nil {
		t.Fatal(err)
	}
	for network, want := range map[string]string{
		"udp": "sip:x@edge.example:5060", "tcp": "sip:x@edge.example:5060;transport=tcp", "tls": "sip:x@edge.example:5061;transport=tls",
	} {
		if uri := e.LocalURI(network, "x"); uri.String() != want {
			t.Errorf("%s: %s, want %s", network, uri.String(), want)
		}
	}
	for text, own := range map[string]bool{
		"sip:edge.example": true, "sip:EDGE.example:5061;transport=tls": true, "sips:edge.example": true, "sip:edge.example:5062": false, "sip:other.example": false,
	} {
		uri, err := ParseURI(text)
		if err != nil {
			t.Fatal(err)
		}
		if e.isOwn(&uri) != own {
			t.Errorf("%s is our own: %v, want %v", text, !own, own)
		}
	}
	for _, odd := range []Config{{Advertised: "edge.example"}, {AdvertisedTLS: ":5061"}} {
		if _, err := NewEndpoint(odd); err == nil {
			t.Errorf("no error with %+v", odd)
		}
	}
}

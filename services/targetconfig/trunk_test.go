// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

func TestTrunkAccepts(t *testing.T) {
	for _, tt := range []struct {
		uri, network, source string
		from                 []string
		want                 bool
	}{
		{"sip:192.0.2.1:5062;transport=tcp", "tcp", "192.0.2.1:40000", nil, true},
		{"sip:192.0.2.1:5062", "udp", "192.0.2.1:5062", nil, true},
		{"sip:192.0.2.1:5062", "udp", "192.0.2.1:5060", nil, false},
		{"sip:gw@192.0.2.1", "udp", "192.0.2.1:5060", nil, true},
		{"sip:[2001:db8::1]", "udp", "[2001:db8::1]:5060", nil, true},
		{"sip:192.0.2.1", "udp", "[::ffff:192.0.2.1]:5060", nil, true},
		{"sip:192.0.2.1", "tcp", "192.0.2.2:5060", nil, false},
		{"sip:gateway.example.com", "udp", "192.0.2.1:5060", nil, false},
		{"sip:gateway.example.com", "udp", "192.0.2.1:7", []string{"192.0.2.0/29"}, true},
		{"sip:192.0.2.99", "udp", "192.0.2.99:5060", []string{"192.0.2.0/29", "192.0.2.50"}, false},
		{"sip:192.0.2.99", "udp", "192.0.2.50:5060", []string{"192.0.2.0/29", "192.0.2.50"}, true},
		{"sip:192.0.2.1", "udp", "nonsense", nil, false},
	} {
		trunk := &Trunk{Trunk: &configv1.Trunk{Uri: tt.uri, AcceptFrom: tt.from}}
		if got := trunk.Accepts(tt.network, tt.source); got != tt.want {
			t.Errorf("trunk %s from %v accepts %s %s: %t", tt.uri, tt.from, tt.network, tt.source, got)
		}
	}
	if (*Trunk)(nil).Accepts("udp", "192.0.2.1:5060") {
		t.Error("no trunk accepts a call")
	}
}

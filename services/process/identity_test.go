// SPDX-License-Identifier: Apache-2.0

package process

import (
	"net"
	"os"
	"testing"
)

func TestReplicaID(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Skip(err)
	}
	for _, c := range []struct{ configured, pod, want string }{
		{"widgets-7", "pod", "widgets-7"}, {"", "widgets-0", "widgets-0"}, {"", "", "widgets-" + host},
	} {
		got, err := replicaID("widgets", &Common{Replica: c.configured}, func(string) string { return c.pod })
		if err != nil || got != c.want {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

func TestAdvertisedEndpoint(t *testing.T) {
	for _, c := range []struct{ listener, advertise, pod, want string }{
		{"127.0.0.1:9000", "", "192.0.2.1", "127.0.0.1:9000"},
		{"0.0.0.0:9000", "", "192.0.2.1", "192.0.2.1:9000"},
		{"[::]:9000", "", "2001:db8::1", "[2001:db8::1]:9000"},
		{"0.0.0.0:9000", "edge.example:0", "", "edge.example:9000"},
		{"0.0.0.0:9000", "edge.example:443", "", "edge.example:443"},
		{"0.0.0.0:9000", "", "", ""},
	} {
		address, err := net.ResolveTCPAddr("tcp", c.listener)
		if err != nil {
			t.Fatal(err)
		}
		got, err := advertised(&Common{GRPC: GRPC{Advertise: c.advertise}}, address, func(string) string { return c.pod })
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestDefaultConfig(t *testing.T) {
	config := NewDefaultConfig()
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Marshal(map[string]any{
		"sip": config.SIP, "tls": config.TLS, "digest": config.Digest, "limits": config.Limits, "sessions": config.Sessions,
		"skinny": config.Skinny,
	})
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/default.yaml"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestValidateTellsAllFaults(t *testing.T) {
	config := NewDefaultConfig()
	config.SIP.Listen = []string{"udp:0.0.0.0:5060", "sctp:0.0.0.0:5060", "tcp:5060"}
	config.SIP.Advertise = "edge.example"
	config.SIP.InternalListen = ""
	config.Limits.MessageBytes = 10
	config.Limits.Sessions = 0
	config.Sessions.OnDrain = "panic"
	config.Skinny = Skinny{Listen: "2000", TLS: SkinnyTLS{CertFile: "tls.crt"}, MaxConnections: 1}
	err := config.Validate()
	if err == nil {
		t.Fatal("no fault found")
	}
	for _, path := range []string{
		"sip.listen[1]", "sip.listen[2]", "sip.advertise", "sip.internalListen", "limits.messageBytes", "limits.sessions", "sessions.onDrain",
		"skinny.listen", "skinny.tls.listen", "skinny.maxConnectionsPerSource",
	} {
		if !strings.Contains(err.Error(), path+": ") {
			t.Errorf("%s is not among the faults:\n%v", path, err)
		}
	}
	if strings.Contains(err.Error(), "sip.listen[0]") {
		t.Errorf("a good listener is among the faults:\n%v", err)
	}
}

func TestInternalAdvertise(t *testing.T) {
	for _, test := range []struct{ listen, advertise, grpc, want string }{
		{"0.0.0.0:5070", "", "10.1.2.3:7000", "10.1.2.3:5070"},
		{":5070", "", "[2001:db8::1]:7000", "[2001:db8::1]:5070"},
		{"127.0.0.1:5070", "", "10.1.2.3:7000", ""},
		{"0.0.0.0:0", "", "10.1.2.3:7000", ""},
		{"0.0.0.0:5070", "edge-0:5070", "10.1.2.3:7000", "edge-0:5070"},
		{"0.0.0.0:5070", "", "", ""},
	} {
		got, err := internalAdvertise(SIP{InternalListen: test.listen, InternalAdvertise: test.advertise}, test.grpc)
		if err != nil || got != test.want {
			t.Errorf("internalAdvertise(%+v) = %q, %v", test, got, err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net"
	"net/netip"
	"strings"
	"testing"
)

// TestOwnAddress: what Via and Contact say, and which Routes are ours, with a
// listener's address, a wildcard and an advertised one.
func TestOwnAddress(t *testing.T) {
	tests := []struct {
		name, listen, advertised, want string
		own, foreign                   []string
	}{
		{"address", "127.0.0.1:0", "", "127.0.0.1:PORT", []string{"127.0.0.1:PORT", "edge.test", "svc:99"}, []string{"127.0.0.2:PORT", "127.0.0.1:1", "svc:98"}},
		{"wildcard", "0.0.0.0:0", "", "127.0.0.1:PORT", []string{"127.0.0.1:PORT"}, []string{"192.0.2.77:PORT"}},
		{"advertised", "127.0.0.1:0", "sip.example.test:5070", "sip.example.test:5070", []string{"sip.example.test:5070", "127.0.0.1:PORT"}, []string{"sip.example.test"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := NewEndpoint(Config{Advertised: tt.advertised, Domains: []string{"edge.test", "svc:99"}})
			if err != nil {
				t.Fatal(err)
			}
			addr, err := e.Listen("udp", tt.listen)
			if err != nil {
				t.Fatal(err)
			}
			run(t, e)
			_, port, _ := net.SplitHostPort(addr.String())
			put := func(s string) string { return strings.ReplaceAll(s, "PORT", port) }
			h, err := e.datagramHop(netip.MustParseAddrPort("127.0.0.1:9"))
			if err != nil {
				t.Fatal(err)
			}
			if got := e.contactFor(h, "u"); got != "<sip:u@"+put(tt.want)+">" {
				t.Error(got)
			}
			var w wire
			w.via(e.viaFor(h, "z9hG4bKx"))
			if got := string(w.b); got != "Via: SIP/2.0/UDP "+put(tt.want)+";branch=z9hG4bKx;rport\r\n" {
				t.Error(got)
			}
			for i, hosts := range [][]string{tt.own, tt.foreign} {
				for _, host := range hosts {
					uri, err := ParseURI("sip:tok@" + put(host) + ";lr")
					if err != nil {
						t.Fatal(err)
					}
					if e.isOwn(&uri) != (i == 0) {
						t.Errorf("%s: own is %v", put(host), i != 0)
					}
				}
			}
		})
	}
	if _, err := NewEndpoint(Config{Advertised: "nohost"}); err == nil {
		t.Error("a broken advertised address was taken")
	}
}

// TestDualStack: a wildcard listener serves IPv4 peers.
func TestDualStack(t *testing.T) {
	e, err := NewEndpoint(Config{})
	if err != nil {
		t.Fatal(err)
	}
	addr, err := e.Listen("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	e.SetHandler(answering())
	run(t, e)
	_, port, _ := net.SplitHostPort(addr.String())
	to, err := net.ResolveUDPAddr("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	p := dialPeer(t, to)
	p.send(options(p, "dual"))
	if via := p.want("200").get("Via"); !strings.Contains(via, "received=127.0.0.1") {
		t.Fatal(via)
	}
}

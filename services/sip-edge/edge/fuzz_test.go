// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"net"
	"strings"
	"testing"
	"time"
)

// FuzzFrontDoor sends anything to the edge, over UDP and TCP, and checks after
// each that a session of somebody else goes on. Coverage varies with timing: run
// it with -fuzzminimizetime 1x.
func FuzzFrontDoor(f *testing.F) {
	via := "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\n"
	common := "From: <sip:alice@example.test>;tag=1\r\nTo: <sip:1001@example.test>\r\nCall-ID: fuzz\r\nCSeq: 1 X\r\n"
	for _, seed := range []string{
		"INVITE sip:1001@example.test SIP/2.0\r\n" + via + strings.ReplaceAll(common, "X", "INVITE") +
			"Content-Type: application/csta+xml\r\nSupported: timer\r\nSession-Expires: 90;refresher=uac\r\nContent-Length: 4\r\n\r\n<a/>",
		"INVITE sip:1001@example.test SIP/2.0\r\n" + via + strings.ReplaceAll(common, "X", "INVITE") +
			"Proxy-Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"x\", uri=\"sip:x\", response=\"00000000000000000000000000000000\"\r\n" +
			"Content-Type: multipart/mixed;boundary=b\r\nContent-Length: 60\r\n\r\n--b\r\nContent-Type: application/csta+xml\r\n\r\n<x/>\r\n--b--\r\n    ",
		"INFO sip:00000000000000000000000000000000@127.0.0.1 SIP/2.0\r\n" + via + strings.ReplaceAll(common, "X", "INFO") + "Content-Length: 0\r\n\r\n",
		"REGISTER sip:example.test SIP/2.0\r\n" + via + strings.ReplaceAll(common, "X", "REGISTER") + "Contact: *\r\nExpires: 0\r\nContent-Length: 0\r\n\r\n",
		"ACK sip:x SIP/2.0\r\n" + via + "Route: <sip:AAAA@127.0.0.1;lr>\r\n" + strings.ReplaceAll(common, "X", "ACK") + "Content-Length: 0\r\n\r\n",
		"SIP/2.0 200 OK\r\n" + via + via + strings.ReplaceAll(common, "X", "INVITE") + "Content-Length: 0\r\n\r\n",
		"CANCEL sip:1001@example.test SIP/2.0\r\n" + via + strings.ReplaceAll(common, "X", "CANCEL") + "\r\n",
		"\r\n\r\n", "\x00\xff",
	} {
		f.Add([]byte(seed))
	}
	b := newBed(f)
	b.owners.set("branch", "127.0.0.1:9")
	var other *client
	f.Cleanup(func() {
		if other != nil {
			other.conn.Close()
		}
	})
	f.Fuzz(func(t *testing.T, data []byte) {
		if other == nil {
			other = dialFor(t, b.tcp())
			other.open()
		}
		other.t = t
		for network, address := range map[string]string{"udp": b.udp(), "tcp": b.tcp()} {
			conn, err := net.Dial(network, address)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = conn.Write(data)
			if network == "tcp" {
				_, _ = conn.Write([]byte("\r\n\r\n"))
				_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				_, _ = conn.Read(make([]byte, 4096))
			}
			conn.Close()
		}
		const body = "<x/>"
		if res := other.info(body); res.code() != 200 || res.body != "response to "+body {
			t.Fatalf("the other session's INFO: %+v", res)
		}
	})
}

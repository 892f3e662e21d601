// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// sink is a packet connection without a network: reads wait, writes are kept.
type sink struct {
	written chan []byte
	closed  chan struct{}
}

func (s *sink) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	<-s.closed
	return 0, netip.AddrPort{}, net.ErrClosed
}

func (s *sink) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if to.Port() == 7777 {
		select {
		case s.written <- bytes.Clone(b):
		default:
		}
	}
	return len(b), nil
}
func (s *sink) LocalAddr() net.Addr { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060} }
func (s *sink) Close() error        { close(s.closed); return nil }

// mute is a stream that takes everything.
type mute struct{ net.Conn }

func (mute) Write(b []byte) (int, error)      { return len(b), nil }
func (mute) Close() error                     { return nil }
func (mute) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060} }
func (mute) SetWriteDeadline(time.Time) error { return nil }

// FuzzFrontDoor feeds bytes to the datagram path and, in pieces, to the stream
// path. Nothing may panic, state stays within its limits, and a request that
// follows on another flow is answered.
func FuzzFrontDoor(f *testing.F) {
	invite := "INVITE sip:1001@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:1001@c>\r\nCall-ID: f\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.1;maddr=192.0.2.1>\r\nContent-Length: 0\r\n\r\n"
	for _, seed := range []string{
		invite, invite + strings.ReplaceAll(invite, "INVITE", "ACK"), strings.ReplaceAll(invite, "INVITE", "BYE"),
		strings.Replace(invite, "Via:", "Route: <sip:tok@127.0.0.1:5060;lr>, <sip:x@127.0.0.1:5060;lr>\r\nRecord-Route: <sip:r;lr>\r\nVia: SIP/2.0/TCP a, SIP/2.0/TCP b\r\nv:", 1),
		strings.Replace(invite, "Contact", "Session-Expires: 1;refresher=uas\r\nSupported: timer\r\nRequire: x\r\nMin-SE: 99999999\r\nContact", 1),
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-0-n\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c>;tag=2\r\nCall-ID: f\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n",
		"\r\n\r\n", "\x00\x00", "OPTIONS  SIP/2.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
		"CANCEL sip:x SIP/2.0\r\nv: SIP/2.0/UDP [::1]:5060\r\nf: sip:a@b\r\nt: sip:c\r\ni: f\r\nCSeq: 1 CANCEL\r\nl: 99999\r\n\r\n",
	} {
		f.Add([]byte(seed), uint8(len(seed)))
	}
	timers := quick()
	timers.T1 = 2 * time.Millisecond
	limits := Limits{MaxServerTx: 64, MaxClientTx: 64, MaxDialogs: 32, MaxQueuedPerCall: 16}
	e, err := NewEndpoint(Config{Timers: timers, Limits: limits})
	if err != nil {
		f.Fatal(err)
	}
	out := &sink{written: make(chan []byte, 64), closed: make(chan struct{})}
	if _, err := e.listenPacket(out); err != nil {
		f.Fatal(err)
	}
	e.SetHandler(handlerFuncs{request: func(tx *ServerTx) {
		if tx.Request().Method == INVITE {
			_, _ = tx.Accept(AcceptSpec{SessionExpires: time.Hour})
			return
		}
		_ = tx.Respond(200, "")
	}})
	run(f, e)
	sock := e.transports.sockets[0]
	n := 0
	f.Fuzz(func(t *testing.T, data []byte, piece uint8) {
		e.receiveDatagram(hop{sock: sock, addr: netip.MustParseAddrPort("192.0.2.1:5060")}, data)
		c := newStreamConn(e, "tcp", netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060"))
		c.attach(mute{})
		feed(t, c, data, int(piece)+1)
		if got := e.counts.serverTx.Load(); got > 3*int64(limits.MaxServerTx) {
			t.Fatalf("%d server transactions", got)
		}
		if got := e.counts.dialogs.Load(); got > int64(limits.MaxDialogs) {
			t.Fatalf("%d dialogs", got)
		}
		if got := e.timers.len(); got > 1024 {
			t.Fatalf("%d timers", got)
		}
		n++
		id := fmt.Sprint("good", n)
		e.receiveDatagram(hop{sock: sock, addr: netip.MustParseAddrPort("192.0.2.3:7777")},
			[]byte("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.3:7777;branch=z9hG4bK"+id+"\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: "+id+"\r\nCSeq: 1 OPTIONS\r\n\r\n"))
		for {
			res := within(t, out.written, "answer to a good request")
			if bytes.Contains(res, []byte("\r\nCall-ID: "+id+"\r\n")) {
				if !bytes.HasPrefix(res, []byte("SIP/2.0 200 ")) && !bytes.HasPrefix(res, []byte("SIP/2.0 503 ")) {
					t.Fatalf("%s", res)
				}
				return
			}
		}
	})
}

// feed gives a stream data in pieces, as serve does.
func feed(t *testing.T, c *streamConn, data []byte, piece int) {
	var buf []byte
	scanned := 0
	for len(data) > 0 {
		k := min(piece, len(data))
		buf = append(buf, data[:k]...)
		data = data[k:]
		taken, reason := c.consume(buf, &scanned)
		if taken > len(buf) {
			t.Fatalf("took %d of %d bytes", taken, len(buf))
		}
		if reason != "" {
			break
		}
		buf = buf[taken:]
		if scanned > len(buf) {
			t.Fatalf("scanned %d of %d bytes", scanned, len(buf))
		}
	}
	c.close("test")
}

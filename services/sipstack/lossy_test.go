// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// lossy loses packets of both ways.
type lossy struct {
	*net.UDPConn
	n atomic.Int64
}

func (l *lossy) WriteToUDPAddrPort(b []byte, a netip.AddrPort) (int, error) {
	if l.n.Add(1)%3 == 1 {
		return len(b), nil
	}
	return l.UDPConn.WriteToUDPAddrPort(b, a)
}

// TestLossyNetwork: dialogs work though every third packet of both sides is lost.
func TestLossyNetwork(t *testing.T) {
	timers := quick()
	timers.T1, timers.T2 = 10*time.Millisecond, 40*time.Millisecond
	listen := func(h Handler) (*Endpoint, net.Addr) {
		e, err := NewEndpoint(Config{Timers: timers})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		addr, err := e.listenPacket(&lossy{UDPConn: conn})
		if err != nil {
			t.Fatal(err)
		}
		e.SetHandler(h)
		run(t, e)
		return e, addr
	}
	var infos atomic.Int64
	h := newDialogFuncs(func(_ *Dialog, tx *ServerTx) {
		if tx.Request().Method == INFO {
			infos.Add(1)
		}
		_ = tx.Respond(200, "")
	})
	h.acks, h.ends = make(chan *Request, 100), make(chan DialogEnd, 100)
	_, addr := listen(accepting(AcceptSpec{Handler: h}, nil))
	caller, _ := listen(handlerFuncs{})
	uri, _ := ParseURI("sip:bob@" + addr.String())
	const dialogs = 20
	for range dialogs {
		d, c := call1(t, &harness{e: caller}, uri, InviteSpec{})
		if res := within(t, c.responses, "200"); res.StatusCode != 200 {
			t.Fatal(res.StatusCode)
		}
		if err := d.Ack(nil, ""); err != nil {
			t.Fatal(err)
		}
		within(t, h.acks, "ACK")
		done := make(chan int, 1)
		if _, err := d.Send(RequestSpec{Method: INFO, OnResponse: func(res *Response) { done <- res.StatusCode }}); err != nil {
			t.Fatal(err)
		}
		if code := within(t, done, "INFO's answer"); code != 200 {
			t.Fatal(code)
		}
		if err := d.Bye(); err != nil {
			t.Fatal(err)
		}
		if cause := within(t, c.ends, "end"); cause != EndByeSent {
			t.Fatal(cause)
		}
	}
	if infos.Load() != dialogs {
		t.Fatalf("%d INFOs handled, want %d", infos.Load(), dialogs)
	}
}

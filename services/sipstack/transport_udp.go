// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
)

const maxDatagram = 65535

// packetConn is what a udpSocket needs of *net.UDPConn; tests lose packets in it.
type packetConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// udpSocket is one listening UDP socket; requests leave by it too, so that a
// peer behind a NAT sees one address.
type udpSocket struct {
	e      *Endpoint
	conn   packetConn
	local  string
	addr   netip.AddrPort
	closed atomic.Bool
}

func newUDPSocket(e *Endpoint, conn packetConn) *udpSocket {
	addr := addrPort(conn.LocalAddr())
	return &udpSocket{e: e, conn: conn, local: addr.String(), addr: addr}
}

// serve reads until the socket is closed. Messages of one socket are handed on
// in the order of their arrival.
func (s *udpSocket) serve() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || s.closed.Load() {
				return
			}
			// An ICMP error of an earlier write, or an empty system buffer: the
			// socket itself goes on.
			s.e.metrics.transportError("udp_read")
			continue
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		s.e.receiveDatagram(hop{sock: s, addr: from}, buf[:n])
	}
}

func (s *udpSocket) write(b []byte, to netip.AddrPort) error {
	if s.closed.Load() {
		return ErrClosed
	}
	if s.e.cfg.Trace != nil {
		s.e.cfg.Trace(TraceSent, Flow{Network: "udp", Local: s.local, Remote: to.String()}, b)
	}
	if _, err := s.conn.WriteToUDPAddrPort(b, to); err != nil {
		s.e.metrics.transportError("udp_write")
		return fmt.Errorf("send datagram: %w", err)
	}
	return nil
}

func (s *udpSocket) close() {
	if s.closed.CompareAndSwap(false, true) {
		_ = s.conn.Close()
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net/netip"
	"strings"
)

// hop is a Flow with its socket at hand: a UDP socket and address, or one
// connection.
type hop struct {
	sock *udpSocket
	conn *streamConn
	addr netip.AddrPort // of the UDP peer
}

func (h hop) zero() bool { return h.sock == nil && h.conn == nil }

// reliable tells a stream from datagrams.
func (h hop) reliable() bool { return h.conn != nil }

func (h hop) network() string {
	if h.conn != nil {
		return h.conn.flow.Network
	}
	return "udp"
}

// alive tells whether a message can be written.
func (h hop) alive() bool {
	if h.conn != nil {
		return !h.conn.isClosed()
	}
	return h.sock != nil && !h.sock.closed.Load()
}

func (h hop) flow() Flow {
	switch {
	case h.conn != nil:
		return h.conn.flow
	case h.sock != nil:
		return Flow{Network: "udp", Local: h.sock.local, Remote: h.addr.String()}
	}
	return Flow{}
}

// send writes b, never blocking on the peer: a stream queues what its socket
// does not take.
func (h hop) send(b []byte) error {
	switch {
	case h.conn != nil:
		return h.conn.write(b)
	case h.sock != nil:
		return h.sock.write(b, h.addr)
	}
	return ErrNoFlow
}

// remoteIP is the peer's address as written in received.
func (h hop) remote() netip.AddrPort {
	if h.conn != nil {
		return h.conn.remote
	}
	return h.addr
}

// viaTransport is the token of a network in Via, and its default port.
func viaTransport(network string) (token string, port int) {
	switch network {
	case "tcp":
		return "TCP", 5060
	case "tls":
		return "TLS", 5061
	}
	return "UDP", 5060
}

// transportNetwork is the network of a transport token or parameter.
func transportNetwork(token string) (string, bool) {
	switch {
	case strings.EqualFold(token, "udp"):
		return "udp", true
	case strings.EqualFold(token, "tcp"):
		return "tcp", true
	case strings.EqualFold(token, "tls"):
		return "tls", true
	}
	return "", false
}

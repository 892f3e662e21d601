// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// isLocal tells whether host:port is one of the endpoint's listeners.
func (t *transports) isLocal(host string, port int) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.locals[netip.AddrPortFrom(addr.Unmap(), uint16(port))]; ok {
		return true
	}
	for local := range t.locals {
		if local.Addr().IsUnspecified() && int(local.Port()) == port && t.own.isInterface(addr) {
			return true
		}
	}
	return false
}

// ownAddresses remembers what the system says of this machine's addresses: a
// listener on a wildcard address needs it for every request.
type ownAddresses struct {
	mu         sync.Mutex
	interfaces map[netip.Addr]struct{}
	outbound   map[netip.Addr]netip.Addr // by remote address
	until      time.Time
}

const (
	addressesFor = 10 * time.Second
	maxOutbound  = 4096
)

// fresh forgets what is old; o.mu is held.
func (o *ownAddresses) fresh() {
	if now := time.Now(); now.After(o.until) || len(o.outbound) >= maxOutbound {
		o.interfaces, o.outbound = nil, make(map[netip.Addr]netip.Addr)
		o.until = now.Add(addressesFor)
	}
}

// isInterface tells whether addr is one of this machine's.
func (o *ownAddresses) isInterface(addr netip.Addr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fresh()
	if o.interfaces == nil {
		o.interfaces = make(map[netip.Addr]struct{})
		addrs, _ := net.InterfaceAddrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					o.interfaces[ip.Unmap()] = struct{}{}
				}
			}
		}
	}
	_, ok := o.interfaces[addr.Unmap()]
	return ok
}

// outboundIP is the address that the system would send from; no packet is sent.
func (o *ownAddresses) outboundIP(h hop) netip.Addr {
	to := h.remote()
	if !to.IsValid() {
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 9)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fresh()
	if ip, ok := o.outbound[to.Addr()]; ok {
		return ip
	}
	ip := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if conn, err := net.Dial("udp", to.String()); err == nil {
		ip = addrPort(conn.LocalAddr()).Addr()
		_ = conn.Close()
	}
	o.outbound[to.Addr()] = ip
	return ip
}

// localFor is the address to name in Via and Contact of what goes over h.
func (t *transports) localFor(network string, h hop) netip.AddrPort {
	var addr netip.AddrPort
	if h.sock != nil {
		addr = h.sock.addr
	} else {
		addr = t.listenerFor(network)
	}
	switch {
	case !addr.IsValid() && h.conn != nil && h.conn.localAddr().IsValid():
		return h.conn.localAddr()
	case !addr.IsValid():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 5060)
	case !addr.Addr().IsUnspecified():
		return addr
	case h.conn != nil && h.conn.localAddr().IsValid():
		return netip.AddrPortFrom(h.conn.localAddr().Addr(), addr.Port())
	}
	return netip.AddrPortFrom(t.own.outboundIP(h), addr.Port())
}

func (t *transports) listenerFor(network string) netip.AddrPort {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.listeners {
		if l.network == network {
			return l.addr
		}
	}
	if len(t.sockets) > 0 {
		return t.sockets[0].addr
	}
	if len(t.listeners) > 0 {
		return t.listeners[0].addr
	}
	return netip.AddrPort{}
}

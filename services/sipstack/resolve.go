// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// target is where a URI sends (RFC 3263 4).
type target struct {
	network string // "" where the URI does not say
	host    string
	port    int // 0 where the URI does not say
}

// targetOf reads a URI's host or maddr, port and transport.
func targetOf(uri string) (target, error) {
	u, err := ParseURI(uri)
	if err != nil {
		return target{}, err
	}
	return uriTarget(&u)
}

func uriTarget(u *URI) (target, error) {
	if u.Scheme != "sip" && u.Scheme != "sips" && u.Scheme != "" || u.Host == "" || u.Wildcard {
		return target{}, fmt.Errorf("send to %s: %w", u.Scheme, ErrNoFlow)
	}
	t := target{host: strings.Trim(u.Host, "[]"), port: u.Port}
	if maddr, ok := param(u.UriParams, "maddr"); ok && maddr != "" {
		t.host = strings.Trim(maddr, "[]")
	}
	if token, ok := param(u.UriParams, "transport"); ok {
		n, known := transportNetwork(token)
		if !known {
			return target{}, fmt.Errorf("send by %s: %w", token, ErrNoFlow)
		}
		t.network = n
	}
	if u.IsEncrypted() {
		t.network = "tls"
	}
	return t, nil
}

// hopNow is the hop of a target whose host is an address.
func (e *Endpoint) hopNow(t target) (hop, bool) {
	addr, err := netip.ParseAddr(t.host)
	if err != nil {
		return hop{}, false
	}
	h, err := e.hopTo(t.network, addr, t.port)
	return h, err == nil
}

// hopTo is the hop to an address; for a stream it opens the connection or
// takes the one there is.
func (e *Endpoint) hopTo(network string, addr netip.Addr, port int) (hop, error) {
	if network == "" {
		network = e.transports.defaultNetwork()
	}
	if port == 0 {
		_, port = viaTransport(network)
	}
	if port < 0 || port > 65535 {
		return hop{}, fmt.Errorf("port %d: %w", port, ErrNoFlow)
	}
	remote := netip.AddrPortFrom(addr.Unmap(), uint16(port))
	if network == "udp" {
		return e.datagramHop(remote)
	}
	conn, err := e.transports.dial(network, remote)
	if err != nil {
		return hop{}, err
	}
	return hop{conn: conn}, nil
}

// datagramHop sends to remote from the first socket of its address family.
func (e *Endpoint) datagramHop(remote netip.AddrPort) (hop, error) {
	t := e.transports
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.sockets {
		if a := s.addr.Addr(); a.Is4() == remote.Addr().Is4() || a.IsUnspecified() && a.Is6() {
			return hop{sock: s, addr: remote}, nil
		}
	}
	return hop{}, fmt.Errorf("udp to %s: %w", remote, ErrNoFlow)
}

// defaultNetwork is udp where there is a UDP socket.
func (t *transports) defaultNetwork() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sockets) == 0 {
		return "tcp"
	}
	return "udp"
}

// hopOf finds a flow's socket or connection; a connection that has gone is
// opened anew if the other side listens there, which is so where we opened it.
func (e *Endpoint) hopOf(f Flow) (hop, error) {
	remote, err := netip.ParseAddrPort(f.Remote)
	if err != nil {
		return hop{}, fmt.Errorf("flow to %q: %w", f.Remote, ErrNoFlow)
	}
	t := e.transports
	t.mu.Lock()
	if f.Network == "udp" {
		for _, s := range t.sockets {
			if s.local == f.Local {
				t.mu.Unlock()
				return hop{sock: s, addr: remote}, nil
			}
		}
		t.mu.Unlock()
		return e.datagramHop(remote)
	}
	conn := t.conns[f]
	t.mu.Unlock()
	if conn != nil {
		return hop{conn: conn}, nil
	}
	if f.Local != "" {
		return hop{}, fmt.Errorf("%s connection to %s: %w", f.Network, f.Remote, ErrNoFlow)
	}
	if conn, err = t.dial(f.Network, remote); err != nil {
		return hop{}, err
	}
	return hop{conn: conn}, nil
}

// FlowAlive tells whether flow's connection is open; a UDP flow always is
// while its listener is.
func (e *Endpoint) FlowAlive(flow Flow) bool {
	if flow.Network != "udp" {
		e.transports.mu.Lock()
		conn := e.transports.conns[flow]
		e.transports.mu.Unlock()
		return conn != nil && !conn.isClosed()
	}
	h, err := e.hopOf(flow)
	return err == nil && h.alive()
}

// HoldFlow keeps the connection of flow from the idle close until release is
// called: for a registration. Dialogs hold their flow themselves.
func (e *Endpoint) HoldFlow(flow Flow) (release func()) {
	e.transports.mu.Lock()
	conn := e.transports.conns[flow]
	e.transports.mu.Unlock()
	if conn == nil {
		return func() {}
	}
	conn.holds.Add(1)
	var once bool
	return func() {
		e.transports.mu.Lock()
		first := !once
		once = true
		e.transports.mu.Unlock()
		if first {
			conn.holds.Add(-1)
		}
	}
}

const lookupTimeout = 5 * time.Second

// lookup asks the name servers for a target (RFC 3263 4.2): SRV where the URI
// has no port, else addresses. The first answer is taken.
func (e *Endpoint) lookup(t target) (hop, error) {
	if h, ok := e.hopNow(t); ok {
		return h, nil
	}
	ctx, cancel := context.WithTimeout(e.ctx, lookupTimeout)
	defer cancel()
	network := t.network
	if network == "" {
		network = e.transports.defaultNetwork()
	}
	host, port := t.host, t.port
	if port == 0 {
		if _, srvs, err := net.DefaultResolver.LookupSRV(ctx, "sip", network, host); err == nil && len(srvs) > 0 {
			host, port = strings.TrimSuffix(srvs[0].Target, "."), int(srvs[0].Port)
		}
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addrs) == 0 {
		return hop{}, fmt.Errorf("look up %s: %w", host, ErrNoFlow)
	}
	return e.hopTo(network, addrs[0], port)
}

// resolve starts the transaction when a name server has answered; c.mu is held.
func (tx *ClientTx) resolve(uri string) {
	t, err := targetOf(uri)
	if err == nil {
		if h, ok := tx.e.hopNow(t); ok {
			tx.startFree(h, t)
			return
		}
	}
	started := tx.e.spawn(func() {
		h, lookupErr := hop{}, err
		if err == nil {
			h, lookupErr = tx.e.lookup(t)
		}
		tx.c.mu.Lock()
		defer tx.c.unlock()
		if tx.silent || tx.key.branch == "" {
			return
		}
		if lookupErr != nil {
			tx.m.state = stateTrying
			tx.step(evFault, nil)
			return
		}
		if d := tx.dialog; d != nil && d.state != dialogEnded {
			d.setHop(h)
			d.hopURI = uri
		}
		tx.startFree(h, t)
	})
	if !started {
		tx.remove()
	}
}

const datagramLimit = 1300 // RFC 3261 18.1.1: 200 under the least path MTU

// startFree starts the transaction over a hop that was chosen by the endpoint:
// a large request goes by TCP if the URI leaves the choice and the peer takes
// it.
func (tx *ClientTx) startFree(h hop, t target) {
	if h.sock != nil && t.network == "" && tx.size() > datagramLimit && tx.e.transports.takesStream(h.addr) {
		if conn, err := tx.e.transports.dial("tcp", h.addr); err == nil {
			tx.fallback = true
			h = hop{conn: conn}
		}
	}
	tx.start(h)
}

func (tx *ClientTx) size() int {
	n := len(tx.req.Body()) + 200
	for _, h := range tx.req.Headers() {
		n += len(h.Name()) + len(h.Value()) + 4
	}
	return n
}

// sendLater looks a URI up and writes b there.
func (e *Endpoint) sendLater(uri string, b []byte) {
	e.spawn(func() {
		t, err := targetOf(uri)
		if err != nil {
			return
		}
		if h, err := e.lookup(t); err == nil {
			_ = h.send(b)
		}
	})
}

// viaTarget is where a response with this topmost Via goes.
func viaTarget(via *sip.ViaHeader) target {
	t := target{host: strings.Trim(via.Host, "[]"), port: via.Port}
	t.network, _ = transportNetwork(via.Transport)
	if received, ok := param(via.Params, "received"); ok && received != "" {
		t.host = received
	}
	if rport, ok := param(via.Params, "rport"); ok {
		if n, err := strconv.Atoi(rport); err == nil {
			t.port = n
		}
	}
	return t
}

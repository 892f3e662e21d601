// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// transports are the listeners and connections of an endpoint.
type transports struct {
	e *Endpoint

	mu        sync.Mutex
	sockets   []*udpSocket
	listeners []*streamListener
	conns     map[Flow]*streamConn
	byRemote  map[remoteKey]*streamConn
	inbound   int
	serving   bool
	closed    bool
	locals    map[netip.AddrPort]struct{}
	noStream  map[netip.AddrPort]time.Time // refused TCP; until when that is believed
	own       ownAddresses
}

type remoteKey struct {
	network string
	remote  netip.AddrPort
}

type streamListener struct {
	net.Listener
	network string
	addr    netip.AddrPort
}

func newTransports(e *Endpoint) *transports {
	return &transports{
		e: e, conns: make(map[Flow]*streamConn), byRemote: make(map[remoteKey]*streamConn),
		locals: make(map[netip.AddrPort]struct{}),
	}
}

// Listen opens a listener: network "udp", "tcp" or "tls" (with Config.TLS),
// address host:port.
func (e *Endpoint) Listen(network, address string) (net.Addr, error) {
	switch network {
	case "udp":
		addr, err := net.ResolveUDPAddr("udp", address)
		if err != nil {
			return nil, fmt.Errorf("listen %s %s: %w", network, address, err)
		}
		conn, err := net.ListenUDP("udp", addr)
		if err != nil {
			return nil, fmt.Errorf("listen %s %s: %w", network, address, err)
		}
		_ = conn.SetReadBuffer(udpSystemBuffer) // the system may allow less
		_ = conn.SetWriteBuffer(udpSystemBuffer)
		return e.listenPacket(conn)
	case "tcp", "tls":
		if network == "tls" && e.cfg.TLS == nil {
			return nil, fmt.Errorf("listen tls %s: no certificates", address)
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("listen %s %s: %w", network, address, err)
		}
		if network == "tls" {
			l = tls.NewListener(l, e.cfg.TLS)
		}
		return l.Addr(), e.transports.addListener(&streamListener{Listener: l, network: network, addr: addrPort(l.Addr())})
	}
	return nil, fmt.Errorf("listen %s: unknown network", network)
}

const udpSystemBuffer = 4 << 20

// listenPacket serves a packet connection: a UDP socket, or a test's.
func (e *Endpoint) listenPacket(conn packetConn) (net.Addr, error) {
	s := newUDPSocket(e, conn)
	t := e.transports
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		s.close()
		return nil, ErrClosed
	}
	t.sockets = append(t.sockets, s)
	t.locals[s.addr] = struct{}{}
	if t.serving {
		e.spawn(s.serve)
	}
	return conn.LocalAddr(), nil
}

func (t *transports) addListener(l *streamListener) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		_ = l.Close()
		return ErrClosed
	}
	t.listeners = append(t.listeners, l)
	t.locals[l.addr] = struct{}{}
	if t.serving {
		t.e.spawn(func() { t.accept(l) })
	}
	return nil
}

// serve starts reading all listeners.
func (t *transports) serve() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.serving = true
	for _, s := range t.sockets {
		t.e.spawn(s.serve)
	}
	for _, l := range t.listeners {
		t.e.spawn(func() { t.accept(l) })
	}
}

// accept takes connections until the listener is closed.
func (t *transports) accept(l *streamListener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || t.e.closed.Load() {
				return
			}
			t.e.metrics.transportError("accept")
			select { // no file descriptors, say
			case <-t.e.ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		c := newStreamConn(t.e, l.network, addrPort(conn.LocalAddr()), addrPort(conn.RemoteAddr()))
		c.inbound = true
		if !t.add(c) {
			_ = conn.Close()
			t.e.metrics.refused("connection_limit")
			continue
		}
		c.attach(conn)
		t.e.metrics.connectionOpened(true)
		c.armIdle(min(firstTimeout, t.e.cfg.Limits.ConnectionIdle))
		if !t.e.spawn(c.serve) {
			c.close("closed")
		}
	}
}

func (t *transports) add(c *streamConn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || c.inbound && t.inbound >= t.e.cfg.Limits.MaxConnections {
		return false
	}
	if c.inbound {
		t.inbound++
	}
	t.conns[c.flow] = c
	t.byRemote[remoteKey{c.flow.Network, c.remote}] = c
	return true
}

// forget takes a closed connection out.
func (t *transports) forget(c *streamConn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conns[c.flow] == c {
		delete(t.conns, c.flow)
		if c.inbound {
			t.inbound--
		}
	}
	if key := (remoteKey{c.flow.Network, c.remote}); t.byRemote[key] == c {
		delete(t.byRemote, key)
	}
}

// dial returns the connection to remote, opening one if there is none. It does
// not wait: what is written meanwhile is sent when the connection stands.
func (t *transports) dial(network string, remote netip.AddrPort) (*streamConn, error) {
	if network != "tcp" && (network != "tls" || t.e.cfg.TLS == nil) {
		return nil, fmt.Errorf("open %s connection: %w", network, ErrNoFlow)
	}
	t.mu.Lock()
	if c := t.byRemote[remoteKey{network, remote}]; c != nil {
		t.mu.Unlock()
		return c, nil
	}
	if t.closed {
		t.mu.Unlock()
		return nil, ErrClosed
	}
	c := newStreamConn(t.e, network, netip.AddrPort{}, remote)
	t.conns[c.flow] = c
	t.byRemote[remoteKey{network, remote}] = c
	t.mu.Unlock()
	if !t.e.spawn(func() { t.connect(c) }) {
		return nil, ErrClosed
	}
	return c, nil
}

const dialTimeout = 4 * time.Second

// connect opens c's connection and then serves it.
func (t *transports) connect(c *streamConn) {
	ctx, cancel := context.WithTimeout(t.e.ctx, dialTimeout)
	defer cancel()
	conn, err := t.open(ctx, c)
	if err != nil {
		t.e.metrics.transportError("dial")
		t.noteRefused(c.remote)
		c.close("dial")
		return
	}
	t.e.metrics.connectionOpened(false)
	c.attach(conn)
	c.armIdle(t.e.cfg.Limits.ConnectionIdle)
	c.serve()
}

func (t *transports) open(ctx context.Context, c *streamConn) (net.Conn, error) {
	var dialer net.Dialer
	if c.flow.Network == "tls" {
		secure := tls.Dialer{NetDialer: &dialer, Config: t.e.cfg.TLS}
		return secure.DialContext(ctx, "tcp", c.remote.String())
	}
	return dialer.DialContext(ctx, "tcp", c.remote.String())
}

const (
	refusedFor  = 10 * time.Minute
	maxRefusals = 1024
)

// noteRefused remembers that remote does not take TCP.
func (t *transports) noteRefused(remote netip.AddrPort) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.noStream == nil || len(t.noStream) >= maxRefusals {
		t.noStream = make(map[netip.AddrPort]time.Time)
	}
	t.noStream[remote] = time.Now().Add(refusedFor)
}

// takesStream tells that remote is not known to refuse TCP.
func (t *transports) takesStream(remote netip.AddrPort) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().After(t.noStream[remote])
}

// close closes every listener and connection.
func (t *transports) close() {
	t.mu.Lock()
	t.closed = true
	conns := make([]*streamConn, 0, len(t.conns))
	for _, c := range t.conns {
		conns = append(conns, c)
	}
	for _, c := range t.byRemote {
		conns = append(conns, c)
	}
	sockets, listeners := t.sockets, t.listeners
	t.mu.Unlock()
	for _, l := range listeners {
		_ = l.Close()
	}
	for _, s := range sockets {
		s.close()
	}
	for _, c := range conns {
		c.close("closed")
	}
}

// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readBufferStart = 4 << 10          // a connection holds no more while idle
	partialTimeout  = 15 * time.Second // from a message's first byte to its last
	firstTimeout    = 30 * time.Second // from accept to the first message
)

// streamConn is one TCP or TLS connection, accepted or dialled.
type streamConn struct {
	e       *Endpoint
	flow    Flow
	remote  netip.AddrPort
	inbound bool

	heard  atomic.Bool  // something was read
	holds  atomic.Int32 // dialogs and registrations that keep it from the idle close
	active atomic.Int64 // timerQueue.now of the last byte read or written
	idle   timer

	mu      sync.Mutex
	local   netip.AddrPort
	conn    net.Conn // nil while dialling
	raw     rawWriter
	pending []byte // waits for the socket
	writing bool   // a goroutine empties pending
	closed  bool
	reason  string
	waiting map[*ClientTx]struct{} // to be told when the connection is lost
}

func newStreamConn(e *Endpoint, network string, local, remote netip.AddrPort) *streamConn {
	c := &streamConn{e: e, remote: remote, local: local}
	c.flow = Flow{Network: network, Remote: remote.String()}
	if local.IsValid() {
		c.flow.Local = local.String()
	}
	return c
}

// attach gives c its open connection and sends what has waited for it.
func (c *streamConn) attach(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = conn.Close()
		return
	}
	c.conn = conn
	c.local = addrPort(conn.LocalAddr())
	c.raw = newRawWriter(conn)
	if len(c.pending) > 0 {
		c.writing = c.e.spawn(c.flush)
	}
}

func (c *streamConn) localAddr() netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.local
}

func (c *streamConn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *streamConn) touch() { c.active.Store(c.e.timers.now()) }

// armIdle starts the watch for an idle close.
func (c *streamConn) armIdle(d time.Duration) {
	c.touch()
	c.e.timers.arm(&c.idle, c, 0, d)
}

// onTimer closes the connection if it was idle all the time and nobody holds it.
func (c *streamConn) onTimer(t *timer) {
	if !c.e.timers.fired(t) {
		return
	}
	limit := int64(c.e.cfg.Limits.ConnectionIdle)
	quiet := c.e.timers.now() - c.active.Load()
	if c.holds.Load() > 0 {
		c.e.timers.arm(&c.idle, c, 0, time.Duration(limit))
		return
	}
	if c.inbound && !c.heard.Load() {
		c.close("no_message")
		return
	}
	if quiet < limit {
		c.e.timers.arm(&c.idle, c, 0, time.Duration(limit-quiet))
		return
	}
	c.close("idle")
}

// serve reads messages until the connection ends. It is the connection's only
// reader: messages are handed on in their order.
func (c *streamConn) serve() {
	buf := make([]byte, readBufferStart)
	used, scanned, partial := 0, 0, false
	for {
		n, err := c.conn.Read(buf[used:])
		used += n
		if n > 0 {
			c.touch()
			c.heard.Store(true)
			taken, reason := c.consume(buf[:used], &scanned)
			if reason != "" {
				c.close(reason)
				return
			}
			used = copy(buf, buf[taken:used])
			if partial != (used > 0) || taken > 0 && partial {
				partial = used > 0
				deadline := time.Time{}
				if partial {
					deadline = time.Now().Add(c.e.partial)
				}
				_ = c.conn.SetReadDeadline(deadline)
			}
			buf = fit(buf, used, c.e.cfg.Limits.MaxMessageBytes)
		}
		if err != nil {
			c.close(readFault(err, used > 0))
			return
		}
	}
}

// fit keeps room for reading: it doubles a full buffer and lets go of a large
// empty one.
func fit(buf []byte, used, limit int) []byte {
	switch {
	case used == len(buf):
		grown := make([]byte, min(2*len(buf), limit+readBufferStart))
		copy(grown, buf)
		return grown
	case used == 0 && len(buf) > readBufferStart:
		return make([]byte, readBufferStart)
	}
	return buf
}

func readFault(err error, partial bool) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return "slow_message"
	case errors.Is(err, io.EOF) && partial:
		return "half_message"
	case errors.Is(err, io.EOF):
		return "peer"
	case errors.Is(err, net.ErrClosed):
		return "closed"
	}
	return "read_error"
}

// consume hands on every whole message in b and returns the bytes taken, and
// why the connection must be closed, if it must.
func (c *streamConn) consume(b []byte, scanned *int) (taken int, reason string) {
	for {
		skip, pings := leadingCRLF(b[taken:])
		if pings > 0 {
			_ = c.write([]byte("\r\n")) // RFC 5626 4.4.1
		}
		if skip > 0 {
			taken += skip
			*scanned = 0
		}
		f := frameMessage(b[taken:], scanned, c.e.cfg.Limits.MaxMessageBytes)
		switch {
		case f.fault != "":
			c.e.refuseFrame(hop{conn: c}, b[taken:], f)
			return taken, f.fault
		case !f.whole:
			return taken, ""
		}
		c.e.receiveFrame(hop{conn: c}, b[taken:taken+f.head+f.body], f.head)
		taken += f.head + f.body
		*scanned = 0
	}
}

// write queues b and writes as much as the socket takes at once. It never
// waits for the peer.
func (c *streamConn) write(b []byte) error {
	if c.e.cfg.Trace != nil {
		c.e.cfg.Trace(TraceSent, c.flow, b)
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrNoFlow
	}
	if len(c.pending)+len(b) > c.e.cfg.Limits.MaxQueuedWriteBytes {
		c.mu.Unlock()
		c.close("write_queue")
		return ErrNoFlow
	}
	if c.conn != nil && !c.writing && c.raw.ok() {
		n, err := c.raw.try(b)
		if err != nil {
			c.mu.Unlock()
			c.close("write_error")
			return ErrNoFlow
		}
		b = b[n:]
	}
	if len(b) > 0 {
		c.pending = append(c.pending, b...)
		if c.conn != nil && !c.writing {
			c.writing = c.e.spawn(c.flush)
		}
	}
	c.mu.Unlock()
	c.touch()
	return nil
}

// flush empties pending; one runs at a time, only while there is something.
func (c *streamConn) flush() {
	var batch []byte
	for {
		c.mu.Lock()
		if c.closed || len(c.pending) == 0 {
			if !c.closed {
				_ = c.conn.SetWriteDeadline(time.Time{})
			}
			c.writing, c.pending = false, nil
			c.mu.Unlock()
			return
		}
		batch, c.pending = c.pending, batch[:0]
		if cap(c.pending) > 64<<10 {
			c.pending = nil
		}
		conn := c.conn
		c.mu.Unlock()
		_ = conn.SetWriteDeadline(time.Now().Add(c.e.cfg.Limits.WriteTimeout))
		if _, err := conn.Write(batch); err != nil {
			reason := "write_error"
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				reason = "write_timeout"
			}
			c.close(reason)
			return
		}
	}
}

// close ends the connection once and tells who waits for it.
func (c *streamConn) close(reason string) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed, c.reason = true, reason
	conn, waiting := c.conn, c.waiting
	c.pending, c.waiting = nil, nil
	c.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
	c.e.timers.stop(&c.idle)
	c.e.transports.forget(c)
	c.e.metrics.connectionClosed(c.inbound, reason)
	c.e.log.Debug("connection closed", "remote", c.flow.Remote, "reason", reason)
	c.e.connectionLost(c, waiting)
}

// watch has tx told when the connection is lost.
func (c *streamConn) watch(tx *ClientTx) {
	c.mu.Lock()
	if !c.closed {
		if c.waiting == nil {
			c.waiting = make(map[*ClientTx]struct{}, 1)
		}
		c.waiting[tx] = struct{}{}
	}
	c.mu.Unlock()
}

func (c *streamConn) unwatch(tx *ClientTx) {
	c.mu.Lock()
	delete(c.waiting, tx)
	c.mu.Unlock()
}

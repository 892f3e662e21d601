// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"bufio"
	"container/list"
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"offhook.dev/services/skinny"
	"offhook.dev/services/skinnyport"
)

const (
	// maxUnsent is how many bytes may wait for a phone.
	maxUnsent = 64 << 10
	// writeTimeout is how long a phone may take nothing.
	writeTimeout = 10 * time.Second
	// readBuffer holds a phone's usual messages.
	readBuffer = 512
)

// conn is a phone's connection.
type conn struct {
	gateway *Gateway
	network net.Conn
	from    netip.Addr
	// waiting is its place among the connections without a phone; the gateway's.
	waiting *list.Element

	mu        sync.Mutex
	dialect   skinny.Dialect
	keepAlive time.Duration
	unsent    []byte
	spare     []byte
	writing   bool
	closing   bool
	dropped   string

	// buffered holds what was read and not taken; run's.
	buffered *bufio.Reader

	// driver and station are set once a phone is known; station belongs to the
	// target's goroutine.
	driver  *Driver
	station *station
}

var _ Conn = (*conn)(nil)

func newConn(g *Gateway, network net.Conn) *conn {
	c := &conn{gateway: g, network: network, dialect: skinny.Dialect{Version: skinny.MinVersion}}
	if address, err := netip.ParseAddrPort(network.RemoteAddr().String()); err == nil {
		c.from = address.Addr().Unmap()
	}
	return c
}

// Speak implements Conn.
func (c *conn) Speak(dialect skinny.Dialect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dialect = dialect
}

// Serve implements Conn.
func (c *conn) Serve(keepAlive time.Duration) {
	c.mu.Lock()
	c.keepAlive = keepAlive
	c.mu.Unlock()
	c.gateway.known(c)
	_ = c.network.SetReadDeadline(time.Now().Add(silence(keepAlive)))
}

// silence is how long a phone with a keepalive may say nothing.
func silence(keepAlive time.Duration) time.Duration { return 2*keepAlive + keepAlive/2 }

// Send implements Conn.
func (c *conn) Send(m skinny.Message) {
	c.gateway.options.Metrics.sent()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	c.unsent = skinny.Append(c.unsent, m, c.dialect)
	if len(c.unsent) > maxUnsent {
		c.end("slow")
		return
	}
	c.write()
}

// write has what waits sent. The caller holds mu.
func (c *conn) write() {
	if c.writing {
		return
	}
	c.writing = true
	c.gateway.serving.Go(c.flush)
}

// flush sends what waits until nothing does.
func (c *conn) flush() {
	for {
		c.mu.Lock()
		if len(c.unsent) == 0 {
			c.writing = false
			if c.closing {
				_ = c.network.Close()
			}
			c.mu.Unlock()
			return
		}
		out := c.unsent
		c.unsent, c.spare = c.spare[:0], out
		c.mu.Unlock()
		_ = c.network.SetWriteDeadline(time.Now().Add(writeTimeout))
		if _, err := c.network.Write(out); err != nil {
			c.mu.Lock()
			c.unsent = nil
			c.end("write")
			c.mu.Unlock()
		}
	}
}

// Close implements Conn.
func (c *conn) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
	c.write()
}

// drop ends the connection at once.
func (c *conn) drop(reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(reason)
}

// end is drop for who holds mu.
func (c *conn) end(reason string) {
	if c.dropped != "" {
		return
	}
	c.dropped, c.closing, c.unsent = reason, true, nil
	c.gateway.options.Metrics.drop(reason)
	_ = c.network.Close()
}

// run reads until the connection ends.
func (c *conn) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = c.network.Close() })
	defer stop()
	_ = c.network.SetReadDeadline(time.Now().Add(c.gateway.options.RegisterTimeout))
	c.buffered = bufio.NewReaderSize(c.network, readBuffer)
	reader := skinny.NewReader(c.buffered)
	limit := c.gateway.limit()
	for {
		frame, err := reader.Read()
		if err != nil {
			c.drop(skinnyport.Reason(err))
			break
		}
		c.gateway.options.Metrics.received()
		if !limit.Allow() {
			c.drop("flood")
			break
		}
		if !c.take(ctx, frame) {
			break
		}
	}
	if d := c.driver; d != nil {
		d.loop.Due(func() {
			if s := c.station; s != nil && s.conn == Conn(c) {
				s.leave("connection lost")
			}
		})
	}
	_ = c.network.Close()
}

// take takes one frame. False: the connection is over, or another's.
func (c *conn) take(ctx context.Context, frame skinny.Frame) bool {
	c.mu.Lock()
	dialect, keepAlive := c.dialect, c.keepAlive
	c.mu.Unlock()
	if keepAlive > 0 {
		_ = c.network.SetReadDeadline(time.Now().Add(silence(keepAlive)))
	}
	if frame.ID == skinny.IDKeepAlive {
		c.Send(&skinny.KeepAliveAck{})
		return true
	}
	m := frame.Message(dialect)
	switch m := m.(type) {
	case *skinny.Register:
		return c.begin(ctx, frame, m.Phone, func(d *Driver) {
			if s := d.register(c, m, c.from); s != nil {
				c.station = s
			}
		})
	case *skinny.RegisterTokenReq:
		return c.begin(ctx, frame, m.Phone, func(d *Driver) { d.token(c, m) })
	}
	d := c.driver
	if d == nil {
		return true // phones say this and that before they register
	}
	if !d.loop.Further(func() {
		if s := c.station; s != nil && s.conn == Conn(c) && d.stations[s.name] == s {
			s.received(m)
		}
	}) {
		c.gateway.options.Metrics.refused(d.target, "busy")
	}
	return true
}

// begin gives a phone to the driver of its target, or to the replica that runs
// it.
func (c *conn) begin(ctx context.Context, frame skinny.Frame, phone skinny.Phone, do func(*Driver)) bool {
	target, driver, known := c.gateway.targetOf(phone.DeviceName)
	switch {
	case c.driver != nil && c.driver != driver:
		c.drop("another_phone")
		return false
	case !known:
		return c.refuse(frame.ID, "", "unknown_device", "Error: Unknown Device")
	case !skinnyport.Proves(c.network, phone.DeviceName):
		return c.refuse(frame.ID, target, "certificate", "Error: Certificate")
	case driver == nil:
		return c.relay(ctx, frame, target)
	}
	c.driver = driver
	if !driver.loop.New(func() { do(driver) }) {
		return c.refuse(frame.ID, target, "busy", "Error: High Traffic")
	}
	return true
}

// relay takes the phone to the replica that runs its target.
func (c *conn) relay(ctx context.Context, frame skinny.Frame, target string) bool {
	relay := c.gateway.options.Relay
	if relay == nil {
		return c.refuse(frame.ID, target, "not_served", "Error: Not Served Here")
	}
	c.gateway.known(c)
	_ = c.network.SetReadDeadline(time.Time{})
	if err := relay(ctx, relayed{c.network, c.buffered}, rawFrame(frame), target); err != nil {
		return c.refuse(frame.ID, target, "not_served", "Error: Not Served Now")
	}
	return false
}

// relayed is a connection of which some was read already.
type relayed struct {
	net.Conn
	buffered *bufio.Reader
}

// Read implements net.Conn.
func (r relayed) Read(b []byte) (int, error) { return r.buffered.Read(b) } //nolint:wrapcheck // as a connection

// rawFrame is a frame as it came.
func rawFrame(frame skinny.Frame) []byte {
	raw := skinny.Append(nil, &skinny.Unknown{MessageID: frame.ID, Payload: frame.Payload}, skinny.Dialect{Version: skinny.Version(frame.Version)})
	return raw
}

// refuse tells the phone why it is not served.
func (c *conn) refuse(id skinny.ID, target, reason, text string) bool {
	c.gateway.options.Metrics.refused(target, reason)
	c.gateway.options.Logger.Debug("phone is refused", "reason", reason, "address", c.from)
	c.Send(skinnyport.Refusal(id, text))
	if id != skinny.IDRegisterTokenReq { // who asked for a token may ask again
		c.Close()
	}
	return true // until the phone has taken it
}

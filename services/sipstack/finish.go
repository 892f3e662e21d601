// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"net"
	"time"
)

// finishPatience bounds how long peers have to close connections that have ended
// from this side.
const finishPatience = time.Second

// FinishStreams ends all connections in good order, for another endpoint to go on:
// requests that come on one from now on are left unread, settled waits until those
// that came before are answered, and then the peer sees the connection end. What
// this endpoint had not answered then, it has not begun. FinishStreams returns when
// the peers have closed too, or after a second, or with the context.
func (e *Endpoint) FinishStreams(ctx context.Context, settled func(context.Context)) {
	e.reading.Lock()
	e.finishing = true
	e.reading.Unlock()
	settled(ctx)
	e.settle(ctx)
	for _, c := range e.transports.streams() {
		c.closeWrite()
	}
	limit := time.NewTimer(finishPatience)
	defer limit.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for len(e.transports.streams()) > 0 {
		select {
		case <-again.C:
		case <-limit.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// settle waits for the responses to requests that were read just before, for a
// second at most.
func (e *Endpoint) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, finishPatience)
	defer cancel()
	e.counts.awaited.Wait(ctx)
}

// unread tells whether a message is left unread, as its connection is about to end.
func (e *Endpoint) unread(h hop, msg any) bool {
	if h.conn == nil || !e.finishing {
		return false
	}
	req, ok := msg.(*Request)
	return ok && req.Method != ACK
}

// streams are the connections that there are.
func (t *transports) streams() []*streamConn {
	t.mu.Lock()
	defer t.mu.Unlock()
	conns := make([]*streamConn, 0, len(t.conns))
	for _, c := range t.conns {
		conns = append(conns, c)
	}
	return conns
}

// closeWrite ends the connection in the direction to the peer, which reads all that
// was written before.
func (c *streamConn) closeWrite() {
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		return
	}
	c.close("finished")
}

var _ interface{ CloseWrite() error } = (*net.TCPConn)(nil)

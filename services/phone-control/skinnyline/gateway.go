// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"container/list"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"offhook.dev/services/skinnyport"
	"offhook.dev/services/targetconfig"
)

// GatewayOptions are a gateway's dependencies and limits. Limits that are zero
// have their defaults.
type GatewayOptions struct {
	Source targetconfig.Source
	Logger *slog.Logger
	// Metrics may be nil.
	Metrics *Metrics
	// Relay takes a phone to the replica that runs its target, and returns when
	// either ends the connection; first is what the phone has said. Nil, or an
	// error at once: the phone is refused.
	Relay func(ctx context.Context, phone net.Conn, first []byte, target string) error
	// MaxConnections in all: 20,000. One too many is closed.
	MaxConnections int
	// MaxUnregistered is how many connections may have no phone yet: 1,024. One
	// too many takes the place of the oldest.
	MaxUnregistered int
	// RegisterTimeout is how long a connection may be without a phone: 10 s.
	RegisterTimeout time.Duration
	// MessagesPerSecond is how many messages a phone may send, five times as many
	// at once: 50. Negative: no bound. One too many ends its connection.
	MessagesPerSecond float64
}

// Gateway takes the connections of Skinny phones, and each to the driver that
// serves the phone. It is safe for concurrent use.
type Gateway struct {
	options GatewayOptions

	mu      sync.Mutex
	drivers map[string]*Driver
	// open counts connections; unregistered are those without a phone, the oldest
	// first.
	open         int
	unregistered *list.List
	serving      sync.WaitGroup
	listeners    skinnyport.Listeners
}

// NewGateway makes a gateway that serves nobody yet.
func NewGateway(options GatewayOptions) *Gateway {
	if options.MaxConnections <= 0 {
		options.MaxConnections = 20000
	}
	if options.MaxUnregistered <= 0 {
		options.MaxUnregistered = 1024
	}
	if options.RegisterTimeout <= 0 {
		options.RegisterTimeout = 10 * time.Second
	}
	if options.MessagesPerSecond == 0 {
		options.MessagesPerSecond = 50
	}
	return &Gateway{options: options, drivers: make(map[string]*Driver), unregistered: list.New()}
}

// limit bounds what one phone may send.
func (g *Gateway) limit() *rate.Limiter {
	if g.options.MessagesPerSecond < 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(g.options.MessagesPerSecond), int(5*g.options.MessagesPerSecond)+1)
}

// Listen opens a TCP listener; config nil: without TLS.
func (g *Gateway) Listen(address string, config *tls.Config) (net.Addr, error) {
	return g.listeners.Listen(address, config)
}

// Run takes connections until the context ends.
func (g *Gateway) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := g.listeners.Accept(ctx, func(network net.Conn) { g.serve(ctx, network) }, func() { g.options.Metrics.drop("accept") })
	if err != nil {
		cancel(err)
	}
	<-ctx.Done()
	g.serving.Wait()
	return context.Cause(ctx)
}

// serve begins with one connection.
func (g *Gateway) serve(ctx context.Context, network net.Conn) {
	c := newConn(g, network)
	g.mu.Lock()
	if g.open >= g.options.MaxConnections {
		g.mu.Unlock()
		g.options.Metrics.drop("too_many")
		_ = network.Close()
		return
	}
	g.open++
	c.waiting = g.unregistered.PushBack(c)
	var oldest *conn
	if g.unregistered.Len() > g.options.MaxUnregistered {
		oldest, _ = g.unregistered.Front().Value.(*conn)
		g.unregistered.Remove(oldest.waiting)
		oldest.waiting = nil
	}
	g.mu.Unlock()
	if oldest != nil {
		oldest.drop("silent")
	}
	g.options.Metrics.connected(1)
	g.serving.Go(func() {
		defer g.left(c)
		c.run(ctx)
	})
}

// known takes a connection out of those without a phone.
func (g *Gateway) known(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.waiting != nil {
		g.unregistered.Remove(c.waiting)
		c.waiting = nil
	}
}

func (g *Gateway) left(c *conn) {
	g.known(c)
	g.mu.Lock()
	g.open--
	g.mu.Unlock()
	g.options.Metrics.connected(-1)
}

func (g *Gateway) add(d *Driver) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drivers[d.target] = d
}

func (g *Gateway) remove(d *Driver) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.drivers[d.target] == d {
		delete(g.drivers, d.target)
	}
}

// Serves tells whether phones of a target are served here.
func (g *Gateway) Serves(target string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.drivers[target] != nil
}

// targetOf finds the target of a phone, and its driver if that runs here.
func (g *Gateway) targetOf(device string) (target string, driver *Driver, ok bool) {
	found, ok := g.options.Source.Snapshot().SkinnyTarget(device)
	if !ok {
		return "", nil, false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return found.Name, g.drivers[found.Name], true
}

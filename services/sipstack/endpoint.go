// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"offhook.dev/services/inflight"
)

// Endpoint is one SIP element: its listeners, transactions and dialogs. A
// process may have several with different settings.
type Endpoint struct {
	cfg        Config
	log        *slog.Logger
	parser     *sip.Parser
	metrics    *metrics
	timers     *timerQueue
	workers    workers
	wires      wires
	transports *transports
	seed       maphash.Seed
	shards     [callShards]callShard
	handler    atomic.Pointer[Handler]
	closed     atomic.Bool
	running    atomic.Bool
	ctx        context.Context
	cancel     context.CancelFunc
	advertised hostPort
	// advertisedTLS is that of TLS; zero: advertised.
	advertisedTLS hostPort
	counts        struct {
		serverTx, lingering, clientTx, dialogs atomic.Int64
		// awaited are the requests by stream, but INVITE, without final response.
		awaited inflight.Counter
	}
	partial    time.Duration // from a stream message's first byte to its last
	flowMu     sync.Mutex
	flowClosed []func(Flow)
	// finishing: requests on connections are left unread. reading is held while one is
	// read.
	reading   sync.RWMutex
	finishing bool
}

var _ EndpointAPI = (*Endpoint)(nil)

// NewEndpoint makes an endpoint. Errors: Advertised is no host:port, or the
// Registerer refuses the metrics.
func NewEndpoint(cfg Config) (*Endpoint, error) {
	cfg.setDefaults()
	e := &Endpoint{cfg: cfg, log: cfg.Logger, parser: newParser(cfg.Limits.MaxMessageBytes), timers: newTimerQueue(), seed: maphash.MakeSeed(), partial: partialTimeout}
	for i := range e.shards {
		e.shards[i].calls = make(map[string]*call)
	}
	var err error
	if e.advertised, err = parseAdvertised(cfg.Advertised); err != nil {
		return nil, err
	}
	if e.advertisedTLS, err = parseAdvertised(cfg.AdvertisedTLS); err != nil {
		return nil, err
	}
	e.transports = newTransports(e)
	e.ctx, e.cancel = context.WithCancel(context.Background())
	if e.metrics, err = newMetrics(e, cfg.Registerer); err != nil {
		return nil, fmt.Errorf("register sip metrics: %w", err)
	}
	return e, nil
}

func (c *Config) setDefaults() {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Product == "" {
		c.Product = "Offhook/0.1"
	}
	t := &c.Timers
	setDefault(&t.T1, 500*time.Millisecond)
	setDefault(&t.T2, 4*time.Second)
	setDefault(&t.T4, 5*time.Second)
	setDefault(&t.TimerB, 64*t.T1)
	setDefault(&t.TimerF, 64*t.T1)
	setDefault(&t.TimerC, 3*time.Minute)
	l := &c.Limits
	setDefault(&l.MaxMessageBytes, 64<<10)
	setDefault(&l.MaxServerTx, 65536)
	setDefault(&l.MaxClientTx, 65536)
	setDefault(&l.MaxDialogs, 65536)
	setDefault(&l.MaxConnections, 16384)
	setDefault(&l.MaxQueuedPerCall, 128)
	setDefault(&l.MaxQueuedWriteBytes, 1<<20)
	setDefault(&l.ConnectionIdle, 10*time.Minute)
	setDefault(&l.WriteTimeout, 10*time.Second)
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// SetHandler must be called before Run.
func (e *Endpoint) SetHandler(h Handler) { e.handler.Store(&h) }

func (e *Endpoint) currentHandler() Handler {
	if h := e.handler.Load(); h != nil {
		return *h
	}
	return nil
}

// handle gives a request outside dialogs to the application.
func (e *Endpoint) handle(tx *ServerTx) {
	if h := e.currentHandler(); h != nil {
		h.HandleRequest(tx)
		return
	}
	_ = tx.Respond(503, "")
}

// handleUnknownDialog offers a request of an unknown dialog to the application,
// and answers 481 if it does not want it. A dialog taken over handles it at
// once, before what came behind it.
func (e *Endpoint) handleUnknownDialog(tx *ServerTx) {
	c := tx.core.c
	local, remote := tagOf(tx.req.To().Params), tagOf(tx.req.From().Params)
	c.mu.Lock()
	d := c.dialogFor(local, remote)
	c.mu.Unlock()
	if h, ok := e.currentHandler().(UnknownDialogHandler); ok && d == nil {
		d = h.HandleUnknownDialog(tx)
	}
	c.mu.Lock()
	admitted := false
	switch {
	case tx.final != 0:
	case d == nil || d.state == dialogEnded:
		e.metrics.refused("no_dialog")
		_ = tx.respond(481, "", &responseParts{})
	default:
		d.remoteSeq = max(d.remoteSeq, tx.req.CSeq().SeqNo)
		admitted = d.admit(tx)
	}
	c.unlock()
	if admitted {
		d.handleRequest(tx)
	}
}

// Run serves until ctx ends, and returns when its goroutines are gone: it
// waits for handlers under way. Every dialog still there is told
// EndEndpointClose; no BYE is sent.
func (e *Endpoint) Run(ctx context.Context) error {
	if !e.running.CompareAndSwap(false, true) {
		return fmt.Errorf("run sip endpoint: it is running or has run")
	}
	stopped := make(chan struct{})
	timerCtx, stopTimers := context.WithCancel(context.WithoutCancel(ctx))
	go func() { // owned by Run, ended by stopTimers
		defer close(stopped)
		e.timers.run(timerCtx)
	}()
	e.transports.serve()
	<-ctx.Done()
	e.closed.Store(true)
	e.cancel()
	e.transports.close()
	e.endDialogs()
	e.workers.close()
	stopTimers()
	<-stopped
	return nil
}

// endDialogs tells the handlers of all dialogs that the endpoint is closing.
func (e *Endpoint) endDialogs() {
	for i := range e.shards {
		s := &e.shards[i]
		s.mu.Lock()
		calls := make([]*call, 0, len(s.calls))
		for _, c := range s.calls {
			calls = append(calls, c)
		}
		s.mu.Unlock()
		for _, c := range calls {
			c.mu.Lock()
			for len(c.dialogs) > 0 {
				c.dialogs[0].end(EndEndpointClose)
			}
			for _, tx := range c.client {
				tx.silent = true
			}
			c.mu.Unlock()
		}
	}
}

// spawn runs fn on a goroutine that Run waits for.
func (e *Endpoint) spawn(fn func()) bool { return e.workers.spawn(fn) }

func (e *Endpoint) hash(b []byte) uint64 { return maphash.Bytes(e.seed, b) }

func (e *Endpoint) serverLine(w *wire) { w.line("Server", e.cfg.Product) }

// OnFlowClosed asks to be told when a connection has gone. fn must not block.
func (e *Endpoint) OnFlowClosed(fn func(Flow)) {
	e.flowMu.Lock()
	e.flowClosed = append(e.flowClosed, fn)
	e.flowMu.Unlock()
}

// connectionLost tells those who wait for a connection that it has gone. The
// caller may hold any lock, so it is done on another goroutine.
func (e *Endpoint) connectionLost(c *streamConn, waiting map[*ClientTx]struct{}) {
	e.flowMu.Lock()
	told := slices.Clip(e.flowClosed)
	e.flowMu.Unlock()
	if len(waiting) == 0 && len(told) == 0 {
		return
	}
	e.spawn(func() {
		for tx := range waiting {
			tx.lost()
		}
		for _, fn := range told {
			fn(c.flow)
		}
	})
}

// isOwn tells whether a Route names this endpoint.
func (e *Endpoint) isOwn(uri *URI) bool {
	host := strings.Trim(uri.Host, "[]")
	port := uri.Port
	if port == 0 {
		_, port = viaTransport("udp")
		if uri.IsEncrypted() {
			_, port = viaTransport("tls")
		}
	}
	if e.advertised.is(host, port) || e.advertisedTLS.is(host, port) {
		return true
	}
	for _, name := range e.cfg.Domains {
		if strings.EqualFold(name, host) || strings.EqualFold(name, joinHostPort(host, port)) {
			return true
		}
	}
	return e.transports.isLocal(host, port)
}

// LocalURI is this endpoint's own address over network ("udp", "tcp") with a
// user part, as it goes into Contact, Path and Record-Route: the advertised
// address, else the listener's. Take RouteURI for the latter two.
func (e *Endpoint) LocalURI(network, user string) URI {
	host, port := e.sentBy(network, hop{})
	uri := URI{Scheme: "sip", User: user, Host: host, Port: port}
	if network != "udp" {
		uri.UriParams = sip.HeaderParams{{K: "transport", V: network}}
	}
	return uri
}

// RouteURI is LocalURI with ;lr and further URI parameters without value.
func (e *Endpoint) RouteURI(network, user string, flags ...string) URI {
	uri := e.LocalURI(network, user)
	uri.UriParams = append(uri.UriParams, sip.HeaderKV{K: "lr"})
	for _, flag := range flags {
		uri.UriParams = append(uri.UriParams, sip.HeaderKV{K: flag})
	}
	return uri
}

// contactFor is the endpoint's own Contact value for what goes over h.
func (e *Endpoint) contactFor(h hop, user string) string {
	network := h.network()
	if h.zero() {
		network = e.transports.defaultNetwork()
	}
	host, port := e.sentBy(network, h)
	var w wire
	w.str("<sip:")
	if user != "" {
		w.safe(user)
		w.str("@")
	}
	w.host(host)
	w.str(":")
	w.num(port)
	if network != "udp" {
		w.str(";transport=", network)
	}
	w.str(">")
	return string(w.b)
}

// viaFor is the Via of a request sent over h.
func (e *Endpoint) viaFor(h hop, branch string) *sip.ViaHeader {
	token, _ := viaTransport(h.network())
	host, port := e.sentBy(h.network(), h)
	return &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: token, Host: host, Port: port,
		Params: sip.HeaderParams{{K: "branch", V: branch}, {K: "rport"}},
	}
}

// sentBy is the address others reach this endpoint at over network.
func (e *Endpoint) sentBy(network string, h hop) (host string, port int) {
	if network == "tls" && e.advertisedTLS.host != "" {
		return e.advertisedTLS.host, e.advertisedTLS.port
	}
	if e.advertised.host != "" {
		return e.advertised.host, e.advertised.port
	}
	local := e.transports.localFor(network, h)
	return local.Addr().String(), int(local.Port())
}

// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/flowtoken"
	"offhook.dev/services/inflight"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Endpoint is what the proxy needs of *sipstack.Endpoint, one for each side.
type Endpoint interface {
	Send(req *sipstack.Request, dest sipstack.Flow, onResponse sipstack.ResponseFunc) (*sipstack.ClientTx, error)
	SendStateless(msg any, dest sipstack.Flow) error
	RouteURI(network, user string, flags ...string) sipstack.URI
	StripRoute(req *sipstack.Request) (sipstack.URI, bool)
	FlowAlive(flow sipstack.Flow) bool
	HoldFlow(flow sipstack.Flow) (release func())
	OnFlowClosed(fn func(sipstack.Flow))
}

// Owners tells who runs a target.
type Owners interface {
	Owner(target string) (*statev1.Lease, bool)
}

// Options are a Proxy's dependencies.
type Options struct {
	// Outer faces the phones, Inner phone-control.
	Outer, Inner Endpoint
	Targets      targetconfig.Source
	Owners       Owners
	Tokens       *flowtoken.Mint
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
}

// Proxy carries requests between phones and phone-control. It keeps nothing
// but transactions and connections, and is safe for concurrent use.
type Proxy struct {
	Options
	holds    *holds
	invites  *invites
	requests *prometheus.CounterVec
	strays   *prometheus.CounterVec
	// underWay counts transactions without final response; finishing: no more are
	// begun towards phones.
	underWay  inflight.Counter
	finishing atomic.Bool
}

// New makes a proxy.
func New(options Options) *Proxy {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Proxy{
		Options: options,
		holds:   newHolds(options.Outer),
		invites: newInvites(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_edge_proxied_requests_total", Help: "Requests of and to phones, by direction and what became of them.",
		}, []string{"direction", "result"}),
		strays: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "offhook_edge_proxied_strays_total", Help: "ACKs and repeated responses outside transactions, by direction and what became of them.",
		}, []string{"direction", "result"}),
	}
	if options.Registerer != nil {
		options.Registerer.MustRegister(p.requests, p.strays)
	}
	return p
}

// Finish refuses requests to phones, which phone-control tries again by another
// edge, and waits until those under way are done, or for the context.
func (p *Proxy) Finish(ctx context.Context) {
	p.finishing.Store(true)
	p.underWay.Wait(ctx)
}

// Close lets go of the connections of registered phones and ends the proxy's
// timers.
func (p *Proxy) Close() {
	p.holds.close()
	p.invites.close()
}

// Directions and results of the metrics.
const (
	fromPhone = "from_phone"
	toPhone   = "to_phone"

	resultForwarded  = "forwarded"
	resultForged     = "forged_route"
	resultNoTarget   = "no_target"
	resultNoOwner    = "no_owner"
	resultNoRoute    = "no_route"
	resultFlowGone   = "flow_gone"
	resultSendFailed = "send_failed"
	resultTooManyHop = "too_many_hops"
	resultTriedAgain = "tried_again"
	resultFinishing  = "finishing"
)

// ownerRetry is told to phones while a target is handed over.
const ownerRetry = 2 * time.Second

// A request for a target without owner is tried again each ownerAgain, as is one
// that its owner refuses with 503, for ownerPatience: a hand-over takes some
// tenths of a second.
const (
	ownerPatience = 5 * time.Second
	ownerAgain    = 100 * time.Millisecond
)

// forward sends a request on and lets its responses and CANCEL follow. again,
// where not nil, tries it once more in place of a 503, unless it returns false.
// The transaction counts as under way until its final response.
func (p *Proxy) forward(direction string, tx *sipstack.ServerTx, req *sipstack.Request, out Endpoint, dest sipstack.Flow, again func() bool) bool {
	p.underWay.Begin()
	client, err := out.Send(req, dest, func(res *sipstack.Response) {
		if res.StatusCode >= 200 {
			defer p.underWay.End()
		}
		if res.StatusCode == 503 && again != nil && again() {
			return
		}
		p.respond(direction, tx, res)
	})
	if err != nil {
		p.underWay.End()
		p.Logger.Debug("forward request", "method", string(req.Method), "dest", dest.Remote, "error", err)
		if again != nil && again() {
			return false
		}
		_ = tx.RejectBusy(ownerRetry)
		return false
	}
	if req.Method == sipstack.INVITE {
		tx.OnCancelKeep(client.Cancel)
	}
	return true
}

// respond hands a response back (RFC 3261 16.7). A 503 is not passed on as it
// is: that would turn the phone away from the edge rather than from one owner.
func (p *Proxy) respond(direction string, tx *sipstack.ServerTx, res *sipstack.Response) {
	switch {
	case res.StatusCode == 100:
	case sipstack.IsLocal(res) && res.StatusCode == 503:
		_ = tx.RejectBusy(ownerRetry)
	case sipstack.IsLocal(res):
		_ = tx.Reject(res.StatusCode)
	default:
		switch method := tx.Request().Method; {
		case method == sipstack.REGISTER && res.IsSuccess():
			p.holds.keep(tx.Flow(), registeredFor(res))
		case method == sipstack.INVITE && res.IsSuccess():
			p.invites.accepted(inviteKeyOf(direction, res), tx)
		}
		if err := tx.RespondWith(sipstack.StripVia(res)); err != nil {
			p.Logger.Debug("pass response back", "status", res.StatusCode, "error", err)
		}
	}
}

func flowOf(t flowtoken.Token) sipstack.Flow {
	return sipstack.Flow{Network: t.Network, Local: t.Local, Remote: t.Remote}
}

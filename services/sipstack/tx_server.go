// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// serverCore is what stays of a server transaction while it absorbs
// retransmissions; the request and the application's handle are let go of.
// c.mu guards it.
type serverCore struct {
	c        *call
	key      txKey
	m        serverMachine
	hop      hop
	last     []byte         // last response, to be sent again
	to       netip.AddrPort // where responses go (RFC 3261 18.2.2)
	retry    timer
	deadline timer
	tx       *ServerTx // nil once it only lingers
	fromTag  string

	lingering bool
	// awaited: it counts in the endpoint's counts.awaited.
	awaited bool
}

const (
	timerRetry uint8 = iota
	timerDeadline
)

// ServerTx is one request received and the transaction that answers it. All
// methods may be called from any goroutine.
type ServerTx struct {
	e        *Endpoint
	core     *serverCore
	req      *Request
	hop      hop
	dialog   *Dialog
	toTag    string
	ownRoute *URI

	// Guarded by core.c.mu.
	cancelled  bool
	ignored    bool
	keepCancel bool
	onCancel   func()
	final      int // status code of the final response
	done       chan struct{}
	finished   bool
	flow       Flow
	flowOnce   sync.Once
}

// Request is the request as received, with received and rport in its topmost
// Via; Routes that name this endpoint are taken off. It must not be changed.
func (tx *ServerTx) Request() *Request { return tx.req }

// Flow is where the request came from.
func (tx *ServerTx) Flow() Flow {
	tx.flowOnce.Do(func() { tx.flow = tx.hop.flow() })
	return tx.flow
}

// Dialog is the dialog the request belongs to or has made, or nil.
func (tx *ServerTx) Dialog() *Dialog {
	tx.core.c.mu.Lock()
	defer tx.core.c.mu.Unlock()
	return tx.dialog
}

// OwnRoute is the topmost Route that named this endpoint and was taken off:
// our Record-Route or Path; its User is our token.
func (tx *ServerTx) OwnRoute() (URI, bool) {
	if tx.ownRoute == nil {
		return URI{}, false
	}
	return *tx.ownRoute, true
}

// Done is closed when the final response is sent and, for an INVITE,
// acknowledged or given up.
func (tx *ServerTx) Done() <-chan struct{} {
	tx.core.c.mu.Lock()
	defer tx.core.c.mu.Unlock()
	if tx.done == nil {
		tx.done = make(chan struct{})
		if tx.finished {
			close(tx.done)
		}
	}
	return tx.done
}

// OnCancel has fn called once when a CANCEL came, at once where it has. The
// endpoint has then answered 200 to the CANCEL and 487 to the INVITE.
func (tx *ServerTx) OnCancel(fn func()) { tx.watchCancel(fn, false) }

// OnCancelKeep is OnCancel of a proxy: the INVITE is not answered 487 by the
// endpoint; the application must give its final response.
func (tx *ServerTx) OnCancelKeep(fn func()) { tx.watchCancel(fn, true) }

func (tx *ServerTx) watchCancel(fn func(), keep bool) {
	c := tx.core.c
	c.mu.Lock()
	tx.keepCancel = keep
	now := tx.cancelled
	if !now {
		tx.onCancel = fn
	}
	c.mu.Unlock()
	if now {
		fn()
	}
}

// Ignore leaves a request other than INVITE without an answer on purpose.
// Further copies of it are absorbed until its client has given up.
func (tx *ServerTx) Ignore() {
	c := tx.core.c
	c.mu.Lock()
	defer c.mu.Unlock()
	tx.ignored = true
}

// serverKey makes the key of a request and tells whether its branch has the
// magic cookie.
func (e *Endpoint) serverKey(req *Request, raw []byte) (txKey, bool) {
	via := req.Via()
	method := req.Method
	if method == ACK || method == CANCEL {
		method = INVITE
	}
	branch, _ := param(via.Params, "branch")
	if len(branch) > len(magicCookie) && strings.EqualFold(branch[:len(magicCookie)], magicCookie) {
		return txKey{branch: branch, host: via.Host, port: via.Port, method: method}, true
	}
	return txKey{method: method, raw: e.hash(raw) | 1}, false
}

const magicCookie = "z9hG4bK"

// newServerTx starts a server transaction; c.mu is held.
func (c *call) newServerTx(h hop, req *Request, key txKey) *ServerTx {
	tx := &ServerTx{e: c.e, req: req, hop: h}
	core := &serverCore{c: c, key: key, hop: h, tx: tx, fromTag: tagOf(req.From().Params)}
	core.m.invite, core.m.reliable = req.Method == INVITE, h.reliable()
	core.to = responseTarget(h, req)
	tx.core = core
	if c.server == nil {
		c.server = make(map[txKey]*serverCore)
	}
	c.server[key] = core
	c.e.counts.serverTx.Add(1)
	if core.m.reliable && !core.m.invite {
		core.awaited = true
		c.e.counts.awaited.Begin()
	}
	core.step(evStart)
	return tx
}

// step runs the machine and does what it says; c.mu is held.
func (core *serverCore) step(ev txEvent) {
	e := core.c.e
	before := core.m.state
	s := core.m.step(ev, &e.cfg.Timers)
	if s.trying && core.tx != nil {
		core.tx.sendTrying()
	}
	if s.send && core.last != nil {
		_ = e.sendBytes(core.hop, core.to, core.last)
	}
	if core.m.state == stateCompleted && before != stateCompleted && !core.m.invite {
		s.deadline = core.lingerFor(s.deadline)
		s.done = s.deadline == stopTimer
	}
	armTimer(e.timers, &core.retry, core, timerRetry, s.retry)
	armTimer(e.timers, &core.deadline, core, timerDeadline, s.deadline)
	if s.timeout {
		core.noAck()
	}
	switch {
	case s.done:
		core.remove()
	case core.m.state == stateCompleted && !core.m.invite, core.m.state == stateConfirmed,
		core.m.state == stateAccepted && !core.m.resend:
		core.letGo()
	}
}

// lingerFor shortens timer J when very many transactions linger, so that a
// flood of small requests over UDP does not fill the memory.
func (core *serverCore) lingerFor(j time.Duration) time.Duration {
	n, limit := core.c.e.counts.lingering.Add(1), int64(core.c.e.cfg.Limits.MaxServerTx)
	core.lingering = true
	switch {
	case n > limit:
		return stopTimer
	case n > limit/2:
		return j / 8
	}
	return j
}

func armTimer(q *timerQueue, t *timer, owner timerOwner, kind uint8, d time.Duration) {
	switch {
	case d > 0:
		q.arm(t, owner, kind, d)
	case d < 0 && t.owner != nil:
		q.stop(t)
	}
}

// onTimer is called by the timer queue.
func (core *serverCore) onTimer(t *timer) {
	c := core.c
	c.mu.Lock()
	defer c.unlock()
	if !c.e.timers.fired(t) || core.m.state == stateTerminated {
		return
	}
	if t.kind == timerRetry {
		core.step(evRetry)
		return
	}
	if core.m.state == stateTrying || core.m.state == stateProceeding {
		core.unanswered()
		return
	}
	core.step(evDeadline)
}

// unanswered ends a request that its handler never answered, when the client
// has long given up; c.mu is held.
func (core *serverCore) unanswered() {
	if core.tx != nil && core.tx.ignored {
		core.m.end()
		core.remove()
		return
	}
	core.c.e.metrics.refused("unanswered")
	if core.tx != nil {
		core.c.e.log.Warn("request was never answered", "method", string(core.tx.req.Method), "call_id", core.c.id)
		core.tx.final = 500
	}
	core.m.end()
	core.remove()
}

// remove forgets the transaction; c.mu is held.
func (core *serverCore) remove() {
	c := core.c
	core.m.state = stateTerminated
	if c.server[core.key] == core {
		delete(c.server, core.key)
		if len(c.server) == 0 {
			c.server = nil
		}
		c.e.counts.serverTx.Add(-1)
	}
	core.answered()
	if core.lingering {
		core.lingering = false
		c.e.counts.lingering.Add(-1)
	}
	armTimer(c.e.timers, &core.retry, core, timerRetry, stopTimer)
	armTimer(c.e.timers, &core.deadline, core, timerDeadline, stopTimer)
	core.finish()
	core.letGo()
	core.last = nil
}

// answered tells that nobody waits for a response any more; c.mu is held.
func (core *serverCore) answered() {
	if core.awaited {
		core.awaited = false
		core.c.e.counts.awaited.End()
	}
}

// finish closes Done; c.mu is held.
func (core *serverCore) finish() {
	tx := core.tx
	if tx == nil || tx.finished {
		return
	}
	tx.finished = true
	if tx.done != nil {
		close(tx.done)
	}
}

func (core *serverCore) letGo() {
	core.finish()
	core.tx = nil
}

// handled runs a handler on the request, unless it was cancelled before.
func (tx *ServerTx) handled(handler func(*ServerTx)) {
	c := tx.core.c
	c.mu.Lock()
	skip := tx.final != 0
	c.mu.Unlock()
	if skip {
		return
	}
	handler(tx)
	c.mu.Lock()
	defer c.mu.Unlock()
	// The handler may answer later; a client gives up after timer F. The
	// guard bounds how long a forgotten request is kept.
	core := tx.core
	if tx.final == 0 && core.m.state != stateTerminated && core.deadline.owner == nil {
		guard := 2 * c.e.cfg.Timers.TimerF
		if core.m.invite {
			guard = 4 * c.e.cfg.Timers.TimerC
		}
		c.e.timers.arm(&core.deadline, core, timerDeadline, guard)
	}
}

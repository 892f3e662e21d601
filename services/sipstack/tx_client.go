// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"github.com/emiago/sipgo/sip"
)

// ClientTx is one request sent and the transaction that waits for its answer.
// All methods may be called from any goroutine. c.mu guards it.
type ClientTx struct {
	e          *Endpoint
	c          *call
	key        clientKey
	m          clientMachine
	req        *Request
	via        *sip.ViaHeader
	hop        hop
	msg        []byte // the request, to be sent again
	ack        []byte // the ACK to a failure, to be sent again
	retry      timer
	deadline   timer
	onResponse ResponseFunc
	dialog     *Dialog
	creds      *Credentials
	tried      bool // credentials were given anew, for a stale nonce

	keepOnTimeout bool
	refresh       bool // a session refresh of the endpoint's own
	cancelled     bool
	cancelSent    bool
	silent        bool
	fallback      bool // sent by a stream only for its size
}

// Request is the request as sent, without our Via. It must not be changed.
func (tx *ClientTx) Request() *Request { return tx.req }

// Cancel sends CANCEL for an INVITE without final response: at once if it has
// a provisional one, else when that comes (RFC 3261 9.1). It does nothing for
// other methods.
func (tx *ClientTx) Cancel() {
	tx.c.mu.Lock()
	defer tx.c.unlock()
	tx.cancel()
}

func (tx *ClientTx) cancel() {
	if !tx.m.invite || !tx.m.waiting() {
		return
	}
	tx.cancelled = true
	if tx.m.state == stateProceeding && !tx.cancelSent {
		tx.sendCancel()
	}
}

// Terminate forgets the transaction; OnResponse is not called any more.
func (tx *ClientTx) Terminate() {
	tx.c.mu.Lock()
	defer tx.c.unlock()
	tx.silent = true
	if tx.m.state != stateTerminated {
		tx.m.end()
		tx.remove()
	}
}

// newClientTx makes a transaction of req, which is the endpoint's own from now
// on; c.mu is held.
func (c *call) newClientTx(req *Request, onResponse ResponseFunc) (*ClientTx, error) {
	e := c.e
	if e.counts.clientTx.Load() >= int64(e.cfg.Limits.MaxClientTx) {
		e.metrics.refused("client_tx_limit")
		return nil, ErrTooManyTx
	}
	tx := &ClientTx{e: e, c: c, req: req, onResponse: onResponse}
	tx.m.invite = req.Method == INVITE
	tx.setBranch(e.newBranch(false))
	e.counts.clientTx.Add(1)
	return tx, nil
}

func (tx *ClientTx) setBranch(branch string) {
	c := tx.c
	if c.client[tx.key] == tx {
		delete(c.client, tx.key)
	}
	tx.key = clientKey{branch: branch, method: tx.req.Method}
	if c.client == nil {
		c.client = make(map[clientKey]*ClientTx)
	}
	c.client[tx.key] = tx
}

// start sends the request over h; c.mu is held. A fault comes as a local 503.
func (tx *ClientTx) start(h hop) {
	tx.hop = h
	tx.m.reliable = h.reliable()
	tx.via = tx.e.viaFor(h, tx.key.branch)
	tx.msg = tx.e.wires.bytes(func(w *wire) { w.request(tx.req, tx.via) })
	if h.conn != nil {
		h.conn.watch(tx)
	}
	tx.step(evStart, nil)
}

// step runs the machine and does what it says; c.mu is held.
func (tx *ClientTx) step(ev txEvent, res *Response) {
	s := tx.m.step(ev, &tx.e.cfg.Timers)
	if s.send {
		tx.e.metrics.requestOut(tx.req.Method)
		if err := tx.hop.send(tx.msg); err != nil {
			tx.e.log.Debug("send request", "call_id", tx.c.id, "error", err)
			if ev == evStart {
				tx.faulted()
				return
			}
		}
	}
	armTimer(tx.e.timers, &tx.retry, tx, timerRetry, s.retry)
	armTimer(tx.e.timers, &tx.deadline, tx, timerDeadline, s.deadline)
	if tx.m.reliable {
		tx.msg = nil
	}
	if s.ack {
		tx.sendFailureAck(res)
	}
	if s.giveUp {
		tx.cancelled = true
		tx.sendCancel()
	}
	if s.done {
		tx.remove()
	}
	switch {
	case s.deliver:
		if ev == evProvisional && tx.cancelled && !tx.cancelSent {
			tx.sendCancel()
		}
		tx.deliver(res)
	case s.stray:
		if tx.dialog != nil {
			tx.dialog.another2xx(tx, res)
		} else {
			tx.c.pushStray(tx.hop, nil, res)
		}
	case s.timeout:
		tx.deliver(tx.local(408))
	case s.fault:
		tx.deliver(tx.local(503))
	}
}

// faulted ends a request that could not be sent; c.mu is held. A request that
// went by a stream only for its size is tried again as a datagram.
func (tx *ClientTx) faulted() {
	if tx.fallback && tx.m.waiting() && tx.m.state != stateProceeding {
		tx.fallback = false
		if h, err := tx.e.datagramHop(tx.hop.remote()); err == nil {
			tx.m = clientMachine{invite: tx.m.invite}
			tx.setBranch(tx.e.newBranch(false))
			tx.start(h)
			return
		}
	}
	tx.step(evFault, nil)
}

// lost is told that the connection has gone: an INVITE that rings may still be
// answered over another one.
func (tx *ClientTx) lost() {
	tx.c.mu.Lock()
	defer tx.c.unlock()
	// A peer that has begun to answer an INVITE may open another connection for its
	// response (RFC 3261 18.2.2), which may take as long as the phone rings. A
	// re-INVITE rings nobody: a proxy that has gone answers it no more.
	ringing := tx.m.invite && tx.m.state == stateProceeding && (tx.dialog == nil || tx.dialog.state < dialogConfirmed)
	if !tx.m.waiting() || ringing {
		return
	}
	tx.faulted()
}

// onTimer is called by the timer queue.
func (tx *ClientTx) onTimer(t *timer) {
	tx.c.mu.Lock()
	defer tx.c.unlock()
	if !tx.e.timers.fired(t) || tx.m.state == stateTerminated {
		return
	}
	if t.kind == timerRetry {
		tx.step(evRetry, nil)
		return
	}
	tx.step(evDeadline, nil)
}

// remove forgets the transaction; c.mu is held.
func (tx *ClientTx) remove() {
	c := tx.c
	if c.client[tx.key] == tx {
		delete(c.client, tx.key)
		if len(c.client) == 0 {
			c.client = nil
		}
		tx.e.counts.clientTx.Add(-1)
	}
	if tx.hop.conn != nil {
		tx.hop.conn.unwatch(tx)
	}
	armTimer(tx.e.timers, &tx.retry, tx, timerRetry, stopTimer)
	armTimer(tx.e.timers, &tx.deadline, tx, timerDeadline, stopTimer)
	tx.msg, tx.ack = nil, nil
	if d := tx.dialog; d != nil && tx.m.invite && d.state >= dialogConfirmed && d.clientInvite == nil {
		d.ack = nil // no 2xx comes again
		if d.first == tx {
			d.first = nil
		}
	}
}

// deliver hands a response on; c.mu is held.
func (tx *ClientTx) deliver(res *Response) {
	if tx.creds != nil && !tx.tried && !tx.cancelled && tx.answerChallenge(res) {
		return
	}
	var end DialogEnd
	if tx.dialog != nil {
		res, end = tx.dialog.responded(tx, res)
	}
	if res != nil && tx.onResponse != nil && !tx.silent {
		tx.c.push(job{kind: jobResponse, client: tx, res: res})
	}
	if end != 0 {
		tx.dialog.end(end)
	}
}

// tell calls the application, on the call's queue.
func (tx *ClientTx) tell(res *Response) {
	tx.c.mu.Lock()
	silent := tx.silent
	tx.c.mu.Unlock()
	if !silent {
		tx.onResponse(res)
	}
}

// local makes a response as if the peer had sent it.
func (tx *ClientTx) local(code int) *Response {
	res := NewResponse(tx.req, code, ReasonPhrase(code), "")
	res.SetDestination(localMark)
	return res
}

// sendCancel sends CANCEL with the INVITE's own Via (RFC 3261 9.1); c.mu is
// held. Its transaction goes the INVITE's way.
func (tx *ClientTx) sendCancel() {
	tx.cancelSent = true
	if tx.hop.zero() {
		return
	}
	req := sip.NewRequest(CANCEL, tx.req.Recipient)
	for _, h := range tx.req.Headers() {
		switch h := h.(type) {
		case *sip.RouteHeader, *sip.FromHeader, *sip.ToHeader, *sip.CallIDHeader:
			req.AppendHeader(h)
		case *sip.CSeqHeader:
			req.AppendHeader(&sip.CSeqHeader{SeqNo: h.SeqNo, MethodName: CANCEL})
		}
	}
	req.AppendHeader(maxForwards(70))
	cancel := &ClientTx{e: tx.e, c: tx.c, req: req}
	cancel.setBranch(tx.key.branch)
	tx.e.counts.clientTx.Add(1)
	cancel.start(tx.hop)
	// Whatever becomes of the CANCEL, the INVITE must end (RFC 3261 9.1).
	tx.m.gaveUp = true
	tx.e.timers.arm(&tx.deadline, tx, timerDeadline, 64*tx.e.cfg.Timers.T1)
}

// sendFailureAck acknowledges a failure of our INVITE (RFC 3261 17.1.1.3).
func (tx *ClientTx) sendFailureAck(res *Response) {
	if tx.ack == nil {
		tx.ack = tx.e.wires.bytes(func(w *wire) {
			w.str("ACK ")
			tx.req.Recipient.StringWrite(w)
			w.str(" SIP/2.0\r\n")
			w.via(tx.via)
			for _, h := range tx.req.Headers() {
				switch h := h.(type) {
				case *sip.RouteHeader, *sip.FromHeader, *sip.CallIDHeader:
					w.header(h)
				case *sip.CSeqHeader:
					w.header(&sip.CSeqHeader{SeqNo: h.SeqNo, MethodName: ACK})
				}
			}
			w.header(res.To())
			w.str("Max-Forwards: 70\r\n")
			w.end(nil)
		})
	}
	tx.e.metrics.requestOut(ACK)
	_ = tx.hop.send(tx.ack)
}

func maxForwards(n uint32) *sip.MaxForwardsHeader {
	h := sip.MaxForwardsHeader(n)
	return &h
}

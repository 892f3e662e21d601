// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"github.com/emiago/sipgo/sip"
)

// dispatchRequest matches a request and queues what handlers have to be told.
// It runs on the reading goroutine, so arrival order is kept, and never calls
// a handler.
func (e *Endpoint) dispatchRequest(h hop, req *Request, raw []byte) {
	if e.closed.Load() {
		return
	}
	id := string(*req.CallID())
	c := e.lockCall(id, true)
	defer c.unlock()
	key, magic := e.serverKey(req, raw)
	switch req.Method {
	case ACK:
		c.receiveAck(h, req, key, magic)
	case CANCEL:
		c.receiveCancel(h, req, key, magic)
	default:
		if core := c.server[key]; core != nil {
			e.metrics.retransmissionIn()
			core.hop = refreshHop(core.hop, h)
			core.step(evRequest)
			return
		}
		c.receiveNew(h, req, key, magic)
	}
}

// refreshHop prefers the connection a retransmission came by to one that is gone.
func refreshHop(old, now hop) hop {
	if now.conn != nil && !old.alive() {
		return now
	}
	return old
}

// receiveNew starts a server transaction; c.mu is held.
func (c *call) receiveNew(h hop, req *Request, key txKey, magic bool) {
	e := c.e
	switch {
	case c.full():
		e.refuse(h, req, 503, "", "call_queue")
		return
	case e.counts.serverTx.Load()-e.counts.lingering.Load() >= int64(e.cfg.Limits.MaxServerTx):
		e.refuse(h, req, 503, "", "server_tx_limit")
		return
	}
	own, isOwn := e.StripRoute(req)
	toTag := tagOf(req.To().Params)
	var d *Dialog
	if toTag != "" {
		d = c.dialogFor(toTag, tagOf(req.From().Params))
	} else if magic && c.merged(req, key) {
		e.refuse(h, req, 482, "", "merged")
		return
	}
	tx := c.newServerTx(h, req, key)
	if isOwn {
		tx.ownRoute = &own
	}
	switch {
	case d != nil:
		d.receive(tx, magic)
	case toTag != "" && !isOwn && req.Route() == nil:
		c.push(job{kind: jobUnknownDialog, tx: tx})
	default:
		c.push(job{kind: jobRequest, tx: tx})
	}
}

// merged tells a request that came twice by different paths (RFC 3261
// 8.2.2.2): same From tag, Call-ID, CSeq and Request-URI, another branch.
func (c *call) merged(req *Request, key txKey) bool {
	for other, core := range c.server {
		if other.method != key.method || core.tx == nil || other.raw != 0 {
			continue
		}
		was := core.tx.req
		if was.CSeq().SeqNo == req.CSeq().SeqNo && core.fromTag == tagOf(req.From().Params) &&
			core.fromTag != "" && was.Recipient.String() == req.Recipient.String() && tagOf(was.To().Params) == "" {
			return true
		}
	}
	return false
}

// receiveAck takes an ACK; c.mu is held.
func (c *call) receiveAck(h hop, req *Request, key txKey, magic bool) {
	core := c.server[key]
	if core == nil && !magic {
		core = c.failedInvite(req)
	}
	if core != nil && core.m.state != stateAccepted {
		core.step(evAck)
		return
	}
	if d := c.dialogFor(tagOf(req.To().Params), tagOf(req.From().Params)); d != nil {
		d.receiveAck(h, req)
		return
	}
	c.pushStray(h, req, nil)
}

// failedInvite finds the INVITE that an ACK without branch is for: the RFC 2543
// rule, less the CSeq number, which such clients get wrong.
func (c *call) failedInvite(ack *Request) *serverCore {
	from := tagOf(ack.From().Params)
	for _, core := range c.server {
		if core.m.invite && core.m.state == stateCompleted && core.fromTag == from {
			return core
		}
	}
	return nil
}

// receiveCancel takes a CANCEL (RFC 3261 9.2); c.mu is held. It is hop by hop:
// answered here without a transaction of its own, since its answer is always
// the same.
func (c *call) receiveCancel(h hop, req *Request, key txKey, magic bool) {
	core := c.server[key]
	if core == nil && !magic {
		for _, other := range c.server {
			if other.m.invite && other.fromTag == tagOf(req.From().Params) && (core == nil || !other.m.answered()) {
				core = other
			}
		}
	}
	if core == nil || !core.m.invite {
		c.e.refuse(h, req, 481, "", "no_transaction")
		return
	}
	tx := core.tx
	if tx != nil && tx.toTag != "" {
		req.To().Params.Add("tag", tx.toTag)
	}
	c.e.answer(h, req, 200, "")
	if tx == nil || tx.final != 0 || tx.cancelled {
		return
	}
	tx.cancelled = true
	if !tx.keepCancel {
		_ = tx.respond(487, "", &responseParts{})
	}
	if fn := tx.onCancel; fn != nil {
		tx.onCancel = nil
		c.push(job{kind: jobFunc, fn: fn})
	}
}

func (c *call) pushStray(h hop, req *Request, res *Response) {
	if c.full() {
		c.e.metrics.refused("call_queue")
		return
	}
	c.push(job{kind: jobStray, hop: h, req: req, res: res})
}

// dispatchResponse matches a response (RFC 3261 17.1.3).
func (e *Endpoint) dispatchResponse(h hop, res *Response) {
	if e.closed.Load() {
		return
	}
	branch, _ := param(res.Via().Params, "branch")
	unawaited := isUnawaited(branch)
	if unawaited && res.StatusCode != 481 {
		return
	}
	id := string(*res.CallID())
	c := e.lockCall(id, !unawaited)
	if c == nil {
		return
	}
	defer c.unlock()
	if unawaited {
		if d := c.dialogFor(tagOf(res.From().Params), tagOf(res.To().Params)); d != nil {
			d.end(EndPeerLost)
		}
		return
	}
	if tx := c.client[clientKey{branch: branch, method: res.CSeq().MethodName}]; tx != nil {
		tx.step(responseEvent(res), res)
		return
	}
	if res.CSeq().MethodName == INVITE && res.IsSuccess() {
		if d := c.dialogFor(tagOf(res.From().Params), tagOf(res.To().Params)); d != nil {
			d.another2xx(nil, res)
			return
		}
	}
	c.pushStray(h, nil, res)
}

func responseEvent(res *Response) txEvent {
	switch {
	case res.StatusCode < 200:
		return evProvisional
	case res.StatusCode < 300:
		return evSuccess
	}
	return evFailure
}

// StripRoute takes the Route values that name this endpoint from the top of
// req (RFC 3261 16.4) and returns the first of them. The endpoint has done so
// for requests given to HandleRequest (see ServerTx.OwnRoute), not for a stray
// ACK.
func (e *Endpoint) StripRoute(req *Request) (URI, bool) {
	var first URI
	found := false
	for {
		route := req.Route()
		if route == nil || !e.isOwn(&route.Address) {
			return first, found
		}
		if !found {
			first, found = route.Address, true
		}
		if !removeFirst(req, route) {
			return first, found
		}
	}
}

func removeFirst(req *Request, h sip.Header) bool {
	return req.RemoveHeader(h.Name())
}

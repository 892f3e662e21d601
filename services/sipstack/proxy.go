// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// Send starts a client transaction outside any dialog (or of a proxy) and
// returns it. The request is the endpoint's from now on. dest is where to send
// to: a Flow, which is kept to, or a zero Flow to resolve Route or Request-URI. A Via of
// ours is put on top; Max-Forwards, CSeq, From tag and Call-ID are added where
// missing. A request over 1,300 bytes whose URI does not name a transport goes
// by TCP where the peer takes it, else by UDP (RFC 3261 18.1.1). A fault of the
// transport comes as a local 503 to onResponse.
func (e *Endpoint) Send(req *Request, dest Flow, onResponse ResponseFunc) (*ClientTx, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	if err := complete(req); err != nil {
		return nil, err
	}
	c := e.lockCall(string(*req.CallID()), true)
	defer c.unlock()
	var h hop
	if dest != (Flow{}) {
		var err error
		if h, err = e.hopOf(dest); err != nil {
			return nil, err
		}
	} else {
		e.reroute(req)
	}
	tx, err := c.newClientTx(req, onResponse)
	if err != nil {
		return nil, err
	}
	if h.zero() {
		tx.resolve(nextURI(req))
	} else {
		tx.start(h)
	}
	return tx, nil
}

// reroute puts another proxy in place of one that has gone.
func (e *Endpoint) reroute(req *Request) {
	route := req.Route()
	if e.cfg.Reroute == nil || route == nil {
		return
	}
	if next, err := ParseNameAddr(e.cfg.Reroute(route.Value())); err == nil {
		route.Address = next.URI
	}
}

// nextURI is the topmost Route, else the Request-URI.
func nextURI(req *Request) string {
	if route := req.Route(); route != nil {
		return route.Address.String()
	}
	return req.Recipient.String()
}

// typed puts the parsed form of a header that NewHeader made in its place, so
// that a change of it is written.
func typed(req *Request) {
	hs := req.Headers()
	for i, h := range hs {
		var parsed Header
		switch h.(type) {
		case *sip.FromHeader, *sip.ToHeader, *sip.CallIDHeader, *sip.CSeqHeader, *sip.MaxForwardsHeader:
			continue
		}
		switch malformed(h.Name()) {
		case "From":
			parsed = orNil(req.From())
		case "To":
			parsed = orNil(req.To())
		case "Call-ID":
			parsed = orNil(req.CallID())
		case "CSeq":
			parsed = orNil(req.CSeq())
		case "Max-Forwards":
			parsed = orNil(req.MaxForwards())
		}
		if parsed != nil {
			hs[i] = parsed
		}
	}
}

func orNil[T any, P interface {
	*T
	Header
}](h P) Header {
	if h == nil {
		return nil
	}
	return h
}

// complete adds the headers that every request has.
func complete(req *Request) error {
	typed(req)
	from := req.From()
	switch {
	case from == nil:
		return fmt.Errorf("send %s: no From", req.Method)
	case req.To() == nil:
		return fmt.Errorf("send %s: no To", req.Method)
	}
	if tagOf(from.Params) == "" {
		from.Params.Add("tag", newTag())
	}
	if req.MaxForwards() == nil {
		req.AppendHeader(maxForwards(70))
	}
	if req.CallID() == nil {
		id := sip.CallIDHeader(newCallID())
		req.AppendHeader(&id)
	}
	if req.CSeq() == nil {
		req.AppendHeader(&sip.CSeqHeader{SeqNo: firstSeq(), MethodName: req.Method})
	}
	return nil
}

// SendStateless writes a *Request or *Response as it is: a proxied ACK, which
// gets a Via of ours, and responses, which go where their topmost Via says
// unless dest says otherwise.
func (e *Endpoint) SendStateless(msg any, dest Flow) error {
	if e.closed.Load() {
		return ErrClosed
	}
	var h hop
	var t target
	var err error
	if dest != (Flow{}) {
		h, err = e.hopOf(dest)
	} else {
		switch m := msg.(type) {
		case *Request:
			t, err = targetOf(nextURI(m))
		case *Response:
			if m.Via() == nil {
				return fmt.Errorf("send response: no Via")
			}
			t = viaTarget(m.Via())
		default:
			return fmt.Errorf("send %T: not a message", msg)
		}
		if err == nil {
			h, _ = e.hopNow(t)
		}
	}
	if err != nil {
		return err
	}
	if !h.zero() {
		return e.writeStateless(msg, h)
	}
	if !e.spawn(func() {
		if h, err := e.lookup(t); err == nil {
			_ = e.writeStateless(msg, h)
		}
	}) {
		return ErrClosed
	}
	return nil
}

func (e *Endpoint) writeStateless(msg any, h hop) error {
	w := e.wires.get()
	defer e.wires.put(w)
	switch m := msg.(type) {
	case *Request:
		w.request(m, e.viaFor(h, e.newBranch(false)))
		e.metrics.requestOut(m.Method)
	case *Response:
		w.response(m, nil)
		if cseq := m.CSeq(); cseq != nil {
			e.metrics.responseOut(m.StatusCode, cseq.MethodName)
		}
	default:
		return fmt.Errorf("send %T: not a message", msg)
	}
	return h.send(w.b)
}

// Forward makes the request a proxy sends on: a clone, Max-Forwards one less
// (70 where missing). Where Max-Forwards is 0 it responds 483 and returns nil.
func (tx *ServerTx) Forward() *Request {
	req := CloneRequest(tx.req)
	hops := req.MaxForwards()
	switch {
	case hops == nil:
		req.AppendHeader(maxForwards(70))
	case *hops == 0:
		tx.e.metrics.refused("max_forwards")
		_ = tx.Respond(483, "")
		return nil
	default:
		// The clone shares the header with the request.
		req.ReplaceHeader(maxForwards(uint32(*hops) - 1))
	}
	return req
}

// CloneRequest is a copy that may be changed.
func CloneRequest(req *Request) *Request {
	out := sip.NewRequest(req.Method, req.Recipient)
	out.SipVersion = req.SipVersion
	for _, h := range req.Headers() {
		out.AppendHeader(sip.HeaderClone(h))
	}
	if body := req.Body(); len(body) > 0 {
		out.SetBody(body)
	}
	return out
}

// AddRecordRoute puts uri on top of a request's Record-Route.
func AddRecordRoute(req *Request, uri URI) {
	req.PrependHeader(&sip.RecordRouteHeader{Address: uri})
}

// AddPath puts uri on top of a REGISTER's Path (RFC 3327).
func AddPath(req *Request, uri URI) {
	req.PrependHeader(NewHeader("Path", "<"+uri.String()+">"))
}

// AddRoute puts uri on top of a request's Route.
func AddRoute(req *Request, uri URI) {
	req.PrependHeader(&sip.RouteHeader{Address: uri})
}

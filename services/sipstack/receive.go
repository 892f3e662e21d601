// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"bytes"
	"errors"
	"hash/maphash"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// receiveDatagram reads one UDP packet. b is only valid during the call.
func (e *Endpoint) receiveDatagram(h hop, b []byte) {
	if e.cfg.Trace != nil {
		e.cfg.Trace(TraceReceived, h.flow(), b)
	}
	skip, _ := leadingCRLF(b)
	b = b[skip:]
	if len(b) <= 4 { // keep-alives of phones: CRLF, zero bytes, "jaK"
		return
	}
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 || !startsMessage(b) || end > maxHeadBytes {
		e.metrics.refused("garbage")
		return
	}
	if len(b) > e.cfg.Limits.MaxMessageBytes {
		e.metrics.refused("message_too_large")
		return
	}
	e.receive(h, b, end+4)
}

// ReceiveResponse takes a datagram that came to another endpoint at the same address
// and answers a request of this one. from is the host:port that it came from.
func (e *Endpoint) ReceiveResponse(from string, raw []byte) error {
	if !bytes.HasPrefix(raw, []byte("SIP/2.0 ")) {
		return errNoResponse
	}
	h, err := e.hopOf(Flow{Network: "udp", Remote: from})
	if err != nil {
		return err
	}
	e.receiveDatagram(h, raw)
	return nil
}

var errNoResponse = errors.New("not a SIP response")

// receiveFrame reads one message of a stream.
func (e *Endpoint) receiveFrame(h hop, b []byte, head int) {
	if e.cfg.Trace != nil {
		e.cfg.Trace(TraceReceived, h.flow(), b)
	}
	e.reading.RLock()
	defer e.reading.RUnlock()
	e.receive(h, b, head)
}

// refuseFrame answers a request after which its stream cannot be read on.
func (e *Endpoint) refuseFrame(h hop, b []byte, f frame) {
	e.metrics.refused(f.fault)
	if f.head == 0 || f.fault == "garbage" {
		return
	}
	msg, _, err := e.parseHead(b[:f.head])
	if err != nil {
		return
	}
	req, ok := msg.(*Request)
	if !ok || req.Method == ACK || check(req.Headers()) != "" {
		return
	}
	markReceived(req.Via(), h)
	if f.fault == "message_too_large" {
		e.answer(h, req, 413, "")
		return
	}
	e.answer(h, req, 400, "Bad Content-Length")
}

func (e *Endpoint) receive(h hop, b []byte, head int) {
	msg, badURI, err := e.parseHead(b[:head])
	if err != nil {
		e.metrics.refused("unparsable")
		return
	}
	if e.unread(h, msg) {
		return
	}
	body := b[head:]
	short := false
	if length := msg.ContentLength(); length != nil {
		switch n := int(*length); {
		case n > len(body):
			short = true
		default:
			body = body[:n]
		}
	}
	if len(body) > 0 {
		msg.SetBody(bytes.Clone(body))
	}
	switch m := msg.(type) {
	case *Request:
		e.receiveRequest(h, m, b, badURI, short)
	case *Response:
		if short || check(m.Headers()) != "" || m.StatusCode < 100 || m.StatusCode > 699 {
			e.metrics.refused("bad_response")
			return
		}
		e.metrics.responseIn(m)
		e.dispatchResponse(h, m)
	}
}

func (e *Endpoint) receiveRequest(h hop, req *Request, raw []byte, badURI, short bool) {
	headers := req.Headers()
	fault := check(headers)
	if fault == "" && strings.IndexByte(req.Via().Host, ',') >= 0 {
		splitVias(req, headers)
		fault = check(req.Headers())
	}
	e.metrics.requestIn(req.Method)
	if fault != "" {
		e.refuse(h, req, 400, fault, "malformed")
		return
	}
	via := req.Via()
	markReceived(via, h)
	req.SetTransport(via.Transport)
	switch {
	case !strings.EqualFold(req.SipVersion, "SIP/2.0"):
		e.refuse(h, req, 505, "", "version")
	case badURI:
		e.refuse(h, req, 400, "Bad Request-URI", "malformed")
	case short:
		e.refuse(h, req, 400, "Bad Content-Length", "malformed")
	case !strings.EqualFold(string(req.CSeq().MethodName), string(req.Method)):
		e.refuse(h, req, 400, "CSeq Method Differs", "malformed")
	default:
		e.dispatchRequest(h, req, raw)
	}
}

// refuse counts and answers a request that nobody above will see.
func (e *Endpoint) refuse(h hop, req *Request, code int, reason, count string) {
	e.metrics.refused(count)
	if req.Method == ACK {
		return
	}
	e.answer(h, req, code, reason)
}

// answer sends a response without a transaction. Its To tag is made from the
// request, so that a retransmission gets the same (RFC 3261 8.2.7).
func (e *Endpoint) answer(h hop, req *Request, code int, reason string) {
	if req.Method == ACK {
		return
	}
	if reason == "" {
		reason = ReasonPhrase(code)
	}
	w := e.wires.get()
	w.responseHead(req, code, reason, e.statelessTag(req))
	if code == 503 {
		w.line("Retry-After", strconv.Itoa(overloadRetry))
	}
	e.serverLine(w)
	w.end(nil)
	_ = e.sendResponse(h, req, w.b)
	e.metrics.responseOut(code, req.Method)
	e.wires.put(w)
}

const overloadRetry = 5 // seconds of Retry-After in a 503 of the endpoint itself

func (e *Endpoint) statelessTag(req *Request) string {
	var m maphash.Hash
	m.SetSeed(e.seed)
	if id := req.CallID(); id != nil {
		m.WriteString(string(*id))
	}
	if via := req.Via(); via != nil {
		branch, _ := param(via.Params, "branch")
		m.WriteString(branch)
	}
	return "s" + strconv.FormatUint(m.Sum64(), 36)
}

// responseHead writes the status line and the headers that RFC 3261 8.2.6.2
// copies, with toTag added to a To that has none.
func (w *wire) responseHead(req *Request, code int, reason, toTag string) {
	w.statusLine(code, reason)
	recordRoute := copiesRecordRoute(req.Method, code)
	for _, h := range req.Headers() {
		switch h := h.(type) {
		case *sip.ViaHeader:
			w.via(h)
		case *sip.RecordRouteHeader:
			if recordRoute {
				w.header(h)
			}
		case *sip.FromHeader, *sip.CallIDHeader, *sip.CSeqHeader:
			w.header(h)
		case *sip.ToHeader:
			w.header(h)
			if tagOf(h.Params) == "" && toTag != "" && code > 100 {
				w.b = w.b[:len(w.b)-2]
				w.str(";tag=", toTag, "\r\n")
			}
		default:
			if code == 100 && strings.EqualFold(h.Name(), "Timestamp") {
				w.header(h)
			}
		}
	}
}

// copiesRecordRoute tells which responses carry the request's Record-Route:
// those that may make a dialog (RFC 3261 12.1.1).
func copiesRecordRoute(method RequestMethod, code int) bool {
	switch method {
	case INVITE, SUBSCRIBE, NOTIFY, REFER, UPDATE:
		return code > 100 && code < 300
	}
	return false
}

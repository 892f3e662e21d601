// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ResponseOption adds to a response.
type ResponseOption func(*responseParts)

// responseParts are what a response has beyond the headers copied from its
// request.
type responseParts struct {
	headers     []Header
	body        []byte
	contentType string
	contact     *NameAddr
	toTag       string
	expires     time.Duration
	minSE       time.Duration
	refresher   string
	timerSet    bool
}

// WithHeader adds headers.
func WithHeader(headers ...Header) ResponseOption {
	return func(p *responseParts) { p.headers = append(p.headers, headers...) }
}

// WithBody sets the body and its Content-Type.
func WithBody(body []byte, contentType string) ResponseOption {
	return func(p *responseParts) { p.body, p.contentType = body, contentType }
}

// WithContact sets Contact; without it the endpoint puts its own in responses
// 101-299 to INVITE and in 2xx to UPDATE, SUBSCRIBE, NOTIFY and REFER.
func WithContact(contact NameAddr) ResponseOption {
	return func(p *responseParts) { p.contact = &contact }
}

// WithSessionTimer puts Session-Expires in a 2xx to re-INVITE or UPDATE and
// runs the timer on. Without it the request's own wish is granted.
func WithSessionTimer(expires, minSE time.Duration, refresher string) ResponseOption {
	return func(p *responseParts) {
		p.expires, p.minSE, p.refresher, p.timerSet = expires, minSE, refresher, true
	}
}

// WithToTag sets the To tag of a response that makes no dialog.
func WithToTag(tag string) ResponseOption {
	return func(p *responseParts) { p.toTag = tag }
}

// Respond sends a provisional or final response. reason "" means the usual
// phrase. After a final response ErrAlreadyResponded is returned, after a
// CANCEL ErrRequestTerminated. Use Accept for a 2xx that makes a dialog.
func (tx *ServerTx) Respond(code int, reason string, opts ...ResponseOption) error {
	var p responseParts
	for _, opt := range opts {
		opt(&p)
	}
	c := tx.core.c
	c.mu.Lock()
	defer c.unlock()
	return tx.respond(code, reason, &p)
}

// respond builds and sends a response; c.mu is held.
func (tx *ServerTx) respond(code int, reason string, p *responseParts) error {
	if err := tx.open(); err != nil {
		return err
	}
	if reason == "" {
		reason = ReasonPhrase(code)
	}
	e := tx.e
	if tx.toTag == "" && code > 100 {
		tx.toTag = p.toTag
		if tx.toTag == "" && tagOf(tx.req.To().Params) == "" {
			tx.toTag = newTag()
		}
	}
	inDialogSuccess := tx.dialog != nil && code >= 200 && code < 300
	if inDialogSuccess {
		tx.dialog.grantTimer(tx.req, p)
	}
	if tx.dialog != nil && code == 503 {
		tx.dialog.unserved(tx.req.CSeq().SeqNo)
	}
	w := e.wires.get()
	w.responseHead(tx.req, code, reason, tx.toTag)
	tx.contactLine(w, code, p.contact)
	w.headers(p.headers)
	tx.timerLines(w, code, p)
	e.serverLine(w)
	if p.contentType != "" && p.body != nil {
		w.line("Content-Type", p.contentType)
	}
	w.end(p.body)
	tx.sendFinalOr(code, w)
	e.wires.put(w)
	return nil
}

// open tells whether a response may still be sent; c.mu is held.
func (tx *ServerTx) open() error {
	switch {
	case tx.final != 0 && tx.cancelled && !tx.keepCancel:
		return ErrRequestTerminated
	case tx.final != 0:
		return ErrAlreadyResponded
	case tx.core.m.state == stateTerminated:
		return ErrClosed
	}
	return nil
}

// sendFinalOr sends what w holds through the transaction; c.mu is held.
func (tx *ServerTx) sendFinalOr(code int, w *wire) {
	core, e := tx.core, tx.e
	e.metrics.responseOut(code, tx.req.Method)
	ev := evProvisional
	if code >= 200 {
		tx.final = code
		ev = evFailure
		if code < 300 {
			ev = evSuccess
			core.m.resend = tx.dialog != nil
		}
	}
	core.last = w.b
	core.step(ev)
	if core.m.state == stateTerminated {
		core.last = nil
	} else {
		core.last = slices.Clone(w.b)
	}
	if code >= 200 {
		core.answered()
	}
	if code >= 200 && tx.dialog != nil {
		tx.dialog.answered(tx, code)
	}
}

// sendTrying sends 100; c.mu is held.
func (tx *ServerTx) sendTrying() {
	core := tx.core
	core.last = tx.e.wires.bytes(func(w *wire) {
		w.responseHead(tx.req, 100, "Trying", "")
		w.end(nil)
	})
	tx.e.metrics.responseOut(100, tx.req.Method)
	_ = tx.e.sendBytes(core.hop, core.to, core.last)
}

// contactLine writes Contact where a response needs one.
func (tx *ServerTx) contactLine(w *wire, code int, contact *NameAddr) {
	if contact != nil {
		w.str("Contact: ")
		w.nameAddr(*contact)
		w.str("\r\n")
		return
	}
	switch tx.req.Method {
	case INVITE:
		if code <= 100 || code >= 300 {
			return
		}
	case UPDATE, SUBSCRIBE, NOTIFY, REFER:
		if code < 200 || code >= 300 {
			return
		}
	default:
		return
	}
	if tx.dialog != nil && tx.dialog.localContact != "" {
		w.line("Contact", tx.dialog.localContact)
		return
	}
	w.line("Contact", tx.e.contactFor(tx.hop, tx.req.To().Address.User))
}

// RespondWith sends a response made by the application, a proxied one: its
// Vias are replaced by the request's. A 100 is not sent on (RFC 3261 16.7).
// Several 2xx to an INVITE may be sent so.
func (tx *ServerTx) RespondWith(res *Response) error {
	if res.StatusCode <= 100 {
		return nil
	}
	c := tx.core.c
	c.mu.Lock()
	defer c.unlock()
	again := tx.final >= 200 && tx.final < 300 && res.StatusCode >= 200 && res.StatusCode < 300 && tx.core.m.state == stateAccepted
	if err := tx.open(); err != nil && !again {
		return err
	}
	var vias []*sip.ViaHeader
	for _, h := range tx.req.Headers() {
		if via, ok := h.(*sip.ViaHeader); ok {
			vias = append(vias, via)
		}
	}
	w := tx.e.wires.get()
	w.response(res, vias)
	tx.sendFinalOr(res.StatusCode, w)
	tx.e.wires.put(w)
	return nil
}

// Reject responds with code and its usual phrase.
func (tx *ServerTx) Reject(code int, opts ...ResponseOption) error {
	return tx.Respond(code, "", opts...)
}

// RejectMethod responds 405 with Allow.
func (tx *ServerTx) RejectMethod(allow ...RequestMethod) error {
	return tx.Respond(405, "", WithHeader(NewHeader("Allow", joinMethods(allow))))
}

// RejectContentType responds 415 with Accept.
func (tx *ServerTx) RejectContentType(accept ...string) error {
	return tx.Respond(415, "", WithHeader(NewHeader("Accept", strings.Join(accept, ", "))))
}

// RejectBusy responds 503 with Retry-After.
func (tx *ServerTx) RejectBusy(retryAfter time.Duration) error {
	return tx.Respond(503, "", WithHeader(NewHeader("Retry-After", wholeSeconds(retryAfter))))
}

// RequireOnly responds 420 with Unsupported, and returns false, if the request
// requires an option tag (RFC 3261 8.2.2.3) that is not among supported.
// Proxy-Require is none of it.
func (tx *ServerTx) RequireOnly(supported ...string) bool {
	var missing []string
	for _, tag := range ListValues(tx.req, "Require") {
		if !slices.ContainsFunc(supported, func(s string) bool { return strings.EqualFold(s, tag) }) {
			missing = append(missing, tag)
		}
	}
	if len(missing) == 0 {
		return true
	}
	_ = tx.Respond(420, "", WithHeader(NewHeader("Unsupported", strings.Join(missing, ", "))))
	return false
}

// RespondOptions answers an OPTIONS to this endpoint with 200, Allow, Accept
// and Supported (RFC 3261 11.2).
func (tx *ServerTx) RespondOptions(allow []RequestMethod, accept, supported []string) error {
	hs := []Header{NewHeader("Allow", joinMethods(allow))}
	if len(accept) > 0 {
		hs = append(hs, NewHeader("Accept", strings.Join(accept, ", ")))
	}
	if len(supported) > 0 {
		hs = append(hs, NewHeader("Supported", strings.Join(supported, ", ")))
	}
	return tx.Respond(200, "", WithHeader(hs...))
}

func joinMethods(methods []RequestMethod) string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	return strings.Join(names, ", ")
}

// responseTarget is where a datagram's response goes (RFC 3261 18.2.2, RFC
// 3581 4): the source address, and the source port if rport was asked for or a
// NAT is evident; else the port of sent-by. For a stream it is where a new
// connection is opened to if the request's has gone. maddr is not obeyed: it
// would send answers wherever a stranger says.
func responseTarget(h hop, req *Request) netip.AddrPort {
	remote := h.remote()
	via := req.Via()
	if via == nil {
		return remote
	}
	if h.sock != nil {
		if _, asked := param(via.Params, "rport"); asked || strings.Trim(via.Host, "[]") != remote.Addr().String() {
			return remote
		}
	}
	_, port := viaTransport(h.network())
	if via.Port > 0 && via.Port < 65536 {
		port = via.Port
	}
	return netip.AddrPortFrom(remote.Addr(), uint16(port))
}

// sendResponse sends a response without a transaction.
func (e *Endpoint) sendResponse(h hop, req *Request, b []byte) error {
	return e.sendBytes(h, responseTarget(h, req), b)
}

// sendBytes sends a response on the connection its request came by, or to the
// address to.
func (e *Endpoint) sendBytes(h hop, to netip.AddrPort, b []byte) error {
	if h.conn == nil {
		h.addr = to
		return h.send(b)
	}
	if h.conn.write(b) == nil {
		return nil
	}
	again, err := e.transports.dial(h.conn.flow.Network, to)
	if err != nil {
		return err
	}
	return again.write(b)
}

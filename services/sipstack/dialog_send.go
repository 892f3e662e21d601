// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// Send sends a request in the dialog, in CSeq order. A second INVITE or one
// that crosses the peer's gives a *GlareError; after a 2xx to an INVITE Ack is
// due. A fault of the transport comes as a local 503, not as an error here.
func (d *Dialog) Send(spec RequestSpec) (*ClientTx, error) {
	d.c.mu.Lock()
	defer d.c.unlock()
	switch {
	case d.state == dialogEnded || d.state == dialogLeaving:
		return nil, ErrDialogGone
	case d.state == dialogStarting:
		return nil, fmt.Errorf("send %s: dialog has no response yet", spec.Method)
	case spec.Method == ACK || spec.Method == CANCEL || spec.Method == BYE:
		return nil, fmt.Errorf("send %s: use Ack, Cancel or Bye", spec.Method)
	case spec.Method == INVITE && (d.clientInvite != nil || d.serverInvite != nil || d.awaitAck != nil || d.ackSeq != 0):
		return nil, &GlareError{RetryAfter: d.GlareDelay()}
	}
	return d.send(&spec)
}

// send builds and sends a request; c.mu is held.
func (d *Dialog) send(spec *RequestSpec) (*ClientTx, error) {
	d.localSeq++
	h, direct := d.nextHop()
	if spec.NoWait && direct && h.reliable() {
		d.sendUnawaited(spec, h)
		return nil, nil
	}
	req, err := d.request(spec.Method, d.localSeq)
	if err != nil {
		return nil, err
	}
	d.addTimer(req)
	d.fill(req, spec)
	tx, err := d.c.newClientTx(req, spec.OnResponse)
	if err != nil {
		return nil, err
	}
	tx.dialog, tx.keepOnTimeout = d, spec.KeepOnTimeout || spec.NoWait
	if spec.Method == INVITE {
		d.clientInvite = tx
		d.sdp = d.sdp || isSDP(spec.ContentType)
	}
	if direct {
		tx.start(h)
	} else {
		tx.resolve(d.nextURI())
	}
	return tx, nil
}

func (d *Dialog) fill(req *Request, spec *RequestSpec) {
	for _, h := range spec.Headers {
		req.AppendHeader(h)
	}
	if spec.Body != nil && spec.ContentType != "" {
		req.AppendHeader(contentType(spec.ContentType))
	}
	req.AppendHeader(NewHeader("User-Agent", d.e.cfg.Product))
	if len(spec.Body) > 0 {
		req.SetBody(spec.Body)
	}
}

func isSDP(mediaType string) bool { return strings.HasPrefix(mediaType, "application/sdp") }

func contentType(value string) Header {
	h := sip.ContentTypeHeader(value)
	return &h
}

// nextHop is the hop of the next request, if it is known without asking a name
// server; c.mu is held. A dialog that the peer made, or whose destination was
// given, stays on its connection while that lives, whatever Contact says.
func (d *Dialog) nextHop() (hop, bool) {
	if d.pinned && d.hop.alive() {
		return d.hop, true
	}
	d.reroute()
	uri := d.nextURI()
	if d.hopURI == uri && d.hop.alive() {
		return d.hop, true
	}
	t, err := targetOf(uri)
	if err != nil {
		return d.hop, d.hop.alive()
	}
	h, ok := d.e.hopNow(t)
	if !ok {
		return hop{}, false
	}
	d.setHop(h)
	return h, true
}

// reroute puts another proxy in place of one that has gone; c.mu is held.
func (d *Dialog) reroute() {
	if reroute := d.e.cfg.Reroute; reroute != nil && len(d.routes) > 0 {
		d.routes[0] = reroute(d.routes[0])
	}
}

// SetRouteSet changes the way of the next requests: the peer has come by another
// one (a new flow of RFC 5626). The values are those of Route headers.
func (d *Dialog) SetRouteSet(routes []string) {
	d.c.mu.Lock()
	defer d.c.unlock()
	if d.state == dialogEnded || slices.Equal(d.routes, routes) {
		return
	}
	d.routes, d.pinned, d.hopURI = slices.Clone(routes), false, ""
}

// nextURI is where the next request is routed to (RFC 3261 12.2.1.1).
func (d *Dialog) nextURI() string {
	if len(d.routes) > 0 {
		if a, err := ParseNameAddr(d.routes[0]); err == nil {
			return a.URI.String()
		}
	}
	return d.target
}

// request makes a request of the dialog (RFC 3261 12.2.1.1); c.mu is held.
func (d *Dialog) request(method RequestMethod, seq uint32) (*Request, error) {
	uri, err := ParseURI(d.target)
	if err != nil {
		return nil, fmt.Errorf("remote target: %w", err)
	}
	req := sip.NewRequest(method, uri)
	req.AppendHeader(maxForwards(70))
	for _, route := range d.routes {
		h, err := routeHeader(route)
		if err != nil {
			return nil, fmt.Errorf("route set: %w", err)
		}
		req.AppendHeader(h)
	}
	var from sip.FromHeader
	if from.DisplayName, err = sip.ParseAddressValue(d.localURI, &from.Address, &from.Params); err != nil {
		return nil, fmt.Errorf("local uri: %w", err)
	}
	from.Params.Add("tag", d.localTag)
	req.AppendHeader(&from)
	var to sip.ToHeader
	if to.DisplayName, err = sip.ParseAddressValue(d.remoteURI, &to.Address, &to.Params); err != nil {
		return nil, fmt.Errorf("remote uri: %w", err)
	}
	if d.remoteTag != "" {
		to.Params.Add("tag", d.remoteTag)
	}
	req.AppendHeader(&to)
	id := sip.CallIDHeader(d.c.id)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	if targetRefresh(method) && d.localContact != "" {
		req.AppendHeader(NewHeader("Contact", d.localContact))
	}
	return req, nil
}

func targetRefresh(method RequestMethod) bool {
	switch method {
	case INVITE, UPDATE, SUBSCRIBE, NOTIFY, REFER:
		return true
	}
	return false
}

func routeHeader(value string) (*sip.RouteHeader, error) {
	a, err := ParseNameAddr(value)
	if err != nil {
		return nil, err
	}
	return &sip.RouteHeader{Address: a.URI}, nil
}

// sendUnawaited writes a request whose response nobody waits for, straight from
// the dialog's texts; c.mu is held.
func (d *Dialog) sendUnawaited(spec *RequestSpec, h hop) {
	w := d.e.wires.get()
	d.head(w, spec.Method, d.localSeq, h, d.e.newBranch(true))
	if targetRefresh(spec.Method) && d.localContact != "" {
		w.line("Contact", d.localContact)
	}
	w.headers(spec.Headers)
	if spec.Body != nil && spec.ContentType != "" {
		w.line("Content-Type", spec.ContentType)
	}
	w.line("User-Agent", d.e.cfg.Product)
	w.end(spec.Body)
	d.e.metrics.requestOut(spec.Method)
	_ = h.send(w.b)
	d.e.wires.put(w)
}

// head writes a request's first lines.
func (d *Dialog) head(w *wire, method RequestMethod, seq uint32, h hop, branch string) {
	w.str(string(method), " ")
	w.safe(d.target)
	w.str(" SIP/2.0\r\n")
	w.via(d.e.viaFor(h, branch))
	w.str("Max-Forwards: 70\r\n")
	for _, route := range d.routes {
		w.line("Route", route)
	}
	w.str("From: ", d.localURI, ";tag=", d.localTag, "\r\nTo: ", d.remoteURI)
	if d.remoteTag != "" {
		w.str(";tag=", d.remoteTag)
	}
	w.str("\r\nCall-ID: ", d.c.id, "\r\nCSeq: ")
	w.num(int(seq))
	w.str(" ", string(method), "\r\n")
}

// Bye ends the dialog by BYE, once; HandleDialogEnd(EndByeSent) follows when it
// is answered or timed out. After a 2xx of ours it waits for the ACK (RFC 3261
// 15). The early dialog of our own INVITE is cancelled; that of the peer's
// INVITE must be rejected by its ServerTx instead.
func (d *Dialog) Bye(headers ...Header) error {
	d.c.mu.Lock()
	defer d.c.unlock()
	switch d.state {
	case dialogEnded, dialogLeaving:
		return ErrDialogGone
	case dialogStarting, dialogEarly:
		if d.uas {
			return fmt.Errorf("bye: early dialog of the peer's INVITE: reject it")
		}
		d.first.cancel()
		return nil
	case dialogConfirmed:
	}
	d.bye(headers, EndByeSent)
	return nil
}

// bye sends BYE now or after the ACK; c.mu is held.
func (d *Dialog) bye(headers []Header, cause DialogEnd) {
	if d.awaitAck != nil {
		d.byeWaits, d.byeHeaders, d.lastCause = true, slices.Clone(headers), cause
		return
	}
	if d.ackSeq != 0 {
		d.sendAck(nil, "")
	}
	d.sendBye(headers, cause)
}

func (d *Dialog) sendBye(headers []Header, cause DialogEnd) {
	if d.state == dialogEnded || d.state == dialogLeaving {
		return
	}
	d.session.stop(d)
	d.state, d.lastCause = dialogLeaving, cause
	if _, err := d.send(&RequestSpec{Method: BYE, Headers: headers}); err != nil {
		d.end(cause)
	}
}

// Cancel gives our INVITE up while it has no final response. Where a 2xx
// crosses the CANCEL, the endpoint sends ACK and BYE itself, and the
// application sees a local 487.
func (d *Dialog) Cancel() {
	d.c.mu.Lock()
	defer d.c.unlock()
	if d.clientInvite != nil {
		d.clientInvite.cancel()
	}
}

// Ack acknowledges the last 2xx to our INVITE or re-INVITE. The endpoint sends
// it again when the 2xx comes again.
func (d *Dialog) Ack(body []byte, contentType string) error {
	d.c.mu.Lock()
	defer d.c.unlock()
	switch {
	case d.state == dialogEnded || d.state == dialogLeaving:
		return ErrDialogGone
	case d.ackSeq == 0:
		return fmt.Errorf("ack: no 2xx waits for it")
	}
	d.sendAck(body, contentType)
	return nil
}

// sendAck writes the ACK that is due; c.mu is held.
func (d *Dialog) sendAck(body []byte, contentType string) {
	seq := d.ackSeq
	d.ackSeq = 0
	h, ok := d.nextHop()
	if !ok {
		h = d.hop
	}
	d.sdp = d.sdp || isSDP(contentType)
	d.ack = d.e.wires.bytes(func(w *wire) {
		d.head(w, ACK, seq, h, d.e.newBranch(false))
		if len(body) > 0 {
			w.line("Content-Type", contentType)
		}
		w.line("User-Agent", d.e.cfg.Product)
		w.end(body)
	})
	d.e.metrics.requestOut(ACK)
	if !h.zero() {
		_ = h.send(d.ack)
		return
	}
	d.e.sendLater(d.nextURI(), d.ack)
}

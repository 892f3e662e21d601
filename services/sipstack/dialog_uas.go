// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Accept answers an INVITE with a 2xx and makes its dialog; the 2xx is sent
// again until its ACK comes. It accepts a SUBSCRIBE (RFC 6665) as well, whose
// dialog is over when Dialog.Reset is called or the peer is lost. A session interval below AcceptSpec.MinSE is
// answered with 422 and gives ErrSessionInterval.
func (tx *ServerTx) Accept(spec AcceptSpec) (*Dialog, error) {
	c := tx.core.c
	c.mu.Lock()
	defer c.unlock()
	if err := tx.open(); err != nil {
		return nil, err
	}
	p := responseParts{headers: spec.Headers, body: spec.Body, contentType: spec.ContentType, contact: spec.Contact}
	p.expires, p.minSE, p.refresher, p.timerSet = spec.SessionExpires, spec.MinSE, spec.Refresher, true
	if tooSmall(tx.req, spec.MinSE) {
		_ = tx.rejectInterval(spec.MinSE)
		return nil, ErrSessionInterval
	}
	d, err := tx.dialogOf(spec.Contact)
	if err != nil {
		_ = tx.respond(503, "", &responseParts{headers: retryLater()})
		return nil, err
	}
	if spec.Handler != nil {
		d.SetHandler(spec.Handler)
	}
	code := spec.Code
	if code < 200 || code > 299 {
		code = 200
	}
	d.state = dialogConfirmed
	return d, tx.respond(code, "", &p)
}

// Ring answers an INVITE with a provisional response (101-199) that has a To
// tag, and makes an early dialog. AcceptSpec.Handler of the later Accept, or
// Dialog.SetHandler, gives it its handler.
func (tx *ServerTx) Ring(code int, opts ...ResponseOption) (*Dialog, error) {
	if code < 101 || code > 199 {
		code = 180
	}
	var p responseParts
	for _, opt := range opts {
		opt(&p)
	}
	c := tx.core.c
	c.mu.Lock()
	defer c.unlock()
	if err := tx.open(); err != nil {
		return nil, err
	}
	d, err := tx.dialogOf(p.contact)
	if err != nil {
		return nil, err
	}
	return d, tx.respond(code, "", &p)
}

func retryLater() []Header {
	return []Header{NewHeader("Retry-After", strconv.Itoa(overloadRetry))}
}

// dialogOf makes the dialog of an INVITE (RFC 3261 12.1.1), once; c.mu is held.
func (tx *ServerTx) dialogOf(contact *NameAddr) (*Dialog, error) {
	if tx.dialog != nil {
		if contact != nil {
			tx.dialog.localContact = contact.String()
		}
		return tx.dialog, nil
	}
	req, e := tx.req, tx.e
	if tx.toTag == "" {
		tx.toTag = newTag()
	}
	from, to := req.From(), req.To()
	d := &Dialog{
		e: e, c: tx.core.c, state: dialogEarly, uas: true, pinned: true,
		localTag: tx.toTag, remoteTag: tagOf(from.Params),
		localURI:  withoutTag(to.DisplayName, &to.Address, to.Params),
		remoteURI: withoutTag(from.DisplayName, &from.Address, from.Params),
		target:    contactURI(req), routes: recordRoutes(req.Headers()),
		remoteSeq: req.CSeq().SeqNo, localSeq: firstSeq(),
		allowsUpdate: allows(req, UPDATE), sdp: hasSDP(req),
	}
	if d.target == "" {
		d.target = from.Address.String()
	}
	if contact != nil {
		d.localContact = contact.String()
	} else {
		d.localContact = e.contactFor(tx.hop, to.Address.User)
	}
	if err := d.c.addDialog(d); err != nil {
		return nil, err
	}
	d.setHop(tx.hop)
	if req.Method == INVITE {
		d.serverInvite = tx
	}
	tx.dialog = d
	return d, nil
}

func firstSeq() uint32 { return uint32(1 + rand.IntN(1<<15)) }

func allows(msg any, method RequestMethod) bool {
	for _, m := range ListValues(msg, "Allow") {
		if strings.EqualFold(m, string(method)) {
			return true
		}
	}
	return false
}

func hasSDP(msg any) bool { return strings.HasPrefix(MediaType(msg), "application/sdp") }

// receive takes a new request of the peer and queues it; c.mu is held.
func (d *Dialog) receive(tx *ServerTx, magic bool) {
	seq := tx.req.CSeq().SeqNo
	if seq <= d.remoteSeq && magic && !d.afterRefresh && d.remoteSeq != 0 && d.state != dialogLeaving {
		tx.dialog = d
		d.e.metrics.refused("cseq")
		_ = tx.respond(500, "CSeq Too Low", &responseParts{})
		return
	}
	if seq <= d.remoteSeq {
		d.e.metrics.cseqRestarted()
	}
	d.remoteSeq, d.afterRefresh = seq, false
	if d.admit(tx) {
		d.c.push(job{kind: jobDialogRequest, tx: tx, dialog: d})
	}
}

// unserved lets the peer's last request come again under its number: a proxy may
// bring one that was refused with 503 here or elsewhere (RFC 3261 16.7, 21.5.4).
// c.mu is held.
func (d *Dialog) unserved(seq uint32) {
	if seq == d.remoteSeq && seq > 1 {
		d.remoteSeq--
	}
}

// admit makes tx the dialog's, unless it is answered at once; c.mu is held.
func (d *Dialog) admit(tx *ServerTx) bool {
	tx.dialog = d
	if d.state == dialogLeaving {
		code := 481
		if tx.req.Method == BYE {
			code = 200
		}
		_ = tx.respond(code, "", &responseParts{})
		return false
	}
	if d.uas || !d.hop.alive() {
		d.setHop(tx.hop)
	}
	if tx.req.Method == INVITE || tx.req.Method == UPDATE {
		return d.receiveRefresh(tx)
	}
	return true
}

// receiveRefresh checks a re-INVITE or UPDATE (RFC 3261 14.2, RFC 4028 9).
func (d *Dialog) receiveRefresh(tx *ServerTx) bool {
	if tooSmall(tx.req, d.session.minSE) {
		_ = tx.rejectInterval(d.session.minSE)
		return false
	}
	if tx.req.Method == UPDATE {
		return true
	}
	switch {
	case d.serverInvite != nil:
		_ = tx.respond(500, "", &responseParts{headers: []Header{NewHeader("Retry-After", strconv.Itoa(rand.IntN(11)))}})
		return false
	case d.clientInvite != nil || d.ackSeq != 0:
		_ = tx.respond(491, "", &responseParts{})
		return false
	}
	if d.awaitAck != nil { // its sender has seen our 2xx
		core := d.awaitAck
		d.awaitAck = nil
		core.step(evAck)
	}
	d.serverInvite = tx
	return true
}

// handleRequest gives a request to the application.
func (d *Dialog) handleRequest(tx *ServerTx) {
	d.c.mu.Lock()
	ended := d.state == dialogEnded
	d.c.mu.Unlock()
	h := d.currentHandler()
	switch {
	case ended:
		d.afterEnd(tx)
	case h != nil:
		h.HandleDialogRequest(d, tx)
	case tx.req.Method == BYE || tx.req.Method == OPTIONS:
		_ = tx.Respond(200, "")
	default:
		_ = tx.Respond(501, "")
	}
}

// answered notes our final response; c.mu is held.
func (d *Dialog) answered(tx *ServerTx, code int) {
	success := code < 300
	switch tx.req.Method {
	case BYE:
		if success || code == 481 {
			d.end(EndByeReceived)
		}
		return
	case INVITE:
		if d.serverInvite == tx {
			d.serverInvite = nil
		}
		if !success {
			if d.state == dialogEarly {
				d.end(EndRejected)
			}
			return
		}
		d.awaitAck = tx.core
		d.state = max(d.state, dialogConfirmed)
	}
	if !success {
		return
	}
	switch tx.req.Method {
	case INVITE, UPDATE, SUBSCRIBE, NOTIFY, REFER:
		if uri := contactURI(tx.req); uri != "" {
			d.target = uri
		}
		if tx.req.Method == INVITE {
			d.afterRefresh = true
		}
	}
}

// receiveAck takes the ACK of our 2xx; c.mu is held. Its CSeq number is not
// looked at: pidgin-sipe's does not match after a refresh, and only one 2xx
// waits at a time.
func (d *Dialog) receiveAck(h hop, req *Request) {
	core := d.awaitAck
	if core == nil {
		return // again
	}
	d.awaitAck = nil
	core.step(evAck)
	if !d.hop.alive() { // an ACK may be older than a request by another connection
		d.setHop(h)
	}
	d.sdp = d.sdp || hasSDP(req)
	d.c.push(job{kind: jobAck, dialog: d, req: req})
	if d.byeWaits {
		d.byeWaits = false
		d.sendBye(d.byeHeaders, d.lastCause)
	}
}

// noAck ends the dialog whose 2xx was never acknowledged (RFC 3261 13.3.1.4);
// c.mu is held.
func (core *serverCore) noAck() {
	tx := core.tx
	if tx == nil || tx.dialog == nil || tx.dialog.awaitAck != core {
		return
	}
	d := tx.dialog
	d.awaitAck = nil
	d.e.metrics.refused("no_ack")
	cause := EndPeerLost
	if d.byeWaits {
		cause = d.lastCause
	}
	d.byeWaits = false
	d.sendBye(d.byeHeaders, cause)
	d.end(cause)
}

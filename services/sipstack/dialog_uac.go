// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"slices"

	"github.com/emiago/sipgo/sip"
)

// Invite makes a call: an INVITE that starts a dialog of ours.
func (e *Endpoint) Invite(spec InviteSpec) (*Dialog, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	if spec.CallID == "" {
		spec.CallID = newCallID()
	}
	c := e.lockCall(spec.CallID, true)
	defer c.unlock()
	d := &Dialog{
		e: e, c: c, state: dialogStarting, localTag: newTag(),
		localURI: spec.From.withoutTag(), remoteURI: spec.To.withoutTag(),
		target: spec.RequestURI.String(), routes: slices.Clone(spec.Route),
		localSeq: firstSeq(), sdp: isSDP(spec.ContentType),
	}
	var h hop
	if spec.Dest != (Flow{}) {
		var err error
		if h, err = e.hopOf(spec.Dest); err != nil {
			return nil, err
		}
		d.pinned = true
		d.setHop(h)
	} else {
		h, _ = d.nextHop()
	}
	if spec.Contact != nil {
		d.localContact = spec.Contact.String()
	} else {
		d.localContact = e.contactFor(h, spec.From.URI.User)
	}
	if err := c.addDialog(d); err != nil {
		d.setHop(hop{})
		return nil, err
	}
	if spec.Handler != nil {
		d.SetHandler(spec.Handler)
	}
	d.session.ask(spec.SessionExpires)
	req, err := d.request(INVITE, d.localSeq)
	if err == nil {
		d.addTimer(req)
		d.fill(req, &RequestSpec{Headers: spec.Headers, Body: spec.Body, ContentType: spec.ContentType})
		var tx *ClientTx
		if tx, err = c.newClientTx(req, spec.OnResponse); err == nil {
			tx.dialog, tx.creds = d, spec.Credentials
			d.first, d.clientInvite = tx, tx
			if h.zero() {
				tx.resolve(d.nextURI())
			} else {
				tx.start(h)
			}
			return d, nil
		}
	}
	d.forget()
	return nil, err
}

func (a NameAddr) withoutTag() string {
	if _, has := a.Params["tag"]; has {
		params := make(map[string]string, len(a.Params))
		for k, v := range a.Params {
			if k != "tag" {
				params[k] = v
			}
		}
		a.Params = params
	}
	return a.String()
}

// responded notes a response to a request of ours and returns what the
// application is to see, nil for nothing; c.mu is held. The dialog's end is
// queued behind it.
func (d *Dialog) responded(tx *ClientTx, res *Response) (show *Response, end DialogEnd) {
	final := res.StatusCode >= 200
	if final && d.clientInvite == tx {
		d.clientInvite = nil
	}
	switch {
	case tx.req.Method == BYE:
		if final {
			end = d.lastCause
		}
		return res, end
	case tx == d.first:
		return d.firstResponded(tx, res)
	case !final:
		return res, 0
	case res.IsSuccess():
		d.refreshed(tx, res)
		return res, 0
	}
	return res, d.failed(tx, res)
}

// failed tells whether a failure ends the dialog (RFC 3261 12.2.1.2, RFC 5057).
func (d *Dialog) failed(tx *ClientTx, res *Response) DialogEnd {
	switch {
	case d.state != dialogConfirmed:
		return 0
	case res.StatusCode == 481:
		return EndPeerLost
	case res.StatusCode == 408 && !tx.keepOnTimeout:
		d.sendBye(nil, EndPeerLost) // the application need not wait for its answer
		return EndPeerLost
	}
	return 0
}

// refreshed takes what a 2xx to an INVITE or UPDATE in the dialog changes.
func (d *Dialog) refreshed(tx *ClientTx, res *Response) {
	if !targetRefresh(tx.req.Method) {
		return
	}
	if uri := contactURI(res); uri != "" {
		d.target = uri
	}
	switch tx.req.Method {
	case INVITE:
		d.ackSeq, d.ack = tx.req.CSeq().SeqNo, nil
		d.session.granted(d, res)
		if tx.onResponse == nil || tx.cancelled {
			d.sendAck(nil, "")
		}
	case UPDATE:
		d.session.granted(d, res)
	}
}

// firstResponded takes a response to the INVITE that makes the dialog.
func (d *Dialog) firstResponded(tx *ClientTx, res *Response) (*Response, DialogEnd) {
	tag := tagOf(res.To().Params)
	switch {
	case d.state >= dialogConfirmed:
		return res, 0
	case res.StatusCode == 100 || res.IsProvisional() && tag == "":
		return res, 0
	case res.IsProvisional():
		d.take(res, tag)
		d.state = dialogEarly
		return res, 0
	case !res.IsSuccess():
		if res.StatusCode == 422 && !tx.cancelled && d.session.raise(res) && d.again(tx) {
			return nil, 0
		}
		return res, EndRejected
	}
	d.take(res, tag)
	d.state = dialogConfirmed
	d.ackSeq = tx.req.CSeq().SeqNo
	d.session.granted(d, res)
	if !tx.cancelled {
		if tx.onResponse == nil {
			d.sendAck(nil, "")
		}
		return res, 0
	}
	d.bye(nil, EndRejected)
	crossed := tx.local(487)
	return crossed, 0
}

// take fills the dialog from a response (RFC 3261 12.1.2).
func (d *Dialog) take(res *Response, tag string) {
	d.remoteTag = tag
	if uri := contactURI(res); uri != "" {
		d.target = uri
	}
	to := res.To()
	d.remoteURI = withoutTag(to.DisplayName, &to.Address, to.Params)
	d.routes = recordRoutes(res.Headers())
	slices.Reverse(d.routes)
	d.allowsUpdate = allows(res, UPDATE)
	d.sdp = d.sdp || hasSDP(res)
}

// again sends the first INVITE again with the next CSeq, after 422; c.mu is
// held.
func (d *Dialog) again(tx *ClientTx) bool {
	d.localSeq++
	req := tx.req.Clone()
	d.retime(req, d.localSeq)
	next, err := d.c.newClientTx(req, tx.onResponse)
	if err != nil {
		return false
	}
	next.dialog, next.creds, next.tried = d, tx.creds, tx.tried
	d.first, d.clientInvite = next, next
	next.start(tx.hop)
	return true
}

// another2xx takes a 2xx that came again, or that of another fork; c.mu is
// held. The first 2xx made the dialog: other forks get ACK and BYE (RFC 3261
// 13.2.2.4).
func (d *Dialog) another2xx(tx *ClientTx, res *Response) {
	tag := tagOf(res.To().Params)
	if tag == d.remoteTag {
		if d.ack != nil {
			if h, ok := d.nextHop(); ok {
				_ = h.send(d.ack)
			}
		}
		return
	}
	if tx == nil || tx != d.first {
		return
	}
	fork := &Dialog{
		e: d.e, c: d.c, state: dialogConfirmed, localTag: d.localTag, localURI: d.localURI,
		localContact: d.localContact, localSeq: d.localSeq, target: d.target, pinned: d.pinned, hop: d.hop,
	}
	fork.take(res, tag)
	fork.ackSeq = res.CSeq().SeqNo
	fork.sendAck(nil, "")
	if slices.Contains(d.forks, tag) || len(d.forks) >= 16 {
		return
	}
	d.forks = append(d.forks, tag)
	d.e.metrics.refused("fork")
	fork.localSeq = max(fork.localSeq, res.CSeq().SeqNo) + 1
	if req, err := fork.request(BYE, fork.localSeq); err == nil {
		if bye, err := d.c.newClientTx(req, nil); err == nil {
			if h, ok := fork.nextHop(); ok {
				bye.start(h)
			} else {
				bye.resolve(fork.nextURI())
			}
		}
	}
}

// retime gives a request another CSeq and the session timer's present headers.
func (d *Dialog) retime(req *Request, seq uint32) {
	req.CSeq().SeqNo = seq
	for _, name := range []string{"Session-Expires", "Min-SE", "Supported"} {
		req.RemoveHeader(name)
	}
	d.addTimer(req)
}

var _ sip.Message = (*Request)(nil)

// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// DialogID names a dialog (RFC 3261 12).
type DialogID struct{ CallID, LocalTag, RemoteTag string }

// GlareError tells that an INVITE of the same dialog is under way.
type GlareError struct {
	// RetryAfter is when to try again (RFC 3261 14.1).
	RetryAfter time.Duration
}

// Error tells it without the time.
func (e *GlareError) Error() string { return "another INVITE of this dialog is under way" }

type dialogState uint8

const (
	dialogStarting  dialogState = iota // our INVITE has no tagged response yet
	dialogEarly                        // a provisional response with a tag went by
	dialogConfirmed                    // a 2xx went by
	dialogLeaving                      // our BYE is on its way
	dialogEnded
)

// Dialog is a SIP dialog. All methods may be called from any goroutine. What
// it keeps is text, and no goroutine: an idle dialog costs about a kilobyte.
type Dialog struct {
	e       *Endpoint
	c       *call
	handler atomic.Pointer[DialogHandler]

	// Guarded by c.mu from here on.
	state        dialogState
	uas          bool // the peer made the dialog
	pinned       bool // requests stay on hop while it lives
	localTag     string
	remoteTag    string
	localURI     string // From of our requests, without tag
	remoteURI    string
	localContact string // header value
	target       string // Request-URI of our requests
	routes       []string
	localSeq     uint32
	remoteSeq    uint32
	afterRefresh bool // the peer's CSeq may start over (pidgin-sipe)
	reset        bool // it ended here only
	allowsUpdate bool
	sdp          bool // a session description went by
	hop          hop
	hopURI       string // what hop was looked up for

	first        *ClientTx   // our INVITE that makes the dialog
	clientInvite *ClientTx   // our INVITE or re-INVITE without final response
	serverInvite *ServerTx   // the peer's, likewise
	awaitAck     *serverCore // our 2xx without ACK
	ackSeq       uint32      // CSeq of the 2xx that Ack is due for; 0: none
	ack          []byte      // the ACK, to be sent again
	forks        []string    // remote tags that got ACK and BYE
	byeHeaders   []Header    // of a BYE that waits for the ACK
	byeWaits     bool
	lastCause    DialogEnd // of a BYE under way

	session sessionTimer
}

// ID of the dialog; RemoteTag is empty before the first response to an INVITE
// of ours.
func (d *Dialog) ID() DialogID {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return DialogID{CallID: d.c.id, LocalTag: d.localTag, RemoteTag: d.remoteTag}
}

// CallID of the dialog.
func (d *Dialog) CallID() string { return d.c.id }

// LocalTag is ours: of To where the peer made the dialog, else of From.
func (d *Dialog) LocalTag() string { return d.localTag }

// RemoteTag is the peer's.
func (d *Dialog) RemoteTag() string { return d.ID().RemoteTag }

// RemoteTarget is the Request-URI of our requests: the peer's last Contact.
func (d *Dialog) RemoteTarget() URI {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	uri, _ := ParseURI(d.target)
	return uri
}

// Flow is where our next request goes; zero if that is still to be resolved.
func (d *Dialog) Flow() Flow {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.hop.flow()
}

// Confirmed tells that a 2xx made the dialog and that it has not ended.
func (d *Dialog) Confirmed() bool { return d.inState(dialogConfirmed) }

// Early tells that the dialog has had provisional responses only.
func (d *Dialog) Early() bool { return d.inState(dialogEarly) }

func (d *Dialog) inState(s dialogState) bool {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.state == s
}

// SetHandler changes who is told about the dialog.
func (d *Dialog) SetHandler(h DialogHandler) {
	if h == nil {
		d.handler.Store(nil)
		return
	}
	d.handler.Store(&h)
}

func (d *Dialog) currentHandler() DialogHandler {
	if h := d.handler.Load(); h != nil {
		return *h
	}
	return nil
}

// GlareDelay is how long to wait before a re-INVITE that got 491 is sent again
// (RFC 3261 14.1): random, 2.1-4 s where we made the Call-ID, else 0-2 s.
func (d *Dialog) GlareDelay() time.Duration {
	if d.uas {
		return time.Duration(rand.IntN(201)) * 10 * time.Millisecond
	}
	return 2100*time.Millisecond + time.Duration(rand.IntN(191))*10*time.Millisecond
}

// dialogFor finds the dialog of an in-dialog message; c.mu is held. A dialog
// that our INVITE starts takes every fork's tag until a 2xx chose one.
func (c *call) dialogFor(localTag, remoteTag string) *Dialog {
	for _, d := range c.dialogs {
		if d.localTag == localTag && (d.remoteTag == remoteTag || !d.uas && d.state < dialogConfirmed) {
			return d
		}
	}
	return nil
}

// addDialog registers d; c.mu is held.
func (c *call) addDialog(d *Dialog) error {
	if c.e.counts.dialogs.Add(1) > int64(c.e.cfg.Limits.MaxDialogs) {
		c.e.counts.dialogs.Add(-1)
		c.e.metrics.refused("dialog_limit")
		return ErrTooManyDialogs
	}
	c.dialogs = append(c.dialogs, d)
	return nil
}

// end ends the dialog and tells its handler, once; c.mu is held.
func (d *Dialog) end(cause DialogEnd) {
	if d.forget() {
		d.c.push(job{kind: jobDialogEnd, dialog: d, cause: cause})
		d.e.metrics.dialogEnded(cause)
	}
}

// forget takes the dialog out of the endpoint; c.mu is held.
func (d *Dialog) forget() bool {
	if d.state == dialogEnded {
		return false
	}
	d.state = dialogEnded
	d.c.dialogs = slices.DeleteFunc(d.c.dialogs, func(o *Dialog) bool { return o == d })
	d.e.counts.dialogs.Add(-1)
	d.session.stop(d)
	d.setHop(hop{sock: d.hop.sock, addr: d.hop.addr}) // State goes on to name a datagram flow
	if d.awaitAck != nil {
		core := d.awaitAck
		d.awaitAck = nil
		core.step(evAck)
	}
	return true
}

// Reset ends the dialog without a word to the peer: it was handed over to
// another process. HandleDialogEnd is not called.
func (d *Dialog) Reset() {
	d.c.mu.Lock()
	defer d.c.unlock()
	d.reset = d.reset || d.state != dialogEnded
	d.forget()
}

// setHop changes where requests go and which connection is kept open; c.mu is
// held.
func (d *Dialog) setHop(h hop) {
	if d.hop == h {
		return
	}
	if h.conn != nil {
		h.conn.holds.Add(1)
	}
	if d.hop.conn != nil {
		d.hop.conn.holds.Add(-1)
	}
	d.hop = h
}

// State is what another process needs to go on with the dialog. It may be asked
// for after the end, as an endpoint that closes ends the dialogs that live on
// elsewhere; a connection is not named any more then.
func (d *Dialog) State() DialogState {
	d.c.mu.Lock()
	defer d.c.mu.Unlock()
	return d.stateNow()
}

// stateNow is State; c.mu is held.
func (d *Dialog) stateNow() DialogState {
	return DialogState{
		CallID: d.c.id, LocalTag: d.localTag, RemoteTag: d.remoteTag,
		LocalURI: d.localURI, RemoteURI: d.remoteURI, LocalContact: d.localContact,
		RemoteTarget: d.target, RouteSet: slices.Clone(d.routes),
		LocalCSeq: d.localSeq, RemoteCSeq: d.remoteSeq, UAS: d.uas, Flow: d.hop.flow(),
		SessionExpires: d.session.interval(), WeRefresh: d.session.weRefresh,
		AllowsUpdate: d.allowsUpdate, SDP: d.sdp,
	}
}

// RestoreDialog takes a confirmed dialog over that another process held. The
// state's Flow is used where its connection lives here; else requests go by
// the route set or the remote target, until a request of the peer comes. A dialog
// that is here already gets the handler, and its numbers never go back.
func (e *Endpoint) RestoreDialog(state DialogState, h DialogHandler) (*Dialog, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	c := e.lockCall(state.CallID, true)
	defer c.unlock()
	if d := c.dialogFor(state.LocalTag, state.RemoteTag); d != nil {
		// It was here before, and has gone on elsewhere.
		d.localSeq = max(d.localSeq, state.LocalCSeq)
		d.SetHandler(h)
		return d, nil
	}
	d := &Dialog{
		e: e, c: c, state: dialogConfirmed, uas: state.UAS, pinned: true,
		localTag: state.LocalTag, remoteTag: state.RemoteTag,
		localURI: state.LocalURI, remoteURI: state.RemoteURI,
		localContact: state.LocalContact, target: state.RemoteTarget,
		routes: slices.Clone(state.RouteSet), localSeq: state.LocalCSeq, remoteSeq: state.RemoteCSeq,
		allowsUpdate: state.AllowsUpdate, sdp: state.SDP,
	}
	if err := c.addDialog(d); err != nil {
		return nil, err
	}
	d.SetHandler(h)
	if hp, err := e.hopOf(state.Flow); err == nil {
		d.setHop(hp)
	}
	d.session.start(d, state.SessionExpires, state.WeRefresh)
	return d, nil
}

// contactURI is the URI of a message's Contact, as text.
func contactURI(msg sip.Message) string {
	var contact *sip.ContactHeader
	switch m := msg.(type) {
	case *Request:
		contact = m.Contact()
	case *Response:
		contact = m.Contact()
	}
	if contact == nil || contact.Address.Wildcard {
		return ""
	}
	return contact.Address.String()
}

// recordRoutes are a message's Record-Route values, as text.
func recordRoutes(headers []Header) []string {
	var out []string
	for _, h := range headers {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			out = append(out, rr.Value())
		}
	}
	return out
}

// withoutTag writes From or To as it was, less its tag.
func withoutTag(name string, uri *URI, params sip.HeaderParams) string {
	var w wire
	if name != "" {
		w.str(`"`, name, `" `)
	}
	w.str("<")
	uri.StringWrite(&w)
	w.str(">")
	for _, p := range params {
		if strings.EqualFold(p.K, "tag") {
			continue
		}
		w.str(";", p.K)
		if p.V != "" {
			w.str("=", p.V)
		}
	}
	return string(w.b)
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"sync/atomic"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// legState is how far a leg's INVITE has come.
type legState uint8

const (
	// legTrying: the INVITE has no answer yet but maybe 100.
	legTrying legState = iota
	// legRinging: it has a provisional response with a tag.
	legRinging
	// legUp: it has its 2xx.
	legUp
	// legGone: it ended, or we ended it. Whatever still comes is of no meaning.
	legGone
)

// leg is one SIP dialog with a phone; to the call model it is one connection.
// All of it but refreshBody belongs to the target's goroutine.
type leg struct {
	driver     *Driver
	call       *call
	connection callmodel.ConnectionID
	device     *targetconfig.Device
	state      legState
	// dialled names a leg that a phone began, originator marks the caller's leg
	// that MakeCall began.
	dialled    callmodel.LegID
	originator bool

	// tx is the phone's own INVITE until it has its final response; nil for a
	// leg that we called.
	tx     *sipstack.ServerTx
	dialog *sipstack.Dialog
	// generation counts the INVITEs to the phone: it tells those of the dialog
	// now from late ones of a dialog given up.
	generation int
	// binding is the phone called, others are those to try if it can't be
	// reached, ring is what it was sent.
	binding registrar.Binding
	others  []registrar.Binding
	ring    ringing

	origin *media.Origin
	// local is the latest description given to the phone, remote the latest
	// that it gave.
	local, remote []byte
	// early is the description of a reliable provisional response, which a 2xx
	// need not repeat.
	early []byte
	// handHeld: the phone has the call on hold; serverHeld: we have, for it.
	handHeld, serverHeld bool
	// offered is the offer of a 2xx whose ACK is still due.
	offered []byte
	// onAck waits for the phone's ACK with an answer in it; nil argument: the
	// leg ended first.
	onAck func(answer []byte)
	// aborts end what waits for a response of the phone when the leg ends.
	aborts map[*exchange]struct{}

	allowsUpdate, allowsTalk bool
	// answering is set between AnswerCall and its outcome.
	answering answering
	keepAlive func()

	refreshBody atomic.Pointer[[]byte]
}

// call is the legs of one call and the order of what is done to their media.
type call struct {
	driver *Driver
	id     callmodel.CallID
	legs   []*leg
	// busy: an offer/answer exchange over both legs is under way.
	busy    bool
	waiting []func()
}

// other is the leg at the far end, or nil.
func (c *call) other(l *leg) *leg {
	for _, other := range c.legs {
		if other != l && other.state != legGone {
			return other
		}
	}
	return nil
}

// maxWaiting bounds the operations that wait for a phone's answer to one.
const maxWaiting = 8

// begin does an operation on the call's media when those before it are done.
// The operation must call finish once. False: too many wait, it is not done.
func (c *call) begin(operation func()) bool {
	if c.busy {
		if len(c.waiting) >= maxWaiting {
			return false
		}
		c.waiting = append(c.waiting, operation)
		return true
	}
	c.busy = true
	operation()
	return true
}

func (c *call) finish() {
	c.busy = false
	if len(c.waiting) == 0 {
		return
	}
	next := c.waiting[0]
	c.waiting = c.waiting[1:]
	c.begin(next)
}

// describe notes and stamps the description that goes to the phone next.
func (l *leg) describe(body []byte) []byte {
	if body == nil {
		return nil
	}
	l.local = body
	stamped := l.origin.Stamp(body)
	l.refreshBody.Store(&stamped)
	return stamped
}

// heard notes a description that came from the phone.
func (l *leg) heard(body []byte) {
	if len(body) > 0 {
		l.remote = body
	}
}

// up reports whether requests can be sent in the dialog.
func (l *leg) up() bool { return l != nil && l.state == legUp }

// sessionDescription is the message's body if it is a session description.
func sessionDescription(message any, body []byte) []byte {
	if len(body) == 0 || sipstack.MediaType(message) != media.ContentType {
		return nil
	}
	return body
}

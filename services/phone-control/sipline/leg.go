// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"sync/atomic"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
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

// leg is the driver's call with one phone, or with the trunk. It is one SIP
// dialog once it is up; while we ring a line it is one for each phone of it.
// All of it but refreshBody belongs to the target's goroutine.
type leg struct {
	driver *Driver
	// id is zero until the model has named it, dialled zero for a leg that we
	// called.
	id      callmodel.LegID
	dialled callmodel.DialledID
	state   legState
	// party is who is at this end, as the other end is shown it; told is who
	// this end was told is at the other one.
	party callmodel.Party
	told  callmodel.DeviceID

	// tx is the phone's own INVITE until it has its final response; nil for a
	// leg that we called.
	tx *sipstack.ServerTx
	// branch is the dialog in use: the one dialled by, or that of the phone that
	// was picked up first.
	branch *branch
	// ring is what phones are sent while branches, the phones that ring, are
	// asked.
	ring     ringing
	branches []*branch
	refusals refusals

	origin *media.Origin
	// local is the latest description given to the phone, remote the latest
	// that it gave.
	local, remote []byte
	// handHeld: the user has the call on hold at the phone.
	handHeld bool
	// ackDue: the ACK of our last 2xx has not come, before which nothing can be
	// offered. onAck waits for the one with an answer in it; nil argument: the leg
	// ended first.
	ackDue bool
	onAck  func(answer []byte)
	// transferring: a REFER of the phone, or to it, is under way. A hold that it
	// provokes is none of the user's.
	transferring bool
	// refers is the REFER of the phone that is under way.
	refers *transfer
	// dialling are the digits that are sent by INFO, one command at a time.
	dialling  []*dialling
	keepAlive func()

	legMedia

	refreshBody atomic.Pointer[[]byte]
}

// newLeg makes a leg that the model has not named.
func (d *Driver) newLeg() *leg {
	return &leg{driver: d, origin: d.newOrigin()}
}

// add puts a leg under the name that the model gave it.
func (d *Driver) add(l *leg, id callmodel.LegID) {
	l.id = id
	d.legs[id] = l
	d.metrics.setLegs(d.target, len(d.legs))
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

// remove takes the leg out of the driver and ends all that waits for it.
func (l *leg) remove() {
	d := l.driver
	if l.keepAlive != nil {
		l.keepAlive()
		l.keepAlive = nil
	}
	if l.refusals.stop != nil {
		l.refusals.stop()
	}
	delete(d.dialled, l.dialled)
	if d.legs[l.id] == l {
		delete(d.legs, l.id)
		d.metrics.setLegs(d.target, len(d.legs))
	}
	for _, b := range l.branches {
		b.abort()
	}
	l.branches = nil
	if l.branch != nil {
		l.branch.abort()
	}
	if l.onAck != nil {
		onAck := l.onAck
		l.onAck = nil
		onAck(nil)
	}
	l.leaveMedia()
}

// sessionDescription is the message's body if it is a session description.
func sessionDescription(message any, body []byte) []byte {
	if len(body) == 0 || sipstack.MediaType(message) != media.ContentType {
		return nil
	}
	return body
}

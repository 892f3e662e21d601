// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/skinny"
)

// call is what stations show under one call reference.
type call struct {
	line      *line
	reference uint32
	// station is the phone that has the call; nil while it rings, and while no
	// phone has it.
	station *station
	// leg is nil while a number is dialled, and after the call has failed.
	leg *leg
	// model is what the call model says of it; its connection is empty for a call
	// that the model does not have.
	model callmodel.LineCall
	// dialling is what the user dials; nil: nothing any more.
	dialling *dialling
	// failed is why the call ended whose user is still off hook; empty: it did
	// not.
	failed callmodel.Cause
	// consults is the call of the same station that this one was made for, by key.
	consults *call
	purpose  purpose
	// dialled is the number that the user dialled.
	dialled string
	// stopFailed ends the time that a failed call is shown.
	stopFailed func()
}

// purpose is what the user wants of a second call.
type purpose uint8

const (
	plainCall purpose = iota
	toTransfer
	toConference
)

// view is how one station shows a call.
type view struct {
	state skinny.State
	// own: the station has the call, or it rings there.
	own bool
	// ring is how it rings at this station; zero: not.
	ring   skinny.RingMode
	tone   skinny.Tone
	keys   skinny.KeySet
	mask   uint32
	prompt string
	info   info
}

// info is what CallInfo says.
type info struct {
	calling, called, original, redirecting skinny.Party
	kind                                   skinny.CallType
	restricted                             bool
}

// id is how the station names the call.
func (c *call) id(p place) skinny.Call {
	return skinny.Call{Line: p.instance, Reference: c.reference}
}

// has reports whether the call model has the call.
func (c *call) has() bool { return c.model.Connection.Call != "" }

// rings reports whether the call rings for its line.
func (c *call) rings() bool { return c.leg != nil && c.leg.state == legRinging }

// talks reports whether the call has its station's audio: all but those that
// ring, are held, or are elsewhere.
func (c *call) talks(s *station) bool {
	switch {
	case c.station != s:
		return false
	case c.dialling != nil, c.failed != "":
		return true
	case c.leg != nil && c.leg.state == legUp && c.model.State != callmodel.Hold && c.model.State != callmodel.Queued:
		return true // the model may not know yet that the user has answered
	case c.leg != nil && c.leg.returns() && len(c.leg.calls()) == 1:
		return true // the phone is about to take the call off hold
	}
	switch c.model.State {
	case callmodel.Initiated, callmodel.Connected, callmodel.Fail:
		return true
	case callmodel.Null, callmodel.Alerting, callmodel.Hold, callmodel.Queued:
	}
	return false
}

// newCall makes a call of a line.
func (d *Driver) newCall(l *line, s *station) *call {
	c := &call{line: l, station: s, reference: d.reference()}
	l.calls = append(l.calls, c)
	return c
}

// drop takes a call off all displays.
func (d *Driver) drop(c *call) {
	c.stopDialling()
	if c.stopFailed != nil {
		c.stopFailed()
		c.stopFailed = nil
	}
	c.line.ended(c)
	delete(d.dialled, c.dialledID())
	for _, p := range c.line.at {
		p.station.hide(c, p)
	}
	if c.station != nil && c.station.active == c {
		c.station.active = nil
	}
}

func (c *call) dialledID() callmodel.DialledID {
	if c.leg != nil {
		return c.leg.dialled
	}
	return 0
}

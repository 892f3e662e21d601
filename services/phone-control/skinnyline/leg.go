// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
)

type legState uint8

const (
	// legRinging: the stations of the line ring, or the call that its phone
	// dialled is not answered.
	legRinging legState = iota
	legUp
	legGone
)

// leg is the driver's part of a call with one phone; while a line rings, with
// all of its phones.
type leg struct {
	driver *Driver
	// id is zero until the model has named it, dialled zero for a leg that was
	// rung.
	id      callmodel.LegID
	dialled callmodel.DialledID
	state   legState
	line    *line
	// station is the phone that has the leg; nil while it rings.
	station *station
	// ringsAt are the stations that ring.
	ringsAt []*station
	// shown is who the phone is shown, redirectedBy who sent the call here.
	shown        callmodel.Party
	redirectedBy callmodel.DeviceID
	// caller is the leg that hears that this one rings; zero: none.
	caller callmodel.LegID

	legMedia
}

// ring lets the phones of a line ring.
func (d *Driver) ring(c callmodel.Ring) {
	on := d.lines[c.Line]
	if on == nil || len(on.at) == 0 {
		d.loop.Indicate(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseDestOutOfOrder})
		return
	}
	l := &leg{
		driver: d, id: c.Leg, line: on, shown: c.Shown, redirectedBy: c.RedirectedBy, caller: c.Caller,
	}
	d.legs[c.Leg] = l
	for _, p := range on.at {
		l.ringsAt = append(l.ringsAt, p.station)
	}
	d.newCall(on, nil).leg = l
	d.loop.Indicate(callmodel.LegRinging{Leg: l.id})
	if d.neighbour != nil && c.Caller != 0 {
		d.neighbour.Rings(c.Caller, l.party())
	}
	if c.AutoAnswer {
		l.answer(l.best())
		return
	}
	d.refresh(on)
}

// best is the station that answers by itself: one whose user asked for the
// call, else one that is free, else the first.
func (l *leg) best() *station {
	free := l.ringsAt[0]
	for _, s := range slices.Backward(l.ringsAt) {
		switch {
		case s.pickingUp:
			return s
		case s.active == nil:
			free = s
		}
	}
	return free
}

// answer takes the leg to a station, whose user talks from now on.
func (l *leg) answer(s *station) {
	if l.state != legRinging || l.dialled != 0 {
		return
	}
	s.makeRoom(nil)
	s.pickingUp = false
	l.state, l.station, l.ringsAt = legUp, s, nil
	for _, c := range l.calls() {
		c.station = s
	}
	s.offHook()
	l.driver.loop.Indicate(callmodel.LegAnswered{Leg: l.id})
	l.arrange()
}

// stopRinging takes a station from those that ring; the last one ends the leg,
// for the cause.
func (l *leg) stopRinging(s *station, cause callmodel.Cause) {
	l.ringsAt = slices.DeleteFunc(l.ringsAt, func(other *station) bool { return other == s })
	if len(l.ringsAt) > 0 {
		l.driver.refresh(l.line)
		return
	}
	l.hungUp(cause)
}

// hungUp tells the model that the phone ended the leg.
func (l *leg) hungUp(cause callmodel.Cause) {
	if l.state == legGone {
		return
	}
	named := l.id != 0
	l.forget()
	if named {
		l.driver.loop.Indicate(callmodel.LegEnded{Leg: l.id, Cause: cause})
	}
	l.driver.refresh(l.line)
}

// release ends the leg as the model said. The user of a phone that dialled is
// told why.
func (d *Driver) release(c callmodel.Release) {
	l, ok := d.legs[c.Leg]
	if !ok {
		return
	}
	failed := l.dialled != 0 && l.state == legRinging && c.Cause != callmodel.CauseNormalClearing
	l.forget()
	for _, shown := range l.calls() {
		shown.leg = nil
		if failed {
			d.fail(shown, c.Cause)
		}
	}
	d.refresh(l.line)
}

// forget takes the leg and its media away.
func (l *leg) forget() {
	l.state = legGone
	l.leaveMedia()
	delete(l.driver.legs, l.id)
}

// calls are those that the leg carries.
func (l *leg) calls() []*call {
	var calls []*call
	for _, c := range l.line.calls {
		if c.leg == l {
			calls = append(calls, c)
		}
	}
	return calls
}

// party is who is at this end.
func (l *leg) party() callmodel.Party {
	return callmodel.Party{Number: l.line.number, Name: l.driver.displayName(l.line.number)}
}

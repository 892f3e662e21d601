// SPDX-License-Identifier: Apache-2.0

package simulated

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
)

// phone is a line's phone, or one beyond the trunk.
type phone struct {
	number    callmodel.DeviceID
	legs      []*leg
	unplugged bool
}

// leg is one call at a phone.
type leg struct {
	id    callmodel.LegID
	phone *phone
	state legState
	// held: by its user.
	held  bool
	media callmodel.Media
	// dialled names a call that the phone made until it is adopted.
	dialled callmodel.DialledID
	// stop ends the time until the phone answers by itself.
	stop func()
}

type legState uint8

const (
	// ringing: the phone was called.
	ringing legState = iota
	// calling: the phone calls, and nobody has answered yet.
	calling
	up
)

// phone finds or makes the phone of a number.
func (d *Driver) phone(number callmodel.DeviceID) *phone {
	p, ok := d.phones[number]
	if !ok {
		p = &phone{number: number}
		d.phones[number] = p
	}
	return p
}

// first is the phone's oldest leg in a state.
func (p *phone) first(match func(*leg) bool) *leg {
	for _, l := range p.legs {
		if match(l) {
			return l
		}
	}
	return nil
}

// inUse is the leg that the phone's user talks on: the newest that is up and
// not held by him.
func (p *phone) inUse() *leg {
	for _, l := range slices.Backward(p.legs) {
		if l.state == up && !l.held {
			return l
		}
	}
	return nil
}

// pickUp lets a ringing phone answer.
func (d *Driver) pickUp(l *leg) {
	if l.state != ringing {
		return
	}
	l.stopWaiting()
	l.state = up
	d.loop.Indicate(callmodel.LegAnswered{Leg: l.id})
}

// end takes a leg away that the phone ended.
func (d *Driver) end(l *leg, cause callmodel.Cause) {
	adopted := l.id != 0
	d.forget(l)
	if adopted {
		d.loop.Indicate(callmodel.LegEnded{Leg: l.id, Cause: cause})
	}
}

// forget takes a leg away without a word.
func (d *Driver) forget(l *leg) {
	l.stopWaiting()
	delete(d.legs, l.id)
	delete(d.dialled, l.dialled)
	if i := slices.Index(l.phone.legs, l); i >= 0 {
		l.phone.legs = slices.Delete(l.phone.legs, i, i+1)
	}
	if len(l.phone.legs) == 0 && !l.phone.unplugged {
		delete(d.phones, l.phone.number)
	}
}

func (l *leg) stopWaiting() {
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

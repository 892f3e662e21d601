// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
)

var _ lineside.Neighbour = (*Driver)(nil)

// Party implements lineside.Neighbour.
func (d *Driver) Party(leg callmodel.LegID) (callmodel.Party, bool) {
	l, ok := d.legs[leg]
	if !ok {
		return callmodel.Party{}, false
	}
	return l.party(), true
}

// Rings implements lineside.Neighbour. The model tells of it too, and phones
// show that.
func (d *Driver) Rings(callmodel.LegID, callmodel.Party) {}

// Ready implements lineside.Neighbour. The other side drives the exchange.
func (d *Driver) Ready(callmodel.LegID) {}

// Pressed implements lineside.Neighbour.
func (d *Driver) Pressed(leg callmodel.LegID, digits string) {
	if l, ok := d.legs[leg]; ok && l.station != nil {
		l.sound(digits, defaultTone, defaultPause, nil)
	}
}

// PressedInConference implements lineside.Neighbour.
func (d *Driver) PressedInConference(conference callmodel.CallID, digit byte) {
	d.soundInConference(conference, digit, nil)
}

// Stream implements lineside.Neighbour.
func (d *Driver) Stream(leg, with callmodel.LegID) lineside.Stream {
	l, ok := d.legs[leg]
	if !ok || l.state != legUp || !l.asked || l.wanted.Kind != callmodel.WithLeg || l.wanted.Leg != with {
		return nil
	}
	if l.end == nil || l.end.with != with {
		l.leaveEnd()
		l.end = &end{leg: l, with: with}
	}
	return l.end
}

// end is a leg's media while the other line side drives them.
type end struct {
	leg  *leg
	with callmodel.LegID
	// ready is told when the channel has been opened, or has not.
	ready  func()
	failed *callmodel.Error
	// connected: the media are as the other side wants them.
	connected bool
}

var _ lineside.Stream = (*end)(nil)

// Open implements lineside.Stream.
func (e *end) Open(codecs []lineside.Codec, ready func()) (local lineside.Description, ok bool, err error) {
	l := e.leg
	if failed := e.failed; failed != nil {
		e.failed = nil
		return local, false, failed
	}
	if l.end != e || l.station == nil {
		return local, false, &errNoChannel
	}
	// A channel that is open for one of the codecs will do.
	if c := l.channel; c != nil && c.local.IsValid() {
		for _, codec := range codecs {
			if codec == codecName(c.codec) {
				return c.description(), true, nil
			}
		}
	}
	capability, known := l.station.codecOf(codecs...)
	if !known {
		return local, false, &errNoCodec
	}
	if l.open(capability) {
		return l.channel.description(), true, nil
	}
	e.ready = ready
	return local, false, nil
}

// opened tells the other side that the phone has answered.
func (e *end) opened() {
	if ready := e.ready; ready != nil {
		e.ready = nil
		ready()
	}
}

// Connect implements lineside.Stream.
func (e *end) Connect(remote lineside.Description) error {
	l := e.leg
	if l.end != e || l.channel == nil || !l.channel.local.IsValid() {
		return &errNoChannel
	}
	if unspecified(remote.Address) {
		l.channel.stop()
	} else {
		l.transmit(remote)
	}
	e.connected = true
	l.mediaDone()
	return nil
}

// Close implements lineside.Stream.
func (e *end) Close() {
	if e.leg.end == e {
		e.leg.end = nil
		e.leg.closeChannel()
	}
}

// leaveEnd takes the leg's media from the other side.
func (l *leg) leaveEnd() {
	if e := l.end; e != nil {
		l.end = nil
		l.closeChannel()
		e.opened() // it opens in vain
	}
}

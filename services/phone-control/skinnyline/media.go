// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"errors"
	"net/netip"
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/mixer"
)

const second = time.Second

// legMedia is what the model wants a leg's media to be, and what they are.
type legMedia struct {
	// wanted is what the last SetMedia asked; asked: there was one; done: the
	// model was told what came of it.
	wanted      callmodel.Media
	asked, done bool
	channel     *channel
	// port is the leg's port of the mixer; nil: none.
	port mixer.Port
	// end is what the other line side drives the leg's media by; nil: it does not.
	end *end
	// sounds are digits that the user is to hear, the first of which he hears.
	sounds []sounds
}

// setMedia notes what is wanted and begins to bring it about.
func (d *Driver) setMedia(c callmodel.SetMedia) {
	l, ok := d.legs[c.Leg]
	if !ok {
		return
	}
	l.wanted, l.asked, l.done = c.Media, true, false
	if l.dialled != 0 && l.state == legRinging {
		l.state = legUp // whom the phone called has answered
	}
	l.arrange()
}

// arrange does what can be done now for the leg's media.
func (l *leg) arrange() {
	if !l.asked || l.done || l.state != legUp {
		return
	}
	d := l.driver
	if l.wanted.Kind != callmodel.WithLeg || d.legs[l.wanted.Leg] != nil {
		l.leaveEnd()
	}
	if !l.mixed() {
		l.closePort()
	}
	switch {
	case l.wanted.Kind == callmodel.WithLeg:
		if far := d.legs[l.wanted.Leg]; far != nil {
			l.arrangePair(far)
		} else {
			l.arrangeEnd()
		}
	case l.mixed():
		l.arrangePort()
	case l.wanted.Kind == callmodel.InConference:
		l.mediaFailed(&lineside.ErrNoMixer)
	default:
		l.closeChannel()
		l.mediaDone()
	}
}

// arrangePair has two phones send to each other, once the model wants it of
// both and both have said where.
func (l *leg) arrangePair(far *leg) {
	if far == l || !far.asked || far.wanted.Kind != callmodel.WithLeg || far.wanted.Leg != l.id || far.state != legUp {
		return
	}
	far.leaveEnd()
	far.closePort()
	codec, ok := l.station.commonCodec(far.station)
	if !ok {
		l.mediaFailed(&errNoCodec)
		far.mediaFailed(&errNoCodec)
		return
	}
	// Both are asked before either answers.
	here, there := l.open(codec), far.open(codec)
	if !here || !there {
		return
	}
	l.transmit(far.channel.description())
	far.transmit(l.channel.description())
	l.mediaDone()
	far.mediaDone()
}

// arrangeEnd lets the other line side take the leg's media to where it wants.
func (l *leg) arrangeEnd() {
	switch neighbour := l.driver.neighbour; {
	case neighbour == nil:
	case l.end != nil && l.end.with == l.wanted.Leg && l.end.connected:
		l.mediaDone()
	default:
		neighbour.Ready(l.wanted.Leg)
	}
}

// returns tells whether the leg's media are to come back, or have.
func (l *leg) returns() bool {
	return l.state == legUp && l.asked && l.wanted.Kind != callmodel.OnHold
}

// mixed tells whether the wanted media end at the mixer.
func (l *leg) mixed() bool {
	if l.driver.mixer == nil {
		return false
	}
	switch l.wanted.Kind {
	case callmodel.InConference:
		return true
	case callmodel.HeldByOther:
		return lineside.MusicOnHold(l.driver.config) != ""
	case callmodel.OnHold, callmodel.Ringback, callmodel.WithLeg:
	}
	return false
}

// arrangePort takes the leg's media to the mixer.
func (l *leg) arrangePort() {
	codec, ok := l.station.codecOf(lineside.PCMU, lineside.PCMA)
	if !ok {
		l.mediaFailed(&errNoCodec)
		return
	}
	if l.port == nil {
		port, err := l.driver.mixer.Open(mixer.PortOptions{Latch: l.driver.latch})
		if err != nil {
			l.driver.logger.Warn("mixer gives no port", "target", l.driver.target, "error", err)
			l.mixerFailed(err)
			return
		}
		l.port = port
	}
	if !l.open(codec) {
		return
	}
	local := l.channel.description()
	err := l.port.SetRemote(mixer.Remote{
		Address: local.Address, Codec: mixer.Codec(local.Codec), PacketTime: local.PacketTime, Direction: mixer.SendRecv,
	})
	if err == nil {
		err = l.servePort()
	}
	if err != nil {
		l.mixerFailed(err)
		return
	}
	l.transmit(lineside.Description{Address: l.port.LocalAddress(), Codec: local.Codec, PacketTime: local.PacketTime})
	l.mediaDone()
}

// servePort has the mixer do what the leg's media are for.
func (l *leg) servePort() error {
	if l.wanted.Kind != callmodel.InConference {
		return l.port.Play(lineside.MusicOnHold(l.driver.config), nil)
	}
	return lineside.Join(l.port, l.driver.config, l.wanted)
}

// mixerFailed does without music, and not without a conference.
func (l *leg) mixerFailed(err error) {
	l.closePort()
	switch {
	case l.wanted.Kind != callmodel.InConference:
		l.closeChannel()
		l.mediaDone()
	case errors.Is(err, mixer.ErrConferenceFull), errors.Is(err, mixer.ErrNoConferences), errors.Is(err, mixer.ErrNoPorts):
		l.mediaFailed(&lineside.ErrConferenceFull)
	default:
		l.mediaFailed(&lineside.ErrNoMixer)
	}
}

func (l *leg) closePort() {
	if l.port != nil {
		l.port.Close()
		l.port = nil
	}
}

// mediaDone tells the model, once for each SetMedia.
func (l *leg) mediaDone() {
	if !l.done {
		l.done = true
		l.driver.loop.Indicate(callmodel.MediaSet{Leg: l.id})
	}
}

// mediaFailed tells the model that the leg's media can't be set.
func (l *leg) mediaFailed(err *callmodel.Error) {
	if !l.done {
		l.done = true
		l.driver.loop.Indicate(callmodel.CommandFailed{Leg: l.id, Command: callmodel.SetMediaCommand, Error: err})
	}
}

// leaveMedia closes all, at the leg's end.
func (l *leg) leaveMedia() {
	l.closePort()
	l.leaveEnd()
	l.closeChannel()
	l.asked, l.done = false, true
}

// unspecified reports whether RTP can't be sent to an address.
func unspecified(address netip.AddrPort) bool {
	return !address.IsValid() || address.Port() == 0 || address.Addr().IsUnspecified()
}

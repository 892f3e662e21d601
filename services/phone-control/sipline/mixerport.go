// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/sipline/media"
)

// pointFor is the point that serves the wanted media of a leg, which are not
// those with another leg of ours. Music and tones are done without where the mixer has
// no room; a conference is not.
func (d *Driver) pointFor(l *leg, wanted callmodel.Media) (mediaPoint, error) {
	if wanted.Kind == callmodel.WithLeg {
		return d.neighbourPointFor(l, wanted.Leg)
	}
	direction, ok := d.mixes(wanted)
	if !ok {
		if wanted.Kind == callmodel.InConference {
			return nil, &lineside.ErrNoMixer
		}
		return silence{l}, nil
	}
	p, err := d.portOf(l)
	if err != nil {
		if wanted.Kind == callmodel.InConference {
			return nil, &lineside.ErrConferenceFull
		}
		return silence{l}, nil
	}
	p.latest = mixerPoint{p, direction}
	return p.latest, nil
}

// mixes tells whether media end at the mixer, and in which direction we offer
// them.
func (d *Driver) mixes(wanted callmodel.Media) (media.Direction, bool) {
	if d.mixer == nil {
		return media.Inactive, false
	}
	switch wanted.Kind {
	case callmodel.InConference, callmodel.Ringback:
		return media.SendRecv, true
	case callmodel.HeldByOther:
		return media.SendOnly, lineside.MusicOnHold(d.config()) != ""
	case callmodel.OnHold, callmodel.WithLeg:
	}
	return media.Inactive, false
}

// mixerPort is a leg's port of the mixer, from when its media are first to end
// there until they have gone elsewhere.
type mixerPort struct {
	leg  *leg
	port mixer.Port
	// latest is the point that the leg's media are at, or on their way to.
	latest mixerPoint
}

// portOf is the port of a leg.
func (d *Driver) portOf(l *leg) (*mixerPort, error) {
	if l.mixerPort != nil {
		return l.mixerPort, nil
	}
	p := &mixerPort{leg: l}
	port, err := d.mixer.Open(mixer.PortOptions{
		Latch:   d.latch,
		OnDigit: func(digit byte) { d.loop.Due(func() { p.pressed(digit) }) },
	})
	if err != nil {
		d.logger.Warn("mixer gives no port", "target", d.target, "error", err)
		return nil, err
	}
	p.port = port
	l.mixerPort = p
	return p, nil
}

// pressed tells the model of a digit that came in RTP.
func (p *mixerPort) pressed(digit byte) {
	if p.leg.state != legGone && p.leg.mixerPort == p {
		p.leg.driver.loop.Indicate(callmodel.LegDigits{Leg: p.leg.id, Digits: string(digit)})
	}
}

// close gives the port back.
func (p *mixerPort) close() {
	p.leg.mixerPort = nil
	p.port.Close()
}

// mixerPoint is a leg's port of the mixer, used in one direction. Another
// direction is another point, since the phone must be told.
type mixerPoint struct {
	*mixerPort
	direction media.Direction
}

var _ mediaPoint = mixerPoint{}

// Offer implements mediaPoint. The phone's codec of now comes first.
func (p mixerPoint) Offer() ([]byte, error) {
	preferred := media.PayloadPCMU
	if remote, err := media.StreamOf(p.leg.remote); err == nil {
		preferred = remote.Codec
	}
	return media.Describe(p.port.LocalAddress(), preferred, media.PayloadTelephoneEvent, p.direction), nil
}

// Answer implements mediaPoint.
func (p mixerPoint) Answer(offer []byte) ([]byte, error) {
	answer, err := media.DescribeAnswer(offer, p.port.LocalAddress(), p.direction)
	if err != nil {
		return nil, err
	}
	offered, err := media.StreamOf(offer)
	if err != nil {
		return nil, err
	}
	return answer, p.connect(offered, offered.TelephoneEvent)
}

// Answered implements mediaPoint.
func (p mixerPoint) Answered(answer []byte) error {
	answered, err := media.StreamOf(answer)
	if err != nil {
		return err
	}
	return p.connect(answered, media.PayloadTelephoneEvent)
}

// connect tells the mixer where the phone is. ours is the payload type of
// telephone-event in our description.
func (p mixerPoint) connect(remote media.Stream, ours uint8) error {
	settings := mixer.Remote{
		Address: remote.Address, Codec: mixer.PCMU, TelephoneEvent: remote.TelephoneEvent, ReceiveTelephoneEvent: ours,
		Direction: mixer.Direction(remote.Direction.AnswerTo(p.direction)),
	}
	if remote.Codec == media.PayloadPCMA {
		settings.Codec = mixer.PCMA
	}
	if remote.TelephoneEvent == 0 {
		settings.ReceiveTelephoneEvent = 0
	}
	settings.PacketTime = remote.PacketTime
	err := p.port.SetRemote(settings)
	if errors.Is(err, mixer.ErrBadRemote) && settings.PacketTime != 0 {
		settings.PacketTime = 0 // one that G.711 is not sent in: ours will do
		err = p.port.SetRemote(settings)
	}
	return err
}

// Serve implements mediaPoint.
func (p mixerPoint) Serve(wanted callmodel.Media) error {
	d := p.leg.driver
	switch wanted.Kind {
	case callmodel.InConference:
		err := lineside.Join(p.port, d.config(), wanted)
		if errors.Is(err, mixer.ErrConferenceFull) || errors.Is(err, mixer.ErrNoConferences) {
			return &lineside.ErrConferenceFull
		}
		return err
	case callmodel.Ringback:
		return p.port.Play(mixer.Ringback, nil)
	case callmodel.HeldByOther:
		return p.port.Play(lineside.MusicOnHold(d.config()), nil)
	case callmodel.OnHold, callmodel.WithLeg:
	}
	return p.port.Play(mixer.Silence, nil)
}

// Leave implements mediaPoint.
func (p mixerPoint) Leave() {
	if p.latest == p {
		p.close()
		return
	}
	p.port.Stop() // the other direction begins what it is for
}

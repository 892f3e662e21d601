// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"errors"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/sipline/media"
)

var _ lineside.Neighbour = (*Driver)(nil)

// Party implements lineside.Neighbour.
func (d *Driver) Party(leg callmodel.LegID) (callmodel.Party, bool) {
	l, ok := d.legs[leg]
	if !ok {
		return callmodel.Party{}, false
	}
	return l.party, true
}

// Rings implements lineside.Neighbour.
func (d *Driver) Rings(leg callmodel.LegID, called callmodel.Party) {
	l, ok := d.legs[leg]
	if !ok {
		return
	}
	l.told = called.Number
	if l.tx != nil && l.state != legGone {
		l.progress(180, nil)
	}
}

// Stream implements lineside.Neighbour. This side drives all exchanges: the
// other one is asked.
func (d *Driver) Stream(callmodel.LegID, callmodel.LegID) lineside.Stream { return nil }

// Ready implements lineside.Neighbour.
func (d *Driver) Ready(leg callmodel.LegID) {
	if l, ok := d.legs[leg]; ok {
		l.free()
	}
}

// Pressed implements lineside.Neighbour.
func (d *Driver) Pressed(leg callmodel.LegID, digits string) {
	if l, ok := d.legs[leg]; ok && l.up() {
		l.dialling = append(l.dialling, &dialling{leg: l, command: callmodel.SendDigits{Leg: leg, Digits: digits, Tone: defaultTone}, unasked: true})
		if len(l.dialling) == 1 {
			l.dialling[0].next()
		}
	}
}

// PressedInConference implements lineside.Neighbour.
func (d *Driver) PressedInConference(conference callmodel.CallID, digit byte) {
	d.pressInConference(conference, digit, defaultTone, nil)
}

// isNeighbours tells whether a leg is one of the other line side.
func (d *Driver) isNeighbours(leg callmodel.LegID) bool {
	if leg == 0 || d.neighbour == nil || d.legs[leg] != nil {
		return false
	}
	_, ok := d.neighbour.Party(leg)
	return ok
}

// withNeighbour tells whether the leg's media are to be with a leg of the other
// line side.
func (l *leg) withNeighbour() bool {
	return l.wanted.Kind == callmodel.WithLeg && l.driver.isNeighbours(l.wanted.Leg)
}

// errNotReady: the other line side has to be ready first, and tells.
var errNotReady = errors.New("the other line side is not ready")

// neighbourPointFor is the point of a leg that is with a leg of the other line
// side, once the phone there has said where it takes media. An offer of our
// phone bounds the codec; else what the phone used last is asked for first.
func (d *Driver) neighbourPointFor(l *leg, far callmodel.LegID) (mediaPoint, error) {
	stream := d.neighbour.Stream(far, l.id)
	if stream == nil {
		return nil, errNotReady
	}
	codecs := codecsIn(l.remote)
	if l.open.offers() {
		if codecs = codecsIn(l.open.body); len(codecs) == 0 {
			return nil, media.ErrNoCommonCodec
		}
	} else if len(codecs) > 0 {
		codecs = append(codecs, lineside.PCMU, lineside.PCMA, lineside.G722, lineside.G729)
	}
	l.toStream(stream)
	local, ok, err := stream.Open(codecs, func() { l.free() })
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, errNotReady
	}
	return neighbourPoint{leg: l, stream: stream, local: local}, nil
}

// toStream notes which stream of the other line side the leg's media are on their
// way to; nil: none. The one before ends, unless they are there: then it does
// when they leave.
func (l *leg) toStream(stream lineside.Stream) {
	before := l.stream
	l.stream = stream
	if p, there := l.point.(neighbourPoint); before == nil || before == stream || there && p.stream == before {
		return
	}
	before.Close()
}

// neighbourRefused ends what the leg's media needed of the other line side.
func (l *leg) neighbourRefused(err error) {
	if l.open != nil {
		l.open.failed(reply{code: 488}, false)
	}
	if l.state != legGone {
		l.mediaRefused(err)
	}
}

// neighbourPoint is the phone at the other line side.
type neighbourPoint struct {
	leg    *leg
	stream lineside.Stream
	local  lineside.Description
}

var _ mediaPoint = neighbourPoint{}

// Offer implements mediaPoint.
func (p neighbourPoint) Offer() ([]byte, error) {
	return media.DescribeOnly(p.local.Address, payloadOf(p.local.Codec), p.local.TelephoneEvent, media.SendRecv), nil
}

// Answer implements mediaPoint.
func (p neighbourPoint) Answer(offer []byte) ([]byte, error) {
	answer, err := media.AnswerOnly(offer, p.local.Address, payloadOf(p.local.Codec), p.local.TelephoneEvent != 0, media.SendRecv)
	if err != nil {
		return nil, err
	}
	return answer, p.connect(offer)
}

// Answered implements mediaPoint.
func (p neighbourPoint) Answered(answer []byte) error { return p.connect(answer) }

// connect tells the other phone where ours is.
func (p neighbourPoint) connect(body []byte) error {
	remote, err := media.StreamWith(body, payloadOf(p.local.Codec))
	if err != nil {
		return err
	}
	told := lineside.Description{Codec: p.local.Codec, PacketTime: remote.PacketTime}
	if remote.Direction.Receives() {
		told.Address = remote.Address
	}
	if p.local.TelephoneEvent != 0 {
		told.TelephoneEvent = remote.TelephoneEvent
	}
	return p.stream.Connect(told)
}

// Serve implements mediaPoint.
func (neighbourPoint) Serve(callmodel.Media) error { return nil }

// Leave implements mediaPoint. The same phone with another codec is no other
// place.
func (p neighbourPoint) Leave() {
	if p.leg.stream != p.stream {
		p.stream.Close()
	}
}

// codecsIn are the codecs of a description that the other line side may know.
func codecsIn(body []byte) []lineside.Codec {
	if body == nil {
		return nil
	}
	var codecs []lineside.Codec
	for _, payload := range media.Codecs(body) {
		for _, codec := range []lineside.Codec{lineside.PCMU, lineside.PCMA, lineside.G722, lineside.G729} {
			if payloadOf(codec) == payload {
				codecs = append(codecs, codec)
			}
		}
	}
	return codecs
}

func payloadOf(codec lineside.Codec) uint8 {
	switch codec {
	case lineside.PCMA:
		return media.PayloadPCMA
	case lineside.G722:
		return media.PayloadG722
	case lineside.G729:
		return media.PayloadG729
	case lineside.PCMU:
	}
	return media.PayloadPCMU
}

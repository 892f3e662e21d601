// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"offhook.dev/offhook/audio"
	"offhook.dev/services/skinny"
)

// media are the phone's streams; Phone.mutex guards them.
type media struct {
	// streams by the reference of their call.
	streams map[uint32]*stream
	// waiting are channels to be opened by hand.
	waiting []*skinny.OpenReceiveChannel
	// ended are the counters of streams that are gone, the oldest first.
	ended []endedStream
}

type endedStream struct {
	reference uint32
	counters  audio.Counters
}

// stream is the media of one call: one port for both directions, as desk phones
// have it.
type stream struct {
	rtp     *audio.Stream // nil of a phone without RTP
	local   netip.AddrPort
	receive *skinny.OpenReceiveChannel
	send    *skinny.StartMediaTransmission
	digits  string
}

func (s *stream) close() {
	if s.rtp != nil {
		s.rtp.Close()
	}
}

func (s *stream) counters() audio.Counters {
	if s.rtp == nil {
		return audio.Counters{}
	}
	return s.rtp.Counters()
}

func (m *media) snapshot() []Stream {
	streams := make([]Stream, 0, len(m.streams))
	for _, s := range m.streams {
		shown := Stream{Local: s.local, Counters: s.counters(), Digits: s.digits}
		if s.rtp != nil {
			shown.Events, shown.Sound = s.rtp.Digits(), s.rtp.Sound()
		}
		if s.receive != nil {
			shown.Stream, shown.Receiving, shown.ReceiveCodec = s.receive.Stream, true, s.receive.Codec
			shown.ReceivePacket, shown.ReceiveEvents = milliseconds(s.receive.PacketTime), s.receive.TelephoneEvent
		}
		if s.send != nil {
			shown.Stream, shown.Sending, shown.SendCodec = s.send.Stream, true, s.send.Codec
			shown.SendPacket, shown.SendEvents = milliseconds(s.send.PacketTime), s.send.TelephoneEvent
			shown.Remote = netip.AddrPortFrom(s.send.Address, s.send.Port)
		}
		streams = append(streams, shown)
	}
	slices.SortFunc(streams, func(a, b Stream) int { return cmp.Compare(a.Reference, b.Reference) })
	return streams
}

func milliseconds(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }

// takeAll takes all streams out, to be closed.
func (m *media) takeAll() []*stream {
	all := slices.Collect(maps.Values(m.streams))
	clear(m.streams)
	m.waiting, m.ended = nil, nil
	return all
}

// release takes a stream out that is open in no direction.
func (m *media) release(reference uint32) *stream {
	s := m.streams[reference]
	if s == nil || s.receive != nil || s.send != nil {
		return nil
	}
	delete(m.streams, reference)
	m.ended = push(m.ended, endedStream{reference, s.counters()}, maxStreams)
	return s
}

func (m *media) countersOf(reference uint32) audio.Counters {
	if s := m.streams[reference]; s != nil {
		return s.counters()
	}
	for _, ended := range slices.Backward(m.ended) {
		if ended.reference == reference {
			return ended.counters
		}
	}
	return audio.Counters{}
}

// stream gives the stream of a call, a new one if there is none.
func (p *Phone) stream(ctx context.Context, reference uint32) (*stream, error) {
	if s := p.media.streams[reference]; s != nil {
		return s, nil
	}
	if len(p.media.streams) >= maxStreams {
		return nil, fmt.Errorf("open stream: %d are open", maxStreams)
	}
	s := &stream{local: netip.AddrPortFrom(p.options.LocalAddress, silentPort)}
	if p.options.Media != MediaSilent {
		rtp, err := audio.Open(ctx, audio.Options{IP: p.options.LocalAddress.String(), ToneHertz: p.options.ToneHertz})
		if err != nil {
			return nil, err
		}
		s.rtp, s.local = rtp, rtp.Address()
	}
	p.media.streams[reference] = s
	return s, nil
}

// payloadType of a codec; false: the phone can't send it.
func payloadType(codec skinny.Capability) (uint8, bool) {
	switch codec {
	case skinny.CapabilityG711MuLaw:
		return audio.PayloadPCMU, true
	case skinny.CapabilityG711ALaw:
		return audio.PayloadPCMA, true
	case skinny.CapabilityG722:
		return audio.PayloadG722, true
	case skinny.CapabilityG729, skinny.CapabilityG729A, skinny.CapabilityG729B, skinny.CapabilityG729AB:
		return audio.PayloadG729, true
	default:
		return 0, false
	}
}

func (p *Phone) has(codec skinny.Capability) bool {
	_, ok := payloadType(codec)
	return ok && slices.Contains(p.options.Codecs, codec)
}

// capabilities as the phone tells them.
func (p *Phone) capabilities() []skinny.MediaCapability {
	list := make([]skinny.MediaCapability, 0, len(p.options.Codecs))
	for _, codec := range p.options.Codecs {
		most := uint32(60)
		if codec == skinny.CapabilityTelephone {
			most = 1
		}
		list = append(list, skinny.MediaCapability{Capability: codec, MaxFrames: most})
	}
	return list
}

// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"offhook.dev/offhook/audio"
	"offhook.dev/services/skinny"
)

// transmissionAcked is the first version whose phones acknowledge
// StartMediaTransmission.
const transmissionAcked skinny.Version = 17

// obeyMedia obeys what opens and closes streams; false: it is something else.
func (p *Phone) obeyMedia(message skinny.Message) (bool, error) {
	switch m := message.(type) {
	case *skinny.OpenReceiveChannel:
		return true, p.openReceive(m)
	case *skinny.CloseReceiveChannel:
		p.stop(m.Stream, func(s *stream) *skinny.Stream {
			if s.receive == nil {
				return nil
			}
			name := s.receive.Stream
			if name == m.Stream {
				s.receive = nil
			}
			return &name
		})
	case *skinny.StartMediaTransmission:
		return true, p.startSending(m)
	case *skinny.StopMediaTransmission:
		p.stop(m.Stream, func(s *stream) *skinny.Stream {
			if s.send == nil {
				return nil
			}
			name := s.send.Stream
			if name == m.Stream {
				s.send = nil
				if s.rtp != nil {
					s.rtp.Stop()
				}
			}
			return &name
		})
	case *skinny.ConnectionStatisticsReq:
		return true, p.tellStatistics(m)
	case *skinny.NotifyDTMFTone:
		p.hearDigit(m)
	case *skinny.SendDTMFTone:
		p.mutex.Lock()
		if s := p.media.of(m.Conference, m.PassThroughParty); s != nil && s.rtp != nil {
			if digit, ok := digitOf(m.Tone); ok {
				s.rtp.Press(digit)
			}
		}
		p.mutex.Unlock()
	default:
		return false, nil
	}
	return true, nil
}

// openReceive opens a channel, or refuses it, or leaves it to the user.
func (p *Phone) openReceive(m *skinny.OpenReceiveChannel) error {
	if !p.has(m.Codec) {
		p.fault("channel of codec %d that the phone has not", m.Codec)
		return p.send(&skinny.OpenReceiveChannelAck{
			Status: skinny.MediaInvalidCodec, Address: netip.IPv4Unspecified(), PassThroughParty: m.PassThroughParty, Reference: m.Reference,
		})
	}
	if p.options.Media == MediaByHand {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.media.waiting = push(p.media.waiting, m, maxStreams)
		p.notify()
		return nil
	}
	return p.accept(m)
}

func (p *Phone) accept(m *skinny.OpenReceiveChannel) error {
	ack := &skinny.OpenReceiveChannelAck{
		Status: skinny.MediaOutOfSockets, Address: netip.IPv4Unspecified(), PassThroughParty: m.PassThroughParty, Reference: m.Reference,
	}
	p.mutex.Lock()
	s, err := p.stream(p.root, m.Reference)
	if err != nil {
		p.screen.fault("%v", err)
	} else {
		if s.receive != nil {
			p.screen.fault("channel of call %d is open already", m.Reference)
		}
		s.receive = m
		if s.rtp != nil {
			s.rtp.ExpectEvents(uint8(m.TelephoneEvent))
		}
		ack.Status, ack.Address, ack.Port = skinny.MediaOK, s.local.Addr(), s.local.Port()
	}
	p.notify()
	p.mutex.Unlock()
	return p.send(ack)
}

// AcceptMedia opens the channel that the server asked for longest ago, of a
// phone with MediaByHand.
func (p *Phone) AcceptMedia() error {
	m, err := p.nextWaiting()
	if err != nil {
		return err
	}
	return p.accept(m)
}

// RefuseMedia refuses it.
func (p *Phone) RefuseMedia(status skinny.MediaStatus) error {
	m, err := p.nextWaiting()
	if err != nil {
		return err
	}
	return p.send(&skinny.OpenReceiveChannelAck{
		Status: status, Address: netip.IPv4Unspecified(), PassThroughParty: m.PassThroughParty, Reference: m.Reference,
	})
}

func (p *Phone) nextWaiting() (*skinny.OpenReceiveChannel, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if len(p.media.waiting) == 0 {
		return nil, fmt.Errorf("open channel: %w: the server asked for none", ErrNoSuchCall)
	}
	m := p.media.waiting[0]
	p.media.waiting = slices.Delete(p.media.waiting, 0, 1)
	p.notify()
	return m, nil
}

func (p *Phone) startSending(m *skinny.StartMediaTransmission) error {
	ack := &skinny.StartMediaTransmissionAck{
		Conference: m.Conference, PassThroughParty: m.PassThroughParty, Reference: m.Reference,
		Address: netip.IPv4Unspecified(), Status: skinny.MediaInvalidCodec,
	}
	p.mutex.Lock()
	if !p.has(m.Codec) {
		p.screen.fault("transmission of codec %d that the phone has not", m.Codec)
	} else if s, err := p.stream(p.root, m.Reference); err != nil {
		p.screen.fault("%v", err)
		ack.Status = skinny.MediaOutOfSockets
	} else {
		s.send = m
		if s.rtp != nil {
			payload, _ := payloadType(m.Codec)
			s.rtp.Send(netip.AddrPortFrom(m.Address, m.Port), audio.Format{
				PayloadType: payload, PacketTime: milliseconds(m.PacketTime), Events: uint8(m.TelephoneEvent),
			})
		}
		ack.Address, ack.Port, ack.Status = s.local.Addr(), s.local.Port(), skinny.MediaOK
	}
	version := p.screen.version
	p.notify()
	p.mutex.Unlock()
	if version < transmissionAcked {
		return nil
	}
	return p.send(ack)
}

// stop ends one direction of a stream. What ends gives the name of what was
// open: another than the server says is a fault, and stays open.
func (p *Phone) stop(name skinny.Stream, ends func(*stream) *skinny.Stream) {
	p.mutex.Lock()
	var gone *stream
	if s := p.media.streams[name.Reference]; s != nil {
		if open := ends(s); open != nil && *open != name {
			p.screen.fault("end of stream %+v, and open is %+v", name, *open)
		}
		gone = p.media.release(name.Reference)
	}
	p.media.waiting = slices.DeleteFunc(p.media.waiting, func(m *skinny.OpenReceiveChannel) bool { return m.Stream == name })
	p.notify()
	p.mutex.Unlock()
	if gone != nil {
		gone.close()
	}
}

func (p *Phone) tellStatistics(m *skinny.ConnectionStatisticsReq) error {
	p.mutex.Lock()
	counters := p.media.countersOf(m.Reference)
	p.mutex.Unlock()
	return p.send(&skinny.ConnectionStatisticsRes{
		Number: m.Number, Reference: m.Reference, Processing: m.Processing,
		PacketsSent: uint32(counters.PacketsSent), OctetsSent: uint32(counters.OctetsSent),
		PacketsReceived: uint32(counters.PacketsReceived), OctetsReceived: uint32(counters.OctetsReceived),
		PacketsLost: uint32(counters.PacketsLost), Jitter: uint32(counters.Jitter / time.Millisecond),
	})
}

// of gives the stream that a message names without its call.
func (m *media) of(conference, party uint32) *stream {
	for _, s := range m.streams {
		var name skinny.Stream
		switch {
		case s.receive != nil:
			name = s.receive.Stream
		case s.send != nil:
			name = s.send.Stream
		}
		if name.Conference == conference && name.PassThroughParty == party {
			return s
		}
	}
	return nil
}

// hearDigit notes a digit that the server tells of.
func (p *Phone) hearDigit(m *skinny.NotifyDTMFTone) {
	digit, ok := digitOf(m.Tone)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	s := p.media.of(m.Conference, m.PassThroughParty)
	if !ok || s == nil {
		p.screen.fault("digit %#x of stream %d/%d", m.Tone, m.Conference, m.PassThroughParty)
		return
	}
	s.digits = pushDigit(s.digits, digit)
	p.notify()
}

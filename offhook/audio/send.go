// SPDX-License-Identifier: Apache-2.0

package audio

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pion/rtp"
)

// eventDigits are the digits by their telephone-events (RFC 4733 3.2).
const eventDigits = "0123456789*#ABCD"

const (
	// eventPackets of one digit: the last three are its end, sent thrice (RFC
	// 4733 2.5.1.4).
	eventPackets    = 5
	eventEndPackets = 3
	eventVolume     = 10 // dBm0 below zero
)

// sender is the goroutine that sends.
type sender struct {
	stream *Stream
	packet rtp.Packet
	buffer []byte
	course *course
	voice  cycle
	// event that is being sent, and how many packets of it are left.
	event     byte
	eventLeft int
	eventAge  uint16
	// stoppedAt is when the clock stood still.
	stoppedAt time.Time
}

func (s *Stream) send(ctx context.Context) {
	sending := sender{stream: s, stoppedAt: time.Now(), packet: rtp.Packet{Header: rtp.Header{
		Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}}}
	ticker := time.NewTicker(DefaultPacketTime)
	ticker.Stop()
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
			if sending.turn(s.course.Load(), time.Now()) {
				ticker.Reset(sending.course.format.packetTime())
			} else {
				ticker.Stop()
			}
		case <-ticker.C:
			sending.tick()
		}
	}
}

// turn takes a course and tells whether there is something to send.
func (s *sender) turn(next *course, now time.Time) bool {
	was := s.course
	if next != nil && (!next.to.IsValid() || next.to.Addr().IsUnspecified() || next.to.Port() == 0) {
		next = nil
	}
	s.course = next
	switch {
	case next == nil:
		if was != nil {
			s.stoppedAt = now
		}
		s.eventLeft = 0
		return false
	case was == nil:
		// After silence the clock has gone on, and the talk begins (RFC 3551 4.1).
		s.packet.Timestamp += uint32(now.Sub(s.stoppedAt) * sampleRate / time.Second)
		s.packet.Marker = true
	}
	if was == nil || was.format.PayloadType != next.format.PayloadType || s.voice.second == nil {
		s.voice = cycle{second: next.format.second(s.stream.options.ToneHertz)}
	}
	return true
}

// tick sends one packet.
func (s *sender) tick() {
	if s.course == nil {
		return
	}
	format := s.course.format
	if s.eventLeft == 0 {
		select {
		case digit := <-s.stream.presses:
			if at := strings.IndexByte(eventDigits, digit); at >= 0 && format.Events != 0 {
				s.event, s.eventLeft, s.eventAge = byte(at), eventPackets, 0
			}
		default:
		}
	}
	if s.eventLeft > 0 {
		s.sendEvent(format)
		return
	}
	s.packet.PayloadType = format.PayloadType
	s.packet.Payload = s.voice.next(s.packet.Payload[:0], len(s.voice.second)*format.samples()/sampleRate)
	s.write()
	s.packet.Timestamp += uint32(format.samples())
}

// sendEvent sends a packet of a digit. All of them have the clock of its
// beginning; the clock moves on after the last.
func (s *sender) sendEvent(format Format) {
	s.packet.PayloadType = format.Events
	s.packet.Marker = s.eventLeft == eventPackets
	end := byte(0)
	if s.eventLeft <= eventEndPackets {
		end = 0x80
	}
	if s.eventLeft >= eventEndPackets {
		s.eventAge += uint16(format.samples())
	}
	s.packet.Payload = append(s.packet.Payload[:0], s.event, end|eventVolume, byte(s.eventAge>>8), byte(s.eventAge))
	s.write()
	s.eventLeft--
	if s.eventLeft == 0 {
		s.packet.Timestamp += uint32(eventPackets * format.samples())
	}
}

func (s *sender) write() {
	if size := s.packet.MarshalSize(); len(s.buffer) < size {
		s.buffer = make([]byte, size)
	}
	n, err := s.packet.MarshalTo(s.buffer)
	if err != nil {
		return
	}
	s.packet.SequenceNumber++
	s.packet.Marker = false
	if _, err := s.stream.socket.WriteToUDPAddrPort(s.buffer[:n], s.course.to); err == nil {
		s.stream.packetsSent.Add(1)
		s.stream.octetsSent.Add(uint64(len(s.packet.Payload)))
	}
}

// SPDX-License-Identifier: Apache-2.0

package audio

import (
	"math"
	"time"
)

// Static RTP payload types (RFC 3551 6).
const (
	PayloadPCMU uint8 = 0
	PayloadPCMA uint8 = 8
	PayloadG722 uint8 = 9
	PayloadG729 uint8 = 18
)

const (
	// DefaultPacketTime is what every phone sends (RFC 3551 4.2).
	DefaultPacketTime = 20 * time.Millisecond
	maxPacketTime     = 60 * time.Millisecond
	// sampleRate is also the clock of all these payload types, that of G.722
	// included (RFC 3551 4.5.2).
	sampleRate = 8000
	// toneLevel leaves room for three parties that are mixed.
	toneLevel = 8000
)

// Format is what a stream sends.
type Format struct {
	PayloadType uint8
	// PacketTime is the audio in one packet, 10 ms to 60 ms in steps of 10;
	// DefaultPacketTime where zero.
	PacketTime time.Duration
	// Events is the payload type of telephone-event (RFC 4733); zero: pressed
	// digits are not sent.
	Events uint8
}

func (f Format) packetTime() time.Duration {
	if f.PacketTime <= 0 {
		return DefaultPacketTime
	}
	return min(max(f.PacketTime.Truncate(10*time.Millisecond), 10*time.Millisecond), maxPacketTime)
}

// samples of the RTP clock in one packet.
func (f Format) samples() int { return int(f.packetTime() * sampleRate / time.Second) }

// second is what one second of the stream is: a tone where it is G.711, else
// silence of the codec's size.
func (f Format) second(toneHertz int) []byte {
	switch f.PayloadType {
	case PayloadPCMU:
		return tone(toneHertz, linearToMuLaw)
	case PayloadPCMA:
		return tone(toneHertz, linearToALaw)
	case PayloadG729:
		return make([]byte, 1000)
	default:
		return make([]byte, sampleRate)
	}
}

// tone is one second of a sine, in which whole periods fit.
func tone(hertz int, encode func(int16) byte) []byte {
	samples := make([]byte, sampleRate)
	for i := range samples {
		samples[i] = encode(int16(toneLevel * math.Sin(2*math.Pi*float64(hertz)*float64(i)/sampleRate)))
	}
	return samples
}

// cycle goes round a second of audio.
type cycle struct {
	second []byte
	at     int
}

func (c *cycle) next(dst []byte, n int) []byte {
	for n > 0 {
		piece := c.second[c.at:min(c.at+n, len(c.second))]
		dst = append(dst, piece...)
		n -= len(piece)
		c.at = (c.at + len(piece)) % len(c.second)
	}
	return dst
}

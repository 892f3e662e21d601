// SPDX-License-Identifier: Apache-2.0

package audio

import (
	"math"
	"sync"
	"time"

	"github.com/pion/rtp"
)

const (
	// heardSamples is what a tone is looked for in: 100 ms, so that tones 10 Hz
	// apart are told from one another.
	heardSamples = 800
	// heardFor is how long a tone is heard after the last packet.
	heardFor = 300 * time.Millisecond
	// toneShare of a signal's power makes a tone in it, so that each of three
	// that are mixed is one.
	toneShare = 0.15
	// minimumPower is far below toneLevel's and far above that of silence.
	minimumPower = 100 * 100
	// maxDigits are kept; the oldest go first.
	maxDigits = 64
)

// ear keeps the last of what came.
type ear struct {
	mutex sync.Mutex
	last  time.Time
	ring  [heardSamples]int16
	at    int

	events     uint8
	eventClock uint32
	hadEvent   bool
	digits     []byte
}

func (e *ear) hear(packet *rtp.Packet, now time.Time) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	decode := muLawToLinear
	switch {
	case e.events != 0 && packet.PayloadType == e.events:
		e.event(packet)
		return
	case packet.PayloadType == PayloadPCMU:
	case packet.PayloadType == PayloadPCMA:
		decode = aLawToLinear
	default:
		return
	}
	if now.Sub(e.last) > heardFor {
		clear(e.ring[:])
	}
	e.last = now
	for _, code := range packet.Payload {
		e.ring[e.at] = int16(decode(code))
		e.at = (e.at + 1) % heardSamples
	}
}

// event takes a digit at its first packet: all of it have one clock (RFC 4733
// 2.2).
func (e *ear) event(packet *rtp.Packet) {
	if len(packet.Payload) < 4 || int(packet.Payload[0]) >= len(eventDigits) || e.hadEvent && packet.Timestamp == e.eventClock {
		return
	}
	e.hadEvent, e.eventClock = true, packet.Timestamp
	if len(e.digits) == maxDigits {
		e.digits = e.digits[1:]
	}
	e.digits = append(e.digits, eventDigits[packet.Payload[0]])
}

func (e *ear) expect(events uint8) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.events = events
}

func (e *ear) heardDigits() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return string(e.digits)
}

// sound is what was heard lately; nothing where the last packet is long ago.
func (e *ear) sound(now time.Time) *Sound {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	sound := new(Sound)
	if !e.last.IsZero() && now.Sub(e.last) <= heardFor {
		n := copy(sound.samples[:], e.ring[e.at:])
		copy(sound.samples[n:], e.ring[:e.at])
	}
	return sound
}

// Sound is 100 ms of what was heard. It does not change.
type Sound struct{ samples [heardSamples]int16 }

// Hears tells whether a tone is in it, alone or mixed with two others, by
// Goertzel's algorithm.
func (s *Sound) Hears(hertz int) bool {
	coefficient := 2 * math.Cos(2*math.Pi*float64(hertz)/sampleRate)
	var before, earlier, energy float64
	for _, value := range s.samples {
		sample := float64(value)
		energy += sample * sample
		before, earlier = sample+coefficient*before-earlier, before
	}
	power := before*before + earlier*earlier - coefficient*before*earlier
	return energy > heardSamples*minimumPower && 2*power/(heardSamples*energy) > toneShare
}

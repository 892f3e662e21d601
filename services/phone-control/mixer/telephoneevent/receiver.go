// SPDX-License-Identifier: Apache-2.0

// Package telephoneevent sends and receives digits as RTP events (RFC 4733). It
// has no clock and no packets: it is asked once per frame of 20 ms what to send,
// and told the payloads that came.
package telephoneevent

import "encoding/binary"

const (
	frameSamples = 160
	endBit       = 0x80
	payloadBytes = 4
	// silentFrames without a packet end an event whose end was lost.
	silentFrames = 6
	// lastDigit is D; events above it are no digits (flash, tones of fax).
	lastDigit = 15
	digits    = "0123456789*#ABCD"
)

// Digit is the character of an event, if it is a digit.
func Digit(event byte) (digit byte, ok bool) {
	if event > lastDigit {
		return 0, false
	}
	return digits[event], true
}

// event is the event of a character.
func event(digit byte) (code byte, ok bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	for i := range len(digits) {
		if digits[i] == digit {
			return byte(i), true
		}
	}
	return 0, false
}

// Change is a digit that began or ended.
type Change struct {
	Event byte
	Ended bool
	// Frames is how long the digit that ended sounded.
	Frames int
}

// changesKept bounds the changes that wait for the next frame. A phone's next
// digit is some frames away.
const changesKept = 8

// Receiver makes the packets of a party into digits. The zero value is ready. It
// is not safe for concurrent use.
type Receiver struct {
	known     bool // timestamp is that of an event
	sounding  bool
	event     byte
	timestamp uint32
	duration  uint16
	frames    int
	changes   [changesKept]Change
	waiting   int
}

// Observe takes the payload of an event packet. It reports whether the payload
// is one, and the digit that it begins, if any.
func (r *Receiver) Observe(timestamp uint32, payload []byte) (digit byte, began, ok bool) {
	if len(payload) < payloadBytes {
		return 0, false, false
	}
	code, ended, duration := payload[0], payload[1]&endBit != 0, binary.BigEndian.Uint16(payload[2:])
	if code > lastDigit {
		return 0, false, true
	}
	if r.known && int32(timestamp-r.timestamp) < 0 && int32(timestamp-r.timestamp) > -1<<16 {
		return 0, false, true // of a digit before this one, overtaken
	}
	if !r.known || timestamp != r.timestamp {
		r.end()
		r.known, r.sounding, r.event, r.timestamp, r.duration = true, true, code, timestamp, 0
		r.change(Change{Event: code})
		digit, began = digits[code], true
	}
	if r.sounding && code == r.event {
		r.frames = 0
		r.duration = max(r.duration, duration)
		if ended {
			r.end()
		}
	}
	return digit, began, true
}

func (r *Receiver) end() {
	if !r.sounding {
		return
	}
	r.sounding = false
	r.change(Change{Event: r.event, Ended: true, Frames: (int(r.duration) + frameSamples - 1) / frameSamples})
}

func (r *Receiver) change(change Change) {
	if r.waiting < changesKept {
		r.changes[r.waiting] = change
		r.waiting++
	}
}

// Frame says that 20 ms went by.
func (r *Receiver) Frame() {
	if !r.sounding {
		return
	}
	if r.frames++; r.frames >= silentFrames {
		r.end()
	}
}

// Changes writes what began and ended since they were last asked for, in order,
// and returns how many. Those that do not fit are dropped.
func (r *Receiver) Changes(changes *[changesKept]Change) int {
	n := copy(changes[:], r.changes[:r.waiting])
	r.waiting = 0
	return n
}

// Sounding reports whether a digit has begun and not ended.
func (r *Receiver) Sounding() bool { return r.sounding }

// Changes is the room for what Receiver.Changes writes.
type Changes = [changesKept]Change

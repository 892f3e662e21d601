// SPDX-License-Identifier: Apache-2.0

package telephoneevent

import (
	"encoding/binary"
	"errors"
)

// Errors of a sender.
var (
	// ErrBadDigit is returned for a character that is neither a digit nor a comma.
	ErrBadDigit = errors.New("not a digit")
	// ErrFull is returned when the digits do not fit behind those that wait.
	ErrFull = errors.New("too many digits wait")
)

const (
	// most is how many digits wait at most.
	most = 128
	// endPackets is how often the end of an event is sent (RFC 4733 2.5.1.4).
	endPackets = 3
	// A digit that another party holds is sent for at least leastFrames, at most
	// mostFrames, and followed by gapFrames.
	leastFrames = 2
	mostFrames  = 300
	gapFrames   = endPackets
)

// item is a digit or a pause that waits or is being sent.
type item struct {
	event byte
	pause bool
	// frames is how long it sounds; zero while the party that presses the key,
	// origin, has not released it.
	frames, gap int
	origin      uint64
	done        func()
}

// Sender is the queue of digits towards one party. The zero value is ready. It
// is not safe for concurrent use.
type Sender struct {
	queue         [most]item
	first, length int
	// at is the frame of the first item that is next; in its gap it is past its
	// frames.
	at int
}

// Step is what to send in a frame.
type Step struct {
	Kind  Kind
	Event byte
	// Frame counts the frames of the digit from 0, in all of which the packets
	// bear the timestamp of the first.
	Frame int
	// Frames is the duration to be written, in frames.
	Frames int
	// End marks the event's last packets.
	End bool
	// Done is to be called, if not nil, after the frame was sent.
	Done func()
}

// Kind of a step.
type Kind int

// Kinds of steps.
const (
	// Nothing is to be sent: the frame is free.
	Nothing Kind = iota
	// Sounding is a frame of the digit itself: an event packet, or its tone.
	Sounding
	// Repeating is a frame after the digit in which its end is sent once more; a
	// party that is sent tones gets silence.
	Repeating
	// Quiet is a frame between digits.
	Quiet
)

// Empty reports whether no digit waits or is being sent.
func (s *Sender) Empty() bool { return s.length == 0 }

// Send takes characters, each to sound for tone frames with gap frames after it,
// a comma being pause frames of silence. done may be nil.
func (s *Sender) Send(characters string, tone, gap, pause int, done func()) error {
	if len(characters) > most-s.length {
		return ErrFull
	}
	for i := range len(characters) {
		if _, ok := event(characters[i]); !ok && characters[i] != ',' {
			return ErrBadDigit
		}
	}
	for i := range len(characters) {
		next := item{frames: max(tone, leastFrames), gap: max(gap, gapFrames)}
		code, ok := event(characters[i])
		if next.event = code; !ok {
			next.pause, next.frames, next.gap = true, max(pause, 1), 0
		}
		if i == len(characters)-1 {
			next.done = done
		}
		s.push(next)
	}
	return nil
}

// Begin takes a digit that a party begins to press, and reports whether there
// was room. origin is not zero and names the party.
func (s *Sender) Begin(origin uint64, code byte) bool {
	if s.length == most || code > lastDigit {
		return false
	}
	s.push(item{event: code, origin: origin, gap: gapFrames})
	return true
}

// Release ends the digit that a party began, after it was pressed for frames.
func (s *Sender) Release(origin uint64, frames int) {
	for i := range s.length {
		waiting := s.item(i)
		if waiting.origin != origin || waiting.frames != 0 {
			continue
		}
		waiting.frames = min(max(frames, leastFrames), mostFrames)
		if i == 0 { // never shorter than what was sent
			waiting.frames = max(waiting.frames, s.at+1)
		}
		return
	}
}

// Abandon releases what a party that went away held.
func (s *Sender) Abandon(origin uint64) { s.Release(origin, leastFrames) }

// Clear gives up what waits and returns what was to be called when it was done.
func (s *Sender) Clear() (done []func()) {
	for i := range s.length {
		if call := s.item(i).done; call != nil {
			done = append(done, call)
		}
		*s.item(i) = item{}
	}
	s.first, s.length, s.at = 0, 0, 0
	return done
}

func (s *Sender) item(i int) *item { return &s.queue[(s.first+i)%most] }

func (s *Sender) push(next item) {
	*s.item(s.length) = next
	s.length++
}

// Step says what to send in this frame.
func (s *Sender) Step() Step {
	if s.length == 0 {
		return Step{}
	}
	sending := s.item(0)
	if sending.frames == 0 && s.at+1 >= mostFrames {
		sending.frames = mostFrames
	}
	step := Step{Kind: Quiet, Event: sending.event, Frame: s.at}
	switch after := s.at - sending.frames; {
	case sending.pause:
	case sending.frames == 0 || after < 0:
		step.Kind, step.Frames, step.End = Sounding, s.at+1, after == -1
	case after < endPackets-1:
		step.Kind, step.Frames, step.End = Repeating, sending.frames, true
	}
	s.at++
	if sending.frames > 0 && s.at >= sending.frames+sending.gap {
		step.Done = sending.done
		*sending = item{}
		s.first, s.length, s.at = (s.first+1)%most, s.length-1, 0
	}
	return step
}

// AppendPayload appends the payload of a packet of a step (RFC 4733 2.3).
func AppendPayload(payload []byte, step Step) []byte {
	const volume = 10 // -10 dBm0
	flags := byte(volume)
	if step.End {
		flags |= endBit
	}
	duration := min(step.Frames*frameSamples, 0xFFFF)
	return binary.BigEndian.AppendUint16(append(payload, step.Event, flags), uint16(duration))
}

// SPDX-License-Identifier: Apache-2.0

// Package playout makes the packets of one RTP stream, which come when they
// come, into frames of 20 ms on time: a jitter buffer that adapts its delay, and
// the counts of what came and what did not (RFC 3550). It has no clock: a frame
// is due when it is asked for.
package playout

import "math"

// Samples and limits, in samples of 8 kHz.
const (
	// FrameSamples are those of a frame of 20 ms.
	FrameSamples = 160
	// MaxPacket is the longest packet that a buffer takes: 200 ms.
	MaxPacket = 1600

	ringSamples = 8192
	ringMask    = ringSamples - 1
	// farJump is how far timestamps may be off before the stream has begun anew.
	farJump = 4000
	// lateToRestart consecutive late packets mean that the stream has moved.
	lateToRestart = 5
	// idleFrames without a sample end the stream until its next packet.
	idleFrames = 50
	// overtakenToGrow packets of a window must have been too late, though others
	// were in time, before the delay is lengthened for them.
	overtakenToGrow = 2
	// windowPackets is how many packets must have had time to spare before the
	// delay is shortened.
	windowPackets = 100
	// concealedFrames is for how many frames the last one is repeated.
	concealedFrames = 3
	quietPeak       = 400
	// missing is no sample that G.711 can decode to.
	missing = math.MinInt16
)

// Buffer holds the samples of one stream by their timestamps. It is not safe for
// concurrent use.
type Buffer struct {
	ring [ringSamples]int16
	// next is the timestamp of the frame that is due next, end the one after the
	// newest sample.
	next, end uint32
	running   bool
	// delay is how long the packet waited that came fastest of the last window,
	// fastest the same of this window, spare how long that which came slowest.
	delay, fastest, spare int32
	least, most           int32

	lateInRow, empty, seen int
	overtaken              int
	shorten, insisting     bool

	last     [FrameSamples]int16
	lastPeak int16
	missed   int
}

// Fate is what became of a packet.
type Fate int

// Fates.
const (
	Taken Fate = iota
	Late
)

// NewBuffer gives an empty buffer that delays by least to most samples, most
// being at most 1600 (200 ms).
func NewBuffer(least, most int) *Buffer {
	b := &Buffer{
		least: wholeFrames(int32(min(max(least, 0), MaxPacket))),
		most:  wholeFrames(int32(min(max(most, 0), MaxPacket))),
	}
	b.most = max(b.most, b.least)
	b.Reset()
	return b
}

func wholeFrames(samples int32) int32 {
	return (samples + FrameSamples - 1) / FrameSamples * FrameSamples
}

// Reset forgets the stream but not the delay that was found right for it.
func (b *Buffer) Reset() {
	for i := range b.ring {
		b.ring[i] = missing
	}
	b.delay = max(b.delay, b.fastest)
	b.running, b.lateInRow, b.empty, b.missed, b.lastPeak = false, 0, 0, 0, 0
	b.window()
}

func (b *Buffer) window() { b.seen, b.overtaken, b.fastest, b.spare = 0, 0, 0, math.MaxInt32 }

// Delay is the delay now, in samples.
func (b *Buffer) Delay() int { return int(b.delay) }

// Put takes the samples of a packet, of which there are at most MaxPacket.
// Duplicates must be kept away. Late packets are dropped.
func (b *Buffer) Put(timestamp uint32, samples []int16) Fate {
	if len(samples) == 0 || len(samples) > MaxPacket {
		return Taken
	}
	length := int32(len(samples))
	if b.running {
		if offset := b.offset(timestamp); offset > farJump || offset < -farJump {
			b.Reset()
		}
	}
	if !b.running {
		b.start(timestamp)
	}
	newest := int32(timestamp-b.end) >= 0
	offset := b.offset(timestamp)
	overtaken := offset+length <= 0 && !newest
	if offset < 0 {
		b.grow(-offset, newest)
		offset = b.offset(timestamp)
	}
	if offset+length <= 0 || overtaken {
		if b.lateInRow++; b.lateInRow < lateToRestart {
			return Late
		}
		b.Reset()
		b.start(timestamp)
		offset = b.offset(timestamp)
	}
	b.lateInRow = 0
	if excess := offset - b.most - FrameSamples; excess > 0 {
		b.skip(wholeFrames(excess))
		offset = b.offset(timestamp)
	}
	b.observe(offset)
	if offset < 0 {
		samples, timestamp = samples[-offset:], b.next
	}
	for i, sample := range samples {
		b.ring[(timestamp+uint32(i))&ringMask] = sample
	}
	if end := timestamp + uint32(len(samples)); int32(end-b.end) > 0 {
		b.end = end
	}
	return Taken
}

func (b *Buffer) start(timestamp uint32) {
	b.running = true
	b.delay = min(max(wholeFrames(b.delay), b.least+FrameSamples), b.most)
	b.next = timestamp - uint32(b.delay)
	b.end = timestamp
}

// offset is how long before its time a timestamp is.
func (b *Buffer) offset(timestamp uint32) int32 {
	return int32(timestamp - b.next)
}

// grow lengthens the delay for a packet that is late: at once if it just took
// longer, since what was heard meanwhile is nothing; only when it happens again
// if others overtook it, since there will be a gap.
func (b *Buffer) grow(late int32, newest bool) {
	if !newest {
		if b.overtaken++; b.overtaken < overtakenToGrow {
			return
		}
	}
	needed := wholeFrames(late)
	if max(b.delay, b.fastest)+needed > b.most {
		return
	}
	b.move(-needed)
	b.overtaken = 0
	b.shorten, b.insisting = false, false
}

// move makes frames due later (negative) or earlier.
func (b *Buffer) move(samples int32) {
	b.next += uint32(samples)
	b.delay = max(b.delay-samples, 0)
	b.fastest = max(b.fastest-samples, 0)
	if b.seen > 0 {
		b.spare -= samples
	}
}

// skip drops the oldest samples.
func (b *Buffer) skip(samples int32) {
	for i := range uint32(samples) {
		b.ring[(b.next+i)&ringMask] = missing
	}
	b.move(samples)
}

// observe notes how much time packets had to spare; when all of a window had a
// frame too much, the delay is to be shortened by one.
func (b *Buffer) observe(offset int32) {
	b.seen++
	b.spare, b.fastest = min(b.spare, offset), max(b.fastest, offset)
	if b.seen < windowPackets {
		return
	}
	b.delay = b.fastest
	tooLong := b.spare >= b.least+FrameSamples
	b.insisting = tooLong && b.shorten // nothing quiet came for a whole window
	b.shorten = tooLong
	b.window()
}

// Frame writes the frame that is due and reports whether there is anything to
// be heard in it, and how many of its samples had to be made up for.
func (b *Buffer) Frame(frame *[FrameSamples]int16) (audible bool, concealed int) {
	if !b.running {
		return false, 0
	}
	if b.shorten && (b.insisting || b.lastPeak < quietPeak) {
		b.skip(FrameSamples)
		b.shorten, b.insisting = false, false
	}
	present, peak := b.take(frame)
	if present == 0 {
		if b.empty++; b.empty >= idleFrames {
			b.Reset()
			return false, 0
		}
		return b.conceal(frame)
	}
	b.empty, b.missed = 0, 0
	b.last, b.lastPeak = *frame, peak
	return true, FrameSamples - present
}

func (b *Buffer) take(frame *[FrameSamples]int16) (present int, peak int16) {
	for i := range frame {
		place := &b.ring[(b.next+uint32(i))&ringMask]
		sample := *place
		*place = missing
		if sample == missing {
			frame[i] = 0
			continue
		}
		present++
		frame[i] = sample
		peak = max(peak, sample, -sample)
	}
	b.next += FrameSamples
	return present, peak
}

// conceal repeats the last frame, fading, then gives up.
func (b *Buffer) conceal(frame *[FrameSamples]int16) (audible bool, concealed int) {
	if b.missed >= concealedFrames || b.lastPeak == 0 {
		b.lastPeak = 0
		return false, 0
	}
	const steps = concealedFrames * FrameSamples
	for i := range frame {
		level := int32(steps - b.missed*FrameSamples - i)
		frame[i] = int16(int32(b.last[i]) * level / steps)
	}
	b.missed++
	return true, FrameSamples
}

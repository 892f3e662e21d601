// SPDX-License-Identifier: Apache-2.0

package playout

import "time"

const (
	sampleRate = 8000
	// sequenceJump is how far sequence numbers may be off before the sender has
	// begun anew (RFC 3550 A.1, MAX_DROPOUT).
	sequenceJump = 3000
	// recent is how many of the newest packets are known one by one.
	recent = 64
)

// Reception counts the packets of one RTP stream (RFC 3550 A.1, A.3, A.8). The
// zero value is ready. It is not safe for concurrent use.
type Reception struct {
	started         bool
	ssrc            uint32
	highest         uint64 // extended sequence number
	first           uint64
	received        uint64
	lostBefore      uint64 // by streams that ended
	seen            uint64 // bit n: highest-n has come
	transit, jitter int32  // jitter in 1/16 of a sample
	timed           bool
}

// News is what a packet's sequence number and SSRC tell.
type News int

// News of a packet.
const (
	// Fresh packets have not come before.
	Fresh News = iota
	// Duplicate packets have, or are too old to tell.
	Duplicate
	// Restarted streams have another SSRC or a sequence number far off: what
	// was buffered belongs to another stream.
	Restarted
)

// Observe counts a packet.
func (r *Reception) Observe(ssrc uint32, sequence uint16) News {
	if !r.started || ssrc != r.ssrc {
		return r.restart(ssrc, sequence)
	}
	step := int16(sequence - uint16(r.highest))
	switch {
	case step > 0 && step < sequenceJump:
		r.highest += uint64(step)
		r.seen = r.seen<<min(step, recent) | 1
	case step <= 0 && step > -recent:
		bit := uint64(1) << -step
		if r.seen&bit != 0 || uint64(-int64(step)) > r.highest-r.first {
			return Duplicate
		}
		r.seen |= bit
	case step <= 0 && step > -sequenceJump:
		return Duplicate
	default:
		return r.restart(ssrc, sequence)
	}
	r.received++
	return Fresh
}

func (r *Reception) restart(ssrc uint32, sequence uint16) News {
	news := Fresh
	if r.started {
		r.lostBefore = r.Lost()
		news = Restarted
	}
	// The cycle count starts at one so that nothing is below zero.
	r.highest = 1<<16 | uint64(sequence)
	r.first, r.received, r.seen = r.highest, 1, 1
	r.started, r.ssrc, r.timed = true, ssrc, false
	return news
}

// Time takes the arrival of a packet into the jitter. Only for packets whose
// timestamp is the time of sending: not for telephone-event.
func (r *Reception) Time(timestamp uint32, arrival time.Duration) {
	samples := uint32(arrival / (time.Second / sampleRate))
	transit := int32(samples - timestamp)
	difference := transit - r.transit
	r.transit = transit
	if !r.timed {
		r.timed = true
		return
	}
	difference = max(difference, -difference)
	if difference > sampleRate { // the timestamps jumped
		return
	}
	r.jitter += difference - (r.jitter+8)>>4
}

// Jitter is the interarrival jitter.
func (r *Reception) Jitter() time.Duration {
	return time.Duration(r.jitter) * time.Second / (16 * sampleRate)
}

// Lost are the packets that were sent and did not come until now.
func (r *Reception) Lost() uint64 {
	if !r.started {
		return r.lostBefore
	}
	expected := r.highest - r.first + 1
	return r.lostBefore + expected - min(r.received, expected)
}

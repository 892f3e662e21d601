// SPDX-License-Identifier: Apache-2.0

// Package sound makes what a party can be played: call progress tones of several
// countries, a melody of our own, silence, and WAV files. All of it is encoded
// beforehand in both laws of G.711, so that playing it costs a copy. It has no
// clock and no packets.
package sound

import "offhook.dev/services/phone-control/mixer/g711"

// SampleRate of all sounds.
const SampleRate = 8000

// FrameSamples are those of a frame of 20 ms.
const FrameSamples = 160

// Sound is something to be played, in whole frames. It is not altered after it
// was made and safe for concurrent use.
type Sound struct {
	octets [2][]byte // by g711.Law
	// Repeats says that it begins anew at its end.
	Repeats bool
}

// New encodes samples, with silence up to a whole frame.
func New(samples []int16, repeats bool) *Sound {
	length := (len(samples) + FrameSamples - 1) / FrameSamples * FrameSamples
	s := &Sound{Repeats: repeats}
	for _, law := range []g711.Law{g711.MuLaw, g711.ALaw} {
		octets := make([]byte, length)
		law.Encode(octets, samples)
		for i := len(samples); i < length; i++ {
			octets[i] = law.Silence()
		}
		s.octets[law] = octets
	}
	return s
}

// Frame is the nth frame, which the caller must not alter, and whether there is
// one: a sound that does not repeat has an end.
func (s *Sound) Frame(law g711.Law, n int) (octets []byte, ok bool) {
	all := s.octets[law&1]
	frames := len(all) / FrameSamples
	if frames == 0 || n >= frames && !s.Repeats {
		return nil, false
	}
	at := n % frames * FrameSamples
	return all[at : at+FrameSamples : at+FrameSamples], true
}

// Frames is the length in frames.
func (s *Sound) Frames() int { return len(s.octets[g711.MuLaw]) / FrameSamples }

// Silence is a sound without sound.
func Silence() *Sound { return New(make([]int16, FrameSamples), true) }

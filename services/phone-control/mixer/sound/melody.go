// SPDX-License-Identifier: Apache-2.0

package sound

import "math"

// Melody is the music on hold: slow broken chords, made from sines, that repeat
// without a seam after 24 s.
func Melody() *Sound {
	const (
		noteSamples = SampleRate * 3 / 8
		decay       = SampleRate * 3 / 4 // a note falls to 1/e in it
		attack      = SampleRate / 50
		level       = 4200
	)
	// Semitones above middle C of each half bar: bass, then three notes.
	halfBars := [...][4]float64{
		{-12, 4, 7, 12}, {-8, 7, 12, 16}, {-15, 4, 9, 12}, {-12, 9, 12, 16},
		{-19, 5, 9, 12}, {-15, 9, 12, 17}, {-17, 2, 7, 11}, {-13, 7, 11, 14},
		{-12, 4, 7, 12}, {-8, 12, 7, 4}, {-15, 0, 4, 9}, {-10, 5, 9, 14},
		{-17, 7, 11, 14}, {-13, 14, 11, 7}, {-12, 7, 4, 0}, {-12, 4, 7, 4},
	}
	total := len(halfBars) * len(halfBars[0]) * noteSamples
	sum := make([]float64, total)
	for bar, notes := range halfBars {
		for beat, semitones := range notes {
			start := (bar*len(notes) + beat) * noteSamples
			step := 2 * math.Pi * 261.6256 * math.Exp2(semitones/12) / SampleRate
			sine, cosine := 0.0, 1.0
			stepSine, stepCosine := math.Sincos(step)
			envelope, fall := float64(level), math.Exp(-1.0/decay)
			for i := range 5 * decay {
				// The second and third harmonic by the angle formulas.
				tone := sine + 0.25*2*sine*cosine + 0.08*sine*(3-4*sine*sine)
				sum[(start+i)%total] += min(1, float64(i)/attack) * envelope * tone
				sine, cosine = sine*stepCosine+cosine*stepSine, cosine*stepCosine-sine*stepSine
				envelope *= fall
			}
		}
	}
	samples := make([]int16, total)
	for i, value := range sum {
		samples[i] = int16(max(-32000, min(32000, value)))
	}
	return New(samples, true)
}

// SPDX-License-Identifier: Apache-2.0

package telephoneevent

import "math"

// Frequencies of the keys' rows and columns (ITU-T Q.23).
var (
	rows    = [4]float64{697, 770, 852, 941}
	columns = [4]float64{1209, 1336, 1477, 1633}
	// keys gives row and column of an event.
	keys = [lastDigit + 1][2]int{
		{3, 1}, {0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}, // 0 to 9
		{3, 0}, {3, 2}, {0, 3}, {1, 3}, {2, 3}, {3, 3}, // * # A B C D
	}
)

const (
	sampleRate = 8000
	// The column is 2 dB louder than the row, both together -4 dBm0 or less.
	rowLevel, columnLevel = 6000, 7500
)

// Tone writes a frame of the tone of an event, the frame being the nth since it
// began.
func Tone(samples *[frameSamples]int16, code byte, n int) {
	if code > lastDigit {
		clear(samples[:])
		return
	}
	low := 2 * math.Pi * rows[keys[code][0]] / sampleRate
	high := 2 * math.Pi * columns[keys[code][1]] / sampleRate
	start := n * frameSamples
	for i := range samples {
		at := float64(start + i)
		samples[i] = int16(rowLevel*math.Sin(low*at) + columnLevel*math.Sin(high*at))
	}
}

// SPDX-License-Identifier: Apache-2.0

package sound

import (
	"math"
	"time"
)

// Plan is the call progress tones of a country (ITU-T E.180 and its
// supplement 2).
type Plan struct {
	Dial, Ringback, Busy, Reorder Tone
}

// Tone is a cadence that repeats.
type Tone []Burst

// Burst is a time of frequencies in hertz, sounding together; none is silence.
type Burst struct {
	Hertz []float64
	For   time.Duration
}

// toneLevel is the peak of a tone, all frequencies together: about -10 dBm0.
const toneLevel = 7200

// Countries are the names that PlanOf knows.
func Countries() []string { return []string{"itu", "au", "de", "fr", "gb", "jp", "us"} }

// PlanOf gives the tones of a country by its lower-case name: "itu" is what E.180
// recommends.
func PlanOf(country string) (Plan, bool) {
	const ms = time.Millisecond
	tone := func(bursts ...Burst) Tone { return bursts }
	on := func(length time.Duration, hertz ...float64) Burst { return Burst{hertz, length} }
	off := func(length time.Duration) Burst { return Burst{nil, length} }
	cadence := func(length, pause time.Duration, hertz ...float64) Tone {
		return tone(on(length, hertz...), off(pause))
	}
	continuous := func(hertz ...float64) Tone { return tone(on(time.Second, hertz...)) }
	switch country {
	case "itu":
		return Plan{
			Dial: continuous(425), Ringback: cadence(1000*ms, 4000*ms, 425),
			Busy: cadence(500*ms, 500*ms, 425), Reorder: cadence(240*ms, 240*ms, 425),
		}, true
	case "de":
		return Plan{
			Dial: continuous(425), Ringback: cadence(1000*ms, 4000*ms, 425),
			Busy: cadence(480*ms, 480*ms, 425), Reorder: cadence(240*ms, 240*ms, 425),
		}, true
	case "fr":
		return Plan{
			Dial: continuous(440), Ringback: cadence(1500*ms, 3500*ms, 440),
			Busy: cadence(500*ms, 500*ms, 440), Reorder: cadence(500*ms, 500*ms, 440),
		}, true
	case "us":
		return Plan{
			Dial: continuous(350, 440), Ringback: cadence(2000*ms, 4000*ms, 440, 480),
			Busy: cadence(500*ms, 500*ms, 480, 620), Reorder: cadence(250*ms, 250*ms, 480, 620),
		}, true
	case "gb":
		return Plan{
			Dial:     continuous(350, 440),
			Ringback: tone(on(400*ms, 400, 450), off(200*ms), on(400*ms, 400, 450), off(2000*ms)),
			Busy:     cadence(375*ms, 375*ms, 400),
			Reorder:  tone(on(400*ms, 400), off(350*ms), on(225*ms, 400), off(525*ms)),
		}, true
	case "au":
		return Plan{
			Dial:     continuous(400, 425, 450),
			Ringback: tone(on(400*ms, 400, 425, 450), off(200*ms), on(400*ms, 400, 425, 450), off(2000*ms)),
			Busy:     cadence(375*ms, 375*ms, 425), Reorder: cadence(380*ms, 380*ms, 425),
		}, true
	case "jp":
		return Plan{
			Dial: continuous(400), Ringback: cadence(1000*ms, 2000*ms, 385, 415),
			Busy: cadence(500*ms, 500*ms, 400), Reorder: cadence(250*ms, 250*ms, 400),
		}, true
	}
	return Plan{}, false
}

// Sound is the tone as a sound. The bursts of one that never pauses must hold
// whole periods, so that it repeats without a click: whole hertz in a second do.
func (t Tone) Sound() *Sound {
	const edge = SampleRate / 200 // 5 ms
	var samples []int16
	for _, burst := range t {
		length := int(burst.For * SampleRate / time.Second)
		for i := range length {
			level := 1.0
			if len(t) > 1 { // it pauses: no click at its edges
				level = min(1, float64(i)/edge, float64(length-1-i)/edge)
			}
			samples = append(samples, int16(level*toneLevel*together(burst.Hertz, i)))
		}
	}
	return New(samples, true)
}

// together is the sum of sines at a sample, 1 at most.
func together(hertz []float64, at int) (sum float64) {
	for _, frequency := range hertz {
		sum += math.Sin(2*math.Pi*frequency*float64(at)/SampleRate) / float64(len(hertz))
	}
	return sum
}

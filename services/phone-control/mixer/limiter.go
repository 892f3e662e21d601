// SPDX-License-Identifier: Apache-2.0

package mixer

const (
	// ceiling is the loudest sample that G.711 has: one party alone, however
	// loud, passes unaltered, and nothing is ever clipped.
	ceiling = 32256
	// attackSamples is how fast the level falls where a frame is too loud,
	// recovery what it rises by in a frame after that.
	attackSamples = 16
	recovery      = 0.04
)

// limiter lowers the level of a mix that is too loud instead of clipping it. The
// zero value is ready.
type limiter struct {
	// attenuation is 1 minus the level at the end of the last frame.
	attenuation float32
}

// limit writes a mix with the level that it needs.
func (l *limiter) limit(out *[frameSamples]int16, mix *[frameSamples]int32) {
	peak := int32(0)
	for _, sample := range mix {
		peak = max(peak, sample, -sample)
	}
	if peak <= ceiling && l.attenuation == 0 {
		for i, sample := range mix {
			out[i] = int16(sample)
		}
		return
	}
	level := 1 - l.attenuation
	target, over := min(1, level+recovery), frameSamples
	if highest := float32(ceiling) / float32(max(peak, 1)); highest < target {
		target = highest
	}
	if target < level {
		over = attackSamples
	}
	step := (target - level) / float32(over)
	for i, sample := range mix {
		if i < over {
			level += step
		}
		value := float32(sample) * level
		out[i] = int16(max(-ceiling, min(ceiling, value))) // the ceiling matters in the attack only
	}
	l.attenuation = 1 - target
}

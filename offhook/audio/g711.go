// SPDX-License-Identifier: Apache-2.0

package audio

import "math/bits"

// linearToMuLaw encodes one sample as G.711 mu-law (ITU-T G.711, table 2a).
func linearToMuLaw(sample int16) byte {
	const bias, clip = 0x84, 32635
	value, sign := int(sample), 0
	if value < 0 {
		value, sign = -value, 0x80
	}
	value = min(value, clip) + bias
	segment := bits.Len(uint(value)) - 8
	mantissa := value >> (segment + 3) & 0x0F
	return ^byte(sign | segment<<4 | mantissa)
}

// linearToALaw encodes one sample as G.711 A-law (ITU-T G.711, table 1a).
func linearToALaw(sample int16) byte {
	value, sign := int(sample)>>3, 0x80
	if value < 0 {
		value, sign = -value-1, 0
	}
	if value < 32 {
		return byte(sign|value>>1) ^ 0x55
	}
	segment := bits.Len(uint(value)) - 5
	mantissa := value >> segment & 0x0F
	return byte(sign|segment<<4|mantissa) ^ 0x55
}

// muLawToLinear decodes as ITU-T G.711 table 2a says, to 16 bits.
func muLawToLinear(code byte) int {
	code = ^code
	magnitude := (int(code&0x0F)<<3+0x84)<<(code>>4&7) - 0x84
	if code&0x80 != 0 {
		return -magnitude
	}
	return magnitude
}

// aLawToLinear decodes as ITU-T G.711 table 1a says, to 16 bits: the middle of
// the interval.
func aLawToLinear(code byte) int {
	code ^= 0x55
	magnitude := int(code&0x0F)<<4 + 8
	if segment := code >> 4 & 7; segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if code&0x80 == 0 {
		return -magnitude
	}
	return magnitude
}

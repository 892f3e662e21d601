// SPDX-License-Identifier: Apache-2.0

// Package g711 turns 16-bit linear samples into G.711 octets and back (ITU-T
// G.711). It knows nothing of packets.
package g711

import "math/bits"

// Law is one of the two companding laws.
type Law uint8

// Laws.
const (
	MuLaw Law = iota
	ALaw
)

// Decoding needs a table of 256 samples, encoding one of 16384 octets: the laws
// keep 14 bits of a sample at most.
const encodeShift = 2

var (
	decoded = [2][256]int16{MuLaw: decodeTable(decodeMuLaw), ALaw: decodeTable(decodeALaw)}
	encoded = [2][1 << (16 - encodeShift)]byte{MuLaw: encodeTable(encodeMuLaw), ALaw: encodeTable(encodeALaw)}
)

// Decode writes the samples of source, of which destination must have room for.
func (l Law) Decode(destination []int16, source []byte) {
	table := &decoded[l&1]
	destination = destination[:len(source)]
	for i, octet := range source {
		destination[i] = table[octet]
	}
}

// Encode writes the octets of source, of which destination must have room for.
func (l Law) Encode(destination []byte, source []int16) {
	table := &encoded[l&1]
	destination = destination[:len(source)]
	for i, sample := range source {
		destination[i] = table[uint16(sample)>>encodeShift]
	}
}

// Silence is the octet of sample 0.
func (l Law) Silence() byte { return encoded[l&1][0] }

func decodeTable(decode func(byte) int16) (table [256]int16) {
	for octet := range table {
		table[octet] = decode(byte(octet))
	}
	return table
}

func encodeTable(encode func(int) byte) (table [1 << (16 - encodeShift)]byte) {
	for i := range table {
		table[i] = encode(int(int16(i << encodeShift)))
	}
	return table
}

func encodeMuLaw(sample int) byte {
	const bias, clip = 0x84, 32635
	sign := 0
	if sample < 0 {
		sample, sign = -sample, 0x80
	}
	sample = min(sample, clip) + bias
	segment := bits.Len(uint(sample)) - 8
	return ^byte(sign | segment<<4 | sample>>(segment+3)&0x0F)
}

func decodeMuLaw(octet byte) int16 {
	const bias = 0x84
	octet = ^octet
	magnitude := (int16(octet&0x0F)<<3+bias)<<(octet>>4&7) - bias
	if octet&0x80 != 0 {
		return -magnitude
	}
	return magnitude
}

func encodeALaw(sample int) byte {
	sign := 0x80
	sample >>= 3
	if sample < 0 {
		sample, sign = -sample-1, 0
	}
	if sample < 32 {
		return byte(sign|sample>>1) ^ 0x55
	}
	segment := bits.Len(uint(sample)) - 5
	return byte(sign|segment<<4|sample>>segment&0x0F) ^ 0x55
}

func decodeALaw(octet byte) int16 {
	octet ^= 0x55
	magnitude := int16(octet&0x0F)<<4 + 8
	if segment := octet >> 4 & 7; segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if octet&0x80 == 0 {
		return -magnitude
	}
	return magnitude
}

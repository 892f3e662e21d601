// SPDX-License-Identifier: Apache-2.0

package g711

import "testing"

func TestKnownValues(t *testing.T) {
	for _, tt := range []struct {
		law    Law
		octet  byte
		sample int16
	}{
		{MuLaw, 0xFF, 0}, {MuLaw, 0x80, 32124}, {MuLaw, 0x00, -32124}, {MuLaw, 0xFE, 8}, {MuLaw, 0x7E, -8},
		{ALaw, 0xD5, 8}, {ALaw, 0x55, -8}, {ALaw, 0xAA, 32256}, {ALaw, 0x2A, -32256},
	} {
		var sample [1]int16
		tt.law.Decode(sample[:], []byte{tt.octet})
		var octet [1]byte
		tt.law.Encode(octet[:], []int16{tt.sample})
		if sample[0] != tt.sample || octet[0] != tt.octet {
			t.Errorf("law %d: octet %#x = %d, sample %d = %#x", tt.law, tt.octet, sample[0], tt.sample, octet[0])
		}
	}
}

// TestOctetsSurvive proves that relaying without mixing alters nothing.
func TestOctetsSurvive(t *testing.T) {
	for _, law := range []Law{MuLaw, ALaw} {
		for octet := range 256 {
			var sample [1]int16
			var again [1]byte
			law.Decode(sample[:], []byte{byte(octet)})
			law.Encode(again[:], sample[:])
			if law == MuLaw && octet == 0x7F { // minus zero
				octet = 0xFF
			}
			if int(again[0]) != octet {
				t.Errorf("law %d: octet %#x came back as %#x", law, octet, again[0])
			}
		}
	}
}

// TestQuantization proves that every sample becomes an octet whose interval it is
// in, but for the bits that the tables leave out, and that order is kept.
func TestQuantization(t *testing.T) {
	for _, law := range []Law{MuLaw, ALaw} {
		previous := int16(-32768)
		for sample := -32768; sample <= 32767; sample++ {
			var octet [1]byte
			var value [1]int16
			law.Encode(octet[:], []int16{int16(sample)})
			law.Decode(value[:], octet[:])
			if value[0] < previous {
				t.Fatalf("law %d: sample %d became %d, the one before it %d", law, sample, value[0], previous)
			}
			previous = value[0]
			segment := ^octet[0] >> 4 & 7
			halfStep := 4 << segment
			if law == ALaw {
				segment = (octet[0] ^ 0x55) >> 4 & 7
				halfStep = 8 << max(int(segment)-1, 0)
			}
			loudest := 32635
			if distance(int(value[0]), sample) > halfStep+4 && distance(sample, 0) < loudest {
				t.Fatalf("law %d: sample %d became %d, half a step is %d", law, sample, value[0], halfStep)
			}
		}
	}
}

func distance(a, b int) int { return max(a-b, b-a) }

func TestSilence(t *testing.T) {
	for law, want := range map[Law]byte{MuLaw: 0xFF, ALaw: 0xD5} {
		if law.Silence() != want {
			t.Errorf("silence of law %d is %#x, want %#x", law, law.Silence(), want)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	var octets [160]byte
	var samples [160]int16
	for i := range samples {
		samples[i] = int16(i * 200)
	}
	b.ReportAllocs()
	for b.Loop() {
		ALaw.Encode(octets[:], samples[:])
	}
}

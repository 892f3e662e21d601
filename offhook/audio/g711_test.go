// SPDX-License-Identifier: Apache-2.0

package audio

import "testing"

func TestKnownValues(t *testing.T) {
	tests := []struct {
		sample      int16
		muLaw, aLaw byte
	}{
		{0, 0xFF, 0xD5},
		{-1, 0x7F, 0x55},
		{32767, 0x80, 0xAA},
		{-32768, 0x00, 0x2A},
		{1000, 0xCE, 0xFA},
		{-1000, 0x4E, 0x7A},
		{8, 0xFE, 0xD5},
		{16, 0xFD, 0xD4},
	}
	for _, test := range tests {
		if got := linearToMuLaw(test.sample); got != test.muLaw {
			t.Errorf("mu-law of %d is %#02x, want %#02x", test.sample, got, test.muLaw)
		}
		if got := linearToALaw(test.sample); got != test.aLaw {
			t.Errorf("A-law of %d is %#02x, want %#02x", test.sample, got, test.aLaw)
		}
	}
}

func TestEveryCodeIsTheCodeOfItsValue(t *testing.T) {
	for i := range 256 {
		code := byte(i)
		if got := linearToALaw(int16(aLawToLinear(code))); got != code {
			t.Errorf("A-law %#02x is %d, whose code is %#02x", code, aLawToLinear(code), got)
		}
		want := code
		if code == 0x7F {
			want = 0xFF // there are two zeroes
		}
		if got := linearToMuLaw(int16(muLawToLinear(code))); got != want {
			t.Errorf("mu-law %#02x is %d, whose code is %#02x", code, muLawToLinear(code), got)
		}
	}
}

// Quantisation moves a sample by no more than half the step of its segment.
func TestErrorIsBounded(t *testing.T) {
	for sample := -32768; sample <= 32767; sample++ {
		magnitude := max(sample, -sample)
		bound := 8 + magnitude/32
		muLaw, aLaw := muLawToLinear(linearToMuLaw(int16(sample))), aLawToLinear(linearToALaw(int16(sample)))
		if off := max(muLaw-sample, sample-muLaw); off > bound {
			t.Fatalf("mu-law of %d is off by %d", sample, off)
		}
		if off := max(aLaw-sample, sample-aLaw); off > bound+8 {
			t.Fatalf("A-law of %d is off by %d", sample, off)
		}
	}
}

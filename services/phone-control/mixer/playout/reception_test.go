// SPDX-License-Identifier: Apache-2.0

package playout

import (
	"testing"
	"time"
)

func TestLostPackets(t *testing.T) {
	for _, tt := range []struct {
		name      string
		sequence  []uint16
		lost      uint64
		duplicate int
	}{
		{"none", []uint16{1, 2, 3}, 0, 0},
		{"one", []uint16{1, 3}, 1, 0},
		{"over the end", []uint16{65534, 65535, 0, 2}, 1, 0},
		{"reordered", []uint16{1, 3, 2, 4}, 0, 0},
		{"reordered over the end", []uint16{65534, 0, 65535, 1}, 0, 0},
		{"twice", []uint16{1, 2, 2, 3, 1}, 0, 2},
		{"before the first", []uint16{10, 9, 11}, 0, 1},
		{"much too old", []uint16{100, 200, 101}, 99, 1},
		{"began anew", []uint16{1, 3, 20000, 20001}, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r Reception
			duplicate := 0
			for _, sequence := range tt.sequence {
				if r.Observe(7, sequence) == Duplicate {
					duplicate++
				}
			}
			if r.Lost() != tt.lost || duplicate != tt.duplicate {
				t.Errorf("%d lost, %d duplicate, want %d and %d", r.Lost(), duplicate, tt.lost, tt.duplicate)
			}
		})
	}
}

func TestOtherStream(t *testing.T) {
	var r Reception
	r.Observe(1, 10)
	r.Observe(1, 12)
	if news := r.Observe(2, 500); news != Restarted || r.Lost() != 1 {
		t.Errorf("news %d, %d lost", news, r.Lost())
	}
}

// TestJitter takes a stream whose packets alternate by 10 ms, which is the
// jitter that RFC 3550 A.8 comes to.
func TestJitter(t *testing.T) {
	var r Reception
	for i := range 400 {
		arrival := time.Duration(20*i+10*(i%2)) * time.Millisecond
		r.Time(uint32(160*i), arrival)
	}
	if got := r.Jitter(); got < 9*time.Millisecond || got > 11*time.Millisecond {
		t.Errorf("jitter %v, want 10 ms", got)
	}
}

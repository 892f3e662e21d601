// SPDX-License-Identifier: Apache-2.0

package telephoneevent

import (
	"errors"
	"testing"
)

// relay runs what one party presses through a receiver and a sender.
func relay(t *testing.T, frames int, pressed func(frame int, r *Receiver)) (digits string, lengths []int) {
	t.Helper()
	var r Receiver
	var s Sender
	for frame := range frames {
		pressed(frame, &r)
		r.Frame()
		var changes Changes
		for _, change := range changes[:r.Changes(&changes)] {
			if change.Ended {
				s.Release(1, change.Frames)
			} else if !s.Begin(1, change.Event) {
				t.Fatal("full")
			}
		}
		switch step := s.Step(); step.Kind {
		case Sounding:
			if step.Frame == 0 {
				digit, _ := Digit(step.Event)
				digits += string(digit)
				lengths = append(lengths, 0)
			}
			lengths[len(lengths)-1] = step.Frames
		case Repeating:
			if !step.End || step.Frames != lengths[len(lengths)-1] {
				t.Errorf("end repeated with %+v after %d frames", step, lengths[len(lengths)-1])
			}
		case Nothing, Quiet:
		}
	}
	if !s.Empty() {
		t.Error("a digit never ends")
	}
	return digits, lengths
}

func payload(event byte, end bool, frames int) []byte {
	return AppendPayload(nil, Step{Event: event, End: end, Frames: frames})
}

func TestRelay(t *testing.T) {
	for _, tt := range []struct {
		name    string
		pressed func(int, *Receiver)
		digits  string
		least   int
	}{
		{"long", func(frame int, r *Receiver) {
			if frame < 20 {
				r.Observe(800, payload(5, frame >= 18, min(frame+1, 19)))
			}
		}, "5", 19},
		{"only its end came", func(frame int, r *Receiver) {
			if frame == 3 {
				r.Observe(800, payload(5, true, 8))
			}
		}, "5", 8},
		{"end lost", func(frame int, r *Receiver) {
			if frame < 4 {
				r.Observe(800, payload(5, false, frame+1))
			}
		}, "5", 4},
		{"next begins while the end is lost", func(frame int, r *Receiver) {
			switch {
			case frame < 5:
				r.Observe(800, payload(1, false, frame+1))
			case frame < 10:
				r.Observe(2400, payload(2, frame == 9, frame-4))
			case frame < 12:
				r.Observe(2400, payload(2, true, 5))
			}
		}, "12", 5},
		{"same digit twice", func(frame int, r *Receiver) {
			if frame < 6 {
				r.Observe(800, payload(9, frame > 2, 4))
			} else if frame < 12 {
				r.Observe(1600, payload(9, frame > 8, 4))
			}
		}, "99", 4},
		{"a packet of the last digit is overtaken", func(frame int, r *Receiver) {
			if frame < 3 {
				r.Observe(800, payload(1, frame == 2, frame+1))
			} else if frame < 8 {
				r.Observe(1600, payload(2, frame == 7, frame-2))
				r.Observe(800, payload(1, true, 3))
			}
		}, "12", 3},
		{"no digit", func(frame int, r *Receiver) { r.Observe(800, payload(16, false, 1)) }, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			digits, lengths := relay(t, 60, tt.pressed)
			if digits != tt.digits {
				t.Errorf("digits %q, want %q", digits, tt.digits)
			}
			for _, length := range lengths {
				if length < tt.least || length > tt.least+silentFrames+1 {
					t.Errorf("lasts %d frames, want %d", length, tt.least)
				}
			}
		})
	}
}

// TestHeldForEver: a party whose phone hangs does not keep a line busy.
func TestHeldForEver(t *testing.T) {
	_, lengths := relay(t, 500, func(frame int, r *Receiver) {
		if frame < 480 {
			r.Observe(800, payload(1, false, frame))
		}
	})
	if len(lengths) != 1 || lengths[0] != mostFrames {
		t.Errorf("lasts %v frames, want %d", lengths, mostFrames)
	}
}

func TestSenderRefuses(t *testing.T) {
	var s Sender
	if err := s.Send("12x", 5, 3, 1, nil); !errors.Is(err, ErrBadDigit) || !s.Empty() {
		t.Errorf("bad digit: %v", err)
	}
	for range most {
		if !s.Begin(1, 1) {
			t.Fatal("full too early")
		}
	}
	if s.Begin(1, 1) {
		t.Error("never full")
	}
	if err := s.Send("1", 5, 3, 1, nil); !errors.Is(err, ErrFull) {
		t.Errorf("full: %v", err)
	}
	s.Clear()
	if !s.Empty() {
		t.Error("not empty after Clear")
	}
}

func TestDoneOnce(t *testing.T) {
	var s Sender
	calls := 0
	if err := s.Send("1,2,", 5, 4, 10, func() { calls++ }); err != nil {
		t.Fatal(err)
	}
	frames := 0
	for ; !s.Empty(); frames++ {
		if step := s.Step(); step.Done != nil {
			step.Done()
		}
	}
	if calls != 1 || frames != 2*(5+4)+2*10 {
		t.Errorf("done called %d times after %d frames", calls, frames)
	}
}

// FuzzReceiver asserts that every digit that begins ends, whatever comes.
func FuzzReceiver(f *testing.F) {
	f.Add([]byte{1, 0, 0, 160, 1, 128, 0, 160}, uint32(7))
	f.Fuzz(func(t *testing.T, script []byte, timestamp uint32) {
		var r Receiver
		balance := 0
		count := func() {
			var changes Changes
			for _, change := range changes[:r.Changes(&changes)] {
				if change.Ended {
					balance--
				} else {
					balance++
				}
				if balance < 0 || balance > 1 || change.Event > lastDigit {
					t.Fatalf("balance %d after %+v", balance, change)
				}
			}
		}
		for len(script) > 3 {
			r.Observe(timestamp, script[:4])
			timestamp += uint32(script[0]) << (script[1] % 20)
			script = script[2:]
			count()
		}
		for range silentFrames {
			r.Frame()
		}
		count()
		if balance != 0 || r.Sounding() {
			t.Fatal("a digit never ends")
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
)

// TestEveryoneHearsTheOthers has parties of both codecs say a tone each: every
// party hears all others and not itself, and the silent one is not heard.
func TestEveryoneHearsTheOthers(t *testing.T) {
	for _, parties := range []int{2, 3, 8, 16} {
		t.Run(fmt.Sprint(parties), func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				phones := make([]*phone, parties)
				hertz := func(i int) float64 { return float64(300 + 100*i) }
				const silent = 1
				for i := range phones {
					phones[i] = b.phone([]Codec{PCMU, PCMA}[i%2], nil)
					participation := Active
					if i == silent && parties > 2 {
						participation = Silent
					}
					phones[i].join("tones", participation)
				}
				for range 60 {
					for i, f := range phones {
						f.sine(hertz(i), 1500)
					}
					frame()
				}
				for i, f := range phones {
					heard := last(f.heard(), 800) // 100 ms: whole periods of all
					if len(heard) < 800 {
						t.Fatalf("party %d heard %d samples", i, len(heard))
					}
					for j := range phones {
						want := 1500.0
						if j == i || j == silent && parties > 2 {
							want = 0
						}
						if got := level(heard, hertz(j)); math.Abs(got-want) > 150 {
							t.Errorf("party %d hears party %d at %.0f, want %.0f", i, j, got, want)
						}
					}
				}
			})
		})
	}
}

// TestSixteenAtFullScale proves that nothing wraps or clips when all shout: what
// is heard is the sum at a lower level, not a distorted one.
func TestSixteenAtFullScale(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		phones := make([]*phone, 16)
		for i := range phones {
			phones[i] = b.phone(PCMU, nil)
			phones[i].join("shouts", Active)
		}
		for range 100 {
			for i, f := range phones {
				f.sine(float64(300+100*i), 32124)
			}
			frame()
		}
		for i, f := range phones {
			heard := last(f.heard(), 1600)
			var power float64
			for _, sample := range heard {
				if sample > ceiling || sample < -ceiling {
					t.Fatalf("party %d hears a sample of %d", i, sample)
				}
				power += float64(sample) * float64(sample) / float64(len(heard))
			}
			// All of the power must be in the fifteen tones, each as loud as the others.
			tones, first := 0.0, level(heard, float64(300+100*((i+1)%16)))
			for j := range phones {
				amplitude := level(heard, float64(300+100*j))
				tones += amplitude * amplitude / 2
				if j != i && math.Abs(amplitude-first) > first/20 {
					t.Errorf("party %d hears party %d at %.0f, another at %.0f", i, j, amplitude, first)
				}
			}
			if first < 1000 {
				t.Errorf("party %d hears the others at %.0f only", i, first)
			}
			if distortion := (power - tones) / power; distortion > 0.005 {
				t.Errorf("party %d hears %.2f%% of the power outside the tones", i, 100*distortion)
			}
		}
	})
}

// TestTwoPartiesAreRelayed proves that a bridge of one codec alters no octet.
func TestTwoPartiesAreRelayed(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		one, two := b.phone(PCMA, nil), b.phone(PCMA, nil)
		one.join("bridge", Active)
		two.join("bridge", Active)
		samples := make([]int16, 50*frameSamples)
		for i := range samples {
			samples[i] = int16((i*7919)%65536 - 32768)
		}
		for at := 0; at < len(samples); at += frameSamples {
			one.say(samples[at : at+frameSamples])
			frame()
		}
		for range 5 {
			frame()
		}
		want := make([]byte, len(samples))
		lawOf(PCMA).Encode(want, samples)
		var got []byte
		for _, packet := range two.socket.packets() {
			got = append(got, packet.Payload...)
		}
		for at := 0; at+len(want) <= len(got); at += frameSamples {
			if string(got[at:at+len(want)]) == string(want) {
				return
			}
		}
		t.Errorf("%d octets said are not among the %d heard", len(want), len(got))
	})
}

func TestConferenceLimits(t *testing.T) {
	inBubble(t, func(s *Settings) { s.MaxConferences, s.ConferenceParties = 2, 3 }, func(t *testing.T, b *bench) {
		var phones []*phone
		for range 5 {
			phones = append(phones, b.phone(PCMU, nil))
		}
		for _, f := range phones[:3] {
			f.join("one", Active)
		}
		if err := phones[3].Join(Conference{Name: "one"}, Active); !errors.Is(err, ErrConferenceFull) {
			t.Errorf("fourth party: %v", err)
		}
		if err := phones[3].Join(Conference{Name: "one", MaxParties: 9}, Active); !errors.Is(err, ErrConferenceFull) {
			t.Errorf("fourth party that asks for more: %v", err)
		}
		if err := phones[0].Join(Conference{Name: "one"}, Silent); err != nil {
			t.Errorf("party of a full conference changes its part: %v", err)
		}
		phones[3].join("two", Active)
		if err := phones[4].Join(Conference{Name: "two", MaxParties: 1}, Active); !errors.Is(err, ErrConferenceFull) {
			t.Errorf("second party where one is allowed: %v", err)
		}
		if err := phones[4].Join(Conference{Name: "three"}, Active); !errors.Is(err, ErrNoConferences) {
			t.Errorf("third conference: %v", err)
		}
		if err := phones[3].Join(Conference{Name: "three"}, Active); err != nil {
			t.Errorf("conference in place of the one that ends: %v", err)
		}
		phones[2].Stop()
		phones[4].join("one", Active)
		if got := len(b.mixer.conferences); got != 2 {
			t.Errorf("%d conferences, want 2", got)
		}
		for _, f := range phones {
			f.Close()
		}
		if len(b.mixer.conferences) != 0 || len(b.mixer.ports) != 0 || len(b.mixer.taken) != 0 {
			t.Errorf("left: conferences %v, ports %v, numbers %v", b.mixer.conferences, b.mixer.ports, b.mixer.taken)
		}
		for i, c := range b.mixer.clocks {
			if c.load.Load() != 0 || len(*c.items.Load()) != 0 {
				t.Errorf("clock %d has load %d and items %v left", i, c.load.Load(), *c.items.Load())
			}
		}
	})
}

// TestMoveBetweenConferences has a party change over: each conference hears it
// only while it is there.
func TestMoveBetweenConferences(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		talker, one, two := b.phone(PCMU, nil), b.phone(PCMU, nil), b.phone(PCMA, nil)
		one.join("one", Active)
		two.join("two", Active)
		for _, name := range []string{"one", "two"} {
			talker.join(name, Active)
			for range 30 {
				talker.sine(500, 4000)
				frame()
			}
			for _, listener := range []struct {
				f    *phone
				here bool
			}{{one, name == "one"}, {two, name == "two"}} {
				got := level(last(listener.f.heard(), 800), 500)
				if listener.here && got < 3800 || !listener.here && got > 50 {
					t.Errorf("talker in %s is heard at %.0f, here %v", name, got, listener.here)
				}
			}
		}
		synctest.Wait()
	})
}

func TestLimiter(t *testing.T) {
	var l limiter
	var mix [frameSamples]int32
	var out [frameSamples]int16
	fill := func(level float64) {
		for i := range mix {
			mix[i] = int32(level * math.Sin(2*math.Pi*float64(i)/40))
		}
	}
	fill(ceiling)
	l.limit(&out, &mix)
	for i := range mix {
		if int32(out[i]) != mix[i] {
			t.Fatalf("sample %d: %d became %d though nothing is too loud", i, mix[i], out[i])
		}
	}
	fill(16 * 32768)
	for range 3 {
		l.limit(&out, &mix)
		for i, sample := range out {
			if sample > ceiling || sample < -ceiling {
				t.Fatalf("sample %d is %d", i, sample)
			}
			if mix[i] != 0 && (sample < 0) != (mix[i] < 0) && sample != 0 {
				t.Fatalf("sample %d changed its sign: %d became %d", i, mix[i], sample)
			}
		}
	}
	fill(1000)
	frames := 0
	for ; l.attenuation > 0 && frames < 100; frames++ {
		l.limit(&out, &mix)
	}
	if frames < 10 || frames > 30 {
		t.Errorf("the level is back after %d frames, want about 25", frames)
	}
}

// SPDX-License-Identifier: Apache-2.0

package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"offhook.dev/services/phone-control/mixer/g711"
)

func samplesOf(s *Sound) []int16 {
	samples := make([]int16, s.Frames()*FrameSamples)
	g711.ALaw.Decode(samples, s.octets[g711.ALaw])
	return samples
}

func level(samples []int16, hertz float64) float64 {
	var re, im float64
	for i, sample := range samples {
		sin, cos := math.Sincos(2 * math.Pi * hertz * float64(i) / SampleRate)
		re, im = re+float64(sample)*cos, im+float64(sample)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(samples))
}

// TestTones measures frequencies and cadences of every country's tones.
func TestTones(t *testing.T) {
	for _, country := range Countries() {
		plan, ok := PlanOf(country)
		if !ok {
			t.Fatalf("no plan of %s", country)
		}
		for name, tone := range map[string]Tone{"dial": plan.Dial, "ringback": plan.Ringback, "busy": plan.Busy, "reorder": plan.Reorder} {
			samples, at := samplesOf(tone.Sound()), 0
			for _, burst := range tone {
				length := int(burst.For.Seconds() * SampleRate)
				middle := samples[at+length/4 : at+length*3/4]
				for _, hertz := range burst.Hertz {
					if got, want := level(middle, hertz), toneLevel/float64(len(burst.Hertz)); math.Abs(got-want) > want/8 {
						t.Errorf("%s %s: %v Hz at %.0f, want %.0f", country, name, hertz, got, want)
					}
				}
				if len(burst.Hertz) == 0 {
					for _, sample := range middle {
						if sample > 8 || sample < -8 {
							t.Fatalf("%s %s: pause has a sample of %d", country, name, sample)
						}
					}
				}
				at += length
			}
			if len(samples)-at >= FrameSamples {
				t.Errorf("%s %s is %d samples, want %d", country, name, len(samples), at)
			}
			if len(samples) != at && len(tone) == 1 {
				t.Errorf("%s %s has a gap of %d samples", country, name, len(samples)-at)
			}
		}
	}
	if _, ok := PlanOf("nowhere"); ok {
		t.Error("a plan of nowhere")
	}
}

// TestMelody: it is to be heard all the time, never loud, and has no click at
// the seam.
func TestMelody(t *testing.T) {
	s := Melody()
	samples := samplesOf(s)
	if length := time.Duration(len(samples)) * time.Second / SampleRate; length != 24*time.Second {
		t.Errorf("lasts %v", length)
	}
	for at := 0; at < len(samples); at += SampleRate / 4 {
		peak := int16(0)
		for _, sample := range samples[at : at+SampleRate/4] {
			peak = max(peak, sample, -sample)
		}
		if peak < 1500 || peak > 20000 {
			t.Errorf("peak %d at %d ms", peak, at/8)
		}
	}
	step := 0
	for i, sample := range samples {
		before := samples[(i+len(samples)-1)%len(samples)]
		step = max(step, max(int(sample)-int(before), int(before)-int(sample)))
	}
	if seam := int(samples[0]) - int(samples[len(samples)-1]); max(seam, -seam) > step/2 {
		t.Errorf("the seam is a step of %d", seam)
	}
}

func TestFrames(t *testing.T) {
	once := New(make([]int16, 2*FrameSamples+1), false)
	for n, want := range []bool{true, true, true, false, false} {
		if octets, ok := once.Frame(g711.MuLaw, n); ok != want || ok && len(octets) != FrameSamples {
			t.Errorf("frame %d: %d octets, %v", n, len(octets), ok)
		}
	}
	if octets, ok := Silence().Frame(g711.ALaw, 77); !ok || !bytes.Equal(octets, bytes.Repeat([]byte{0xD5}, FrameSamples)) {
		t.Errorf("silence: %x", octets)
	}
	if _, ok := New(nil, true).Frame(g711.MuLaw, 0); ok {
		t.Error("a sound of nothing has a frame")
	}
}

// riff is a WAV file of chunks.
func riff(chunks ...[]byte) []byte {
	body := []byte("WAVE")
	for _, chunk := range chunks {
		body = append(body, chunk...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func chunk(name string, body ...byte) []byte {
	whole := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	if len(body)%2 == 1 {
		whole = append(whole, 0)
	}
	return whole
}

func format(code, channels uint16, rate uint32, bits uint16) []byte {
	var body []byte
	body = binary.LittleEndian.AppendUint16(body, code)
	body = binary.LittleEndian.AppendUint16(body, channels)
	body = binary.LittleEndian.AppendUint32(body, rate)
	body = binary.LittleEndian.AppendUint32(body, rate*uint32(channels)*uint32(bits)/8)
	body = binary.LittleEndian.AppendUint16(body, channels*bits/8)
	return chunk("fmt ", binary.LittleEndian.AppendUint16(body, bits)...)
}

func TestWAV(t *testing.T) {
	right, data := format(1, 1, 8000, 16), chunk("data", 1, 0, 0xFF, 0xFF)
	for _, tt := range []struct {
		name    string
		content []byte
		ok      bool
	}{
		{"right", riff(right, data), true},
		{"other chunks", riff(chunk("LIST", 1, 2, 3), right, chunk("fact", 0, 0, 0, 0), data, chunk("LIST", 9)), true},
		{"stereo", riff(format(1, 2, 8000, 16), data), false},
		{"16 kHz", riff(format(1, 1, 16000, 16), data), false},
		{"8 bits", riff(format(1, 1, 8000, 8), data), false},
		{"mu-law", riff(format(7, 1, 8000, 8), data), false},
		{"no format", riff(data), false},
		{"no data", riff(right), false},
		{"no file", nil, false},
		{"no wav", []byte("MThd, which is something else"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			samples, err := parseWAV(tt.content)
			if tt.ok && (err != nil || len(samples) != 2 || samples[0] != 1 || samples[1] != -1) || !tt.ok && !errors.Is(err, ErrBadWAV) {
				t.Errorf("samples %v, error %v", samples, err)
			}
		})
	}
}

func TestReadFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "long.wav")
	if err := os.WriteFile(name, riff(format(1, 1, 8000, 16), chunk("data", make([]byte, 200_000)...)), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadFile(name, time.Minute, true); err != nil || s.Frames() != 625 {
		t.Errorf("%v", err)
	}
	if _, err := ReadFile(name, time.Second, true); err == nil {
		t.Error("a file that is too long was read")
	}
	if _, err := ReadFile(name+"x", time.Second, true); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// FuzzWAV asserts that only whole samples of a playable format come out.
func FuzzWAV(f *testing.F) {
	f.Add(riff(format(1, 1, 8000, 16), chunk("data", 1, 2, 3, 4)))
	f.Add(riff(chunk("LIST", 1), format(1, 2, 8000, 16)))
	f.Fuzz(func(t *testing.T, content []byte) {
		samples, err := parseWAV(content)
		if (err == nil) != (len(samples) > 0) || 2*len(samples) > len(content) {
			t.Fatalf("%d samples of %d octets, error %v", len(samples), len(content), err)
		}
	})
}

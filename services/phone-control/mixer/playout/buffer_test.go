// SPDX-License-Identifier: Apache-2.0

package playout

import (
	"math/rand/v2"
	"testing"
)

// packet is one of a simulated stream: it says its own number in all samples.
type packet struct {
	number, arrives int // arrives at a millisecond
}

// simulation plays a stream of packets of some ms into a buffer, and asks it for
// a frame every 20 ms (or a little less or more, if the clocks differ).
type simulation struct {
	ms        int
	frameTime float64
	least     int
	most      int
	packets   []packet
	until     int
}

type outcome struct {
	heard           map[int]int // samples heard of each packet
	late, concealed int
	inOrder         bool
	delays          []int
	longest         int // ms a packet waited at most
}

func (s simulation) run() outcome {
	b := NewBuffer(s.least*8, s.most*8)
	if s.frameTime == 0 {
		s.frameTime = 20
	}
	o := outcome{heard: make(map[int]int), inOrder: true}
	arrived := make(map[int]int)
	samples := make([]int16, s.ms*8)
	due, newest := s.frameTime, 0
	var frame [FrameSamples]int16
	byTime := make(map[int][]packet)
	for _, p := range s.packets {
		byTime[p.arrives] = append(byTime[p.arrives], p)
	}
	for now := range s.until {
		for _, p := range byTime[now] {
			for i := range samples {
				samples[i] = int16(1000 + p.number)
			}
			arrived[p.number] = now
			if b.Put(uint32(p.number*s.ms*8)-3000, samples) == Late {
				o.late++
			}
		}
		for ; float64(now) >= due; due += s.frameTime {
			audible, concealed := b.Frame(&frame)
			o.concealed += concealed
			o.delays = append(o.delays, b.Delay()/8)
			if !audible || concealed == FrameSamples {
				continue
			}
			for _, sample := range frame {
				if number := int(sample) - 1000; sample != 0 {
					o.inOrder = o.inOrder && number >= newest
					newest = number
					o.heard[number]++
					if o.heard[number] == 1 {
						o.longest = max(o.longest, now-arrived[number])
					}
				}
			}
		}
	}
	return o
}

func steady(n, ms int, delay func(int) int) (packets []packet) {
	for i := range n {
		packets = append(packets, packet{i, 5 + i*ms + delay(i)})
	}
	return packets
}

func TestSteadyStreams(t *testing.T) {
	for _, ms := range []int{10, 20, 30, 40, 60} {
		o := simulation{ms: ms, least: 20, most: 100, packets: steady(50, ms, func(int) int { return 0 }), until: 60 * ms}.run()
		for number := range 50 {
			if o.heard[number] != ms*8 {
				t.Errorf("%d ms: %d samples of packet %d were heard", ms, o.heard[number], number)
			}
		}
		if o.late != 0 || !o.inOrder || o.longest > 60+ms {
			t.Errorf("%d ms: %d late, in order %v, waited %d ms at most", ms, o.late, o.inOrder, o.longest)
		}
	}
}

// TestJitterIsTolerated: packets that come up to 70 ms late, by chance, are all
// heard once the buffer has learned, and in order.
func TestJitterIsTolerated(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	o := simulation{ms: 20, least: 20, most: 100, packets: steady(1000, 20, func(int) int { return random.IntN(70) }), until: 20200}.run()
	missing := 0
	for number := 100; number < 1000; number++ {
		if o.heard[number] != 160 {
			missing++
		}
	}
	if missing > 5 || !o.inOrder {
		t.Errorf("%d of 900 packets were not heard in full, in order: %v", missing, o.inOrder)
	}
	if o.longest > 140 {
		t.Errorf("a packet waited %d ms", o.longest)
	}
}

// TestDelayShrinks: after a bad time the delay comes back down.
func TestDelayShrinks(t *testing.T) {
	o := simulation{ms: 20, least: 20, most: 100, packets: steady(1500, 20, func(i int) int {
		if i > 100 && i < 200 && i%10 == 0 {
			return 60
		}
		return 0
	}), until: 30000}.run()
	highest, at := 0, 0
	for i, delay := range o.delays {
		if delay > highest {
			highest, at = delay, i
		}
	}
	if highest < 60 || highest > 100 {
		t.Errorf("the delay went up to %d ms at frame %d", highest, at)
	}
	if last := o.delays[len(o.delays)-10]; last > 40 {
		t.Errorf("the delay is still %d ms", last)
	}
}

func TestReorderedAndLost(t *testing.T) {
	packets := steady(100, 20, func(i int) int {
		if i%10 == 3 {
			return 25 // behind the next
		}
		return 0
	})
	lost := append(packets[:50:50], packets[51:]...)
	o := simulation{ms: 20, least: 20, most: 100, packets: lost, until: 2200}.run()
	for number := 20; number < 100; number++ {
		if want := 160; number != 50 && o.heard[number] != want {
			t.Errorf("%d samples of packet %d were heard", o.heard[number], number)
		}
	}
	if o.heard[50] != 0 || o.concealed < FrameSamples || !o.inOrder {
		t.Errorf("lost packet: %d samples heard, %d concealed, in order %v", o.heard[50], o.concealed, o.inOrder)
	}
}

// TestOvertakenPacketIsLate: a packet whose time has gone is dropped.
func TestOvertakenPacketIsLate(t *testing.T) {
	packets := steady(100, 20, func(i int) int {
		if i == 50 {
			return 200
		}
		return 0
	})
	o := simulation{ms: 20, least: 20, most: 100, packets: packets, until: 2200}.run()
	if o.late != 1 || o.heard[50] != 0 || !o.inOrder || o.heard[70] != 160 {
		t.Errorf("%d late, %d samples of the late packet heard, in order %v, %d of a later one", o.late, o.heard[50], o.inOrder, o.heard[70])
	}
}

// TestStall: nothing comes for a while, then everything at once, as radio does.
func TestStall(t *testing.T) {
	packets := steady(300, 20, func(i int) int {
		if i >= 100 && i < 115 {
			return (115 - i) * 20
		}
		return 0
	})
	o := simulation{ms: 20, least: 20, most: 100, packets: packets, until: 6200}.run()
	for number := 120; number < 300; number++ {
		if o.heard[number] < 120 { // a frame may be skipped, none may be lost for long
			if o.heard[number] != 0 {
				t.Errorf("%d samples of packet %d were heard", o.heard[number], number)
			}
		}
	}
	if last := o.delays[290]; last > 100+20 || !o.inOrder {
		t.Errorf("the delay is %d ms after it, in order %v", last, o.inOrder)
	}
}

// TestClocksDiffer: a phone whose clock is off by 0.1 % in either direction is
// heard for minutes with bounded delay.
func TestClocksDiffer(t *testing.T) {
	for _, frameTime := range []float64{19.98, 20.02} {
		o := simulation{ms: 20, frameTime: frameTime, least: 20, most: 100, packets: steady(9000, 20, func(int) int { return 0 }), until: 180000}.run()
		whole := 0
		for number := range 9000 {
			if o.heard[number] == 160 {
				whole++
			}
		}
		if whole < 8900 || !o.inOrder || o.longest > 120 {
			t.Errorf("frames of %v ms: %d of 9000 packets heard in full, in order %v, waited %d ms at most", frameTime, whole, o.inOrder, o.longest)
		}
	}
}

// TestJumps: timestamps that jump, or stand still while the phone is on hold, do
// not silence a stream.
func TestJumps(t *testing.T) {
	for _, jump := range []int32{-1 << 30, -100000, -3000, -1600, 1600, 3000, 100000, 1 << 30} {
		b := NewBuffer(160, 800)
		samples := make([]int16, FrameSamples)
		var frame [FrameSamples]int16
		timestamp, heard := uint32(1<<32-8000), 0
		for i := range 200 {
			if i == 100 {
				timestamp += uint32(jump)
			}
			for j := range samples {
				samples[j] = int16(i + 1)
			}
			b.Put(timestamp, samples)
			timestamp += FrameSamples
			if audible, concealed := b.Frame(&frame); audible && concealed == 0 && i > 120 {
				heard++
			}
		}
		if heard < 60 {
			t.Errorf("after a jump of %d samples %d of 79 frames were heard", jump, heard)
		}
	}
}

func TestConcealmentFades(t *testing.T) {
	b := NewBuffer(0, 800)
	samples := make([]int16, FrameSamples)
	for i := range samples {
		samples[i] = 10000
	}
	b.Put(0, samples)
	var frame [FrameSamples]int16
	for range 2 {
		b.Frame(&frame)
	}
	previous := int16(10000)
	for range concealedFrames {
		audible, concealed := b.Frame(&frame)
		if !audible || concealed != FrameSamples || frame[0] > previous || frame[159] >= frame[0] {
			t.Errorf("concealed frame goes from %d to %d after %d, audible %v", frame[0], frame[159], previous, audible)
		}
		previous = frame[159]
	}
	if audible, _ := b.Frame(&frame); audible || previous > 100 {
		t.Errorf("still audible after %d frames at %d", concealedFrames, previous)
	}
}

// FuzzBuffer asserts that nothing that comes makes the buffer hold more than it
// may, or give samples that nobody said.
func FuzzBuffer(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 200, 100})
	f.Fuzz(func(t *testing.T, script []byte) {
		b := NewBuffer(160, 800)
		samples := make([]int16, MaxPacket+1)
		for i := range samples {
			samples[i] = 7777
		}
		var frame [FrameSamples]int16
		timestamp := uint32(0)
		for i, octet := range script {
			if octet%3 == 0 {
				b.Frame(&frame)
				for _, sample := range frame {
					if sample < 0 || sample > 7777 {
						t.Fatalf("sample %d", sample)
					}
				}
				continue
			}
			timestamp += uint32(int32(int8(octet)) << (i % 25))
			b.Put(timestamp, samples[:int(octet)*8%(MaxPacket+2)])
			if b.running && int32(b.end-b.next) > ringSamples {
				t.Fatalf("holds %d samples", int32(b.end-b.next))
			}
		}
	})
}

func BenchmarkBuffer(b *testing.B) {
	buffer := NewBuffer(160, 800)
	samples := make([]int16, FrameSamples)
	var frame [FrameSamples]int16
	timestamp := uint32(0)
	b.ReportAllocs()
	for b.Loop() {
		buffer.Put(timestamp, samples)
		timestamp += FrameSamples
		buffer.Frame(&frame)
	}
}

// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// press has a phone send a digit for some packets.
func (f *phone) press(event byte, packets int, endLost bool) {
	started := uint32(f.said)
	for i := range packets + 2 {
		ended := i >= packets-1
		if ended && endLost {
			f.said += frameSamples
			frame()
			continue
		}
		payload := []byte{event, 10, 0, 0}
		if ended {
			payload[1] |= 0x80
		}
		binary.BigEndian.PutUint16(payload[2:], uint16(min(i+1, packets)*frameSamples))
		f.header.PayloadType, f.header.Timestamp, f.header.Marker = 101, started, i == 0
		f.deliver(payload)
		f.header.Marker = false
		f.said += frameSamples
		frame()
	}
}

// eventsOf are the digits in packets, checked as RFC 4733 wants them.
func eventsOf(t *testing.T, packets []rtp.Packet, payloadType uint8) (digits []byte, durations []uint16) {
	t.Helper()
	var current rtp.Packet
	ends := 0
	flush := func() {
		if len(current.Payload) > 0 && ends != 3 {
			t.Errorf("the end of event %d was sent %d times", current.Payload[0], ends)
		}
	}
	for _, packet := range packets {
		if packet.PayloadType != payloadType {
			continue
		}
		if len(packet.Payload) != 4 {
			t.Fatalf("event of %d octets", len(packet.Payload))
		}
		duration := binary.BigEndian.Uint16(packet.Payload[2:])
		if begins := packet.Marker; begins {
			flush()
			ends = 0
			digits = append(digits, "0123456789*#ABCD"[packet.Payload[0]])
			durations = append(durations, 0)
		} else if packet.Timestamp != current.Timestamp || packet.Payload[0] != current.Payload[0] {
			t.Errorf("event %v goes on with timestamp %d, began with %d", packet.Payload, packet.Timestamp, current.Timestamp)
		} else if duration < durations[len(durations)-1] {
			t.Errorf("duration shrinks to %d", duration)
		}
		durations[len(durations)-1] = duration
		if packet.Payload[1]&0x80 != 0 {
			ends++
		}
		current = packet
	}
	flush()
	return digits, durations
}

// TestDigitsPass has a party press keys: the others get them in their own form,
// also when the packets that end a digit are lost.
func TestDigitsPass(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		caller := b.phone(PCMU, nil)
		listener := b.phone(PCMA, func(_ *PortOptions, r *Remote) { r.TelephoneEvent, r.ReceiveTelephoneEvent = 97, 101 })
		plain := b.phone(PCMU, func(_ *PortOptions, r *Remote) { r.TelephoneEvent = 0 })
		quiet := b.phone(PCMU, nil)
		for _, f := range []*phone{caller, listener, plain} {
			f.join("menu", Active)
		}
		quiet.join("menu", Silent)
		quiet.press(9, 5, false)
		caller.press(1, 5, false)
		caller.press(11, 10, true)
		caller.press(12, 5, false)
		for range 20 {
			frame()
		}
		if string(caller.digits) != "1#A" || string(quiet.digits) != "9" {
			t.Errorf("told of digits %q and %q", caller.digits, quiet.digits)
		}
		if digits, _ := eventsOf(t, caller.socket.packets(), 101); len(digits) > 0 {
			t.Errorf("caller gets its own digits %q", digits)
		}
		digits, durations := eventsOf(t, listener.socket.packets(), 97)
		if string(digits) != "1#A" {
			t.Errorf("listener gets %q", digits)
		}
		for i, want := range []int{5, 10, 5} {
			if got := int(durations[i]) / frameSamples; got < want-1 || got > want+6 {
				t.Errorf("digit %d lasts %d frames, was pressed for %d", i, got, want)
			}
		}
		if low, high := loudest(plain.heard(), 697), loudest(plain.heard(), 1209); low < 4000 || high < 4000 {
			t.Errorf("party without events hears 697 Hz at %.0f and 1209 Hz at %.0f", low, high)
		}
		if digits, _ := eventsOf(t, quiet.socket.packets(), 101); string(digits) != "1#A" {
			t.Errorf("silent party gets %q", digits)
		}
	})
}

// loudest is the highest level of a frequency in any 40 ms.
func loudest(samples []int16, hertz float64) (highest float64) {
	for at := 0; at+320 <= len(samples); at += frameSamples {
		highest = max(highest, level(samples[at:at+320], hertz))
	}
	return highest
}

func TestSendDigits(t *testing.T) {
	for _, tt := range []struct {
		name  string
		event uint8
		task  func(*phone) error
	}{
		{"events while music plays", 101, func(f *phone) error { return f.Play(Music, nil) }},
		{"events while nothing plays", 96, func(*phone) error { return nil }},
		{"events in a conference", 101, func(f *phone) error { return f.Join(Conference{Name: "c"}, Active) }},
		{"tones", 0, func(f *phone) error { return f.Play(Silence, nil) }},
		{"tones while nothing plays", 0, func(*phone) error { return nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				f := b.phone(PCMA, func(_ *PortOptions, r *Remote) { r.TelephoneEvent = tt.event })
				if err := tt.task(f); err != nil {
					t.Fatal(err)
				}
				frame()
				started, done := time.Now(), make(chan struct{})
				if err := f.SendDigits(Digits{Characters: "5,d", Tone: 120 * time.Millisecond, Pause: 400 * time.Millisecond}, func() { close(done) }); err != nil {
					t.Fatal(err)
				}
				<-done
				if took := time.Since(started); took < 780*time.Millisecond || took > 840*time.Millisecond {
					t.Errorf("took %v, want 2 x (120+80) + 400 ms", took)
				}
				synctest.Wait()
				if tt.event == 0 {
					heard := f.heard()
					if loudest(heard, 770) < 4000 || loudest(heard, 1336) < 4000 || loudest(heard, 1633) < 4000 {
						t.Errorf("heard 770 Hz at %.0f, 1336 at %.0f, 1633 at %.0f", loudest(heard, 770), loudest(heard, 1336), loudest(heard, 1633))
					}
					return
				}
				digits, durations := eventsOf(t, f.socket.packets(), tt.event)
				if string(digits) != "5D" || durations[0] != 960 || durations[1] != 960 {
					t.Errorf("sent %q of %v samples", digits, durations)
				}
			})
		})
	}
}

func TestDigitsRefusedAndGivenUp(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		f := b.phone(PCMU, nil)
		for _, digits := range []Digits{
			{}, {Characters: "12x"}, {Characters: "1", Tone: time.Millisecond}, {Characters: "1", Gap: time.Minute}, {Characters: ",", Pause: time.Hour},
		} {
			if err := f.SendDigits(digits, nil); !errors.Is(err, ErrBadDigits) {
				t.Errorf("%+v: %v", digits, err)
			}
		}
		done := 0
		for range 2 {
			if err := f.SendDigits(Digits{Characters: "0123456789012345678901234567890123456789012345678901234567890123"}, func() { done++ }); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.SendDigits(Digits{Characters: "1"}, nil); !errors.Is(err, ErrTooManyDigits) {
			t.Errorf("one digit too many: %v", err)
		}
		f.Stop()
		if done != 2 {
			t.Errorf("%d of 2 were told that their digits were given up", done)
		}
		// A party that may not be sent to keeps its digits until it may.
		if err := f.SetRemote(Remote{Address: f.address, Codec: PCMU, TelephoneEvent: 101, Direction: Inactive}); err != nil {
			t.Fatal(err)
		}
		if err := f.SendDigits(Digits{Characters: "7"}, func() { done++ }); err != nil {
			t.Fatal(err)
		}
		synctest.Sleep(time.Second)
		if done != 2 {
			t.Error("digits were sent though the party may not be sent to")
		}
		if err := f.SetRemote(Remote{Address: f.address, Codec: PCMU, TelephoneEvent: 101}); err != nil {
			t.Fatal(err)
		}
		synctest.Sleep(time.Second)
		if digits, _ := eventsOf(t, f.socket.packets(), 101); string(digits) != "7" || done != 3 {
			t.Errorf("sent %q, done %d", digits, done)
		}
	})
}

// TestKeyHeldByWhoLeaves: nobody hears a digit for ever.
func TestKeyHeldByWhoLeaves(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		caller, listener := b.phone(PCMU, nil), b.phone(PCMU, nil)
		caller.join("c", Active)
		listener.join("c", Active)
		caller.header.PayloadType = 101
		for range 5 {
			caller.deliver([]byte{3, 10, 1, 0})
			frame()
		}
		caller.Close()
		for range 10 {
			frame()
		}
		if digits, _ := eventsOf(t, listener.socket.packets(), 101); string(digits) != "3" {
			t.Errorf("listener gets %q", digits)
		}
		if packet := listener.socket.packets()[len(listener.socket.packets())-1]; packet.PayloadType != 0 {
			t.Error("the audio does not come back")
		}
	})
}

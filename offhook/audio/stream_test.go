// SPDX-License-Identifier: Apache-2.0

package audio

import (
	"context"
	"errors"
	"math"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

const patience = 10 * time.Second

func open(t *testing.T, hertz int) *Stream {
	t.Helper()
	stream, err := Open(t.Context(), Options{ToneHertz: hertz})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stream.Close)
	return stream
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	limit := time.After(patience)
	for !done() {
		select {
		case <-ticker.C:
		case <-limit:
			t.Fatal("never: " + what)
		}
	}
}

func TestTonesAndDigits(t *testing.T) {
	for name, format := range map[string]Format{
		"mu-law":         {PayloadType: PayloadPCMU, Events: 101},
		"A-law in 10 ms": {PayloadType: PayloadPCMA, Events: 96, PacketTime: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			alice, bob := open(t, 500), open(t, 0)
			bob.ExpectEvents(format.Events)
			alice.Send(bob.Address(), format)
			bob.Send(alice.Address(), format)
			eventually(t, "both hear the other", func() bool { return alice.Hears(DefaultTone) && bob.Hears(500) })
			if alice.Hears(500) || bob.Hears(DefaultTone) || bob.Hears(520) {
				t.Error("one hears itself, or what is not there")
			}
			for _, digit := range []byte("1x#A") {
				alice.Press(digit)
			}
			eventually(t, "digits", func() bool { return bob.Digits() == "1#A" })
			alice.Stop()
			if _, _, ok := alice.Sending(); ok {
				t.Error("it sends after Stop")
			}
			eventually(t, "silence", func() bool { return !bob.Hears(500) })
			sent, heard := alice.Counters(), bob.Counters()
			if heard.PacketsLost != 0 || sent.PacketsSent == 0 || sent.PacketsSent != heard.PacketsReceived || sent.OctetsSent != heard.OctetsReceived {
				t.Errorf("sent %+v, heard %+v", sent, heard)
			}
		})
	}
}

// One who hears two others mixed hears both.
func TestTwoTonesAtOnce(t *testing.T) {
	var ear ear
	now := time.Now()
	mixed := make([]byte, heardSamples)
	for i := range mixed {
		at := 2 * math.Pi * float64(i) / sampleRate
		mixed[i] = linearToMuLaw(int16(toneLevel * (math.Sin(440*at) + math.Sin(620*at))))
	}
	ear.hear(&rtp.Packet{PayloadType: PayloadPCMU, Payload: mixed}, now)
	for hertz, want := range map[int]bool{440: true, 620: true, 530: false} {
		if got := ear.sound(now.Add(time.Millisecond)).Hears(hertz); got != want {
			t.Errorf("%d Hz heard: %v", hertz, got)
		}
	}
	if ear.sound(now.Add(heardFor + 1)).Hears(440) {
		t.Error("it hears what was long ago")
	}
}

func TestSizeOfPackets(t *testing.T) {
	for _, test := range []struct {
		format       Format
		octets       int
		clockAdvance uint32
	}{
		{Format{PayloadType: PayloadPCMU}, 160, 160},
		{Format{PayloadType: PayloadPCMU, PacketTime: 15 * time.Millisecond}, 80, 80},
		{Format{PayloadType: PayloadPCMA, PacketTime: time.Hour}, 480, 480},
		{Format{PayloadType: PayloadG722, PacketTime: 30 * time.Millisecond}, 240, 240},
		{Format{PayloadType: PayloadG729}, 20, 160},
		{Format{PayloadType: PayloadG729, PacketTime: time.Millisecond}, 10, 80},
	} {
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		stream := open(t, 0)
		stream.Send(socket.LocalAddr().(*net.UDPAddr).AddrPort(), test.format)
		var packets [2]rtp.Packet
		for i := range packets {
			buffer := make([]byte, 2048)
			n, err := socket.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			if err := packets[i].Unmarshal(buffer[:n]); err != nil {
				t.Fatal(err)
			}
		}
		first, second := packets[0], packets[1]
		if len(first.Payload) != test.octets || second.Timestamp-first.Timestamp != test.clockAdvance ||
			second.SequenceNumber != first.SequenceNumber+1 || !first.Marker || second.Marker || first.PayloadType != test.format.PayloadType {
			t.Errorf("%+v: %d octets, packets %+v and %+v", test.format, len(first.Payload), first.Header, second.Header)
		}
		_ = socket.Close()
	}
}

func TestNowhereToSend(t *testing.T) {
	stream := open(t, 0)
	for _, nowhere := range []netip.AddrPort{{}, netip.MustParseAddrPort("0.0.0.0:4000"), netip.MustParseAddrPort("127.0.0.1:0")} {
		stream.Send(nowhere, Format{})
	}
	listener := open(t, 0)
	stream.Send(listener.Address(), Format{})
	eventually(t, "a packet", func() bool { return listener.Counters().PacketsReceived > 0 })
	if sent := stream.Counters().PacketsSent; sent > 5 {
		t.Errorf("%d packets were sent to nowhere", sent)
	}
}

// A packet that is missing is lost, one that comes late is not; packets that
// come 20 ms apart as they were sent have no jitter.
func TestLossAndJitter(t *testing.T) {
	var arrivals arrivals
	began := time.Now()
	for i, sequence := range []uint16{65534, 65535, 1, 0, 3} {
		packet := &rtp.Packet{SequenceNumber: sequence, Timestamp: uint32(sequence-65534) * 160}
		arrivals.note(packet, began.Add(time.Duration(sequence-65534)*20*time.Millisecond))
		if lost, jitter := arrivals.tell(); lost != uint64([]int{0, 0, 1, 0, 1}[i]) || jitter != 0 {
			t.Errorf("after packet %d: %d lost, jitter %v", sequence, lost, jitter)
		}
	}
	arrivals.note(&rtp.Packet{SequenceNumber: 4, Timestamp: 6 * 160}, began.Add(136*time.Millisecond))
	if lost, jitter := arrivals.tell(); lost != 1 || jitter != time.Millisecond {
		t.Errorf("%d lost, jitter %v", lost, jitter)
	}
	// Another source begins anew.
	arrivals.note(&rtp.Packet{SSRC: 1, SequenceNumber: 40000}, began)
	if lost, jitter := arrivals.tell(); lost != 1 || jitter != 0 {
		t.Errorf("%d lost, jitter %v of another source", lost, jitter)
	}
}

func TestOldDigitsAreForgotten(t *testing.T) {
	ear := ear{events: 101}
	for i := range maxDigits + 3 {
		packet := &rtp.Packet{PayloadType: 101, Timestamp: uint32(i), Payload: []byte{byte(i % 10), 0, 0, 0}}
		ear.hear(packet, time.Time{})
		ear.hear(packet, time.Time{})
	}
	for _, odd := range [][]byte{nil, {1, 0, 0}, {200, 0, 0, 0}} {
		ear.hear(&rtp.Packet{PayloadType: 101, Timestamp: 1 << 20, Payload: odd}, time.Time{})
	}
	if digits := ear.heardDigits(); len(digits) != maxDigits || digits[:3] != "345" {
		t.Errorf("digits %q", digits)
	}
}

func TestOpenFails(t *testing.T) {
	var opError *net.OpError
	if _, err := Open(t.Context(), Options{IP: "192.0.2.77"}); !errors.As(err, &opError) {
		t.Errorf("error %v", err)
	}
}

func TestContextEndsSending(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stream, err := Open(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	stream.Close()
	stream.Close()
}

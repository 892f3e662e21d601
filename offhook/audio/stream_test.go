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
			if sent.PacketsSent == 0 || sent.PacketsSent != heard.PacketsReceived || sent.OctetsSent != heard.OctetsReceived {
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
		if got := ear.hears(hertz, now.Add(time.Millisecond)); got != want {
			t.Errorf("%d Hz heard: %v", hertz, got)
		}
	}
	if ear.hears(440, now.Add(heardFor+1)) {
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

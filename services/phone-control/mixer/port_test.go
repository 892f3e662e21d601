// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"errors"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestPacketsAreInStep checks the header of what is sent: numbered one by one,
// stamped by time, marked after a pause, 20 ms each.
func TestPacketsAreInStep(t *testing.T) {
	for _, packetTime := range []time.Duration{10, 20, 30, 60} {
		inBubble(t, nil, func(t *testing.T, b *bench) {
			f := b.phone(PCMA, func(_ *PortOptions, r *Remote) { r.PacketTime = packetTime * time.Millisecond })
			if err := f.Play(Music, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Sleep(600*time.Millisecond + time.Microsecond)
			packets := f.socket.packets()
			if want := int(600 / packetTime); len(packets) != want {
				t.Fatalf("%d packets of %d ms in 600 ms, want %d", len(packets), packetTime, want)
			}
			for i, packet := range packets {
				length := int(packetTime) * samplesPerMs
				if len(packet.Payload) != length || packet.PayloadType != 8 || packet.SSRC != packets[0].SSRC || packet.Marker != (i == 0) ||
					packet.SequenceNumber != packets[0].SequenceNumber+uint16(i) || packet.Timestamp != packets[0].Timestamp+uint32(i*length) {
					t.Fatalf("packet %d of %d ms: %v", i, packetTime, packet)
				}
			}
			if f.socket.sentTo != f.address {
				t.Errorf("sent to %v, want %v", f.socket.sentTo, f.address)
			}
			f.Stop()
			synctest.Sleep(200 * time.Millisecond)
			if now := len(f.socket.packets()); now != len(packets) {
				t.Errorf("%d packets after Stop", now-len(packets))
			}
			if err := f.Play(Silence, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Sleep(100 * time.Millisecond)
			resumed := f.socket.packets()[len(packets)]
			if passed := resumed.Timestamp - packets[len(packets)-1].Timestamp; passed < 200*samplesPerMs || passed > 300*samplesPerMs || !resumed.Marker {
				t.Errorf("after a pause of 200 ms the timestamp is %d later, marker %v", passed, resumed.Marker)
			}
		})
	}
}

func TestSources(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		f := b.phone(PCMU, func(o *PortOptions, _ *Remote) { o.TonePlan = "us" })
		for source, hertz := range map[Source]float64{Ringback: 480, Busy: 620, Dial: 350, Reorder: 480} {
			if err := f.Play(source, nil); err != nil {
				t.Fatal(err)
			}
			before := len(f.heard())
			synctest.Sleep(200 * time.Millisecond)
			if got := level(f.heard()[before:], hertz); got < 1000 {
				t.Errorf("%s has %.0f Hz at %.0f", source, hertz, got)
			}
		}
		if err := f.Play(Announcement("nobody"), nil); !errors.Is(err, ErrUnknownSource) {
			t.Errorf("unknown announcement: %v", err)
		}
		if _, err := b.mixer.Open(PortOptions{TonePlan: "xx"}); !errors.Is(err, ErrUnknownTonePlan) {
			t.Errorf("unknown country: %v", err)
		}
	})
}

func TestAnnouncementEnds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "closed.wav")
	if err := os.WriteFile(file, wav(8000/2, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	inBubble(t, func(s *Settings) { s.Announcements = map[string]string{"closed": file}; s.MusicFile = file }, func(t *testing.T, b *bench) {
		f := b.phone(PCMA, nil)
		ended := 0
		if err := f.Play(Announcement("closed"), func() {
			ended++
			if err := f.Play(Busy, nil); err != nil { // a callback may use the port
				t.Error(err)
			}
		}); err != nil {
			t.Fatal(err)
		}
		synctest.Sleep(490 * time.Millisecond)
		if ended != 0 || level(last(f.heard(), 800), 1000) < 3000 {
			t.Errorf("ended %d times while the announcement is heard at %.0f", ended, level(last(f.heard(), 800), 1000))
		}
		synctest.Sleep(500 * time.Millisecond)
		if ended != 1 || level(last(f.heard(), 800), 425) < 1000 {
			t.Errorf("ended %d times, the tone after it is heard at %.0f", ended, level(last(f.heard(), 800), 425))
		}
		if err := f.Play(Music, func() { t.Error("music ended") }); err != nil {
			t.Fatal(err)
		}
		synctest.Sleep(1700 * time.Millisecond)
		if level(last(f.heard(), 800), 1000) < 3000 {
			t.Error("the music of the file does not go on")
		}
	})
}

// wav is a WAV file of a tone.
func wav(samples int, hertz float64) []byte {
	var data []byte
	for i := range samples {
		sample := uint16(int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/8000)))
		data = append(data, byte(sample), byte(sample>>8))
	}
	word := func(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) }
	return []byte("RIFF" + word(36+len(data)) + "WAVEfmt " + word(16) + "\x01\x00\x01\x00" + word(8000) + word(16000) + "\x02\x00\x10\x00" +
		"data" + word(len(data)) + string(data))
}

// TestDirectionsAndAddresses: nothing is sent where nothing may be, and what
// comes where nothing should is not heard.
func TestDirections(t *testing.T) {
	for _, tt := range []struct {
		direction        Direction
		address          string
		sent, heardThere bool
	}{
		{"", "127.0.0.2:4000", true, true},
		{SendRecv, "127.0.0.2:4000", true, true},
		{SendOnly, "127.0.0.2:4000", true, false},
		{RecvOnly, "127.0.0.2:4000", false, true},
		{Inactive, "127.0.0.2:4000", false, false},
		{SendRecv, "0.0.0.0:4000", false, false},
		{SendRecv, "127.0.0.2:0", false, false},
	} {
		t.Run(string(tt.direction)+tt.address, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				f, other := b.phone(PCMU, nil), b.phone(PCMU, nil)
				if err := f.SetRemote(Remote{Address: netip.MustParseAddrPort(tt.address), Codec: PCMU, Direction: tt.direction}); err != nil {
					t.Fatal(err)
				}
				f.address = netip.MustParseAddrPort("127.0.0.2:4000")
				f.join("c", Active)
				other.join("c", Active)
				for range 20 {
					f.sine(500, 8000)
					frame()
				}
				if sent := len(f.socket.packets()) > 0; sent != tt.sent {
					t.Errorf("sent: %v, want %v", sent, tt.sent)
				}
				if heard := level(last(other.heard(), 800), 500) > 5000; heard != tt.heardThere {
					t.Errorf("heard: %v, want %v", heard, tt.heardThere)
				}
			})
		})
	}
}

func TestBadRemotes(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		f := b.phone(PCMU, nil)
		for _, remote := range []Remote{
			{},
			{Codec: "G729"},
			{Codec: PCMU, PacketTime: 15 * time.Millisecond},
			{Codec: PCMU, PacketTime: 80 * time.Millisecond},
			{Codec: PCMU, TelephoneEvent: 8},
			{Codec: PCMU, Direction: "both"},
		} {
			if err := f.SetRemote(remote); !errors.Is(err, ErrBadRemote) {
				t.Errorf("%+v: %v", remote, err)
			}
		}
		f.Close()
		f.Close()
		for name, err := range map[string]error{
			"SetRemote": f.SetRemote(Remote{Codec: PCMU}), "Join": f.Join(Conference{Name: "x"}, Active),
			"Play": f.Play(Music, nil), "SendDigits": f.SendDigits(Digits{Characters: "1"}, nil),
		} {
			if !errors.Is(err, ErrClosed) {
				t.Errorf("%s of a closed port: %v", name, err)
			}
		}
		f.Stop()
	})
}

func TestSourceFilter(t *testing.T) {
	elsewhere, third := netip.MustParseAddrPort("127.0.0.9:9000"), netip.MustParseAddrPort("127.0.0.8:8000")
	inBubble(t, nil, func(t *testing.T, b *bench) {
		f := b.phone(PCMU, nil)
		own := f.address
		f.address = elsewhere
		for range 3 {
			f.sine(500, 8000)
		}
		f.address = netip.AddrPortFrom(own.Addr(), own.Port()+2) // another port of the same host
		f.sine(500, 8000)
		f.address = own
		f.sine(500, 8000)
		synctest.Wait()
		if s := f.Statistics(); s.Foreign != 4 || s.PacketsReceived != 1 || s.Source != own {
			t.Errorf("without latching: %+v", s)
		}
	})
	inBubble(t, nil, func(t *testing.T, b *bench) {
		f := b.phone(PCMU, func(o *PortOptions, _ *Remote) { o.Latch = true })
		if err := f.Play(Silence, nil); err != nil {
			t.Fatal(err)
		}
		said := f.address
		say := func(from netip.AddrPort) {
			f.address = from
			f.sine(500, 8000)
			frame()
		}
		sentTo := func(want netip.AddrPort, when string) {
			t.Helper()
			frame()
			if f.socket.sentTo != want {
				t.Errorf("%s it is sent to %v, want %v", when, f.socket.sentTo, want)
			}
		}
		say(elsewhere)
		sentTo(said, "after one packet from elsewhere")
		f.header.SequenceNumber += 7
		say(elsewhere)
		sentTo(said, "after two packets that are not in sequence")
		say(elsewhere)
		sentTo(elsewhere, "after two packets in sequence")
		say(third)
		say(third)
		sentTo(elsewhere, "after packets of a third")
		say(said)
		sentTo(said, "after a packet from the address that was named")
		say(elsewhere)
		say(elsewhere)
		sentTo(said, "after the first source comes again")
		if err := f.SetRemote(Remote{Address: netip.MustParseAddrPort("127.0.0.7:7000"), Codec: PCMU}); err != nil {
			t.Fatal(err)
		}
		say(third)
		say(third)
		sentTo(third, "after another address was named")
	})
}

func TestInvalidPackets(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		f := b.phone(PCMU, nil)
		for _, octets := range [][]byte{
			nil, []byte("no rtp"), make([]byte, 160), // version 0
			[]byte(strings.Repeat("\x80", maxDatagram+1)),
			append([]byte{0x80, 18}, make([]byte, 30)...),           // G.729
			append([]byte{0x80, 0}, make([]byte, 10)...),            // no audio
			append([]byte{0x8F, 0}, make([]byte, 20)...),            // sources cut off
			append([]byte{0x90, 0}, make([]byte, 12)...),            // extension cut off
			append([]byte{0xA0, 0}, []byte("0123456789abc\xFF")...), // too much padding
		} {
			f.socket.in <- fakeDatagram{octets, f.address}
		}
		event := rtp.Packet{Version: 2, PayloadType: 101, Payload: []byte{1, 2}}
		octets, _ := event.Marshal()
		f.socket.in <- fakeDatagram{octets, f.address}
		synctest.Wait()
		if s := f.Statistics(); s.Invalid != 10 || s.PacketsReceived != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPortsRunOut(t *testing.T) {
	inBubble(t, func(s *Settings) { s.FirstPort, s.LastPort = 20001, 20007 }, func(t *testing.T, b *bench) {
		var open []Port
		seen := map[uint16]bool{}
		for range 3 {
			p, err := b.mixer.Open(PortOptions{})
			if err != nil {
				t.Fatal(err)
			}
			number := p.LocalAddress().Port()
			if number%2 != 0 || number < 20001 || number > 20007 || seen[number] {
				t.Errorf("port %d", number)
			}
			seen[number] = true
			open = append(open, p)
		}
		if _, err := b.mixer.Open(PortOptions{}); !errors.Is(err, ErrNoPorts) {
			t.Errorf("fourth of three ports: %v", err)
		}
		open[1].Close()
		if p, err := b.mixer.Open(PortOptions{}); err != nil || p.LocalAddress() != open[1].LocalAddress() {
			t.Errorf("after one was closed: %v", err)
		}
	})
	inBubble(t, func(s *Settings) { s.MaxPorts = 1 }, func(t *testing.T, b *bench) {
		if _, err := b.mixer.Open(PortOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.mixer.Open(PortOptions{}); !errors.Is(err, ErrNoPorts) {
			t.Errorf("second of one port: %v", err)
		}
	})
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	metrics, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, func(s *Settings) { s.Metrics = metrics; s.ConferenceParties = 2 }, func(t *testing.T, b *bench) {
		one, two, three := b.phone(PCMU, nil), b.phone(PCMU, nil), b.phone(PCMU, nil)
		one.join("c", Active)
		two.join("c", Active)
		_ = three.Join(Conference{Name: "c"}, Active)
		for i := range 10 {
			if i != 5 {
				one.sine(500, 1000)
			} else {
				one.header.SequenceNumber++
				one.said += frameSamples
			}
			frame()
		}
		one.Close()
		for collector, want := range map[prometheus.Collector]float64{
			metrics.ports: 2, metrics.conferences: 1, metrics.parties: 1, metrics.received: 9, metrics.lost: 1, metrics.late: 0,
			metrics.refusals.WithLabelValues(refusedParties): 1, metrics.sent: 19,
		} {
			if got := testutil.ToFloat64(collector); math.Abs(got-want) > 1 || want < 3 && got != want {
				t.Errorf("%v is %v, want %v", collector.(prometheus.Metric).Desc(), got, want)
			}
		}
	})
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

func TestSettings(t *testing.T) {
	for name, change := range map[string]func(*Settings){
		"no address":       func(s *Settings) { s.Listen = netip.Addr{} },
		"address for none": func(s *Settings) { s.Advertised = netip.IPv4Unspecified() },
		"ports":            func(s *Settings) { s.FirstPort = 40000 },
		"parties":          func(s *Settings) { s.ConferenceParties = 65 },
		"delay":            func(s *Settings) { s.MaxDelay = time.Second },
		"clocks":           func(s *Settings) { s.Clocks = 0 },
		"tone plan":        func(s *Settings) { s.TonePlan = "nowhere" },
		"music":            func(s *Settings) { s.MusicFile = "/does/not/exist.wav" },
		"announcement":     func(s *Settings) { s.Announcements = map[string]string{"a": "/does/not/exist.wav"} },
	} {
		settings := NewDefaultSettings(local)
		change(&settings)
		if _, err := New(settings); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestRunEnds proves that the end of Run closes what is open.
func TestRunEnds(t *testing.T) {
	var left *phone
	inBubble(t, nil, func(t *testing.T, b *bench) {
		left = b.phone(PCMU, nil)
		left.join("c", Active)
	})
	if err := left.Play(Music, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("port after the end: %v", err)
	}
	if _, err := left.mixer.Open(PortOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("mixer after the end: %v", err)
	}
}

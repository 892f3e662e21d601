// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"context"
	"math"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"offhook.dev/services/phone-control/mixer/g711"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var local = netip.MustParseAddr("127.0.0.1")

func lawOf(codec Codec) g711.Law {
	if codec == PCMA {
		return g711.ALaw
	}
	return g711.MuLaw
}

// fakeSocket is a socket inside a synctest bubble.
type fakeSocket struct {
	in     chan fakeDatagram
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	sent    []rtp.Packet
	sentTo  netip.AddrPort
	discard bool
}

type fakeDatagram struct {
	octets []byte
	from   netip.AddrPort
}

func newFakeSocket() *fakeSocket {
	return &fakeSocket{in: make(chan fakeDatagram, 16), closed: make(chan struct{})}
}

func (s *fakeSocket) ReadFromUDPAddrPort(datagram []byte) (int, netip.AddrPort, error) {
	select {
	case <-s.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	case d := <-s.in:
		return copy(datagram, d.octets), d.from, nil
	}
}

func (s *fakeSocket) WriteToUDPAddrPort(datagram []byte, to netip.AddrPort) (int, error) {
	if s.discard {
		return len(datagram), nil
	}
	var packet rtp.Packet
	if err := packet.Unmarshal(append([]byte(nil), datagram...)); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, packet)
	s.sentTo = to
	return len(datagram), nil
}

func (s *fakeSocket) LocalAddr() net.Addr { return &net.UDPAddr{} }

func (s *fakeSocket) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *fakeSocket) packets() []rtp.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]rtp.Packet(nil), s.sent...)
}

// bench is a running mixer with fake sockets.
type bench struct {
	t       testing.TB
	mixer   *RTPMixer
	sockets map[uint16]*fakeSocket
}

// inBubble runs a test with a mixer on fake time.
func inBubble(t *testing.T, change func(*Settings), test func(t *testing.T, b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, change)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.mixer.Run(ctx) }()
		synctest.Wait()
		test(t, b)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func newBench(t testing.TB, change func(*Settings)) *bench {
	t.Helper()
	settings := NewDefaultSettings(local)
	settings.Clocks = 2
	if change != nil {
		change(&settings)
	}
	m, err := New(settings)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, mixer: m, sockets: make(map[uint16]*fakeSocket)}
	m.listen = func(port uint16) (socket, error) {
		s := newFakeSocket()
		b.sockets[port] = s
		return s, nil
	}
	return b
}

// phone is a party with its end of the wire.
type phone struct {
	*bench
	Port
	socket  *fakeSocket
	address netip.AddrPort
	codec   Codec
	header  rtp.Header
	// said counts the samples that it has said.
	said   int
	digits []byte
}

func (b *bench) phone(codec Codec, change func(*PortOptions, *Remote)) *phone {
	b.t.Helper()
	f := &phone{bench: b, codec: codec, header: rtp.Header{Version: 2, SSRC: uint32(1000 + len(b.sockets))}}
	options := PortOptions{OnDigit: func(digit byte) { f.digits = append(f.digits, digit) }}
	f.address = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), uint16(4000+2*len(b.sockets)))
	remote := Remote{Address: f.address, Codec: codec, TelephoneEvent: 101}
	if change != nil {
		change(&options, &remote)
	}
	p, err := b.mixer.Open(options)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := p.SetRemote(remote); err != nil {
		b.t.Fatal(err)
	}
	f.Port, f.socket = p, b.sockets[p.LocalAddress().Port()]
	return f
}

func (f *phone) join(name string, participation Participation) {
	f.t.Helper()
	if err := f.Join(Conference{Name: name}, participation); err != nil {
		f.t.Fatal(err)
	}
}

// deliver puts a packet on the wire.
func (f *phone) deliver(payload []byte) {
	f.header.SequenceNumber++
	octets, err := (&rtp.Packet{Header: f.header, Payload: payload}).Marshal()
	if err != nil {
		f.t.Fatal(err)
	}
	f.socket.in <- fakeDatagram{octets, f.address}
}

// sine says 20 ms of a tone; a level of 32124 is full scale.
func (f *phone) sine(hertz, level float64) {
	samples := make([]int16, frameSamples)
	for i := range samples {
		samples[i] = int16(level * math.Sin(2*math.Pi*hertz*float64(f.said+i)/8000))
	}
	f.say(samples)
}

func (f *phone) say(samples []int16) {
	payload := make([]byte, len(samples))
	lawOf(f.codec).Encode(payload, samples)
	f.header.PayloadType = f.codec.PayloadType()
	f.header.Timestamp = uint32(f.said)
	f.said += len(samples)
	f.deliver(payload)
}

// heard is all audio that the party was sent, and its packets.
func (f *phone) heard() []int16 {
	var samples []int16
	for _, packet := range f.socket.packets() {
		if packet.PayloadType != f.codec.PayloadType() {
			continue
		}
		frame := make([]int16, len(packet.Payload))
		lawOf(f.codec).Decode(frame, packet.Payload)
		samples = append(samples, frame...)
	}
	return samples
}

// level is the amplitude of a frequency in samples (Goertzel, by its definition).
func level(samples []int16, hertz float64) float64 {
	var re, im float64
	for i, sample := range samples {
		s, c := math.Sincos(2 * math.Pi * hertz * float64(i) / 8000)
		re += float64(sample) * c
		im += float64(sample) * s
	}
	return 2 * math.Hypot(re, im) / float64(max(len(samples), 1))
}

// frame waits for the next 20 ms.
func frame() {
	synctest.Sleep(frameTime)
}

func last(samples []int16, n int) []int16 { return samples[max(0, len(samples)-n):] }

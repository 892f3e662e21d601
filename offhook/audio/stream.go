// SPDX-License-Identifier: Apache-2.0

package audio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// DefaultTone is what a stream sends.
const DefaultTone = 440

// Options of a stream.
type Options struct {
	// IP is the local address; 127.0.0.1 where empty.
	IP string
	// ToneHertz is the tone that is sent, DefaultTone where zero.
	ToneHertz int
}

// Counters of a stream since it was opened.
type Counters struct {
	PacketsSent, OctetsSent         uint64
	PacketsReceived, OctetsReceived uint64
	// PacketsLost and Jitter of what came (RFC 3550 6.4.1).
	PacketsLost uint64
	Jitter      time.Duration
}

// Stream is one RTP stream pair at one UDP port. It owns its socket and two
// goroutines until Close. Its methods may be called from any goroutine.
type Stream struct {
	options Options
	socket  *net.UDPConn
	cancel  context.CancelFunc
	done    sync.WaitGroup

	course  atomic.Pointer[course]
	changed chan struct{}
	presses chan byte

	ear                             ear
	arrivals                        arrivals
	packetsSent, octetsSent         atomic.Uint64
	packetsReceived, octetsReceived atomic.Uint64
}

// course is where a stream sends what.
type course struct {
	to     netip.AddrPort
	format Format
}

// Open opens a stream that sends nothing yet. It ends with ctx or Close.
func Open(ctx context.Context, options Options) (*Stream, error) {
	if options.IP == "" {
		options.IP = "127.0.0.1"
	}
	if options.ToneHertz == 0 {
		options.ToneHertz = DefaultTone
	}
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(options.IP)})
	if err != nil {
		return nil, fmt.Errorf("open rtp socket: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &Stream{
		options: options, socket: socket, cancel: cancel,
		changed: make(chan struct{}, 1), presses: make(chan byte, maxDigits),
	}
	s.done.Go(func() { s.send(ctx) })
	s.done.Go(s.receive)
	return s, nil
}

// Close ends the stream and returns when its goroutines are gone.
func (s *Stream) Close() {
	s.cancel()
	_ = s.socket.Close()
	s.done.Wait()
}

// Address takes RTP.
func (s *Stream) Address() netip.AddrPort {
	address := s.socket.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(address.Addr().Unmap(), address.Port())
}

// Send sends to an address from now on, instead of what it sent before.
func (s *Stream) Send(to netip.AddrPort, format Format) {
	s.set(&course{to: netip.AddrPortFrom(to.Addr().Unmap(), to.Port()), format: format})
}

// Stop sends nothing any more.
func (s *Stream) Stop() { s.set(nil) }

func (s *Stream) set(to *course) {
	s.course.Store(to)
	select {
	case s.changed <- struct{}{}:
	default: // it will see this course
	}
}

// Sending tells where the stream sends, if it does.
func (s *Stream) Sending() (to netip.AddrPort, format Format, ok bool) {
	now := s.course.Load()
	if now == nil {
		return netip.AddrPort{}, Format{}, false
	}
	return now.to, now.format, true
}

// Press sends a digit (0 to 9, *, #, A to D) as a telephone-event, if the format
// has events and fewer than 64 wait already.
func (s *Stream) Press(digit byte) {
	select {
	case s.presses <- digit:
	default:
	}
}

// ExpectEvents says the payload type of the telephone-events that come; zero:
// none.
func (s *Stream) ExpectEvents(payloadType uint8) { s.ear.expect(payloadType) }

// Digits are the last 64 that came as telephone-events.
func (s *Stream) Digits() string { return s.ear.heardDigits() }

// Hears tells whether a tone is in the G.711 that comes now, alone or mixed with
// two others.
func (s *Stream) Hears(hertz int) bool { return s.Sound().Hears(hertz) }

// Sound is the G.711 that came within the last 300 ms, silence if none did.
func (s *Stream) Sound() *Sound { return s.ear.sound(time.Now()) }

// Counters so far.
func (s *Stream) Counters() Counters {
	lost, jitter := s.arrivals.tell()
	return Counters{
		PacketsLost: lost, Jitter: jitter,
		PacketsSent: s.packetsSent.Load(), OctetsSent: s.octetsSent.Load(),
		PacketsReceived: s.packetsReceived.Load(), OctetsReceived: s.octetsReceived.Load(),
	}
}

func (s *Stream) receive() {
	buffer := make([]byte, 2048)
	var packet rtp.Packet
	for {
		n, _, err := s.socket.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP refusal of an earlier packet
		}
		if packet.Unmarshal(buffer[:n]) != nil || packet.Version != 2 {
			continue
		}
		s.packetsReceived.Add(1)
		s.octetsReceived.Add(uint64(len(packet.Payload)))
		now := time.Now()
		s.arrivals.note(&packet, now)
		s.ear.hear(&packet, now)
	}
}

// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"

	"offhook.dev/services/phone-control/mixer/g711"
	"offhook.dev/services/phone-control/mixer/playout"
	"offhook.dev/services/phone-control/mixer/sound"
	"offhook.dev/services/phone-control/mixer/telephoneevent"
)

// task is what a port does.
type task int

const (
	taskNone task = iota
	taskPlay
	taskConference // the conference's tick sends
)

// port is one party's end point. Its reader takes packets in, its clock (or that
// of its conference) sends.
type port struct {
	mixer   *RTPMixer
	id      uint64
	number  uint16
	socket  socket
	options PortOptions
	local   netip.AddrPort
	clock   *clock
	// member is the conference it is in, guarded by RTPMixer.mu.
	member *conference

	mu     sync.Mutex
	closed bool
	remote Remote
	task   task
	playing
	sending
	receiving
	statistics Statistics
}

// playing is a source and how far it is.
type playing struct {
	sound *sound.Sound
	at    int
	ended func()
}

// sending is the RTP stream to the party.
type sending struct {
	header    rtp.Header
	timestamp uint32 // of the next frame
	resumes   bool   // the next packet follows a pause: marker
	digits    telephoneevent.Sender
	eventTime uint32
	pending   [maxPacketSamples + frameSamples]byte
	pendings  int
	packet    [rtpHeaderBytes + maxPacketSamples]byte
}

// receiving is the RTP stream of the party.
type receiving struct {
	buffer       *playout.Buffer
	reception    playout.Reception
	events       telephoneevent.Receiver
	source       netip.AddrPort
	candidate    netip.AddrPort
	candidateSeq uint16
	lostReported uint64
}

const (
	maxPacketTime    = 60 * time.Millisecond
	maxPacketSamples = 480
	rtpHeaderBytes   = 12
	samplesPerMs     = 8
)

func newPort(m *RTPMixer, id uint64, s socket, number uint16, options PortOptions) *port {
	return &port{
		mixer: m, id: id, number: number, socket: s, options: options,
		local: netip.AddrPortFrom(m.settings.Advertised, number),
		header: rtp.Header{
			Version: 2, SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), // #nosec G404 -- RTP wants no secrecy here
		},
		timestamp: rand.Uint32(), // #nosec G404 -- as above
		resumes:   true,
		buffer: playout.NewBuffer(
			int(m.settings.MinDelay.Milliseconds())*samplesPerMs, int(m.settings.MaxDelay.Milliseconds())*samplesPerMs),
	}
}

// LocalAddress implements Port.
func (p *port) LocalAddress() netip.AddrPort { return p.local }

// SetRemote implements Port.
func (p *port) SetRemote(remote Remote) error {
	if remote.PacketTime == 0 {
		remote.PacketTime = frameTime
	}
	if remote.ReceiveTelephoneEvent == 0 {
		remote.ReceiveTelephoneEvent = remote.TelephoneEvent
	}
	if err := remote.check(); err != nil {
		return fmt.Errorf("set remote media: %w", err)
	}
	remote.Address = netip.AddrPortFrom(remote.Address.Addr().Unmap(), remote.Address.Port())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if remote.Address != p.remote.Address {
		p.source, p.candidate = netip.AddrPort{}, netip.AddrPort{}
	}
	if !remote.Direction.receives() {
		p.buffer.Reset()
	}
	if remote.Codec != p.remote.Codec || remote.PacketTime != p.remote.PacketTime {
		p.pendings = 0
	}
	p.remote = remote
	return nil
}

func (r Remote) check() error {
	event := func(payloadType uint8) bool { return payloadType == 0 || payloadType >= 96 && payloadType <= 127 }
	switch {
	case r.Codec != PCMU && r.Codec != PCMA:
		return fmt.Errorf("%w: codec %q", ErrBadRemote, r.Codec)
	case r.PacketTime < 10*time.Millisecond || r.PacketTime > maxPacketTime || r.PacketTime%(10*time.Millisecond) != 0:
		return fmt.Errorf("%w: packet time %v", ErrBadRemote, r.PacketTime)
	case !event(r.TelephoneEvent) || !event(r.ReceiveTelephoneEvent):
		return fmt.Errorf("%w: payload type of telephone-event %d or %d", ErrBadRemote, r.TelephoneEvent, r.ReceiveTelephoneEvent)
	}
	switch r.Direction {
	case "", SendRecv, SendOnly, RecvOnly, Inactive:
		return nil
	}
	return fmt.Errorf("%w: direction %q", ErrBadRemote, r.Direction)
}

// Join implements Port.
func (p *port) Join(wanted Conference, participation Participation) error {
	m := p.mixer
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, open := m.ports[p]; !open {
		return ErrClosed
	}
	return m.join(p, wanted, participation)
}

// Play implements Port.
func (p *port) Play(source Source, done func()) error {
	m := p.mixer
	found, err := m.sound(source, p.options.TonePlan)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, open := m.ports[p]; !open {
		return ErrClosed
	}
	m.leave(p)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(taskPlay, found, done)
	return nil
}

// SendDigits implements Port.
func (p *port) SendDigits(digits Digits, done func()) error {
	if err := digits.complete(); err != nil {
		return fmt.Errorf("send digits: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	err := p.digits.Send(digits.Characters, frames(digits.Tone), frames(digits.Gap), frames(digits.Pause), done)
	switch {
	case errors.Is(err, telephoneevent.ErrFull):
		return fmt.Errorf("send digits: %w", ErrTooManyDigits)
	case err != nil:
		return fmt.Errorf("send digits: %w: %q", ErrBadDigits, digits.Characters)
	}
	return nil
}

// frames is a time in whole frames, at least one.
func frames(length time.Duration) int { return max(1, int((length+frameTime/2)/frameTime)) }

// complete fills in what is not said and checks the rest.
func (d *Digits) complete() error {
	fill := func(length *time.Duration, otherwise, least, most time.Duration) bool {
		if *length == 0 {
			*length = otherwise
		}
		return *length >= least && *length <= most
	}
	const ms = time.Millisecond
	if len(d.Characters) == 0 || len(d.Characters) > 64 ||
		!fill(&d.Tone, 100*ms, 40*ms, 6000*ms) || !fill(&d.Gap, 80*ms, 60*ms, 6000*ms) || !fill(&d.Pause, 2000*ms, ms, 10000*ms) {
		return ErrBadDigits
	}
	return nil
}

// Stop implements Port.
func (p *port) Stop() {
	m := p.mixer
	m.mu.Lock()
	m.leave(p)
	p.mu.Lock()
	p.begin(taskNone, nil, nil)
	done := p.digits.Clear()
	p.mu.Unlock()
	m.mu.Unlock()
	for _, call := range done {
		call()
	}
}

// Statistics implements Port.
func (p *port) Statistics() Statistics {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.statistics
	s.Lost, s.Jitter = p.reception.Lost(), p.reception.Jitter()
	s.Delay = time.Duration(p.buffer.Delay()) * time.Millisecond / samplesPerMs
	s.Source = p.source
	return s
}

// Close implements Port.
func (p *port) Close() {
	m := p.mixer
	m.mu.Lock()
	if _, open := m.ports[p]; !open {
		m.mu.Unlock()
		return
	}
	m.leave(p)
	m.release(p)
	p.mu.Lock()
	p.closed = true
	p.begin(taskNone, nil, nil)
	done := p.digits.Clear()
	p.reportLost()
	p.mu.Unlock()
	m.mu.Unlock()
	_ = p.socket.Close()
	for _, call := range done {
		call()
	}
}

// setTask begins a task. The caller does not hold mu.
func (p *port) setTask(next task, source *sound.Sound, ended func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begin(next, source, ended)
}

// begin begins a task. The caller holds mu.
func (p *port) begin(next task, source *sound.Sound, ended func()) {
	p.task, p.playing = next, playing{sound: source, ended: ended}
	p.buffer.Reset()
	if next == taskNone {
		p.pendings = 0
	}
}

// law is the companding law of what the party is sent. The caller holds mu.
func (p *port) law() g711.Law {
	if p.remote.Codec == PCMA {
		return g711.ALaw
	}
	return g711.MuLaw
}

// abandoned releases the key that a party held when it left. It is called
// without mu.
func (p *port) abandoned(origin uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.digits.Abandon(origin)
}

// pass takes a digit of another party. It is called without mu.
func (p *port) pass(origin uint64, change telephoneevent.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if change.Ended {
		p.digits.Release(origin, change.Frames)
		return
	}
	if !p.ready() || !p.digits.Begin(origin, change.Event) {
		p.mixer.settings.Metrics.dropDigit()
	}
}

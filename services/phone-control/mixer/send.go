// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"net/netip"

	"offhook.dev/services/phone-control/mixer/telephoneevent"
)

// tick does 20 ms of a port that is in no conference.
func (p *port) tick(on *clock) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.task == taskConference || p.closed {
		return
	}
	p.events.Frame()
	p.events.Changes(&on.mixing.changes) // nobody is there to hear them
	if p.task == taskNone && p.digits.Empty() {
		p.idle()
		return
	}
	octets := p.playSource(on)
	if !p.ready() {
		p.idle()
		return
	}
	p.send(octets, &on.mixing, on)
}

// playSource is the next frame of what is played: nothing, if nothing is.
func (p *port) playSource(on *clock) []byte {
	if p.task != taskPlay {
		return nil
	}
	if p.sound != nil {
		octets, ok := p.sound.Frame(p.law(), p.at)
		p.at++
		if ok {
			return octets
		}
		if p.ended != nil {
			on.done = append(on.done, p.ended)
		}
		p.playing = playing{}
	}
	octets, _ := p.mixer.sounds[Silence].Frame(p.law(), 0)
	return octets
}

// ready reports whether the party can be sent to. If not, time goes on without
// packets. The caller holds mu.
func (p *port) ready() bool {
	_, ok := p.destination()
	return ok && p.remote.Direction.sends()
}

// destination is where the party's packets go.
func (p *port) destination() (netip.AddrPort, bool) {
	if p.remote.Codec == "" {
		return netip.AddrPort{}, false
	}
	if p.options.Latch && p.source.IsValid() {
		return p.source, true
	}
	address := p.remote.Address
	return address, address.IsValid() && !address.Addr().IsUnspecified() && address.Port() != 0
}

// idle lets 20 ms go by without sending. The caller holds mu.
func (p *port) idle() {
	p.timestamp += frameSamples
	p.resumes, p.pendings = true, 0
}

// send sends a frame, or the digit that is due in its place. No octets are a
// pause. The caller holds mu and knows the port ready.
func (p *port) send(octets []byte, m *mixing, on *clock) {
	step := p.digits.Step()
	if step.Done != nil {
		on.done = append(on.done, step.Done)
	}
	asEvent := p.remote.TelephoneEvent != 0
	switch {
	case step.Kind == telephoneevent.Nothing:
	case asEvent && step.Kind != telephoneevent.Quiet:
		p.sendEvent(step)
		return
	case step.Kind == telephoneevent.Sounding:
		telephoneevent.Tone(&m.out, step.Event, step.Frame)
		p.law().Encode(m.octets[:], m.out[:])
		octets = m.octets[:]
	default:
		octets, _ = p.mixer.sounds[Silence].Frame(p.law(), 0)
	}
	if octets == nil {
		p.idle()
		return
	}
	p.pendings += copy(p.pending[p.pendings:], octets)
	p.timestamp += frameSamples
	length := int(p.remote.PacketTime.Milliseconds()) * samplesPerMs
	sent := 0
	for ; p.pendings-sent >= length; sent += length {
		p.header.PayloadType = p.remote.Codec.PayloadType()
		p.header.Timestamp = p.timestamp - uint32(p.pendings-sent)
		p.header.Marker = p.resumes
		p.resumes = false
		p.write(p.pending[sent : sent+length])
	}
	p.pendings = copy(p.pending[:], p.pending[sent:p.pendings])
}

// sendEvent sends a packet of a digit. Audio of less than a packet is left out.
func (p *port) sendEvent(step telephoneevent.Step) {
	if step.Frame == 0 {
		p.eventTime = p.timestamp
	}
	p.pendings = 0
	p.header.PayloadType = p.remote.TelephoneEvent
	p.header.Timestamp = p.eventTime
	p.header.Marker = step.Frame == 0
	var payload [4]byte
	p.write(telephoneevent.AppendPayload(payload[:0], step))
	p.timestamp += frameSamples
}

// write sends a packet with the header as it is.
func (p *port) write(payload []byte) {
	p.header.SequenceNumber++
	length, err := p.header.MarshalTo(p.packet[:])
	if err != nil {
		return
	}
	length += copy(p.packet[length:], payload)
	destination, _ := p.destination()
	if _, err := p.socket.WriteToUDPAddrPort(p.packet[:length], destination); err != nil {
		p.mixer.settings.Metrics.failSend()
		return
	}
	p.statistics.PacketsSent++
	p.statistics.OctetsSent += uint64(len(payload))
	p.mixer.settings.Metrics.countSent()
}

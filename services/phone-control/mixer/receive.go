// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/pion/rtp"

	"offhook.dev/services/phone-control/mixer/g711"
	"offhook.dev/services/phone-control/mixer/playout"
	"offhook.dev/services/phone-control/mixer/telephoneevent"
)

const (
	// maxDatagram is the largest that is taken.
	maxDatagram = 1500
	// readErrors in a row end a port's reader.
	readErrors = 100
	// packetsPerReport of lost packets.
	packetsPerReport = 64
)

// reader is what taking a packet needs room for.
type reader struct {
	datagram [maxDatagram + 1]byte
	packet   rtp.Packet
	samples  [playout.MaxPacket]int16
	started  time.Time
}

// receive takes packets until the socket is closed.
func (p *port) receive() {
	r := &reader{started: time.Now()}
	for failures := 0; failures < readErrors; {
		n, from, err := p.socket.ReadFromUDPAddrPort(r.datagram[:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // an ICMP refusal of an earlier packet
			failures++
			continue
		}
		failures = 0
		if digit, began := p.take(r, n, from); began && p.options.OnDigit != nil {
			p.options.OnDigit(digit)
		}
	}
	p.mixer.settings.Logger.Error("rtp port can no longer be read", "port", p.number)
}

// take takes a datagram of n octets and reports the digit that it begins.
func (p *port) take(r *reader, n int, from netip.AddrPort) (digit byte, began bool) {
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	metrics := p.mixer.settings.Metrics
	valid := n <= maxDatagram && r.packet.Unmarshal(r.datagram[:n]) == nil && r.packet.Version == 2
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.expects(from, &r.packet.Header, valid) {
		p.statistics.Foreign++
		metrics.refuseForeign()
		return 0, false
	}
	if !valid {
		p.statistics.Invalid++
		metrics.refuseMalformed()
		return 0, false
	}
	payloadType, payload := r.packet.PayloadType, r.packet.Payload
	isEvent := payloadType == p.remote.ReceiveTelephoneEvent && payloadType != 0
	isAudio := payloadType == payloadPCMU || payloadType == payloadPCMA
	if !isEvent && !isAudio && payloadType != payloadComfortNoise || isAudio && (len(payload) == 0 || len(payload) > playout.MaxPacket) {
		p.statistics.Invalid++
		metrics.refuseUnexpected()
		return 0, false
	}
	now := time.Now()
	p.statistics.PacketsReceived++
	p.statistics.OctetsReceived += uint64(len(payload))
	p.statistics.LastReceived = now
	metrics.countReceived()
	switch p.reception.Observe(r.packet.SSRC, r.packet.SequenceNumber) {
	case playout.Duplicate:
		return 0, false
	case playout.Restarted:
		p.buffer.Reset()
		p.events = telephoneevent.Receiver{}
	case playout.Fresh:
	}
	if p.statistics.PacketsReceived%packetsPerReport == 0 {
		p.reportLost()
	}
	if !p.remote.Direction.receives() {
		return 0, false
	}
	if isEvent {
		digit, began, ok := p.events.Observe(r.packet.Timestamp, payload)
		if !ok {
			p.statistics.Invalid++
			metrics.refuseMalformed()
		}
		return digit, began
	}
	if isAudio {
		p.reception.Time(r.packet.Timestamp, now.Sub(r.started))
		p.store(r, payload)
	}
	return 0, false
}

// store puts audio into the jitter buffer where somebody is to hear it. The
// caller holds mu.
func (p *port) store(r *reader, payload []byte) {
	if p.task != taskConference {
		return
	}
	law := g711.MuLaw
	if r.packet.PayloadType == payloadPCMA {
		law = g711.ALaw
	}
	samples := r.samples[:len(payload)]
	law.Decode(samples, payload)
	if p.buffer.Put(r.packet.Timestamp, samples) == playout.Late {
		p.statistics.Late++
		p.mixer.settings.Metrics.countLate()
	}
}

// expects reports whether a datagram may come from an address, which it learns
// where the port latches. The caller holds mu.
func (p *port) expects(from netip.AddrPort, header *rtp.Header, valid bool) bool {
	switch {
	case p.remote.Codec == "": // nothing is agreed on
		return false
	case from == p.remote.Address:
		if valid {
			p.source = from
		}
		return true
	case !p.options.Latch:
		return false
	case p.source.IsValid():
		return from == p.source
	case !valid:
		return false
	}
	// Two packets in sequence, so that a stray or a guess takes nothing over.
	if from == p.candidate && header.SequenceNumber == p.candidateSeq+1 {
		p.source = from
		return true
	}
	p.candidate, p.candidateSeq = from, header.SequenceNumber
	return false
}

// hear gives the conference what the party said in 20 ms: audio into the party,
// digits into changes, whose number it returns.
func (p *port) hear(into *party, changes *telephoneevent.Changes) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	audible, concealed := p.buffer.Frame(&into.heard)
	into.audible = audible
	p.statistics.Concealed += uint64(concealed) / samplesPerMs
	p.events.Frame()
	return p.events.Changes(changes)
}

// reportLost brings the metric of lost packets up to date. The caller holds mu.
func (p *port) reportLost() {
	if lost := p.reception.Lost(); lost > p.lostReported {
		p.mixer.settings.Metrics.countLost(lost - p.lostReported)
		p.lostReported = lost
	}
}

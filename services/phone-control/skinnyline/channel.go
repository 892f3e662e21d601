// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"net/netip"
	"time"

	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/skinny"
)

const (
	// channelTimeout is how long a phone may take to open a channel.
	channelTimeout = 4 * second
	// packetTime of all streams, in ms.
	packetTime = 20
	// mediaDSCP is expedited forwarding (RFC 3246) as an octet.
	mediaDSCP = 46 << 2
)

// channel is the media channel of a leg at its phone.
type channel struct {
	leg     *leg
	station *station
	stream  skinny.Stream
	codec   skinny.Capability
	// local is where the phone takes RTP, once it has said so.
	local netip.AddrPort
	// remote is where it was told to send; not valid: nowhere.
	remote  netip.AddrPort
	timeout func()
}

// open has the phone open a channel for a codec. True: it has.
func (l *leg) open(codec skinny.Capability) bool {
	if c := l.channel; c != nil {
		if c.codec == codec {
			return c.local.IsValid()
		}
		l.closeChannel()
	}
	d, s := l.driver, l.station
	d.lastParty++
	c := &channel{leg: l, station: s, codec: codec}
	c.stream = skinny.Stream{Conference: d.lastParty, PassThroughParty: d.lastParty, Reference: l.reference()}
	l.channel = c
	d.channels[d.lastParty] = c
	s.offHook() // a phone on hook opens none
	s.send(&skinny.OpenReceiveChannel{Stream: c.stream, PacketTime: packetTime, Codec: codec, EchoCancel: true})
	c.timeout = d.loop.After(channelTimeout, func() { d.refused(c) })
	return false
}

// reference is that of the call that the user of the leg's phone talks in.
func (l *leg) reference() uint32 {
	var reference uint32
	for _, c := range l.calls() {
		reference = c.reference
		if c.talks(l.station) {
			break
		}
	}
	return reference
}

// acknowledged takes the phone's answer to OpenReceiveChannel.
func (d *Driver) acknowledged(s *station, m *skinny.OpenReceiveChannelAck) {
	c, ok := d.channels[m.PassThroughParty]
	if !ok || c.station != s || c.local.IsValid() {
		return
	}
	c.timeout()
	if m.Status != skinny.MediaOK {
		d.refused(c)
		return
	}
	address := m.Address.Unmap()
	if !address.IsValid() || address.IsUnspecified() {
		address = s.address // phones behind translation may say nothing
	}
	c.local = netip.AddrPortFrom(address, m.Port)
	if end := c.leg.end; end != nil {
		end.opened()
		return
	}
	c.leg.arrange()
	if far := d.legs[c.leg.wanted.Leg]; far != nil {
		far.arrange()
	}
}

// refused ends a channel that the phone does not open.
func (d *Driver) refused(c *channel) {
	l := c.leg
	if l.channel != c {
		return
	}
	d.metrics.channelRefused(d.target)
	l.closeChannel()
	if end := l.end; end != nil {
		end.failed = &errNoChannel
		end.opened()
	}
	l.mediaFailed(&errNoChannel)
	if far := d.legs[l.wanted.Leg]; far != nil && far.wanted.Leg == l.id {
		far.mediaFailed(&errNoChannel)
	}
}

// description is the phone's end of the channel.
func (c *channel) description() lineside.Description {
	return lineside.Description{Address: c.local, Codec: codecName(c.codec), PacketTime: packetTime * time.Millisecond}
}

// transmit has the phone send to the other end.
func (l *leg) transmit(to lineside.Description) {
	c := l.channel
	if c == nil || c.remote == to.Address {
		return
	}
	c.stop()
	if unspecified(to.Address) {
		return
	}
	c.remote = to.Address
	ms := uint32(packetTime)
	if to.PacketTime > 0 {
		ms = uint32(to.PacketTime / time.Millisecond)
	}
	c.station.send(&skinny.StartMediaTransmission{
		Stream: c.stream, Address: to.Address.Addr().Unmap(), Port: to.Address.Port(), PacketTime: ms, Codec: c.codec, Precedence: mediaDSCP,
	})
}

// stop has the phone send nothing more.
func (c *channel) stop() {
	if c.remote.IsValid() {
		c.remote = netip.AddrPort{}
		c.station.send(&skinny.StopMediaTransmission{Stream: c.stream})
	}
}

// closeChannel ends the leg's channel.
func (l *leg) closeChannel() {
	c := l.channel
	if c == nil {
		return
	}
	l.channel = nil
	delete(l.driver.channels, c.stream.PassThroughParty)
	c.timeout()
	c.station.send(&skinny.CloseReceiveChannel{Stream: c.stream})
	c.stop()
}

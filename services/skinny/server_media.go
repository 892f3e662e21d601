// SPDX-License-Identifier: Apache-2.0

package skinny

import "net/netip"

// Stream names one stream of a call's media.
type Stream struct {
	Conference, PassThroughParty, Reference uint32
}

// mediaKey is the room for SRTP keys; this package has none.
const mediaKey = 48

// modems is the room for capabilities of V.150 modems.
const modems = 36

// OpenReceiveChannel makes the phone take RTP. OpenReceiveChannelAck follows.
type OpenReceiveChannel struct {
	Stream
	// PacketTime in ms.
	PacketTime  uint32
	Codec       Capability
	EchoCancel  bool
	G723BitRate uint32
	// TelephoneEvent is the payload type of RFC 4733; zero: none.
	TelephoneEvent, DTMFType uint32
	// Source is where the RTP comes from, since version 11.
	Source     netip.Addr
	SourcePort uint16
}

func (m *OpenReceiveChannel) layout(c *codec) {
	word(c, &m.Conference)
	word(c, &m.PassThroughParty)
	word(c, &m.PacketTime)
	word(c, &m.Codec)
	c.flag(&m.EchoCancel)
	word(c, &m.G723BitRate)
	word(c, &m.Reference)
	c.zero(mediaKey)
	c.zero(8) // pass-through and associated streams
	word(c, &m.TelephoneEvent)
	word(c, &m.DTMFType)
	if c.dialect.Version < versionStreams {
		return
	}
	c.zero(8) // mixing mode, direction of the party
	c.address(&m.Source)
	c.port(&m.SourcePort)
	if c.dialect.Version >= versionAddressKind {
		requested := requestedAddressAny
		word(c, &requested)
	}
	if c.dialect.Version >= versionAddresses {
		c.zero(4) // audio level
	}
	if c.dialect.Version >= versionModems {
		c.zero(modems)
	}
}

// StartMediaTransmission makes the phone send RTP.
type StartMediaTransmission struct {
	Stream
	Address netip.Addr
	Port    uint16
	// PacketTime in ms.
	PacketTime uint32
	Codec      Capability
	// Precedence is the DSCP of the RTP, in the upper six bits of an octet.
	Precedence     uint32
	SilenceDetect  bool
	MaxFrames      uint16
	G723BitRate    uint32
	TelephoneEvent uint32
	DTMFType       uint32
}

func (m *StartMediaTransmission) layout(c *codec) {
	word(c, &m.Conference)
	word(c, &m.PassThroughParty)
	c.address(&m.Address)
	c.port(&m.Port)
	word(c, &m.PacketTime)
	word(c, &m.Codec)
	word(c, &m.Precedence)
	c.flag(&m.SilenceDetect)
	half(c, &m.MaxFrames)
	c.zero(2)
	word(c, &m.G723BitRate)
	word(c, &m.Reference)
	c.zero(mediaKey)
	c.zero(8) // pass-through and associated streams
	word(c, &m.TelephoneEvent)
	word(c, &m.DTMFType)
	c.zero(4) // mixing mode
	if c.dialect.Version >= versionAddressKind {
		c.zero(4) // direction of the party
	}
	if c.dialect.Version >= versionModems {
		c.zero(modems)
	}
}

// portHandling is the last word of what ends a stream.
const portHandling = 4

func (m *Stream) end(c *codec) {
	word(c, &m.Conference)
	word(c, &m.PassThroughParty)
	word(c, &m.Reference)
	c.zero(portHandling)
}

// StopMediaTransmission ends what StartMediaTransmission began.
type StopMediaTransmission struct{ Stream }

func (m *StopMediaTransmission) layout(c *codec) { m.end(c) }

// CloseReceiveChannel ends what OpenReceiveChannel began.
type CloseReceiveChannel struct{ Stream }

func (m *CloseReceiveChannel) layout(c *codec) { m.end(c) }

// ConnectionStatisticsReq asks for ConnectionStatisticsRes.
type ConnectionStatisticsReq struct {
	Number     string
	Reference  uint32
	Processing uint32 // 0: the counters start again
}

func (m *ConnectionStatisticsReq) layout(c *codec) {
	size := 24
	if c.dialect.Version >= versionNumbers {
		size = 28
	}
	c.text(&m.Number, size)
	word(c, &m.Reference)
	word(c, &m.Processing)
}

// NotifyDTMFTone tells a phone of a digit of the other one.
type NotifyDTMFTone struct {
	Tone                         Tone
	Conference, PassThroughParty uint32
}

func (m *NotifyDTMFTone) layout(c *codec) {
	word(c, &m.Tone)
	word(c, &m.Conference)
	word(c, &m.PassThroughParty)
}

// SendDTMFTone makes a phone send a digit in its RTP.
type SendDTMFTone struct {
	Tone                         Tone
	Conference, PassThroughParty uint32
}

func (m *SendDTMFTone) layout(c *codec) {
	word(c, &m.Tone)
	word(c, &m.Conference)
	word(c, &m.PassThroughParty)
}

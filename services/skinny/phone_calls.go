// SPDX-License-Identifier: Apache-2.0

package skinny

import "net/netip"

// Call names a call at a phone: the line button and the reference that the
// server gave. Phones of old leave it out: zero.
type Call struct{ Line, Reference uint32 }

func (r *Call) layout(c *codec) {
	word(c, &r.Line)
	word(c, &r.Reference)
}

// KeypadButton is a key of the keypad.
type KeypadButton struct {
	Key KeypadKey
	Call
}

func (m *KeypadButton) layout(c *codec) {
	word(c, &m.Key)
	m.Call.layout(c)
}

// EnblocCall dials a number at once.
type EnblocCall struct {
	Number string
	Line   uint32
}

func (m *EnblocCall) layout(c *codec) {
	size := c.numberSize()
	if c.reading { // phones differ from what their version says
		size = 24
		if c.left() > 28 {
			size = 25
		}
	}
	c.text(&m.Number, size)
	word(c, &m.Line)
}

// ButtonPressed is a button that was pressed (Stimulus).
type ButtonPressed struct {
	Stimulus Stimulus
	Instance uint32
	// Reference of the call that the phone shows; zero: none, or unknown.
	Reference uint32
	Status    uint32
}

func (m *ButtonPressed) layout(c *codec) {
	word(c, &m.Stimulus)
	word(c, &m.Instance)
	word(c, &m.Reference)
	word(c, &m.Status)
}

// SoftKeyEvent is a soft key that was pressed.
type SoftKeyEvent struct {
	Key SoftKey
	Call
}

func (m *SoftKeyEvent) layout(c *codec) {
	word(c, &m.Key)
	m.Call.layout(c)
}

// OffHook tells that the handset, speaker or headset is up.
type OffHook struct{ Call }

// OnHook tells that it is down.
type OnHook struct{ Call }

// HookFlash is a short OnHook.
type HookFlash struct{ Call }

// OpenReceiveChannelAck answers OpenReceiveChannel.
type OpenReceiveChannelAck struct {
	Status MediaStatus
	// Address and Port take RTP.
	Address          netip.Addr
	Port             uint16
	PassThroughParty uint32
	Reference        uint32
}

func (m *OpenReceiveChannelAck) layout(c *codec) {
	word(c, &m.Status)
	if c.reading && c.left() >= 28 || !c.reading && c.dialect.Version >= versionAddresses {
		c.anyAddress(&m.Address)
	} else {
		c.ipv4(&m.Address)
	}
	c.port(&m.Port)
	word(c, &m.PassThroughParty)
	word(c, &m.Reference)
}

// StartMediaTransmissionAck answers StartMediaTransmission.
type StartMediaTransmissionAck struct {
	Conference, PassThroughParty, Reference uint32
	// Address and Port are where the phone sends from.
	Address netip.Addr
	Port    uint16
	Status  MediaStatus
}

func (m *StartMediaTransmissionAck) layout(c *codec) {
	word(c, &m.Conference)
	word(c, &m.PassThroughParty)
	word(c, &m.Reference)
	if c.reading && c.left() >= 28 || !c.reading && c.dialect.Version >= versionAddresses {
		c.anyAddress(&m.Address)
	} else {
		c.ipv4(&m.Address)
	}
	c.port(&m.Port)
	word(c, &m.Status)
}

// ConnectionStatisticsRes tells of a call's media.
type ConnectionStatisticsRes struct {
	Number                          string
	Reference                       uint32
	Processing                      uint32
	PacketsSent, OctetsSent         uint32
	PacketsReceived, OctetsReceived uint32
	PacketsLost                     uint32
	// Jitter and Latency in ms.
	Jitter, Latency uint32
}

func (m *ConnectionStatisticsRes) layout(c *codec) {
	if c.dialect.Version >= versionNumbers {
		c.text(&m.Number, 28)
		word(c, &m.Reference)
		processing := uint8(m.Processing)
		octet(c, &processing)
		m.Processing = uint32(processing)
	} else {
		c.text(&m.Number, 24)
		word(c, &m.Reference)
		word(c, &m.Processing)
	}
	for _, value := range []*uint32{
		&m.PacketsSent, &m.OctetsSent, &m.PacketsReceived, &m.OctetsReceived, &m.PacketsLost, &m.Jitter, &m.Latency,
	} {
		word(c, value)
	}
	c.zero(4) // of further data
}

// UserData is data between phone and an application on it.
type UserData struct {
	Application uint32
	Call
	Transaction uint32
	Data        string
}

// maxUserData is the most octets of UserData.
const maxUserData = 2000

func (m *UserData) layout(c *codec) {
	word(c, &m.Application)
	m.Call.layout(c)
	word(c, &m.Transaction)
	n := c.count(len(m.Data), maxUserData)
	if c.reading {
		m.Data = string(c.next(min(n, c.left())))
		return
	}
	c.payload = append(c.payload, m.Data[:n]...)
}

// DeviceToUserData is UserData of the phone.
type DeviceToUserData struct{ UserData }

// UserToDeviceData is UserData to the phone.
type UserToDeviceData struct{ UserData }

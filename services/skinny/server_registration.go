// SPDX-License-Identifier: Apache-2.0

package skinny

import (
	"net/netip"
	"time"
)

// RegisterAck says that the phone is served.
type RegisterAck struct {
	// KeepAlive in seconds, to this and to a secondary server.
	KeepAlive          uint32
	DateTemplate       string // such as "D/M/Y"
	SecondaryKeepAlive uint32
	ProtocolVersion    uint8
	Unknown            uint8
	Features           Features
}

func (m *RegisterAck) layout(c *codec) {
	word(c, &m.KeepAlive)
	c.text(&m.DateTemplate, 6)
	c.zero(2)
	word(c, &m.SecondaryKeepAlive)
	octet(c, &m.ProtocolVersion)
	octet(c, &m.Unknown)
	half(c, &m.Features)
}

// RegisterReject says that it is not, and why.
type RegisterReject struct{ Text string }

func (m *RegisterReject) layout(c *codec) {
	c.text(&m.Text, 32)
	c.zero(4)
}

// RegisterTokenReject says when the phone may ask again.
type RegisterTokenReject struct{ WaitSeconds uint32 }

func (m *RegisterTokenReject) layout(c *codec) { word(c, &m.WaitSeconds) }

// Messages without content.
type (
	// RegisterTokenAck lets the phone register.
	RegisterTokenAck struct{}
	// KeepAliveAck answers KeepAlive.
	KeepAliveAck struct{}
	// CapabilitiesReq asks for CapabilitiesRes.
	CapabilitiesReq struct{}
	// ClearDisplay takes DisplayText away.
	ClearDisplay struct{}
	// ClearNotify takes DisplayNotify away.
	ClearNotify struct{}
	// DeactivateCallPlane ends what ActivateCallPlane began.
	DeactivateCallPlane struct{}
)

func (*RegisterTokenAck) layout(*codec)    {}
func (*KeepAliveAck) layout(*codec)        {}
func (*CapabilitiesReq) layout(*codec)     {}
func (*ClearDisplay) layout(*codec)        {}
func (*ClearNotify) layout(*codec)         {}
func (*DeactivateCallPlane) layout(*codec) {}

// UnregisterAck answers Unregister.
type UnregisterAck struct{ Status uint32 }

func (m *UnregisterAck) layout(c *codec) { word(c, &m.Status) }

// Reset makes the phone start again.
type Reset struct{ Kind ResetKind }

func (m *Reset) layout(c *codec) { word(c, &m.Kind) }

// VersionRes is the firmware that the phone should have.
type VersionRes struct{ Version string }

func (m *VersionRes) layout(c *codec) { c.text(&m.Version, 16) }

// servers is how many ServerRes has room for.
const servers = 5

// Server is a call agent.
type Server struct {
	Name    string
	Port    uint32
	Address netip.Addr
}

// ServerRes lists the call agents.
type ServerRes struct{ Servers [servers]Server }

func (m *ServerRes) layout(c *codec) {
	for i := range m.Servers {
		c.text(&m.Servers[i].Name, 48)
	}
	for i := range m.Servers {
		word(c, &m.Servers[i].Port)
	}
	for i := range m.Servers {
		c.address(&m.Servers[i].Address)
	}
}

// ConfigStat tells what the phone has.
type ConfigStat struct {
	DeviceName            string
	UserID, Instance      uint32
	UserName, ServerName  string
	Lines, SpeedDialCount uint32
}

func (m *ConfigStat) layout(c *codec) {
	c.text(&m.DeviceName, 16)
	word(c, &m.UserID)
	word(c, &m.Instance)
	c.text(&m.UserName, 40)
	c.text(&m.ServerName, 40)
	word(c, &m.Lines)
	word(c, &m.SpeedDialCount)
}

// ConfigStatDynamic is ConfigStat in the dynamic form.
type ConfigStatDynamic struct{ ConfigStat }

func (m *ConfigStatDynamic) layout(c *codec) {
	c.dynamic(&m.DeviceName, 16)
	word(c, &m.UserID)
	word(c, &m.Instance)
	word(c, &m.Lines)
	word(c, &m.SpeedDialCount)
	c.dynamic(&m.UserName, 40)
	c.dynamic(&m.ServerName, 40)
}

// DefineTimeDate sets the phone's clock.
type DefineTimeDate struct {
	Year, Month, DayOfWeek, Day, Hour, Minute, Second, Milliseconds uint32
	// System is seconds since 1970, UTC.
	System uint32
}

// TimeDate is a time as the phone is to show it.
func TimeDate(t time.Time) *DefineTimeDate {
	return &DefineTimeDate{
		Year: uint32(t.Year()), Month: uint32(t.Month()), DayOfWeek: uint32(t.Weekday()), Day: uint32(t.Day()),
		Hour: uint32(t.Hour()), Minute: uint32(t.Minute()), Second: uint32(t.Second()),
		Milliseconds: uint32(t.Nanosecond() / int(time.Millisecond)), System: uint32(t.Unix()),
	}
}

func (m *DefineTimeDate) layout(c *codec) {
	for _, value := range []*uint32{
		&m.Year, &m.Month, &m.DayOfWeek, &m.Day, &m.Hour, &m.Minute, &m.Second, &m.Milliseconds, &m.System,
	} {
		word(c, value)
	}
}

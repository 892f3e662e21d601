// SPDX-License-Identifier: Apache-2.0

package skinny

import "net/netip"

// Phone is how a phone names itself.
type Phone struct {
	// DeviceName such as "SEP001122334455".
	DeviceName string
	UserID     uint32
	Instance   uint32
	Address    netip.Addr // IPv4
	DeviceType DeviceType
}

func (p *Phone) layout(c *codec) {
	c.text(&p.DeviceName, 16)
	word(c, &p.UserID)
	word(c, &p.Instance)
	c.ipv4(&p.Address)
	word(c, &p.DeviceType)
}

// Register asks to be served. What follows MaxStreams is not in the oldest
// phones' messages.
type Register struct {
	Phone         Phone
	MaxStreams    uint32
	ActiveStreams uint32
	// ProtocolVersion is the highest that the phone speaks; zero: 3.
	ProtocolVersion  uint8
	Unknown          uint8
	Features         Features
	MaxConferences   uint32
	ActiveConference uint32
	MAC              [6]byte
	MaxLines         uint32
	IPv6             [16]byte
	FirmwareLoad     string
	ConfigVersion    string
}

func (m *Register) layout(c *codec) {
	m.Phone.layout(c)
	word(c, &m.MaxStreams)
	word(c, &m.ActiveStreams)
	octet(c, &m.ProtocolVersion)
	octet(c, &m.Unknown)
	half(c, &m.Features)
	word(c, &m.MaxConferences)
	word(c, &m.ActiveConference)
	for i := range m.MAC {
		octet(c, &m.MAC[i])
	}
	c.zero(6)
	c.zero(4)
	word(c, &m.MaxLines)
	for i := range m.IPv6 {
		octet(c, &m.IPv6[i])
	}
	c.zero(4)
	c.text(&m.FirmwareLoad, 32)
	c.text(&m.ConfigVersion, 48)
}

// RegisterTokenReq asks whether Register would be served.
type RegisterTokenReq struct{ Phone Phone }

func (m *RegisterTokenReq) layout(c *codec) {
	m.Phone.layout(c)
	address := m.Phone.Address
	c.address(&address)
}

// Unregister ends what Register began.
type Unregister struct{ Reason uint32 }

func (m *Unregister) layout(c *codec) { word(c, &m.Reason) }

// KeepAlive tells that the phone is there.
type KeepAlive struct{}

func (*KeepAlive) layout(*codec) {}

// IPPort is where phones of old took RTP.
type IPPort struct{ Port uint32 }

func (m *IPPort) layout(c *codec) { word(c, &m.Port) }

// Requests for what RegisterAck is followed by; each has its answer.
type (
	// ConfigStatReq asks for ConfigStat.
	ConfigStatReq struct{}
	// TimeDateReq asks for DefineTimeDate.
	TimeDateReq struct{}
	// ButtonTemplateReq asks for ButtonTemplate.
	ButtonTemplateReq struct{}
	// VersionReq asks for VersionRes.
	VersionReq struct{}
	// ServerReq asks for ServerRes.
	ServerReq struct{}
	// SoftKeySetReq asks for SoftKeySetRes.
	SoftKeySetReq struct{}
	// SoftKeyTemplateReq asks for SoftKeyTemplateRes.
	SoftKeyTemplateReq struct{}
	// ForwardStatReq asks for the ForwardStat of a line.
	ForwardStatReq struct{ Line uint32 }
	// SpeedDialStatReq asks for a SpeedDialStat.
	SpeedDialStatReq struct{ SpeedDial uint32 }
	// LineStatReq asks for a LineStat.
	LineStatReq struct{ Line uint32 }
	// ServiceURLStatReq asks for a ServiceURLStatDynamic.
	ServiceURLStatReq struct{ Index uint32 }
	// FeatureStatReq asks for a FeatureStat.
	FeatureStatReq struct{ Index, Capabilities uint32 }
	// RegisterAvailableLines tells how many lines the phone has room for.
	RegisterAvailableLines struct{ Lines uint32 }
	// HeadsetStatus tells whether the headset is in use.
	HeadsetStatus struct{ Headset Switch }
	// AccessoryStatus tells what handset, headset and speaker do.
	AccessoryStatus struct{ Accessory, Event uint32 }
)

func (*ConfigStatReq) layout(*codec)      {}
func (*TimeDateReq) layout(*codec)        {}
func (*ButtonTemplateReq) layout(*codec)  {}
func (*VersionReq) layout(*codec)         {}
func (*ServerReq) layout(*codec)          {}
func (*SoftKeySetReq) layout(*codec)      {}
func (*SoftKeyTemplateReq) layout(*codec) {}

func (m *ForwardStatReq) layout(c *codec)         { word(c, &m.Line) }
func (m *SpeedDialStatReq) layout(c *codec)       { word(c, &m.SpeedDial) }
func (m *LineStatReq) layout(c *codec)            { word(c, &m.Line) }
func (m *ServiceURLStatReq) layout(c *codec)      { word(c, &m.Index) }
func (m *RegisterAvailableLines) layout(c *codec) { word(c, &m.Lines) }
func (m *HeadsetStatus) layout(c *codec)          { word(c, &m.Headset) }

func (m *FeatureStatReq) layout(c *codec) {
	word(c, &m.Index)
	word(c, &m.Capabilities)
}

func (m *AccessoryStatus) layout(c *codec) {
	word(c, &m.Accessory)
	word(c, &m.Event)
}

// MediaCapability is one payload that a phone has.
type MediaCapability struct {
	Capability Capability
	// MaxFrames is the most audio in a packet, in ms.
	MaxFrames uint32
	Options   [8]byte
}

func (m *MediaCapability) layout(c *codec) {
	word(c, &m.Capability)
	word(c, &m.MaxFrames)
	for i := range m.Options {
		octet(c, &m.Options[i])
	}
}

// CapabilitiesRes answers CapabilitiesReq.
type CapabilitiesRes struct{ Capabilities []MediaCapability }

func (m *CapabilitiesRes) layout(c *codec) {
	n := c.count(len(m.Capabilities), maxCapabilities)
	capabilities(c, &m.Capabilities, n, n)
}

// capabilities are n entries, in a table of room for more.
func capabilities(c *codec, list *[]MediaCapability, n, room int) {
	if c.reading {
		*list = make([]MediaCapability, n)
	}
	for i := range room {
		var none MediaCapability
		if i < n {
			(*list)[i].layout(c)
			continue
		}
		none.layout(c)
	}
}

// UpdateCapabilities tells what the phone can do now; of it all, this package
// has the audio.
type UpdateCapabilities struct{ Audio []MediaCapability }

// offsetAudio is where the audio capabilities of the first and second form are.
const offsetAudio = 264

func (m *UpdateCapabilities) layout(c *codec) { updateCapabilities(c, &m.Audio, offsetAudio) }

// UpdateCapabilitiesV2 is UpdateCapabilities of newer phones.
type UpdateCapabilitiesV2 struct{ Audio []MediaCapability }

func (m *UpdateCapabilitiesV2) layout(c *codec) { updateCapabilities(c, &m.Audio, offsetAudio) }

// UpdateCapabilitiesV3 is UpdateCapabilities of the newest phones. Its audio is
// not read.
type UpdateCapabilitiesV3 struct{ Audio []MediaCapability }

func (m *UpdateCapabilitiesV3) layout(c *codec) { updateCapabilities(c, &m.Audio, offsetAudioV3) }

// offsetAudioV3 is where the audio capabilities of the third form are.
const offsetAudioV3 = 248

func updateCapabilities(c *codec, list *[]MediaCapability, offset int) {
	n := c.count(len(*list), maxCapabilities)
	c.zero(offset - 4)
	capabilities(c, list, n, maxCapabilities)
}

// Alarm is what the phone has to say about itself.
type Alarm struct {
	Severity   uint32
	Text       string
	Parameter1 uint32
	Parameter2 uint32
}

func (m *Alarm) layout(c *codec) {
	word(c, &m.Severity)
	c.text(&m.Text, 80)
	word(c, &m.Parameter1)
	word(c, &m.Parameter2)
}

// XMLAlarm is Alarm of newer phones.
type XMLAlarm struct{ XML string }

func (m *XMLAlarm) layout(c *codec) { c.dynamic(&m.XML, MaxPayload-8) }

// SubscriptionStatReq asks to be told of a line's state.
type SubscriptionStatReq struct {
	Transaction, Feature uint32
	// Timer in seconds; zero: the end of a subscription.
	Timer  uint32
	Number string
}

func (m *SubscriptionStatReq) layout(c *codec) {
	word(c, &m.Transaction)
	word(c, &m.Feature)
	word(c, &m.Timer)
	c.text(&m.Number, 64)
}

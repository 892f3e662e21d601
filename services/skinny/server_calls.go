// SPDX-License-Identifier: Apache-2.0

package skinny

// StartTone sounds a tone at the phone.
type StartTone struct {
	Tone      Tone
	Direction ToneDirection
	Call
}

func (m *StartTone) layout(c *codec) {
	word(c, &m.Tone)
	word(c, &m.Direction)
	m.Call.layout(c)
}

// StopTone ends it.
type StopTone struct {
	Call
	// Tone that ends, since version 11; zero: any.
	Tone Tone
}

func (m *StopTone) layout(c *codec) {
	m.Call.layout(c)
	if c.dialect.Version >= versionStreams {
		word(c, &m.Tone)
	}
}

// SetRinger says how the phone rings for a call.
type SetRinger struct {
	Mode     RingMode
	Duration RingDuration
	Call
}

func (m *SetRinger) layout(c *codec) {
	word(c, &m.Mode)
	word(c, &m.Duration)
	m.Call.layout(c)
}

// SetLamp says how a lamp shines.
type SetLamp struct {
	Stimulus Stimulus
	Instance uint32
	Mode     LampMode
}

func (m *SetLamp) layout(c *codec) {
	word(c, &m.Stimulus)
	word(c, &m.Instance)
	word(c, &m.Mode)
}

// SetSpeakerMode takes the phone off hook on its speaker, and on hook.
type SetSpeakerMode struct{ Mode Switch }

func (m *SetSpeakerMode) layout(c *codec) { word(c, &m.Mode) }

// SetMicroMode opens and closes the microphone.
type SetMicroMode struct{ Mode Switch }

func (m *SetMicroMode) layout(c *codec) { word(c, &m.Mode) }

// Precedence is an MLPP precedence.
type Precedence struct{ Level, Domain uint32 }

// RoutinePrecedence is that of all calls without MLPP.
const RoutinePrecedence uint32 = 4

// CallState tells how a call stands.
type CallState struct {
	State State
	Call
	Privacy    uint32
	Precedence Precedence
}

func (m *CallState) layout(c *codec) {
	word(c, &m.State)
	m.Call.layout(c)
	word(c, &m.Privacy)
	word(c, &m.Precedence.Level)
	word(c, &m.Precedence.Domain)
}

// Party is a name with its number.
type Party struct{ Name, Number string }

// CallInfo tells who is in a call.
type CallInfo struct {
	Calling, Called, OriginalCalled, LastRedirecting Party
	Call
	Type                                          CallType
	OriginalCalledReason, LastRedirectingReason   uint32
	CallingMailbox, CalledMailbox                 string
	OriginalCalledMailbox, LastRedirectingMailbox string
	// Instance counts the calls of a line.
	Instance, Security uint32
	// Restrictions say what is not to be shown; zero: nothing.
	Restrictions uint32
}

// Restrictions of CallInfo.
const (
	RestrictCalling uint32 = 0x07
	RestrictCalled  uint32 = 0x38
)

func (m *CallInfo) layout(c *codec) {
	for _, party := range []*Party{&m.Calling, &m.Called} {
		c.text(&party.Name, 40)
		c.text(&party.Number, 24)
	}
	m.Call.layout(c)
	word(c, &m.Type)
	for _, party := range []*Party{&m.OriginalCalled, &m.LastRedirecting} {
		c.text(&party.Name, 40)
		c.text(&party.Number, 24)
	}
	word(c, &m.OriginalCalledReason)
	word(c, &m.LastRedirectingReason)
	for _, mailbox := range []*string{&m.CallingMailbox, &m.CalledMailbox, &m.OriginalCalledMailbox, &m.LastRedirectingMailbox} {
		c.text(mailbox, 24)
	}
	word(c, &m.Instance)
	word(c, &m.Security)
	word(c, &m.Restrictions)
}

// CallInfoDynamic is CallInfo in the dynamic form.
type CallInfoDynamic struct {
	CallInfo
	// AlternateCalling is another number of the calling party.
	AlternateCalling string
	// HuntPilot is the number that distributed the call, since version 16.
	HuntPilot Party
}

func (m *CallInfoDynamic) layout(c *codec) {
	m.Call.layout(c)
	word(c, &m.Type)
	word(c, &m.OriginalCalledReason)
	word(c, &m.LastRedirectingReason)
	word(c, &m.Instance)
	word(c, &m.Security)
	word(c, &m.Restrictions)
	for _, number := range []*string{
		&m.Calling.Number, &m.AlternateCalling, &m.Called.Number, &m.OriginalCalled.Number, &m.LastRedirecting.Number,
		&m.CallingMailbox, &m.CalledMailbox, &m.OriginalCalledMailbox, &m.LastRedirectingMailbox,
	} {
		c.dynamic(number, 24)
	}
	for _, name := range []*string{&m.Calling.Name, &m.Called.Name, &m.OriginalCalled.Name, &m.LastRedirecting.Name} {
		c.dynamic(name, 120)
	}
	if c.dialect.Version >= versionAddressKind {
		c.dynamic(&m.HuntPilot.Number, 24)
		c.dynamic(&m.HuntPilot.Name, 120)
	}
}

// SelectSoftKeys chooses the soft keys of a call. Mask leaves those out whose
// bit is zero, the first of the set at bit 0.
type SelectSoftKeys struct {
	Call
	Set  KeySet
	Mask uint32
}

func (m *SelectSoftKeys) layout(c *codec) {
	m.Call.layout(c)
	word(c, &m.Set)
	word(c, &m.Mask)
}

// ActivateCallPlane brings the calls of a line to the display.
type ActivateCallPlane struct{ Line uint32 }

func (m *ActivateCallPlane) layout(c *codec) { word(c, &m.Line) }

// DialedNumber is what a call dialled, for the phone's list of placed calls.
type DialedNumber struct {
	Number string
	Call
}

func (m *DialedNumber) layout(c *codec) {
	c.text(&m.Number, c.numberSize())
	m.Call.layout(c)
}

// CallSelectStat marks a call as one of those to be joined.
type CallSelectStat struct {
	Status, Reference, Line uint32
}

func (m *CallSelectStat) layout(c *codec) {
	word(c, &m.Status)
	word(c, &m.Reference)
	word(c, &m.Line)
}

// DisplayPromptStatus is the text of a call.
type DisplayPromptStatus struct {
	// TimeOut in seconds; zero: until it is cleared.
	TimeOut uint32
	Text    string
	Call
}

func (m *DisplayPromptStatus) layout(c *codec) {
	word(c, &m.TimeOut)
	c.text(&m.Text, 32)
	m.Call.layout(c)
}

// DisplayPromptStatusDynamic is DisplayPromptStatus in the dynamic form.
type DisplayPromptStatusDynamic struct{ DisplayPromptStatus }

// maxPrompt is the most bytes of a text in the dynamic form.
const maxPrompt = 96

func (m *DisplayPromptStatusDynamic) layout(c *codec) {
	word(c, &m.TimeOut)
	m.Call.layout(c)
	c.dynamic(&m.Text, maxPrompt)
}

// ClearPromptStatus takes it away.
type ClearPromptStatus struct{ Call }

// DisplayText is a text of the phone of old.
type DisplayText struct{ Text string }

func (m *DisplayText) layout(c *codec) { c.text(&m.Text, 32) }

// DisplayNotify is a text over all calls.
type DisplayNotify struct {
	// TimeOut in seconds; zero: until it is cleared.
	TimeOut uint32
	Text    string
}

func (m *DisplayNotify) layout(c *codec) {
	word(c, &m.TimeOut)
	c.text(&m.Text, 32)
}

// DisplayNotifyDynamic is DisplayNotify in the dynamic form.
type DisplayNotifyDynamic struct{ DisplayNotify }

func (m *DisplayNotifyDynamic) layout(c *codec) {
	word(c, &m.TimeOut)
	c.dynamic(&m.Text, maxPrompt)
}

// DisplayPriNotify is a text with a priority.
type DisplayPriNotify struct {
	TimeOut, Priority uint32
	Text              string
}

func (m *DisplayPriNotify) layout(c *codec) {
	word(c, &m.TimeOut)
	word(c, &m.Priority)
	c.text(&m.Text, 32)
}

// DisplayPriNotifyDynamic is DisplayPriNotify in the dynamic form.
type DisplayPriNotifyDynamic struct{ DisplayPriNotify }

func (m *DisplayPriNotifyDynamic) layout(c *codec) {
	word(c, &m.TimeOut)
	word(c, &m.Priority)
	c.dynamic(&m.Text, maxPrompt)
}

// ClearPriNotify takes texts of a priority away.
type ClearPriNotify struct{ Priority uint32 }

func (m *ClearPriNotify) layout(c *codec) { word(c, &m.Priority) }

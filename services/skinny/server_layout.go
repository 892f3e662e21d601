// SPDX-License-Identifier: Apache-2.0

package skinny

// Button is one button of a phone.
type Button struct {
	// Instance counts the buttons of a kind, from 1.
	Instance uint8
	Kind     ButtonKind
}

// ButtonTemplate tells what the phone's buttons are.
type ButtonTemplate struct {
	Offset, Total uint32
	Buttons       []Button
}

func (m *ButtonTemplate) layout(c *codec) {
	word(c, &m.Offset)
	n := c.count(len(m.Buttons), maxButtons)
	word(c, &m.Total)
	if c.reading {
		m.Buttons = make([]Button, n)
	}
	for i := range maxButtons {
		button := Button{Kind: ButtonUnused}
		if i < n {
			button = m.Buttons[i]
		}
		octet(c, &button.Instance)
		octet(c, &button.Kind)
		if i < n {
			m.Buttons[i] = button
		}
	}
}

// SoftKeyLabel is one soft key.
type SoftKeyLabel struct {
	Label string
	Key   SoftKey
}

// SoftKeyTemplateRes tells which soft keys there are.
type SoftKeyTemplateRes struct {
	Offset, Total uint32
	Keys          []SoftKeyLabel
}

func (m *SoftKeyTemplateRes) layout(c *codec) {
	word(c, &m.Offset)
	n := c.count(len(m.Keys), maxSoftKeys)
	word(c, &m.Total)
	if c.reading {
		m.Keys = make([]SoftKeyLabel, n)
	}
	for i := range n {
		c.text(&m.Keys[i].Label, 16)
		word(c, &m.Keys[i].Key)
	}
}

// SoftKeySet is which keys of the template are in a set, by their places in it
// from 1; zero: none.
type SoftKeySet struct {
	Template [SoftKeysPerSet]uint8
	Info     [SoftKeysPerSet]uint16
}

// SoftKeySetRes tells which soft keys are in the sets.
type SoftKeySetRes struct {
	Offset, Total uint32
	Sets          []SoftKeySet
}

func (m *SoftKeySetRes) layout(c *codec) {
	word(c, &m.Offset)
	n := c.count(len(m.Sets), SoftKeysPerSet)
	word(c, &m.Total)
	if c.reading {
		m.Sets = make([]SoftKeySet, n)
	}
	for i := range n {
		for j := range m.Sets[i].Template {
			octet(c, &m.Sets[i].Template[j])
		}
		for j := range m.Sets[i].Info {
			half(c, &m.Sets[i].Info[j])
		}
	}
}

// LineStat tells what a line button is.
type LineStat struct {
	Line   uint32
	Number string
	// Name is the line's in full, Label what stands beside the button.
	Name, Label string
	Options     uint32
}

// DisplayCallingParty is the LineStat option of showing name and number of
// callers.
const DisplayCallingParty uint32 = 0x0f

func (m *LineStat) layout(c *codec) {
	word(c, &m.Line)
	c.text(&m.Number, 24)
	c.text(&m.Name, 40)
	c.text(&m.Label, 40)
	word(c, &m.Options)
}

// LineStatDynamic is LineStat in the dynamic form.
type LineStatDynamic struct{ LineStat }

func (m *LineStatDynamic) layout(c *codec) {
	word(c, &m.Line)
	word(c, &m.Options)
	c.dynamic(&m.Number, 24)
	c.dynamic(&m.Name, 121)
	c.dynamic(&m.Label, 40)
}

// SpeedDialStat tells what a speed dial button dials.
type SpeedDialStat struct {
	SpeedDial     uint32
	Number, Label string
}

func (m *SpeedDialStat) layout(c *codec) {
	word(c, &m.SpeedDial)
	c.text(&m.Number, 24)
	c.text(&m.Label, 40)
}

// SpeedDialStatDynamic is SpeedDialStat in the dynamic form.
type SpeedDialStatDynamic struct{ SpeedDialStat }

func (m *SpeedDialStatDynamic) layout(c *codec) {
	word(c, &m.SpeedDial)
	c.dynamic(&m.Number, 24)
	c.dynamic(&m.Label, 121)
}

// FeatureStat tells what a feature button is, and how it stands.
type FeatureStat struct {
	Index   uint32
	Feature Stimulus
	Label   string
	Status  uint32
}

func (m *FeatureStat) layout(c *codec) {
	word(c, &m.Index)
	word(c, &m.Feature)
	c.text(&m.Label, 40)
	word(c, &m.Status)
}

// FeatureStatDynamic is FeatureStat in the dynamic form.
type FeatureStatDynamic struct{ FeatureStat }

func (m *FeatureStatDynamic) layout(c *codec) {
	word(c, &m.Index)
	word(c, &m.Feature)
	word(c, &m.Status)
	c.dynamic(&m.Label, 40)
}

// ServiceURLStatDynamic tells what a service button opens.
type ServiceURLStatDynamic struct {
	Index      uint32
	URL, Label string
}

func (m *ServiceURLStatDynamic) layout(c *codec) {
	word(c, &m.Index)
	c.dynamic(&m.URL, 255)
	c.dynamic(&m.Label, 40)
}

// Forwarding is one way of forwarding.
type Forwarding struct {
	Active bool
	Number string
}

// ForwardStat tells how a line's calls are forwarded.
type ForwardStat struct {
	Active              bool
	Line                uint32
	All, Busy, NoAnswer Forwarding
}

func (m *ForwardStat) layout(c *codec) {
	c.flag(&m.Active)
	word(c, &m.Line)
	for _, f := range []*Forwarding{&m.All, &m.Busy, &m.NoAnswer} {
		c.flag(&f.Active)
		c.text(&f.Number, c.numberSize())
	}
}

// SubscriptionStat answers SubscriptionStatReq.
type SubscriptionStat struct{ Transaction, Feature, Timer, Cause uint32 }

func (m *SubscriptionStat) layout(c *codec) {
	word(c, &m.Transaction)
	word(c, &m.Feature)
	word(c, &m.Timer)
	word(c, &m.Cause)
}

// Notification tells of the state of a line that was subscribed to.
type Notification struct {
	Transaction, Feature uint32
	Status               LineStatus
	Text                 string
}

func (m *Notification) layout(c *codec) {
	word(c, &m.Transaction)
	word(c, &m.Feature)
	word(c, &m.Status)
	c.text(&m.Text, 97)
}

// MWIResponse answers a phone's wish to set a message lamp.
type MWIResponse struct {
	Number string
	Result uint32
}

func (m *MWIResponse) layout(c *codec) {
	c.text(&m.Number, 25)
	word(c, &m.Result)
}

// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/skinny"
)

// Changed tells that something of a line has changed. On the target's
// goroutine, after the step that changed it.
func (d *Driver) Changed(number string, kind subscription.Kind) {
	l, known := d.lines[callmodel.DeviceID(number)]
	switch kind {
	case subscription.KindCalls:
		if known {
			d.refresh(l)
		}
		for _, s := range d.watchers[number] {
			s.watched(number)
		}
	case subscription.KindFeatures, subscription.KindMessageWaiting:
		if !known {
			return
		}
		for _, p := range l.at {
			p.station.showFeatures()
			p.station.forwardStat(p.instance)
		}
	}
}

// showFeatures shows do not disturb, forwarding and messages of the phone's
// lines.
func (s *station) showFeatures() {
	settings := s.driver.loop.Features()
	idle := skinny.PhraseYourCurrentOptions.Text()
	waiting := skinny.LampOff
	var doNotDisturb bool
	for _, p := range s.lines {
		if settings.MessageWaiting(p.line.number).On {
			waiting, idle = skinny.LampOn, skinny.PhraseYouHaveVoiceMail.Text()
		}
	}
	for _, p := range s.lines {
		if to := s.forwardedTo(p.line); to != "" {
			idle = skinny.PhraseForwardedTo.Text() + to
		}
		doNotDisturb = doNotDisturb || settings.DoNotDisturb(p.line.number)
	}
	if doNotDisturb {
		idle = skinny.PhraseDoNotDisturb.Text()
	}
	s.lamp(skinny.StimulusVoiceMail, 0, waiting)
	if s.idle != idle {
		s.idle = idle
		s.prompt(idle, 0, skinny.Call{})
	}
	for _, b := range s.buttons {
		if b.kind == skinny.StimulusDoNotDisturb || b.kind == skinny.StimulusForwardAll {
			s.featureStat(b.instance)
			mode := skinny.LampOff
			if s.status(b) != 0 {
				mode = skinny.LampOn
			}
			s.lamp(b.kind, b.instance, mode)
		}
	}
}

// features shows again what the phone's settings are.
func (s *station) features() {
	s.showFeatures()
	for _, p := range s.lines {
		s.driver.refresh(p.line)
	}
}

// forwardedTo is where all calls of a line go; empty: nowhere.
func (s *station) forwardedTo(l *line) string {
	for _, f := range s.driver.loop.Features().Forwardings(l.number) {
		if f.Type == forwardImmediate && f.Active {
			return f.To
		}
	}
	return ""
}

// forwardStat tells how a line's calls are forwarded.
func (s *station) forwardStat(instance uint32) {
	m := &skinny.ForwardStat{Line: instance}
	if p, ok := s.instance(instance); ok {
		for _, f := range s.driver.loop.Features().Forwardings(p.line.number) {
			if !f.Active {
				continue
			}
			told := skinny.Forwarding{Active: true, Number: f.To}
			switch f.Type {
			case forwardImmediate:
				m.All = told
			case "forwardBusy":
				m.Busy = told
			case "forwardNoAns":
				m.NoAnswer = told
			default:
				continue
			}
			m.Active = true
		}
	}
	s.send(m)
}

// forwardKey forwards all calls of a line to the number that the user types, or
// no longer.
func (s *station) forwardKey(p place) {
	if s.forwardedTo(p.line) != "" {
		s.forwardTo(p.line, "")
		return
	}
	s.begin(p, toForward)
}

func (s *station) toggleDoNotDisturb(p place) {
	on := s.driver.loop.Features().DoNotDisturb(p.line.number)
	if refusal := s.driver.loop.SetDoNotDisturb(p.line.number, !on); refusal != nil {
		s.refused(refusal)
	}
}

// speedDial is a button that dials, or sets a feature.
func (s *station) speedDial(kind skinny.Stimulus, instance uint32) {
	b, ok := s.buttonOf(kind, instance)
	if !ok || len(s.lines) == 0 {
		return
	}
	switch b.kind {
	case skinny.StimulusDoNotDisturb:
		s.toggleDoNotDisturb(s.current())
	case skinny.StimulusForwardAll:
		s.forwardKey(s.current())
	default:
		s.dial(s.current(), b.config.GetNumber())
	}
}

// buttonOf finds a button by what the phone calls it.
func (s *station) buttonOf(kind skinny.Stimulus, instance uint32) (button, bool) {
	for _, b := range s.buttons {
		if b.kind == 0 || b.config == nil || b.instance != instance {
			continue
		}
		if isSpeedDial := b.kind == skinny.StimulusSpeedDial; isSpeedDial == (kind == skinny.StimulusSpeedDial) {
			return b, true
		}
	}
	return button{}, false
}

func (s *station) speedDialStat(instance uint32) {
	m := &skinny.SpeedDialStat{SpeedDial: instance}
	if b, ok := s.buttonOf(skinny.StimulusSpeedDial, instance); ok {
		m.Number, m.Label = b.config.GetNumber(), label(b.config)
	}
	s.send(m)
}

// label stands beside a button.
func label(b *configv1.SkinnyButton) string {
	if b.GetLabel() != "" {
		return b.GetLabel()
	}
	switch b.GetType() {
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_DO_NOT_DISTURB:
		return "DND"
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_FORWARD_ALL:
		return skinny.PhraseForwardAll.Text()
	case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_SPEED_DIAL, configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_BLF_SPEED_DIAL,
		configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_UNSPECIFIED:
	}
	return b.GetNumber()
}

// featureStat tells what a feature button is, and how it stands, where the phone
// does not know.
func (s *station) featureStat(instance uint32) {
	m := &skinny.FeatureStat{Index: instance}
	if b, ok := s.buttonOf(skinny.StimulusFeature, instance); ok {
		m.Feature, m.Label, m.Status = b.kind, label(b.config), s.status(b)
	}
	if status, told := s.statuses[instance]; told && status == m.Status {
		return
	}
	s.statuses[instance] = m.Status
	s.send(m)
}

// status of a feature button: of a watched line, or on and off.
func (s *station) status(b button) uint32 {
	on := false
	switch p := s.current(); b.kind { //nolint:exhaustive // those that buttons are
	case skinny.StimulusBLFSpeedDial:
		return uint32(s.driver.lineStatus(b.config.GetNumber()))
	case skinny.StimulusDoNotDisturb:
		on = p.line != nil && s.driver.loop.Features().DoNotDisturb(p.line.number)
	case skinny.StimulusForwardAll:
		on = p.line != nil && s.forwardedTo(p.line) != ""
	}
	if on {
		return 1
	}
	return 0
}

// lineStatus is what others see of a line.
func (d *Driver) lineStatus(number string) skinny.LineStatus {
	on, ok := d.config.Line(number)
	if !ok || !on.GetWatch() {
		return skinny.LineUnknown
	}
	status := skinny.LineIdle
	if d.loop.Features().DoNotDisturb(callmodel.DeviceID(number)) {
		status = skinny.LineDoNotDisturb
	}
	for _, c := range d.loop.Calls(callmodel.DeviceID(number)) {
		switch c.State {
		case callmodel.Alerting:
			return skinny.LineAlerting
		case callmodel.Connected, callmodel.Hold, callmodel.Initiated:
			status = skinny.LineInUse
		case callmodel.Null, callmodel.Queued, callmodel.Fail:
		}
	}
	return status
}

// watch has the station told of a line of others.
func (d *Driver) watch(number string, s *station) {
	if !slices.Contains(d.watchers[number], s) {
		d.watchers[number] = append(d.watchers[number], s)
	}
}

// unwatch takes the station from all lines that it watches.
func (d *Driver) unwatch(s *station) {
	for _, b := range s.buttons {
		if b.kind == skinny.StimulusBLFSpeedDial {
			d.ignore(b.config.GetNumber(), s)
		}
	}
	for number := range s.subscribed {
		d.ignore(number, s)
	}
}

func (d *Driver) ignore(number string, s *station) {
	left := slices.DeleteFunc(d.watchers[number], func(other *station) bool { return other == s })
	if d.watchers[number] = left; len(left) == 0 {
		delete(d.watchers, number)
	}
}

// maxSubscribed bounds the lines that one phone watches for its lists.
const maxSubscribed = 128

// subscribe has the phone told of a line's state.
func (s *station) subscribe(m skinny.SubscriptionStatReq) {
	answer := &skinny.SubscriptionStat{Transaction: m.Transaction, Feature: m.Feature, Timer: m.Timer}
	switch {
	case m.Timer == 0:
		delete(s.subscribed, m.Number)
		if !slices.ContainsFunc(s.buttons, func(b button) bool {
			return b.kind == skinny.StimulusBLFSpeedDial && b.config.GetNumber() == m.Number
		}) {
			s.driver.ignore(m.Number, s)
		}
	case m.Feature != skinny.SubscriptionBLF, len(s.subscribed) >= maxSubscribed:
		answer.Cause = subscriptionThrottled
	default:
		s.subscribed[m.Number] = m
		s.driver.watch(m.Number, s)
	}
	s.send(answer)
	if _, watches := s.subscribed[m.Number]; watches {
		s.watched(m.Number)
	}
}

// subscriptionThrottled refuses a subscription.
const subscriptionThrottled = 6

// watched shows the state of a line to a phone that watches it.
func (s *station) watched(number string) {
	if m, ok := s.subscribed[number]; ok {
		s.send(&skinny.Notification{
			Transaction: m.Transaction, Feature: m.Feature, Status: s.driver.lineStatus(number),
			Text: s.driver.displayName(callmodel.DeviceID(number)),
		})
	}
	for _, b := range s.buttons {
		if b.kind == skinny.StimulusBLFSpeedDial && b.config.GetNumber() == number {
			s.featureStat(b.instance)
		}
	}
}

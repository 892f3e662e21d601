// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/skinny"
)

// refresh brings what the stations of a line show to what the model says of its
// calls.
func (d *Driver) refresh(l *line) {
	told := d.loop.Calls(l.number)
	matched := make(map[*call]bool, len(told))
	for _, model := range told {
		c := l.callOf(d, model, told, matched)
		matched[c] = true
		if c.model = model; c.leg != nil {
			c.station = c.leg.station
		}
		if c.dialling != nil {
			c.stopDialling()
		}
	}
	for _, c := range slices.Clone(l.calls) {
		gone := c.leg == nil || c.leg.state == legGone
		if matched[c] || c.dialling != nil || c.failed != "" || !gone && !c.has() {
			continue
		}
		d.drop(c)
	}
	for _, p := range l.at {
		p.station.settle()
		for _, c := range l.calls {
			p.station.show(c, p)
		}
		p.station.light(p)
	}
	if len(l.at) == 0 && len(l.calls) == 0 {
		delete(d.lines, l.number)
	}
}

// callOf is the call that shows a connection: the one that did, else one of the
// same leg whose connection has gone (a transfer makes a new one) or not come
// yet, else a new one.
func (l *line) callOf(d *Driver, model callmodel.LineCall, told []callmodel.LineCall, matched map[*call]bool) *call {
	for _, c := range l.calls {
		if c.model.Connection == model.Connection && !matched[c] {
			c.leg = d.legs[model.Leg]
			return c
		}
	}
	own := d.legs[model.Leg]
	for _, c := range l.calls {
		if own == nil || c.leg != own || matched[c] {
			continue
		}
		if !c.has() || !slices.ContainsFunc(told, func(other callmodel.LineCall) bool { return other.Connection == c.model.Connection }) {
			return c
		}
	}
	c := d.newCall(l, nil)
	c.leg = own
	return c
}

// show sends a station what differs between how it shows a call and how it
// should.
func (s *station) show(c *call, p place) {
	now, visible := s.view(c, p)
	before, shown := s.views[c]
	if !visible {
		if shown {
			s.hide(c, p)
		}
		return
	}
	if shown && before == now {
		return
	}
	id := c.id(p)
	s.views[c] = now
	if before.ring != 0 && before.ring != now.ring {
		s.send(&skinny.SetRinger{Mode: skinny.RingOff, Duration: skinny.RingNormal, Call: id})
	}
	if before.tone != 0 && before.tone != now.tone {
		s.send(&skinny.StopTone{Call: id, Tone: before.tone})
	}
	if c.talks(s) && s.active != c {
		s.talk(c, p, before.state)
	}
	if before.state != now.state {
		s.callState(now.state, id)
	}
	if before.info != now.info && now.info != (info{}) {
		s.callInfo(now.info, id)
	}
	if !shown || before.keys != now.keys || before.mask != now.mask {
		s.send(&skinny.SelectSoftKeys{Call: id, Set: now.keys, Mask: now.mask})
	}
	if before.prompt != now.prompt {
		s.prompt(now.prompt, 0, id)
	}
	if now.tone != 0 && before.tone != now.tone {
		s.send(&skinny.StartTone{Tone: now.tone, Direction: skinny.ToneToUser, Call: id})
	}
	if now.ring != 0 && before.ring != now.ring {
		s.send(&skinny.SetRinger{Mode: now.ring, Duration: skinny.RingNormal, Call: id})
	}
}

// talk brings a call to the display that rang or was held before, and its user
// off hook.
func (s *station) talk(c *call, p place, before skinny.State) {
	s.active, s.turns = c, false
	if before == skinny.StateRingIn || before == skinny.StateHold {
		s.callState(skinny.StateOffHook, c.id(p))
	}
	s.send(&skinny.ActivateCallPlane{Line: p.instance})
	s.offHook()
}

// hide takes a call off a station's display.
func (s *station) hide(c *call, p place) {
	before, shown := s.views[c]
	if !shown {
		return
	}
	delete(s.views, c)
	id := c.id(p)
	if before.ring != 0 {
		s.send(&skinny.SetRinger{Mode: skinny.RingOff, Duration: skinny.RingNormal, Call: id})
	}
	if before.tone != 0 {
		s.send(&skinny.StopTone{Call: id, Tone: before.tone})
	}
	if before.state == skinny.StateRingIn && c.leg != nil && c.leg.station != nil && c.leg.station != s {
		// Answered elsewhere, so that the phone does not list it as missed.
		s.callState(skinny.StateRemoteMultiline, id)
	}
	s.callState(skinny.StateOnHook, id)
	s.send(&skinny.ClearPromptStatus{Call: id})
	s.idleKeys(p)
	if s.active == c {
		s.active = nil
	}
	s.settle()
	s.light(p)
}

// idleKeys shows the soft keys of a line without a call.
func (s *station) idleKeys(p place) {
	m := &skinny.SelectSoftKeys{Set: skinny.KeysOnHook, Mask: s.mask(skinny.KeysOnHook, p)}
	m.Line = p.instance
	s.send(m)
}

// settle takes the station on hook where nothing keeps it off.
func (s *station) settle() {
	if c := s.active; c != nil && c.talks(s) {
		return
	}
	s.active = nil
	if !s.isOffHook || s.turns || s.talking() {
		return
	}
	s.isOffHook, s.handset, s.speaker = false, false, false
	s.send(&skinny.SetSpeakerMode{Mode: skinny.SwitchOff})
}

// talking tells whether a call has the station's audio.
func (s *station) talking() bool {
	for _, p := range s.lines {
		if slices.ContainsFunc(p.line.calls, func(c *call) bool { return c.talks(s) }) {
			return true
		}
	}
	return false
}

// offHook takes the station off hook on its speaker, unless its user did.
func (s *station) offHook() {
	if s.isOffHook {
		return
	}
	s.isOffHook = true
	if !s.handset {
		s.speaker = true
		s.send(&skinny.SetSpeakerMode{Mode: skinny.SwitchOn})
	}
}

// light sets the lamp of a line's button.
func (s *station) light(p place) {
	mode := skinny.LampOff
	for _, c := range p.line.calls {
		v, shown := s.views[c]
		if !shown {
			continue
		}
		switch {
		case v.state == skinny.StateRingIn:
			mode = skinny.LampBlink
		case mode == skinny.LampBlink:
		case v.state == skinny.StateHold && mode == skinny.LampOff:
			mode = skinny.LampWink
		case v.state != skinny.StateHold:
			mode = skinny.LampOn
		}
	}
	s.lamp(skinny.StimulusLine, p.instance, mode)
}

// lamp sets a lamp that is not so already.
func (s *station) lamp(stimulus skinny.Stimulus, instance uint32, mode skinny.LampMode) {
	key := lampKey{stimulus, instance}
	if before, ok := s.lamps[key]; ok && before == mode || !ok && mode == skinny.LampOff {
		return
	}
	s.lamps[key] = mode
	s.send(&skinny.SetLamp{Stimulus: stimulus, Instance: instance, Mode: mode})
}

type lampKey struct {
	stimulus skinny.Stimulus
	instance uint32
}

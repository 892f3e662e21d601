// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/skinny"
)

// softKey does what a soft key is for.
func (s *station) softKey(key skinny.SoftKey, id skinny.Call) {
	p, c := s.find(id)
	if p.line == nil {
		return
	}
	switch key {
	case skinny.KeyRedial:
		if s.redial != "" {
			s.dial(p, s.redial)
		}
	case skinny.KeyNewCall:
		s.begin(p, toCall)
	case skinny.KeyHold:
		s.hold(c)
	case skinny.KeyResume:
		s.resume(c, p)
	case skinny.KeyAnswer:
		s.answer(c)
	case skinny.KeyEndCall:
		s.endCall(c)
	case skinny.KeyTransfer:
		s.second(c, p, toTransfer)
	case skinny.KeyConference:
		s.second(c, p, toConference)
	case skinny.KeyForwardAll:
		s.forwardKey(p)
	case skinny.KeyDoNotDisturb:
		s.toggleDoNotDisturb(p)
	case skinny.KeyPark:
		s.park(c)
	case skinny.KeyPickUp:
		s.begin(p, toPickUp)
	case skinny.KeyGroupPickUp:
		s.pickUpGroup(p.line)
	case skinny.KeyCallBack:
		s.callBack(c)
	case skinny.KeyDivert:
		s.divert(c)
	case skinny.KeyBackSpace:
		if c != nil {
			s.backSpace(c)
		}
	case skinny.KeyDial:
		if c != nil && c.dialling != nil && c.dialling.digits != "" {
			s.complete(c)
		}
	case skinny.KeyForwardBusy, skinny.KeyForwardNoAnswer, skinny.KeyInfo, skinny.KeyJoin, skinny.KeyMeetMe:
		// No soft key set has them.
	}
}

// stimulus does what a button is for.
func (s *station) stimulus(m *skinny.ButtonPressed) {
	var id skinny.Call
	if s.active != nil {
		p, _ := s.placeOf(s.active.line)
		id = s.active.id(p)
	}
	keys := map[skinny.Stimulus]skinny.SoftKey{
		skinny.StimulusRedial: skinny.KeyRedial, skinny.StimulusHold: skinny.KeyHold, skinny.StimulusTransfer: skinny.KeyTransfer,
		skinny.StimulusConference: skinny.KeyConference, skinny.StimulusForwardAll: skinny.KeyForwardAll,
		skinny.StimulusDoNotDisturb: skinny.KeyDoNotDisturb, skinny.StimulusCallPark: skinny.KeyPark,
		skinny.StimulusCallPickUp: skinny.KeyPickUp, skinny.StimulusGroupPickUp: skinny.KeyGroupPickUp,
		skinny.StimulusNewCall: skinny.KeyNewCall, skinny.StimulusEndCall: skinny.KeyEndCall,
	}
	if key, ok := keys[m.Stimulus]; ok {
		if m.Stimulus == skinny.StimulusHold && s.active == nil {
			key = skinny.KeyResume
		}
		s.softKey(key, id)
		return
	}
	switch m.Stimulus { //nolint:exhaustive // phones send what their templates have
	case skinny.StimulusLine:
		s.lineKey(m.Instance)
	case skinny.StimulusSpeedDial, skinny.StimulusBLFSpeedDial, skinny.StimulusFeature:
		s.speedDial(m.Stimulus, m.Instance)
	case skinny.StimulusVoiceMail, skinny.StimulusMessages:
		if number := s.driver.config.Config.GetDriver().GetSkinny().GetVoicemail(); number != "" && len(s.lines) > 0 {
			s.dial(s.current(), number)
		}
	}
}

// find gives the line and call that a message of the phone is about; phones
// that name neither mean what they show.
func (s *station) find(id skinny.Call) (place, *call) {
	p, ok := s.instance(id.Line)
	if !ok {
		p = s.current()
	}
	if p.line == nil {
		return place{}, nil
	}
	if id.Reference != 0 {
		for _, place := range s.lines {
			for _, c := range place.line.calls {
				if c.reference == id.Reference {
					return place, c
				}
			}
		}
		return p, nil
	}
	if s.active != nil && (id.Line == 0 || s.active.line == p.line) {
		if place, ok := s.placeOf(s.active.line); ok {
			return place, s.active
		}
	}
	// One that rings, else one that is held.
	for _, state := range []skinny.State{skinny.StateRingIn, skinny.StateHold} {
		for _, place := range s.lines {
			if id.Line != 0 && place.line != p.line {
				continue
			}
			for _, c := range place.line.calls {
				if v, shown := s.views[c]; shown && v.state == state {
					return place, c
				}
			}
		}
	}
	return p, nil
}

// lineKey is the button of a line: it answers, takes back, or calls.
func (s *station) lineKey(instance uint32) {
	p, ok := s.instance(instance)
	if !ok {
		return
	}
	if s.active != nil && s.active.line == p.line {
		return
	}
	for _, state := range []skinny.State{skinny.StateRingIn, skinny.StateHold} {
		for _, c := range p.line.calls {
			if v, shown := s.views[c]; !shown || v.state != state {
				continue
			}
			if state == skinny.StateRingIn {
				s.answer(c)
			} else {
				s.resume(c, p)
			}
			return
		}
	}
	s.begin(p, toCall)
}

// keypad is a key of the keypad: a digit of a number, or one for the far party.
func (s *station) keypad(key skinny.KeypadKey, id skinny.Call) {
	digit, ok := key.Digit()
	p, c := s.find(id)
	switch {
	case !ok || p.line == nil:
	case c == nil || c != s.active:
		if s.active == nil {
			s.press(s.begin(p, toCall), digit)
		}
	case c.dialling != nil:
		s.press(c, digit)
	case c.model.State == callmodel.Initiated && c.leg != nil:
		s.driver.loop.Indicate(callmodel.LegDigits{Leg: c.leg.id, Digits: string(digit)})
	case c.model.State == callmodel.Connected && c.model.Far == callmodel.Connected:
		s.driver.loop.Indicate(callmodel.LegDigits{Leg: c.leg.id, Digits: string(digit)})
		c.leg.pressed(digit)
	}
}

// enbloc dials a whole number.
func (s *station) enbloc(number string, line uint32) {
	p, ok := s.instance(line)
	if !ok {
		p = s.current()
	}
	if p.line != nil && number != "" {
		s.dial(p, number)
	}
}

// hookOff is the handset, or the speaker button: it answers, or calls.
func (s *station) hookOff(id skinny.Call) {
	s.handset = true
	if s.active != nil {
		s.isOffHook = true
		return
	}
	s.isOffHook = true
	p, c := s.find(id)
	switch {
	case p.line == nil:
	case c != nil && s.views[c].state == skinny.StateRingIn:
		s.answer(c)
	default:
		s.begin(p, toCall)
	}
}

// hookOn ends what the user talks in.
func (s *station) hookOn() {
	s.handset, s.isOffHook = false, false
	if s.speaker { // the order to switch it on may have crossed this
		s.speaker = false
		s.send(&skinny.SetSpeakerMode{Mode: skinny.SwitchOff})
	}
	if s.active != nil {
		s.endCall(s.active)
	}
}

// answer takes a call that rings.
func (s *station) answer(c *call) {
	if c != nil && c.rings() && slices.Contains(c.leg.ringsAt, s) {
		c.leg.answer(s)
	}
}

// endCall ends a call, or refuses one that rings.
func (s *station) endCall(c *call) {
	switch {
	case c == nil:
	case c.dialling != nil && c.leg == nil, c.failed != "":
		s.driver.drop(c)
		s.driver.refresh(c.line)
	case c.rings() && c.leg.dialled == 0:
		c.leg.stopRinging(s, callmodel.CauseBusy)
	case c.leg == nil || c.station != s:
	case len(c.leg.calls()) > 1:
		s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
			return callmodel.ClearConnection{Request: request, Connection: c.model.Connection}
		})
	default:
		c.leg.hungUp(callmodel.CauseNormalClearing)
	}
}

// hold puts a call on hold.
func (s *station) hold(c *call) {
	switch {
	case c == nil || c.station != s || c.leg == nil || c.model.State != callmodel.Connected:
	case len(c.leg.calls()) > 1:
		s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
			return callmodel.HoldCall{Request: request, Connection: c.model.Connection}
		})
	default:
		s.driver.loop.Indicate(callmodel.LegHeld{Leg: c.leg.id})
	}
}

// resume takes a call off hold, at this phone of its line.
func (s *station) resume(c *call, p place) {
	if c == nil || c.leg == nil || c.model.State != callmodel.Hold {
		return
	}
	l := c.leg
	for _, other := range l.calls() {
		if other != c && other.model.State == callmodel.Connected {
			s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
				return callmodel.AlternateCall{Request: request, Held: c.model.Connection, Active: other.model.Connection}
			})
			return
		}
	}
	s.makeRoom(c)
	if l.station != s { // held at another phone of the shared line
		l.leaveMedia()
		l.station = s
		for _, other := range l.calls() {
			other.station = s
		}
		s.driver.refresh(p.line)
	}
	if len(l.calls()) > 1 {
		s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
			return callmodel.RetrieveCall{Request: request, Connection: c.model.Connection}
		})
		return
	}
	s.driver.loop.Indicate(callmodel.LegRetrieved{Leg: l.id})
}

// makeRoom puts what the user talks in on hold, as the phone does for a user
// who turns to another call, and forgets what leads to nothing.
func (s *station) makeRoom(next *call) {
	c := s.active
	if c == nil || c == next {
		return
	}
	s.active = nil
	if s.isOffHook {
		s.turn()
	}
	switch {
	case c.dialling != nil || c.failed != "" || c.leg == nil:
		s.endCall(c)
	case c.model.State == callmodel.Connected && c.model.Far == callmodel.Connected:
		s.hold(c)
	default:
		s.endCall(c)
	}
}

// turnTime is how long a phone stays off hook while its user turns to another
// call.
const turnTime = second

// turn keeps the phone off hook until the next call has its audio.
func (s *station) turn() {
	s.turns = true
	s.driver.loop.After(turnTime, func() {
		if s.turns {
			s.turns = false
			s.settle()
		}
	})
}

// second begins a call for transfer or conference, and at the second press
// brings both together.
func (s *station) second(c *call, p place, want purpose) {
	switch {
	case c == nil || c.station != s || c.model.State != callmodel.Connected:
	case c.consults != nil && c.consults.model.State == callmodel.Hold && c.consults.station == s:
		s.join(c.consults, c, want)
	case c.model.Far == callmodel.Connected:
		if held := s.heldBeside(c); held != nil && len(c.leg.calls()) > 1 { // a consultation that an application began
			s.join(held, c, want)
			return
		}
		consultation := s.begin(p, toCall)
		consultation.consults, consultation.purpose = c, want
		s.driver.refresh(p.line)
	}
}

// heldBeside is the call on hold that the same leg carries.
func (s *station) heldBeside(c *call) *call {
	for _, other := range c.leg.calls() {
		if other != c && other.model.State == callmodel.Hold {
			return other
		}
	}
	return nil
}

// join transfers or confers.
func (s *station) join(held, active *call, want purpose) {
	first, second := held.model.Connection, active.model.Connection
	s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
		if want == toConference {
			return callmodel.ConferenceCall{Request: request, Held: first, Active: second}
		}
		return callmodel.TransferCall{Request: request, Held: first, Active: second}
	})
}

func (s *station) park(c *call) {
	if c == nil || c.station != s || c.model.State != callmodel.Connected {
		return
	}
	s.driver.loop.Request(func(request callmodel.RequestID) callmodel.Input {
		return callmodel.ParkCall{Request: request, Parking: c.model.Connection}
	}, func(reply callmodel.Reply) {
		if reply.Error != nil {
			s.notify(skinny.PhraseNoParkNumber.Text())
			return
		}
		s.notify(skinny.PhraseCallParkAt.Text() + string(reply.Connection.Device))
	})
}

func (s *station) callBack(c *call) {
	if c == nil || !c.has() && c.failed == "" {
		return
	}
	id := c.model.Connection
	target := callmodel.DeviceID(c.dialled)
	s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
		if id.Call == "" { // the call has failed: only its number is left
			return callmodel.CallBackNonCallRelated{Request: request, Originating: c.line.number, Target: target}
		}
		return callmodel.CallBack{Request: request, Connection: id}
	})
}

// divert sends a call that rings to the voice mail.
func (s *station) divert(c *call) {
	number := s.driver.config.Config.GetDriver().GetSkinny().GetVoicemail()
	if c == nil || !c.rings() || number == "" {
		return
	}
	s.driver.request(s, func(request callmodel.RequestID) callmodel.Input {
		return callmodel.DeflectCall{Request: request, Connection: c.model.Connection, To: number}
	})
}

// request asks the model for a service; the user is shown why it is refused.
func (d *Driver) request(s *station, service func(callmodel.RequestID) callmodel.Input) {
	d.loop.Request(service, func(reply callmodel.Reply) {
		if reply.Error != nil {
			s.refused(reply.Error)
		}
	})
}

// refused shows the user that a service is refused.
func (s *station) refused(err *callmodel.Error) {
	s.driver.logger.Debug("service of a phone is refused", "target", s.driver.target, "device", s.name, "error", err)
	s.notify(skinny.PhraseKeyNotActive.Text())
}

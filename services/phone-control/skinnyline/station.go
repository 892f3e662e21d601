// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
	"offhook.dev/services/skinny"
	"offhook.dev/services/targetconfig"
)

// Conn is a phone's connection as its station sees it. Its methods do not
// block.
type Conn interface {
	// Send sends a message after those before it. A phone that takes too little
	// is disconnected.
	Send(m skinny.Message)
	// Speak says how the phone writes from now on.
	Speak(dialect skinny.Dialect)
	// Serve sets how long the phone may be silent.
	Serve(keepAlive time.Duration)
	// Close ends the connection, after what was sent.
	Close()
}

// station is a phone that is registered.
type station struct {
	driver *Driver
	name   string
	conn   Conn
	phone  *targetconfig.SkinnyPhone
	kind   skinny.DeviceType
	model  skinny.Model
	// dialect is how the phone writes, address where it is.
	dialect skinny.Dialect
	address netip.Addr
	since   time.Time

	buttons      []button
	lines        []place
	capabilities []skinny.Capability

	// views are the calls that the phone shows, and how; lamps those that are lit.
	views map[*call]view
	lamps map[lampKey]skinny.LampMode
	// active is the call that the user talks in, or dials; nil: none.
	active *call
	// isOffHook: the phone is off hook; handset: by its user; speaker: it was told
	// to switch its speaker on, and not off since.
	isOffHook, handset, speaker bool
	// turns: the user turns from one call to another, and stays off hook.
	turns bool
	// pickingUp: the next call that rings is what the user asked for.
	pickingUp bool
	// serves: the phone has what it shows, and its lines are in service.
	serves bool
	// statuses are those of feature buttons, as they were told last.
	statuses map[uint32]uint32
	// redial is the number dialled last.
	redial string
	// idle is what the phone shows without a call.
	idle string
	desk *desk.Phone
	// muted, text and shownLamps are what desk services have set.
	muted      bool
	text       string
	shownLamps map[string]skinny.LampMode
	// subscribed are the lines that the phone watches for its lists.
	subscribed map[string]skinny.SubscriptionStatReq
}

// send sends a message in the form that the phone's version has.
func (s *station) send(m skinny.Message) { s.conn.Send(s.dialect.Version.Form(m)) }

// instance is the line of a button.
func (s *station) instance(n uint32) (place, bool) {
	for _, p := range s.lines {
		if p.instance == n {
			return p, true
		}
	}
	return place{}, false
}

// instanceOf is the button of a line; zero: none.
func (s *station) instanceOf(l *line) uint32 {
	p, _ := s.placeOf(l)
	return p.instance
}

func (s *station) placeOf(l *line) (place, bool) {
	for _, p := range s.lines {
		if p.line == l {
			return p, true
		}
	}
	return place{}, false
}

// current is the line that a key without a line means: that of the call the
// user is in, else the first.
func (s *station) current() place {
	if s.active != nil {
		if p, ok := s.placeOf(s.active.line); ok {
			return p
		}
	}
	if len(s.lines) > 0 {
		return s.lines[0]
	}
	return place{}
}

// registration tells of the phone at one of its lines.
func (s *station) registration(l *line) *phonecontrolv1.Registration {
	return &phonecontrolv1.Registration{
		Line: string(l.number), Contact: fmt.Sprintf("skinny:%s@%s", s.name, s.address), UserAgent: "Cisco " + s.model.Name,
		DeviceName: s.name, ProtocolVersion: uint32(s.dialect.Version),
	}
}

// leave ends the registration, and the calls that the phone has.
func (s *station) leave(reason string) {
	d := s.driver
	if d.stations[s.name] != s {
		return
	}
	delete(d.stations, s.name)
	d.unwatch(s)
	s.conn.Close()
	d.logger.Info("phone has gone", "target", d.target, "device", s.name, "reason", reason)
	for _, p := range s.lines {
		for _, c := range slices.Clone(p.line.calls) {
			switch {
			case c.leg != nil && slices.Contains(c.leg.ringsAt, s):
				c.leg.stopRinging(s, callmodel.CauseDestOutOfOrder)
			case c.station != s:
			case c.leg != nil:
				c.leg.hungUp(callmodel.CauseDestOutOfOrder)
			default:
				d.drop(c)
			}
		}
	}
	if s.serves {
		for _, p := range s.lines {
			d.part(p.line, s)
		}
	}
	d.noteRegistration(s)
}

// callState sends the state of a call.
func (s *station) callState(state skinny.State, id skinny.Call) {
	m := &skinny.CallState{State: state, Call: id}
	m.Precedence.Level = skinny.RoutinePrecedence
	s.send(m)
}

// prompt shows a text with a call; reference zero: without one.
func (s *station) prompt(text string, timeOut uint32, id skinny.Call) {
	if text == "" {
		s.send(&skinny.ClearPromptStatus{Call: id})
		return
	}
	s.send(&skinny.DisplayPromptStatus{TimeOut: timeOut, Text: text, Call: id})
}

// notifySeconds is how long a text over all calls stays.
const notifySeconds = 10

// notify shows a text over all calls for a while.
func (s *station) notify(text string) { s.notifyFor(text, notifySeconds) }

func (s *station) notifyFor(text string, seconds uint32) {
	s.send(&skinny.DisplayNotify{TimeOut: seconds, Text: text})
}

// callInfo tells who is in a call.
func (s *station) callInfo(i info, id skinny.Call) {
	m := &skinny.CallInfo{
		Calling: i.calling, Called: i.called, OriginalCalled: i.original, LastRedirecting: i.redirecting,
		Call: id, Type: i.kind, Instance: 1,
	}
	if m.OriginalCalled == (skinny.Party{}) {
		m.OriginalCalled = i.called
	}
	if i.restricted {
		m.Restrictions = skinny.RestrictCalling
		if i.kind == skinny.CallOutbound {
			m.Restrictions = skinny.RestrictCalled
		}
	}
	s.send(m)
}

// ResetPhone makes a phone start again: restart takes its configuration anew,
// else it begins from its firmware.
func (d *Driver) ResetPhone(deviceName string, restarts bool) *callmodel.Error {
	s, ok := d.stations[deviceName]
	if !ok {
		return &callmodel.Error{Category: "stateIncompatibility", Value: "invalidDeviceState", Detail: "no such phone is registered"}
	}
	m := restart()
	if !restarts {
		m.Kind = skinny.ResetHard
	}
	s.send(m)
	return nil
}

func restart() *skinny.Reset { return &skinny.Reset{Kind: skinny.ResetRestart} }

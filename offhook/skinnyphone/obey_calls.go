// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"slices"

	"offhook.dev/services/skinny"
)

// obeyCalls obeys what changes calls; false: it is something else.
func (s *screen) obeyCalls(message skinny.Message) bool {
	switch m := message.(type) {
	case *skinny.CallState:
		s.setState(m)
	case *skinny.CallInfo:
		s.inform(m)
	case *skinny.CallInfoDynamic:
		s.inform(&m.CallInfo)
	case *skinny.SelectSoftKeys:
		s.selectKeys(m)
	case *skinny.DialedNumber:
		if call := s.call(m.Call); call != nil {
			call.Dialed = m.Number
			s.placed = push(s.placed, m.Number, maxHistory)
		} else {
			s.fault("dialed number for call %d/%d that is not shown", m.Line, m.Reference)
		}
	case *skinny.CallSelectStat:
		if call := s.call(skinny.Call{Line: m.Line, Reference: m.Reference}); call != nil {
			call.Selected = m.Status != 0
		}
	default:
		return false
	}
	return true
}

func (s *screen) setState(m *skinny.CallState) {
	call := s.call(m.Call)
	if m.State == skinny.StateOnHook {
		if call != nil {
			s.end(call)
		}
		return
	}
	if m.State < skinny.StateOffHook || m.State > skinny.StateInvalidNumber {
		s.fault("call %d/%d in state %d", m.Line, m.Reference, m.State)
		return
	}
	if call == nil {
		if s.button(skinny.StimulusLine, m.Line) == nil {
			s.fault("call on line %d that the phone has not", m.Line)
		}
		if len(s.calls) >= maxCalls {
			s.fault("more than %d calls", maxCalls)
			return
		}
		call = &shownCall{Call: Call{Call: m.Call}}
		s.calls = append(s.calls, call)
	}
	call.State, call.Privacy = m.State, m.Privacy != 0
	switch m.State {
	case skinny.StateConnected:
		if !call.answered && call.Info.Type == skinny.CallInbound {
			s.received = push(s.received, call.Info.Calling, maxHistory)
		}
		call.answered = true
	case skinny.StateRemoteMultiline: // somebody else has it
		call.answered = true
	default:
	}
}

// end takes a call off the display. One that rang and was not answered is a
// missed one.
func (s *screen) end(call *shownCall) {
	s.justEnded = call
	s.calls = slices.DeleteFunc(s.calls, func(c *shownCall) bool { return c == call })
	if !call.answered && call.Info.Type == skinny.CallInbound {
		s.missed = push(s.missed, call.Info.Calling, maxHistory)
	}
}

func (s *screen) inform(m *skinny.CallInfo) {
	call := s.call(m.Call)
	if call == nil {
		s.fault("information of call %d/%d that is not shown", m.Line, m.Reference)
		return
	}
	call.Info, call.informed = *m, true
	for _, party := range []*skinny.Party{
		&call.Info.Calling, &call.Info.Called, &call.Info.OriginalCalled, &call.Info.LastRedirecting,
	} {
		party.Name, party.Number = skinny.Readable(party.Name), skinny.Readable(party.Number)
	}
}

func (s *screen) selectKeys(m *skinny.SelectSoftKeys) {
	if int64(m.Set) >= int64(len(s.keys.sets)) {
		s.fault("set %d of soft keys that the phone was not told", m.Set)
		return
	}
	chosen := selection{set: m.Set, mask: m.Mask}
	call := s.call(m.Call)
	switch {
	case call != nil:
		call.chosen, call.KeySet = &chosen, m.Set
	case m.Reference == 0 || m.Set == skinny.KeysOnHook:
		// A call that has gone leaves the keys of the line behind; those of line 0
		// are for all lines.
		if m.Line == 0 {
			clear(s.idle)
		}
		if len(s.idle) < maxPrompts {
			s.idle[m.Line] = chosen
		}
	default:
		s.fault("set %d of soft keys for call %d/%d that is not shown", m.Set, m.Line, m.Reference)
	}
}

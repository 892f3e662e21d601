// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"slices"

	"offhook.dev/services/skinny"
)

// obeyDisplay obeys what changes texts, lamps and tones; false: it is something else.
func (s *screen) obeyDisplay(message skinny.Message) bool {
	switch m := message.(type) {
	case *skinny.DisplayPromptStatus:
		s.showPrompt(m)
	case *skinny.DisplayPromptStatusDynamic:
		s.showPrompt(&m.DisplayPromptStatus)
	case *skinny.ClearPromptStatus:
		s.clearPrompt(m.Call)
	case *skinny.DisplayText:
		s.display = skinny.Readable(m.Text)
	case *skinny.ClearDisplay:
		s.display = ""
	case *skinny.DisplayNotify:
		s.notify = skinny.Readable(m.Text)
	case *skinny.DisplayNotifyDynamic:
		s.notify = skinny.Readable(m.Text)
	case *skinny.ClearNotify:
		s.notify = ""
	case *skinny.DisplayPriNotify:
		s.showPriority(m)
	case *skinny.DisplayPriNotifyDynamic:
		s.showPriority(&m.DisplayPriNotify)
	case *skinny.ClearPriNotify:
		delete(s.priorityNotify, m.Priority)
	case *skinny.SetLamp:
		s.setLamp(m)
	case *skinny.SetRinger:
		s.setRinger(m)
	case *skinny.StartTone:
		s.startTone(m)
	case *skinny.StopTone:
		s.tones = slices.DeleteFunc(s.tones, func(t Tone) bool {
			return (m.Reference == 0 || t.Call == m.Call) && (m.Tone == 0 || m.Tone == t.Tone)
		})
	case *skinny.SetSpeakerMode:
		s.speaker = m.Mode == skinny.SwitchOn
	case *skinny.SetMicroMode:
		s.microphoneOff = m.Mode == skinny.SwitchOff
	case *skinny.ActivateCallPlane:
		s.activeLine = m.Line
	case *skinny.DeactivateCallPlane:
		s.activeLine = 0
	case *skinny.DefineTimeDate:
		s.clock = m
		s.clocks++
	default:
		return false
	}
	return true
}

func (s *screen) startTone(m *skinny.StartTone) {
	s.tones = slices.DeleteFunc(s.tones, func(t Tone) bool { return t.Call == m.Call })
	if m.Tone != skinny.ToneSilence && m.Tone != skinny.ToneNone {
		s.tones = push(s.tones, Tone{Tone: m.Tone, Call: m.Call}, maxCalls)
	}
	if digit, ok := digitOf(m.Tone); ok {
		if call := s.call(m.Call); call != nil {
			call.Digits = pushDigit(call.Digits, digit)
		}
	}
}

// digitOf is the digit of a DTMF tone.
func digitOf(tone skinny.Tone) (byte, bool) {
	for _, digit := range []byte("0123456789*#ABCD") {
		if t, _ := skinny.DigitTone(digit); t == tone {
			return digit, true
		}
	}
	return 0, false
}

// pushDigit appends a digit to those that were heard, the last 64 of them.
func pushDigit(digits string, digit byte) string {
	return digits[max(0, len(digits)+1-maxDigits):] + string(digit)
}

func (s *screen) showPrompt(m *skinny.DisplayPromptStatus) {
	text := skinny.Readable(m.Text)
	if m.Reference != 0 {
		if call := s.call(m.Call); call != nil {
			call.Prompt = text
		} else {
			s.fault("prompt %q for call %d/%d that is not shown", text, m.Line, m.Reference)
		}
		return
	}
	if len(s.prompts) < maxPrompts {
		s.prompts[m.Line] = text
	}
}

func (s *screen) clearPrompt(call skinny.Call) {
	if call.Reference == 0 {
		delete(s.prompts, call.Line)
	} else if shown := s.call(call); shown != nil {
		shown.Prompt = ""
	}
}

func (s *screen) showPriority(m *skinny.DisplayPriNotify) {
	text := skinny.Readable(m.Text)
	switch {
	case text == "":
		delete(s.priorityNotify, m.Priority)
	case len(s.priorityNotify) < maxTexts:
		s.priorityNotify[m.Priority] = text
	}
}

func (s *screen) setLamp(m *skinny.SetLamp) {
	lamp := Lamp{m.Stimulus, m.Instance}
	switch {
	case m.Mode < skinny.LampOff || m.Mode > skinny.LampBlink:
		s.fault("lamp %v in mode %d", lamp, m.Mode)
	case m.Mode == skinny.LampOff:
		delete(s.lamps, lamp)
	case len(s.lamps) < maxLamps:
		s.lamps[lamp] = m.Mode
	}
}

func (s *screen) setRinger(m *skinny.SetRinger) {
	s.rings = slices.DeleteFunc(s.rings, func(r ring) bool { return m.Reference == 0 || r.Call == m.Call })
	switch {
	case m.Mode < skinny.RingOff || m.Mode > skinny.RingFlash:
		s.fault("ringer in mode %d", m.Mode)
	case m.Mode != skinny.RingOff:
		s.rang++
		if m.Duration != skinny.RingOnce {
			s.rings = push(s.rings, ring{Call: m.Call, mode: m.Mode}, maxCalls)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import "offhook.dev/services/skinny"

// maxButtons, maxSoftKeys and maxSets bound what the server may define.
const (
	maxButtons  = 64
	maxSoftKeys = 64
	maxSets     = 16
)

// obeyLayout obeys what says what buttons and keys there are, and how lines and
// features stand; false: it is something else.
func (s *screen) obeyLayout(message skinny.Message) bool {
	switch m := message.(type) {
	case *skinny.ButtonTemplate:
		s.setButtons(m)
	case *skinny.SoftKeyTemplateRes:
		s.keys.template = define(s.keys.template, m.Offset, m.Keys, maxSoftKeys)
	case *skinny.SoftKeySetRes:
		s.keys.sets = define(s.keys.sets, m.Offset, m.Sets, maxSets)
	case *skinny.ConfigStat:
		s.config = *m
	case *skinny.ConfigStatDynamic:
		s.config = m.ConfigStat
	case *skinny.LineStat:
		s.setLine(m)
	case *skinny.LineStatDynamic:
		s.setLine(&m.LineStat)
	case *skinny.SpeedDialStat:
		s.setSpeedDial(m)
	case *skinny.SpeedDialStatDynamic:
		s.setSpeedDial(&m.SpeedDialStat)
	case *skinny.FeatureStat:
		s.setFeature(m)
	case *skinny.FeatureStatDynamic:
		s.setFeature(&m.FeatureStat)
	case *skinny.ServiceURLStatDynamic:
		if button := s.button(skinny.StimulusServiceURL, m.Index); button != nil {
			button.URL, button.Label = m.URL, skinny.Readable(m.Label)
		}
	case *skinny.ForwardStat:
		s.setForward(m)
	default:
		return false
	}
	return true
}

func (s *screen) setButtons(m *skinny.ButtonTemplate) {
	if m.Offset == 0 {
		s.buttons = nil
	}
	for i, b := range m.Buttons {
		if b.Kind == skinny.ButtonUnused || len(s.buttons) >= maxButtons {
			continue
		}
		s.buttons = append(s.buttons, Button{
			Position: int(m.Offset) + i + 1, Kind: skinny.Stimulus(b.Kind), Instance: uint32(b.Instance),
		})
	}
}

func (s *screen) setLine(m *skinny.LineStat) {
	button := s.button(skinny.StimulusLine, m.Line)
	if button == nil {
		s.fault("status of line %d that the phone has not", m.Line)
		return
	}
	button.Number, button.Name, button.Label = m.Number, skinny.Readable(m.Name), skinny.Readable(m.Label)
}

func (s *screen) setSpeedDial(m *skinny.SpeedDialStat) {
	for _, kind := range []skinny.Stimulus{skinny.StimulusSpeedDial, skinny.StimulusBLFSpeedDial} {
		if button := s.button(kind, m.SpeedDial); button != nil {
			button.Number, button.Label = m.Number, skinny.Readable(m.Label)
			return
		}
	}
	s.fault("status of speed dial %d that the phone has not", m.SpeedDial)
}

// setFeature finds the button by its kind, or, where the template called it a
// feature only, by its instance.
func (s *screen) setFeature(m *skinny.FeatureStat) {
	button := s.button(m.Feature, m.Index)
	if button == nil {
		button = s.button(skinny.StimulusFeature, m.Index)
	}
	if button == nil {
		s.fault("status of feature %#x/%d that the phone has not", m.Feature, m.Index)
		return
	}
	button.Status = m.Status
	if m.Label != "" {
		button.Label = skinny.Readable(m.Label)
	}
}

func (s *screen) setForward(m *skinny.ForwardStat) {
	button := s.button(skinny.StimulusLine, m.Line)
	if button == nil {
		s.fault("forwarding of line %d that the phone has not", m.Line)
		return
	}
	number := func(f skinny.Forwarding) string {
		if !m.Active || !f.Active {
			return ""
		}
		return f.Number
	}
	button.Forward = Forward{All: number(m.All), Busy: number(m.Busy), NoAnswer: number(m.NoAnswer)}
}

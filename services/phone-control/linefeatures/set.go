// SPDX-License-Identifier: Apache-2.0

package linefeatures

import "offhook.dev/services/phone-control/callmodel"

// MaxRings bounds ring counts.
const MaxRings = 100

// SetDoNotDisturb sets do not disturb of a line.
func (s *Settings) SetDoNotDisturb(device callmodel.DeviceID, on bool) (changed bool, refusal *callmodel.Error) {
	l, refusal := s.station(device)
	if refusal != nil {
		return false, refusal
	}
	changed = l.undisturbed() != on
	l.doNotDisturb = unless(on, l.config.GetDoNotDisturb())
	return changed, nil
}

// SetCallerIDSuppressed sets whether the line's number is kept from others.
func (s *Settings) SetCallerIDSuppressed(device callmodel.DeviceID, suppressed bool) (changed bool, refusal *callmodel.Error) {
	l, refusal := s.station(device)
	if refusal != nil {
		return false, refusal
	}
	changed = l.hides() != suppressed
	l.suppressed = unless(suppressed, l.config.GetCallerIdSuppressed())
	return changed, nil
}

// SetAutoAnswer sets whether a line answers by itself, at once or after as many
// rings.
func (s *Settings) SetAutoAnswer(device callmodel.DeviceID, setting AutoAnswer) (changed bool, refusal *callmodel.Error) {
	l, refusal := s.station(device)
	switch {
	case refusal != nil:
		return false, refusal
	case !setting.On:
		setting.Rings = 0
	case setting.Rings < 0 || setting.Rings > MaxRings:
		return false, errAutoAnswer
	}
	changed = l.answers() != setting
	l.autoAnswer = unless(setting, AutoAnswer{On: l.config.GetAutoAnswer()})
	return changed, nil
}

// SetMessageWaiting sets whether messages wait for a line, and how many.
func (s *Settings) SetMessageWaiting(device callmodel.DeviceID, setting MessageWaiting) (changed bool, refusal *callmodel.Error) {
	l, refusal := s.station(device)
	if refusal != nil {
		return false, refusal
	}
	if !setting.On {
		setting.New = 0
	}
	changed = l.messages != setting
	l.messages = setting
	return changed, nil
}

// unless gives what is set, nil where it is as configured.
func unless[T comparable](set, configured T) *T {
	if set == configured {
		return nil
	}
	return &set
}

// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a phone's clock must not depend on the image's time zones

	configv1 "offhook.dev/proto/offhook/config/v1"
)

// Bounds of Skinny phones.
const (
	// MaxSkinnyButton is the last button of a phone's template.
	MaxSkinnyButton = 42
	// Protocol versions that a target may answer with.
	minSkinnyVersion, maxSkinnyVersion = 3, 22
)

var skinnyName = regexp.MustCompile(`^SEP[0-9A-F]{12}$`)

// SkinnyPhone is a Skinny phone of a target with its buttons.
type SkinnyPhone struct {
	// DeviceName is what the phone registers as: "SEP001122334455".
	DeviceName string
	// Model that is configured; empty: what the phone says.
	Model string
	// Lines sorted by button.
	Lines []SkinnyLine
	// Buttons that are no lines, sorted by button.
	Buttons []*configv1.SkinnyButton
	Target  *Target
}

// SkinnyLine is a line's place on a Skinny phone.
type SkinnyLine struct {
	// Button from 1 to MaxSkinnyButton.
	Button uint32
	Line   *Line
	// SilentRing: the line does not ring at this phone.
	SilentRing bool
}

// SkinnyPhone finds a Skinny phone of the target by its device name.
func (t *Target) SkinnyPhone(deviceName string) (*SkinnyPhone, bool) {
	phone, ok := t.skinny[deviceName]
	return phone, ok
}

// SkinnyPhones are the target's Skinny phones, sorted by device name.
func (t *Target) SkinnyPhones() []*SkinnyPhone { return t.skinnySorted }

// SkinnyPhone finds a Skinny phone of any target by its device name.
func (s *Snapshot) SkinnyPhone(deviceName string) (*SkinnyPhone, bool) {
	phone, ok := s.skinny[deviceName]
	return phone, ok
}

// SkinnyAutoAssignTarget is the target that takes unknown Skinny phones; none
// where several would, for nothing tells which one the phone means.
func (s *Snapshot) SkinnyAutoAssignTarget() (*Target, bool) {
	return s.skinnyAutoAssign, s.skinnyAutoAssign != nil
}

// SkinnyTarget is the target of a Skinny phone by its device name: its own, else
// the one that takes unknown phones.
func (s *Snapshot) SkinnyTarget(deviceName string) (*Target, bool) {
	if phone, known := s.SkinnyPhone(deviceName); known {
		return phone.Target, true
	}
	return s.SkinnyAutoAssignTarget()
}

// defaultSkinnyKeepAlive is how often a phone says that it is there where the
// target does not say.
const defaultSkinnyKeepAlive = 30 * time.Second

// SkinnyKeepAlive is how often the target's Skinny phones say that they are
// there.
func (t *Target) SkinnyKeepAlive() time.Duration {
	if keepAlive := t.Config.GetDriver().GetSkinny().GetKeepalive().AsDuration(); keepAlive > 0 {
		return keepAlive
	}
	return defaultSkinnyKeepAlive
}

// addSkinny collects the Skinny phones of a target whose lines are known.
func (t *Target) addSkinny() error {
	config := t.Config.GetDriver().GetSkinny()
	faults := t.skinnyDriverFaults(config)
	for _, line := range t.Lines {
		for _, device := range line.Devices {
			if device.GetSkinny() == nil {
				continue
			}
			err := errors.New("is a Skinny phone, but the target's driver.skinny is not set")
			if config != nil {
				err = t.addSkinnyDevice(line, device)
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("line %q: device %q: %w", line.GetName(), device.GetName(), err))
			}
		}
	}
	for _, phone := range t.skinny {
		slices.SortFunc(phone.Lines, func(a, b SkinnyLine) int { return cmp.Compare(a.Button, b.Button) })
		slices.SortFunc(phone.Buttons, func(a, b *configv1.SkinnyButton) int { return cmp.Compare(a.GetButton(), b.GetButton()) })
		t.skinnySorted = append(t.skinnySorted, phone)
	}
	slices.SortFunc(t.skinnySorted, func(a, b *SkinnyPhone) int { return strings.Compare(a.DeviceName, b.DeviceName) })
	return errors.Join(faults...)
}

func (t *Target) skinnyDriverFaults(config *configv1.Skinny) []error {
	if config == nil {
		return nil
	}
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("driver.skinny: "+format, args...))
	}
	if t.Config.GetDriver().GetSimulated() != nil {
		fault("simulated phones and Skinny phones can't be in one target")
	}
	if v := config.GetMaxProtocolVersion(); v != 0 && (v < minSkinnyVersion || v > maxSkinnyVersion) {
		fault("max_protocol_version %d is not within %d to %d", v, minSkinnyVersion, maxSkinnyVersion)
	}
	if _, err := time.LoadLocation(config.GetTimeZone()); err != nil {
		fault("time_zone %q is not known", config.GetTimeZone())
	}
	given := map[string]bool{}
	for _, number := range config.GetAutoAssign() {
		line, ok := t.lines[number]
		switch {
		case !ok:
			fault("auto_assign: number %s is no line of the target", number)
		case given[number]:
			fault("auto_assign: number %s is named twice", number)
		case line.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING:
			fault("auto_assign: line %q is a routeing line, which has no phones", line.GetName())
		case slices.ContainsFunc(line.GetDevices(), func(d *configv1.Device) bool { return d.GetSkinny() != nil }):
			fault("auto_assign: line %q has a Skinny phone of its own", line.GetName())
		}
		given[number] = true
	}
	return faults
}

// addSkinnyDevice puts a line, and the other buttons that its device names, on
// a phone.
func (t *Target) addSkinnyDevice(line *Line, device *Device) error {
	place := device.GetSkinny()
	if device.GetUsername() != "" || device.GetCredential() != nil {
		return errors.New("is both a SIP phone and a Skinny phone")
	}
	if !skinnyName.MatchString(place.GetDeviceName()) {
		return fmt.Errorf("device name %q is not SEP and 12 upper-case hexadecimal digits", place.GetDeviceName())
	}
	phone := t.skinny[place.GetDeviceName()]
	if phone == nil {
		phone = &SkinnyPhone{DeviceName: place.GetDeviceName(), Target: t}
		t.skinny[phone.DeviceName] = phone
	}
	var faults []error
	if err := phone.checkButton(place.GetButton()); err != nil {
		faults = append(faults, err)
	}
	if slices.ContainsFunc(phone.Lines, func(other SkinnyLine) bool { return other.Line == line }) {
		faults = append(faults, fmt.Errorf("%s has the line on another button already", phone.DeviceName))
	}
	if model := place.GetModel(); model != "" {
		if phone.Model != "" && phone.Model != model {
			faults = append(faults, fmt.Errorf("%s has the model %q already, not %q", phone.DeviceName, phone.Model, model))
		}
		phone.Model = model
	}
	phone.Lines = append(phone.Lines, SkinnyLine{Button: place.GetButton(), Line: line, SilentRing: place.GetSilentRing()})
	for _, button := range place.GetButtons() {
		if err := phone.checkButton(button.GetButton()); err != nil {
			faults = append(faults, err)
		}
		switch button.GetType() {
		case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_SPEED_DIAL, configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_BLF_SPEED_DIAL:
			if button.GetNumber() == "" {
				faults = append(faults, fmt.Errorf("button %d of %s is a speed dial without a number", button.GetButton(), phone.DeviceName))
			}
		case configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_DO_NOT_DISTURB, configv1.SkinnyButtonType_SKINNY_BUTTON_TYPE_FORWARD_ALL:
		default:
			faults = append(faults, fmt.Errorf("button %d of %s has no type that this version knows", button.GetButton(), phone.DeviceName))
		}
		phone.Buttons = append(phone.Buttons, button)
	}
	return errors.Join(faults...)
}

func (p *SkinnyPhone) checkButton(button uint32) error {
	if button < 1 || button > MaxSkinnyButton {
		return fmt.Errorf("button %d of %s is not within 1 to %d", button, p.DeviceName, MaxSkinnyButton)
	}
	if slices.ContainsFunc(p.Lines, func(line SkinnyLine) bool { return line.Button == button }) ||
		slices.ContainsFunc(p.Buttons, func(other *configv1.SkinnyButton) bool { return other.GetButton() == button }) {
		return fmt.Errorf("button %d of %s is taken already", button, p.DeviceName)
	}
	return nil
}

// addSkinny makes the target's Skinny phones known to all targets.
func (s *Snapshot) addSkinny(target *Target) error {
	var faults []error
	for _, phone := range target.skinnySorted {
		if other := s.skinny[phone.DeviceName]; other != nil {
			faults = append(faults, fmt.Errorf("phone %s is one of target %q already", phone.DeviceName, other.Target.Name))
			continue
		}
		s.skinny[phone.DeviceName] = phone
	}
	if len(target.Config.GetDriver().GetSkinny().GetAutoAssign()) > 0 {
		s.skinnyAutoAssigning++
		s.skinnyAutoAssign = target
		if s.skinnyAutoAssigning > 1 {
			s.skinnyAutoAssign = nil
		}
	}
	return errors.Join(faults...)
}

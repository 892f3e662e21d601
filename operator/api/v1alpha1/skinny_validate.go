// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // names of time zones must not depend on the machine

	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	macPattern          = regexp.MustCompile(`^(([Ss][Ee][Pp])?[0-9A-Fa-f]{12}|[0-9A-Fa-f]{4}([.][0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5})$`)
	modelPattern        = regexp.MustCompile(`^[0-9A-Za-z]([-. 0-9A-Za-z]{0,30}[0-9A-Za-z])?$`)
	dateTemplatePattern = regexp.MustCompile(`^(D[-/.]M[-/.]Y|M[-/.]D[-/.]Y|Y[-/.]M[-/.]D)A?$`)
	voicemailPattern    = regexp.MustCompile(`^\+?[0-9*#]{1,32}$`)
)

// DeviceName is the name that the phone registers with: SEP and the MAC address
// in upper case. It is empty where MAC is none.
func (s *SkinnyDevice) DeviceName() string {
	if !macPattern.MatchString(s.MAC) {
		return ""
	}
	digits := strings.NewReplacer(".", "", ":", "").Replace(strings.ToUpper(s.MAC))
	return "SEP" + strings.TrimPrefix(digits, "SEP")
}

// HasSkinny tells whether the driver serves Skinny phones.
func (d TargetDriver) HasSkinny() bool { return d.Type == DriverSkinny || d.Skinny != nil }

func (d *SkinnyDriver) validate(path *field.Path, alone bool) field.ErrorList {
	faults := between(path.Child("keepalive"), d.Keepalive, 5*time.Second, 10*time.Minute)
	if alone {
		faults = append(faults, between(path.Child("noAnswerTimeout"), d.NoAnswerTimeout, time.Second, 10*time.Minute)...)
		faults = append(faults, between(path.Child("promptTimeout"), d.PromptTimeout, time.Second, 10*time.Minute)...)
	} else {
		if d.NoAnswerTimeout != nil {
			faults = append(faults, field.Forbidden(path.Child("noAnswerTimeout"), "goes with type skinny; with type sipLine write sipLine.noAnswerTimeout"))
		}
		if d.PromptTimeout != nil {
			faults = append(faults, field.Forbidden(path.Child("promptTimeout"), "goes with type skinny; with type sipLine write sipLine.promptTimeout"))
		}
	}
	faults = append(faults, between(path.Child("interdigitTimeout"), d.InterdigitTimeout, time.Second, 2*time.Minute)...)
	faults = append(faults, within(path.Child("maxProtocolVersion"), d.MaxProtocolVersion, 3, 22)...)
	if !dateTemplatePattern.MatchString(d.DateTemplate) {
		faults = append(faults, field.Invalid(path.Child("dateTemplate"), d.DateTemplate, "write D, M and Y as in D/M/Y, M/D/Y or Y-M-D, with A behind for a 12-hour clock"))
	}
	if _, err := time.LoadLocation(d.TimeZone); err != nil || len(d.TimeZone) > maxTimeZone || d.TimeZone == "Local" {
		faults = append(faults, field.Invalid(path.Child("timeZone"), d.TimeZone, "is no time zone; write its IANA name, for example Europe/Vienna"))
	}
	faults = append(faults, d.validateAutoAssign(path.Child("autoAssign"))...)
	if d.Voicemail != "" && !voicemailPattern.MatchString(d.Voicemail) {
		faults = append(faults, field.Invalid(path.Child("voicemail"), d.Voicemail, "write 1 to 32 digits, * or #, optionally after a +"))
	}
	return faults
}

func (d *SkinnyDriver) validateAutoAssign(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if len(d.AutoAssign) > maxAutoAssign {
		faults = append(faults, field.TooMany(path, len(d.AutoAssign), maxAutoAssign))
	}
	seen := make(map[string]bool, len(d.AutoAssign))
	for i, number := range d.AutoAssign {
		switch {
		case !numberPattern.MatchString(number):
			faults = append(faults, field.Invalid(path.Index(i), number, numberRule))
		case seen[number]:
			faults = append(faults, field.Duplicate(path.Index(i), number))
		}
		seen[number] = true
	}
	return faults
}

func (s *SkinnyDevice) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	switch {
	case s.MAC == "":
		faults = append(faults, field.Required(path.Child("mac"), "write the phone's MAC address, for example 0011.2233.4455"))
	case s.DeviceName() == "":
		faults = append(faults, field.Invalid(path.Child("mac"), s.MAC, "write the MAC address as 0011.2233.4455, 00:11:22:33:44:55, 001122334455 or SEP001122334455"))
	}
	if s.Model != "" && !modelPattern.MatchString(s.Model) {
		faults = append(faults, field.Invalid(path.Child("model"), s.Model, "write at most 32 letters, digits, -, . and blanks, with a letter or digit at both ends"))
	}
	faults = append(faults, within(path.Child("button"), s.Button, 1, maxSkinnyButtons)...)
	taken := map[int32]bool{*s.Button: true}
	buttons := path.Child("buttons")
	if len(s.Buttons) > maxSkinnyButtons-1 {
		faults = append(faults, field.TooMany(buttons, len(s.Buttons), maxSkinnyButtons-1))
	}
	for i, button := range s.Buttons {
		at := buttons.Index(i)
		faults = append(faults, button.validate(at)...)
		if taken[button.Button] {
			faults = append(faults, field.Invalid(at.Child("button"), button.Button, "is another button's of this phone already; give each its own"))
		}
		taken[button.Button] = true
	}
	return faults
}

func (b SkinnyButton) validate(path *field.Path) field.ErrorList {
	faults := within(path.Child("button"), &b.Button, 1, maxSkinnyButtons)
	number := path.Child("number")
	switch b.Type {
	case SkinnySpeedDial, SkinnyBLFSpeedDial:
		switch {
		case b.Number == "":
			faults = append(faults, field.Required(number, "write the number that the button dials"))
		case !numberPattern.MatchString(b.Number):
			faults = append(faults, field.Invalid(number, b.Number, numberRule))
		}
	case SkinnyDoNotDisturb, SkinnyForwardAll:
		if b.Number != "" {
			faults = append(faults, field.Forbidden(number, "goes with speedDial and blfSpeedDial"))
		}
	default:
		faults = append(faults, field.NotSupported(path.Child("type"), b.Type, []SkinnyButtonType{SkinnySpeedDial, SkinnyBLFSpeedDial, SkinnyDoNotDisturb, SkinnyForwardAll}))
	}
	if len(b.Label) > maxSkinnyLabel || hasControl(b.Label) {
		faults = append(faults, field.Invalid(path.Child("label"), b.Label, "at most 39 bytes on one line"))
	}
	return faults
}

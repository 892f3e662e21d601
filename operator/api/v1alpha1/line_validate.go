// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"regexp"
	"slices"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	pickupGroupPattern  = regexp.MustCompile(`^[-_0-9A-Za-z]{1,32}$`)
	remoteNumberPattern = regexp.MustCompile(`^\+?[0-9*#]{1,32}$`)
)

// Validate returns every fault of the line as it is with its defaults, each
// with its field and what to do. It does not change the line.
func (l *Line) Validate() field.ErrorList {
	line := l.DeepCopy()
	line.SetDefaults()
	spec := field.NewPath("spec")
	faults := validateName(line.Name)
	if line.Spec.Target == "" {
		faults = append(faults, field.Required(spec.Child("target"), "name the CMETarget the line belongs to"))
	}
	if !numberPattern.MatchString(line.Spec.Number) {
		faults = append(faults, field.Invalid(spec.Child("number"), line.Spec.Number, numberRule))
	}
	if name := line.Spec.DisplayName; utf8.RuneCountInString(name) > maxDisplayName || hasControl(name) {
		faults = append(faults, field.Invalid(spec.Child("displayName"), name, "at most 64 characters on one line"))
	}
	faults = append(faults, positive(spec.Child("callLimit"), line.Spec.CallLimit, 100)...)
	faults = append(faults, line.Spec.validateKind(spec)...)
	if group := line.Spec.PickupGroup; group != "" && !pickupGroupPattern.MatchString(group) {
		faults = append(faults, field.Invalid(spec.Child("pickupGroup"), group, "write at most 32 letters, digits, - or _"))
	}
	faults = append(faults, validateForwarding(spec.Child("forwarding"), line.Spec.Forwarding, line.Spec.Number)...)
	faults = append(faults, line.Spec.validateRemoteNumbers(spec.Child("remoteNumbers"))...)
	return append(faults, line.Spec.validateDevices(spec.Child("devices"))...)
}

func (s LineSpec) validateKind(spec *field.Path) field.ErrorList {
	var faults field.ErrorList
	route := spec.Child("defaultRoute")
	switch s.Kind {
	case LineStation:
		if s.DefaultRoute != "" {
			faults = append(faults, field.Forbidden(route, "goes with kind routeing"))
		}
		return faults
	case LineRouteing:
	default:
		return append(faults, field.NotSupported(spec.Child("kind"), s.Kind, []LineKind{LineStation, LineRouteing}))
	}
	if len(s.Devices) > 0 {
		faults = append(faults, field.Forbidden(spec.Child("devices"), "a line of kind routeing has no phones; remove them"))
	}
	switch {
	case s.DefaultRoute == "":
	case !numberPattern.MatchString(s.DefaultRoute):
		faults = append(faults, field.Invalid(route, s.DefaultRoute, numberRule))
	case s.DefaultRoute == s.Number:
		faults = append(faults, field.Invalid(route, s.DefaultRoute, "is the line itself; name another number"))
	}
	return faults
}

func (s LineSpec) validateRemoteNumbers(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if len(s.RemoteNumbers) > maxRemoteNumbers {
		faults = append(faults, field.TooMany(path, len(s.RemoteNumbers), maxRemoteNumbers))
	}
	for i, number := range s.RemoteNumbers {
		switch {
		case !remoteNumberPattern.MatchString(number):
			faults = append(faults, field.Invalid(path.Index(i), number, "write 1 to 32 digits, * or #, optionally after a +"))
		case number == s.Number:
			faults = append(faults, field.Invalid(path.Index(i), number, "is the line itself; name a phone outside"))
		case slices.Contains(s.RemoteNumbers[:i], number):
			faults = append(faults, field.Duplicate(path.Index(i), number))
		}
	}
	return faults
}

func (s LineSpec) validateDevices(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if len(s.Devices) > maxDevices {
		faults = append(faults, field.TooMany(path, len(s.Devices), maxDevices))
	}
	names, users, skinny := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for i, device := range s.Devices {
		at := path.Index(i)
		switch {
		case device.Name == "":
			faults = append(faults, field.Required(at.Child("name"), "name the device, for example desk"))
		case len(validation.IsDNS1123Label(device.Name)) > 0:
			faults = append(faults, field.Invalid(at.Child("name"), device.Name, "write at most 63 lower-case letters, digits and -, with a letter or digit at both ends"))
		case names[device.Name]:
			faults = append(faults, field.Duplicate(at.Child("name"), device.Name))
		}
		names[device.Name] = true
		if device.Skinny != nil {
			if device.SIP != nil {
				faults = append(faults, field.Forbidden(at.Child("skinny"), "a phone is either a SIP phone or a Skinny phone; remove sip or skinny"))
			}
			faults = append(faults, device.Skinny.validate(at.Child("skinny"))...)
			if name := device.Skinny.DeviceName(); name != "" && skinny[name] {
				faults = append(faults, field.Invalid(at.Child("skinny", "mac"), device.Skinny.MAC, "is another device's of this line already; a phone has a line once"))
			} else {
				skinny[name] = true
			}
		}
		if device.SIP == nil && device.Skinny != nil {
			continue
		}
		if device.SIP == nil {
			faults = append(faults, field.Required(at.Child("sip"), "say how the phone authenticates: sip.passwordSecretRef (a Skinny phone: skinny.mac)"))
			continue
		}
		faults = append(faults, device.SIP.validate(at.Child("sip"), s.Number)...)
		if users[device.SIP.Username] {
			faults = append(faults, field.Invalid(at.Child("sip", "username"), device.SIP.Username, "is another device's of this line already; give each phone its own"))
		}
		users[device.SIP.Username] = true
	}
	return faults
}

func (s *SIPDevice) validate(path *field.Path, number string) field.ErrorList {
	faults := s.PasswordSecretRef.validate(path.Child("passwordSecretRef"))
	// A number that is wrong is reported as such, not where it is the default.
	if s.Username != number && !validUser(s.Username) {
		faults = append(faults, field.Invalid(path.Child("username"), s.Username, userRule))
	}
	switch s.Answer {
	case AnswerAuto, AnswerNone, AnswerNotifyTalk, AnswerAutoAnswerHeader:
	default:
		faults = append(faults, field.NotSupported(path.Child("answer"), s.Answer, []AnswerMethod{AnswerAuto, AnswerNone, AnswerNotifyTalk, AnswerAutoAnswerHeader}))
	}
	return faults
}

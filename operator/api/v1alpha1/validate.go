// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var numberPattern = regexp.MustCompile(`^\+?[0-9A-Za-z*#]{1,32}$`)

// Validate returns every fault of a defaulted target, each with its field and
// what to do.
func (t *CMETarget) Validate() field.ErrorList {
	faults := validateName(t.Name)
	spec := field.NewPath("spec")
	domains := spec.Child("sip", "domains")
	if len(t.Spec.SIP.Domains) == 0 {
		faults = append(faults, field.Required(domains, `list the domains and addresses that phones and applications use, or "*"`))
	}
	for i, domain := range t.Spec.SIP.Domains {
		if !validDomain(domain) {
			faults = append(faults, field.Invalid(domains.Index(i), domain, `write a host name, an address without port, or "*"`))
		}
		if slices.Contains(t.Spec.SIP.Domains[:i], domain) {
			faults = append(faults, field.Duplicate(domains.Index(i), domain))
		}
	}
	if strings.ContainsAny(t.Spec.SIP.Realm, "\"\\\r\n") {
		faults = append(faults, field.Invalid(spec.Child("sip", "realm"), t.Spec.SIP.Realm, "quotes and line ends are not allowed"))
	}
	faults = append(faults, t.Spec.Driver.validate(spec.Child("driver"))...)
	csta := spec.Child("csta")
	if mode := t.Spec.CSTA.Mode; mode != CSTAModeAdvanced && mode != CSTAModeBasic {
		faults = append(faults, field.NotSupported(csta.Child("mode"), mode, []CSTAMode{CSTAModeAdvanced, CSTAModeBasic}))
	}
	faults = append(faults, between(csta.Child("minSE"), t.Spec.CSTA.MinSE, 90*time.Second, time.Hour)...)
	faults = append(faults, between(csta.Child("sessionExpires"), t.Spec.CSTA.SessionExpires, 90*time.Second, 24*time.Hour)...)
	if t.Spec.CSTA.MinSE.Duration > t.Spec.CSTA.SessionExpires.Duration {
		faults = append(faults, field.Invalid(csta.Child("sessionExpires"), t.Spec.CSTA.SessionExpires.Duration.String(), "must not be shorter than minSE"))
	}
	limits := spec.Child("limits")
	faults = append(faults, positive(limits.Child("sessions"), t.Spec.Limits.Sessions, 1_000_000)...)
	faults = append(faults, positive(limits.Child("monitorsPerLine"), t.Spec.Limits.MonitorsPerLine, 100_000)...)
	faults = append(faults, positive(limits.Child("callsPerLine"), t.Spec.Limits.CallsPerLine, 100)...)
	faults = append(faults, positive(limits.Child("calls"), t.Spec.Limits.Calls, 1_000_000)...)
	return faults
}

func (d TargetDriver) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	switch d.Type {
	case DriverSIPLine:
		if d.Simulated != nil {
			faults = append(faults, field.Forbidden(path.Child("simulated"), "goes with type simulated"))
		}
		line, at := d.SIPLine, path.Child("sipLine")
		faults = append(faults, between(at.Child("minRegistrationExpiry"), line.MinRegistrationExpiry, time.Second, 24*time.Hour)...)
		faults = append(faults, between(at.Child("maxRegistrationExpiry"), line.MaxRegistrationExpiry, line.MinRegistrationExpiry.Duration, 7*24*time.Hour)...)
		faults = append(faults, between(at.Child("defaultRegistrationExpiry"), line.DefaultRegistrationExpiry, line.MinRegistrationExpiry.Duration, line.MaxRegistrationExpiry.Duration)...)
		faults = append(faults, between(at.Child("noAnswerTimeout"), line.NoAnswerTimeout, time.Second, 10*time.Minute)...)
		faults = append(faults, between(at.Child("promptTimeout"), line.PromptTimeout, time.Second, 10*time.Minute)...)
	case DriverSimulated:
		if d.SIPLine != nil {
			faults = append(faults, field.Forbidden(path.Child("sipLine"), "goes with type sipLine"))
		}
		at := path.Child("simulated")
		faults = append(faults, between(at.Child("answerAfter"), d.Simulated.AnswerAfter, 0, time.Hour)...)
		faults = append(faults, between(at.Child("noAnswerTimeout"), d.Simulated.NoAnswerTimeout, time.Second, 10*time.Minute)...)
		faults = append(faults, between(at.Child("promptTimeout"), d.Simulated.PromptTimeout, time.Second, 10*time.Minute)...)
	default:
		faults = append(faults, field.NotSupported(path.Child("type"), d.Type, []DriverType{DriverSIPLine, DriverSimulated}))
	}
	return faults
}

// Validate returns every fault of a defaulted line.
func (l *Line) Validate() field.ErrorList {
	faults := validateName(l.Name)
	spec := field.NewPath("spec")
	if l.Spec.Target == "" {
		faults = append(faults, field.Required(spec.Child("target"), "name the CMETarget the line belongs to"))
	}
	if !numberPattern.MatchString(l.Spec.Number) {
		faults = append(faults, field.Invalid(spec.Child("number"), l.Spec.Number, "write 1 to 32 digits, letters, * or #, optionally after a +"))
	}
	if len(l.Spec.DisplayName) > 64 || strings.ContainsAny(l.Spec.DisplayName, "\r\n") {
		faults = append(faults, field.Invalid(spec.Child("displayName"), l.Spec.DisplayName, "at most 64 bytes on one line"))
	}
	faults = append(faults, positive(spec.Child("callLimit"), l.Spec.CallLimit, 100)...)
	devices := spec.Child("devices")
	if len(l.Spec.Devices) > 10 {
		faults = append(faults, field.TooMany(devices, len(l.Spec.Devices), 10))
	}
	for i, device := range l.Spec.Devices {
		at := devices.Index(i)
		if device.Name == "" {
			faults = append(faults, field.Required(at.Child("name"), "name the device, for example desk"))
		}
		if slices.ContainsFunc(l.Spec.Devices[:i], func(other LineDevice) bool { return other.Name == device.Name }) {
			faults = append(faults, field.Duplicate(at.Child("name"), device.Name))
		}
		if device.SIP == nil {
			faults = append(faults, field.Required(at.Child("sip"), "say how the phone authenticates: sip.passwordSecretRef"))
			continue
		}
		faults = append(faults, device.SIP.PasswordSecretRef.validate(at.Child("sip", "passwordSecretRef"))...)
		if device.SIP.Username != l.Spec.Number && strings.ContainsAny(device.SIP.Username, "\":\\\r\n @") {
			faults = append(faults, field.Invalid(at.Child("sip", "username"), device.SIP.Username, `no blanks, quotes, ":" or "@"`))
		}
		methods := []AnswerMethod{AnswerAuto, AnswerNone, AnswerNotifyTalk, AnswerAutoAnswerHeader}
		if !slices.Contains(methods, device.SIP.Answer) {
			faults = append(faults, field.NotSupported(at.Child("sip", "answer"), device.SIP.Answer, methods))
		}
	}
	return faults
}

// Validate returns every fault of a defaulted user.
func (u *CTIUser) Validate() field.ErrorList {
	faults := validateName(u.Name)
	spec := field.NewPath("spec")
	if u.Spec.User == "" || len(u.Spec.User) > 128 || strings.ContainsAny(u.Spec.User, "\":\\\r\n @") {
		faults = append(faults, field.Invalid(spec.Child("user"), u.Spec.User, `write the user part of From: at most 128 bytes, no blanks, quotes, ":" or "@"`))
	}
	faults = append(faults, u.Spec.PasswordSecretRef.validate(spec.Child("passwordSecretRef"))...)
	lines := spec.Child("lines")
	if len(u.Spec.Lines) == 0 {
		faults = append(faults, field.Required(lines, "list the lines the user may monitor or control"))
	}
	if len(u.Spec.Lines) > 1000 {
		faults = append(faults, field.TooMany(lines, len(u.Spec.Lines), 1000))
	}
	rights := []Right{RightMonitor, RightControl}
	for i, grant := range u.Spec.Lines {
		at := lines.Index(i)
		if grant.Target == "" {
			faults = append(faults, field.Required(at.Child("target"), "name the line's CMETarget"))
		}
		if !numberPattern.MatchString(grant.Number) {
			faults = append(faults, field.Invalid(at.Child("number"), grant.Number, "write the number of a Line"))
		}
		if slices.ContainsFunc(u.Spec.Lines[:i], func(other LineGrant) bool { return other.Target == grant.Target && other.Number == grant.Number }) {
			faults = append(faults, field.Duplicate(at, grant.Target+" "+grant.Number))
		}
		if len(grant.Rights) == 0 {
			faults = append(faults, field.Required(at.Child("rights"), "grant monitor, control or both"))
		}
		for j, right := range grant.Rights {
			if !slices.Contains(rights, right) {
				faults = append(faults, field.NotSupported(at.Child("rights").Index(j), right, rights))
			}
		}
	}
	faults = append(faults, positive(spec.Child("limits", "sessions"), u.Spec.Limits.Sessions, 10_000)...)
	faults = append(faults, positive(spec.Child("limits", "monitors"), u.Spec.Limits.Monitors, 100_000)...)
	return faults
}

func (r SecretKeyReference) validate(path *field.Path) field.ErrorList {
	if r.Name == "" {
		return field.ErrorList{field.Required(path.Child("name"), "name the Secret that holds the password")}
	}
	return nil
}

func validateName(name string) field.ErrorList {
	var faults field.ErrorList
	for _, text := range validation.IsDNS1123Subdomain(name) {
		faults = append(faults, field.Invalid(field.NewPath("metadata", "name"), name, text))
	}
	return faults
}

func validDomain(domain string) bool {
	return domain == "*" || net.ParseIP(domain) != nil || len(validation.IsDNS1123Subdomain(strings.ToLower(domain))) == 0
}

func between(path *field.Path, value *metav1.Duration, least, most time.Duration) field.ErrorList {
	if value == nil || value.Duration < least || value.Duration > most {
		text := "unset"
		if value != nil {
			text = value.Duration.String()
		}
		return field.ErrorList{field.Invalid(path, text, "must be from "+least.String()+" to "+most.String())}
	}
	return nil
}

func positive(path *field.Path, value *int32, most int32) field.ErrorList {
	if value != nil && (*value < 1 || *value > most) {
		return field.ErrorList{field.Invalid(path, *value, "must be from 1 to "+strconv.Itoa(int(most)))}
	}
	return nil
}

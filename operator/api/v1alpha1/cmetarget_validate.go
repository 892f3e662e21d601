// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Validate returns every fault of the target as it is with its defaults, each
// with its field and what to do. It does not change the target.
func (t *CMETarget) Validate() field.ErrorList {
	target := t.DeepCopy()
	target.SetDefaults()
	spec := field.NewPath("spec")
	faults := validateName(target.Name)
	faults = append(faults, target.Spec.SIP.validate(spec.Child("sip"))...)
	faults = append(faults, target.Spec.Driver.validate(spec.Child("driver"))...)
	faults = append(faults, target.Spec.CSTA.validate(spec.Child("csta"))...)
	faults = append(faults, target.Spec.DialPlan.validate(spec.Child("dialPlan"))...)
	faults = append(faults, target.Spec.Trunk.validate(spec.Child("trunk"), target.Spec.DialPlan)...)
	faults = append(faults, target.Spec.Media.validate(spec.Child("media"))...)
	faults = append(faults, target.Spec.Features.validate(spec.Child("features"))...)
	faults = append(faults, validateSessionManagers(spec.Child("sessionManagers"), target.Spec.SessionManagers)...)
	return append(faults, target.Spec.Limits.validate(spec.Child("limits"))...)
}

func (s TargetSIP) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	domains := path.Child("domains")
	if len(s.Domains) == 0 {
		faults = append(faults, field.Required(domains, `list the domains and addresses that phones and applications use, or "*"`))
	}
	if len(s.Domains) > maxDomains {
		faults = append(faults, field.TooMany(domains, len(s.Domains), maxDomains))
	}
	seen := make(map[string]bool, len(s.Domains))
	for i, domain := range s.Domains {
		if !validDomain(domain) {
			faults = append(faults, field.Invalid(domains.Index(i), domain, `write a host name, an address without port and brackets, or "*"`))
		}
		if canonical := CanonicalDomain(domain); seen[canonical] {
			faults = append(faults, field.Duplicate(domains.Index(i), domain))
		} else {
			seen[canonical] = true
		}
	}
	realm := path.Child("realm")
	if len(s.Realm) > maxRealm {
		faults = append(faults, field.TooLong(realm, s.Realm, maxRealm))
	}
	if hasControl(s.Realm) || strings.ContainsAny(s.Realm, `"\`) {
		faults = append(faults, field.Invalid(realm, s.Realm, `quotes, \ and control characters are not allowed`))
	}
	return faults
}

func (d TargetDriver) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if d.Type != DriverSIPLine && d.SIPLine != nil {
		faults = append(faults, field.Forbidden(path.Child("sipLine"), "goes with type sipLine"))
	}
	if d.Type != DriverSimulated && d.Simulated != nil {
		faults = append(faults, field.Forbidden(path.Child("simulated"), "goes with type simulated"))
	}
	switch d.Type {
	case DriverSIPLine:
		faults = append(faults, d.SIPLine.validate(path.Child("sipLine"))...)
	case DriverSimulated:
		faults = append(faults, d.Simulated.validate(path.Child("simulated"))...)
	case DriverSkinny:
	default:
		faults = append(faults, field.NotSupported(path.Child("type"), d.Type, []DriverType{DriverSIPLine, DriverSimulated, DriverSkinny}))
	}
	switch {
	case d.Skinny == nil:
	case d.Type == DriverSimulated:
		faults = append(faults, field.Forbidden(path.Child("skinny"), "goes with type skinny or sipLine"))
	default:
		faults = append(faults, d.Skinny.validate(path.Child("skinny"), d.Type == DriverSkinny)...)
	}
	return faults
}

func (d *SIPLineDriver) validate(path *field.Path) field.ErrorList {
	least, most := d.MinRegistrationExpiry, d.MaxRegistrationExpiry
	faults := between(path.Child("minRegistrationExpiry"), least, time.Second, 24*time.Hour)
	faults = append(faults, between(path.Child("maxRegistrationExpiry"), most, time.Second, 7*24*time.Hour)...)
	if most.Duration < least.Duration {
		faults = append(faults, field.Invalid(path.Child("maxRegistrationExpiry"), most.Duration.String(), "must not be shorter than minRegistrationExpiry, "+least.Duration.String()))
	} else {
		faults = append(faults, between(path.Child("defaultRegistrationExpiry"), d.DefaultRegistrationExpiry, least.Duration, most.Duration)...)
	}
	faults = append(faults, between(path.Child("noAnswerTimeout"), d.NoAnswerTimeout, time.Second, 10*time.Minute)...)
	return append(faults, between(path.Child("promptTimeout"), d.PromptTimeout, time.Second, 10*time.Minute)...)
}

func (d *SimulatedDriver) validate(path *field.Path) field.ErrorList {
	faults := between(path.Child("answerAfter"), d.AnswerAfter, 0, time.Hour)
	faults = append(faults, between(path.Child("noAnswerTimeout"), d.NoAnswerTimeout, time.Second, 10*time.Minute)...)
	return append(faults, between(path.Child("promptTimeout"), d.PromptTimeout, time.Second, 10*time.Minute)...)
}

func (c TargetCSTA) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if c.Mode != CSTAModeAdvanced && c.Mode != CSTAModeBasic {
		faults = append(faults, field.NotSupported(path.Child("mode"), c.Mode, []CSTAMode{CSTAModeAdvanced, CSTAModeBasic}))
	}
	// RFC 4028 clause 5: Min-SE is at least 90 seconds.
	faults = append(faults, between(path.Child("minSE"), c.MinSE, 90*time.Second, time.Hour)...)
	expires := path.Child("sessionExpires")
	outside := between(expires, c.SessionExpires, 90*time.Second, 24*time.Hour)
	if len(outside) == 0 && c.SessionExpires.Duration < c.MinSE.Duration {
		outside = field.ErrorList{field.Invalid(expires, c.SessionExpires.Duration.String(), "must not be shorter than minSE, "+c.MinSE.Duration.String())}
	}
	return append(faults, outside...)
}

func (l TargetLimits) validate(path *field.Path) field.ErrorList {
	faults := positive(path.Child("sessions"), l.Sessions, 1_000_000)
	faults = append(faults, positive(path.Child("monitorsPerLine"), l.MonitorsPerLine, 100_000)...)
	faults = append(faults, positive(path.Child("callsPerLine"), l.CallsPerLine, 100)...)
	return append(faults, positive(path.Child("calls"), l.Calls, 1_000_000)...)
}

// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Bounds that the types' markers state too.
const (
	maxDomains     = 64
	maxRealm       = 253
	maxUser        = 128
	maxDisplayName = 64
	maxDevices     = 10
	maxGrants      = 1000
	maxSelectors   = 64

	maxDialRules       = 256
	maxAcceptFrom      = 64
	maxParkSlots       = 256
	maxSessionManagers = 64
	maxRemoteNumbers   = 8

	maxSkinnyButtons = 42
	maxSkinnyLabel   = 39
	maxAutoAssign    = 1000
	maxTimeZone      = 64
)

// AnyDomain is the domain of the target that takes what no other target claims.
const AnyDomain = "*"

var numberPattern = regexp.MustCompile(`^\+?[0-9A-Za-z*#]{1,32}$`)

const (
	numberRule = "write 1 to 32 digits, letters, * or #, optionally after a +"
	userRule   = `at most 128 bytes without blanks, quotes and : @ < > \`
)

// CanonicalDomain is the form in which domains are compared: host names in
// lower case, addresses in their shortest notation.
func CanonicalDomain(domain string) string {
	if address, err := netip.ParseAddr(domain); err == nil {
		return address.String()
	}
	return strings.ToLower(domain)
}

func validDomain(domain string) bool {
	if domain == AnyDomain {
		return true
	}
	if address, err := netip.ParseAddr(domain); err == nil {
		return address.Zone() == ""
	}
	return len(validation.IsDNS1123Subdomain(strings.ToLower(domain))) == 0
}

// validUser tells a text that can be a digest user name and stand in a URI as
// it is.
func validUser(user string) bool {
	return user != "" && len(user) <= maxUser && !strings.ContainsFunc(user, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`":\@<>`, r)
	})
}

func hasControl(text string) bool { return strings.ContainsFunc(text, unicode.IsControl) }

func validateName(name string) field.ErrorList {
	var faults field.ErrorList
	for _, text := range validation.IsDNS1123Subdomain(name) {
		faults = append(faults, field.Invalid(field.NewPath("metadata", "name"), name, text))
	}
	return faults
}

func (r SecretKeyReference) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	if r.Name == "" {
		faults = append(faults, field.Required(path.Child("name"), "name the Secret that holds the password"))
	} else {
		for _, text := range validation.IsDNS1123Subdomain(r.Name) {
			faults = append(faults, field.Invalid(path.Child("name"), r.Name, text))
		}
	}
	for _, text := range validation.IsConfigMapKey(r.Key) {
		faults = append(faults, field.Invalid(path.Child("key"), r.Key, text))
	}
	return faults
}

// between checks a duration with its bounds, which are included.
func between(path *field.Path, value *metav1.Duration, least, most time.Duration) field.ErrorList {
	if value.Duration >= least && value.Duration <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, value.Duration.String(), "must be from "+least.String()+" to "+most.String())}
}

// positive checks a number that may be left out.
func positive(path *field.Path, value *int32, most int32) field.ErrorList {
	return within(path, value, 1, most)
}

// within checks a number that may be left out, with its bounds included.
func within(path *field.Path, value *int32, least, most int32) field.ErrorList {
	if value == nil || *value >= least && *value <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *value, "must be from "+strconv.Itoa(int(least))+" to "+strconv.Itoa(int(most)))}
}

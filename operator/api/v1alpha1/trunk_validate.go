// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"net/netip"
	"regexp"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	trunkURIPattern  = regexp.MustCompile(`^sips?:(?:\[([0-9a-fA-F:.]+)\]|([0-9A-Za-z](?:[-.0-9A-Za-z]{0,251}[0-9A-Za-z])?))(?::([0-9]{1,5}))?(?:;transport=(?:udp|tcp|tls))?$`)
	trunkUserPattern = regexp.MustCompile(`^[^\s":\\<>\x00-\x1f\x7f]{1,128}$`)
)

func (t *Trunk) validate(path *field.Path, plan *DialPlan) field.ErrorList {
	if t == nil {
		return nil
	}
	var faults field.ErrorList
	if len(validation.IsDNS1123Label(t.Name)) > 0 {
		faults = append(faults, field.Invalid(path.Child("name"), t.Name, "write at most 63 lower-case letters, digits and -, with a letter or digit at both ends"))
	}
	if !validTrunkURI(t.URI) {
		faults = append(faults, field.Invalid(path.Child("uri"), t.URI, "write sip: or sips:, a host or address, and optionally a port and ;transport=udp, tcp or tls"))
	}
	from := path.Child("acceptFrom")
	if len(t.AcceptFrom) > maxAcceptFrom {
		faults = append(faults, field.TooMany(from, len(t.AcceptFrom), maxAcceptFrom))
	}
	seen := make(map[netip.Prefix]bool, len(t.AcceptFrom))
	for i, text := range t.AcceptFrom {
		network, ok := parseNetwork(text)
		switch {
		case !ok:
			faults = append(faults, field.Invalid(from.Index(i), text, "write an address or a network: 192.0.2.1 or 192.0.2.0/24"))
		case network != network.Masked():
			faults = append(faults, field.Invalid(from.Index(i), text, "has bits beside its network; write "+network.Masked().String()+" or the address alone"))
		case seen[network]:
			faults = append(faults, field.Duplicate(from.Index(i), text))
		}
		seen[network] = true
	}
	if t.Auth != nil {
		auth := path.Child("auth")
		if !trunkUserPattern.MatchString(t.Auth.Username) {
			faults = append(faults, field.Invalid(auth.Child("username"), t.Auth.Username, `write at most 128 bytes without blanks, quotes and : < > \`))
		}
		faults = append(faults, t.Auth.PasswordSecretRef.validate(auth.Child("passwordSecretRef"))...)
	}
	faults = append(faults, positive(path.Child("maxCalls"), t.MaxCalls, 100_000)...)
	if t.E164 && (plan == nil || plan.CountryCode == "") {
		faults = append(faults, field.Invalid(path.Child("e164"), t.E164, "needs dialPlan.countryCode"))
	}
	return faults
}

func validTrunkURI(uri string) bool {
	match := trunkURIPattern.FindStringSubmatch(uri)
	if match == nil {
		return false
	}
	if literal := match[1]; literal != "" {
		if address, err := netip.ParseAddr(literal); err != nil || !address.Is6() {
			return false
		}
	}
	if match[3] == "" {
		return true
	}
	port, err := strconv.ParseUint(match[3], 10, 16)
	return err == nil && port > 0
}

// parseNetwork reads an address as the network of it alone.
func parseNetwork(text string) (netip.Prefix, bool) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return network, true
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(address, address.BitLen()), true
}

// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	countryCodePattern = regexp.MustCompile(`^[1-9][0-9]{0,2}$`)
	areaCodePattern    = regexp.MustCompile(`^[0-9]{1,10}$`)
	dialPrefixPattern  = regexp.MustCompile(`^[0-9*#]{1,8}$`)
	rulePattern        = regexp.MustCompile(`^\+?[0-9*#.]{0,31}T?$`)
	rulePrefixPattern  = regexp.MustCompile(`^\+?[0-9*#]{0,31}$`)
)

func (p *DialPlan) validate(path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	var faults field.ErrorList
	matches := func(name, value string, pattern *regexp.Regexp, rule string) {
		if value != "" && !pattern.MatchString(value) {
			faults = append(faults, field.Invalid(path.Child(name), value, rule))
		}
	}
	matches("countryCode", p.CountryCode, countryCodePattern, "write 1 to 3 digits without + and leading 0")
	matches("areaCode", p.AreaCode, areaCodePattern, "write at most 10 digits")
	matches("officeCode", p.OfficeCode, areaCodePattern, "write at most 10 digits")
	matches("externalPrefix", p.ExternalPrefix, dialPrefixPattern, "write at most 8 digits, * or #")
	matches("internationalPrefix", p.InternationalPrefix, dialPrefixPattern, "write at most 8 digits, * or #")
	matches("nationalPrefix", p.NationalPrefix, dialPrefixPattern, "write at most 8 digits, * or #")
	if p.CountryCode == "" && (p.AreaCode != "" || p.OfficeCode != "") {
		faults = append(faults, field.Required(path.Child("countryCode"), `areaCode and officeCode need it; write for example "1"`))
	}
	faults = append(faults, positive(path.Child("extensionLength"), p.ExtensionLength, 15)...)
	rules := path.Child("rules")
	if len(p.Rules) > maxDialRules {
		faults = append(faults, field.TooMany(rules, len(p.Rules), maxDialRules))
	}
	for i, rule := range p.Rules {
		faults = append(faults, rule.validate(rules.Index(i))...)
	}
	return faults
}

func (r DialRule) validate(path *field.Path) field.ErrorList {
	var faults field.ErrorList
	sound := r.Pattern != "" && rulePattern.MatchString(r.Pattern)
	if !sound {
		faults = append(faults, field.Invalid(path.Child("pattern"), r.Pattern, `write digits, * or #, "." for any digit, a "+" in front, "T" at the end for any more digits`))
	}
	// A number that matches has at least the pattern's characters but for T.
	if least := len(strings.TrimSuffix(r.Pattern, "T")); r.Strip < 0 || sound && int(r.Strip) > least {
		faults = append(faults, field.Invalid(path.Child("strip"), r.Strip, "must be from 0 to "+strconv.Itoa(least)+", the characters that the pattern has at least"))
	}
	if !rulePrefixPattern.MatchString(r.Prefix) {
		faults = append(faults, field.Invalid(path.Child("prefix"), r.Prefix, "write at most 31 digits, * or #, optionally after a +"))
	}
	switch r.Action {
	case DialRoute, DialTrunk:
	case DialBlock:
		if r.Strip != 0 || r.Prefix != "" {
			faults = append(faults, field.Forbidden(path.Child("action"), "block refuses the number; remove strip and prefix"))
		}
	default:
		faults = append(faults, field.NotSupported(path.Child("action"), r.Action, []DialAction{DialRoute, DialTrunk, DialBlock}))
	}
	return faults
}

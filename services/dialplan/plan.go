// SPDX-License-Identifier: Apache-2.0

// Package dialplan tells what numbers mean to one target: which line a number is
// that somebody dialled, how a number outside is given to the trunk, and how
// callers from the trunk are shown so that they can be called back. It is pure;
// it knows no calls and never decides who may dial.
package dialplan

import (
	"strings"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

// maxNumber is how many characters a number may have.
const maxNumber = 32

// specialNumber is how many digits a number has at most that is given to the
// trunk as it is, without country and area code: emergency and service numbers.
const specialNumber = 5

// bareFull is how many digits a number has at least that a trunk of full numbers
// gives without +, as many do.
const bareFull = 10

// Destination is what a number means: exactly one of Line, External and Blocked,
// or none of them where it leads nowhere.
type Destination struct {
	// Line is the number of a line of the target.
	Line string
	// External is a number outside, as the trunk wants it; Shown is the same
	// number as applications and phones are shown it: in E.164 with + where the
	// plan can tell, else as it was dialled. It is never that of a line and can be
	// dialled again.
	External, Shown string
	// Blocked: a rule refuses the number.
	Blocked bool
}

// Plan is the dial plan of one configuration. It is safe for concurrent use.
type Plan struct {
	country, area, office           string
	external, international, nation string
	extension                       int
	// own are the digits before an extension in full numbers of the office.
	own         []string
	rules       []rule
	isLine      func(number string) bool
	trunk, e164 bool
}

// New compiles a plan. Both may be nil: without a plan numbers are those of lines
// and, where there is a trunk, of anybody else. IsLine tells whether a number is
// that of a line.
func New(config *configv1.DialPlan, trunk *configv1.Trunk, isLine func(number string) bool) *Plan {
	p := &Plan{
		country: config.GetCountryCode(), area: config.GetAreaCode(), office: config.GetOfficeCode(),
		external: config.GetExternalPrefix(), international: config.GetInternationalPrefix(), nation: config.GetNationalPrefix(),
		extension: int(config.GetExtensionLength()), isLine: isLine, trunk: trunk != nil, e164: trunk.GetE164(),
	}
	if office := p.area + p.office; p.country != "" && office != "" {
		p.own = []string{"+" + p.country + office}
		if p.international != "" {
			p.own = append(p.own, p.international+p.country+office)
		}
		if p.nation != "" {
			p.own = append(p.own, p.nation+office)
		}
		p.own = append(p.own, p.country+office, office)
		if p.area != "" && p.office != "" {
			p.own = append(p.own, p.office)
		}
	}
	for _, configured := range config.GetRules() {
		p.rules = append(p.rules, newRule(configured))
	}
	return p
}

// Resolve tells what a dialled number means. Blanks, dots, hyphens and brackets
// in it mean nothing.
func (p *Plan) Resolve(dialled string) Destination {
	number, ok := clean(dialled)
	if !ok {
		if p.isLine(dialled) {
			return Destination{Line: dialled}
		}
		return Destination{}
	}
	if rule := p.ruleFor(number); rule != nil {
		switch rule.action {
		case configv1.DialAction_DIAL_ACTION_BLOCK:
			return Destination{Blocked: true}
		case configv1.DialAction_DIAL_ACTION_TRUNK:
			return p.asRuled(number, rule.rewrite(number))
		default:
			rewritten := rule.rewrite(number)
			if line := p.ownLine(rewritten); line != "" {
				return Destination{Line: line}
			}
			return p.outside(number, rewritten)
		}
	}
	if line := p.ownLine(number); line != "" {
		return Destination{Line: line}
	}
	switch {
	case number[0] == '+':
		return p.outside(number, number)
	case p.external != "":
		rest, isExternal := strings.CutPrefix(number, p.external)
		if !isExternal {
			return Destination{}
		}
		return p.outside(number, rest)
	case len(number) <= p.extension:
		return Destination{} // an extension that nobody has
	}
	return p.outside(number, number)
}

// ruleFor is the rule that decides on a number; nil: none does.
func (p *Plan) ruleFor(number string) *rule {
	for i := range p.rules {
		if p.rules[i].matches(number) {
			return &p.rules[i]
		}
	}
	return nil
}

// asRuled gives a number to the trunk as a rule wrote it.
func (p *Plan) asRuled(dialled, number string) Destination {
	if !p.trunk || !dialable(number) {
		return Destination{}
	}
	to := Destination{External: number, Shown: p.full(number)}
	switch {
	case to.Shown != "":
	case p.isLine(dialled): // the line that the rule hides
		to.Shown = p.external + number
	default:
		to.Shown = dialled
	}
	return to
}

// outside takes a number without external prefix to the line whose full number it
// is, or to the trunk, unless a rule refuses the full number. It is never that of
// an extension: behind the external prefix 110 is the police.
func (p *Plan) outside(dialled, number string) Destination {
	full := p.full(number)
	switch {
	case full == "":
		if !p.trunk || !dialable(number) {
			return Destination{}
		}
		return Destination{External: number, Shown: dialled}
	case !dialable(full):
		return Destination{}
	}
	if line := p.ownLine(full); line != "" {
		return Destination{Line: line}
	}
	if rule := p.ruleFor(full); rule != nil && rule.action == configv1.DialAction_DIAL_ACTION_BLOCK {
		return Destination{Blocked: true}
	}
	to := Destination{External: p.onTrunk(full), Shown: full}
	if !p.trunk || !dialable(to.External) {
		return Destination{}
	}
	return to
}

// onTrunk is a full number as the trunk wants it.
func (p *Plan) onTrunk(full string) string {
	if p.e164 {
		return full
	}
	digits := full[len("+"):]
	if national, own := cutPrefix(digits, p.country); own {
		return p.nation + national
	}
	if p.international == "" {
		return full
	}
	return p.international + digits
}

// full is a number in E.164 with +; empty where that can't be told.
func (p *Plan) full(number string) string {
	if strings.HasPrefix(number, "+") {
		return number
	}
	if p.country == "" || strings.ContainsAny(number, "*#") {
		return ""
	}
	if full, ok := cutPrefix(number, p.international); ok {
		return "+" + full
	}
	if national, ok := cutPrefix(number, p.nation); ok && len(national) > specialNumber {
		return "+" + p.country + national
	}
	if len(number) <= specialNumber {
		return ""
	}
	// What follows is a number of the own area, or of another one where that is
	// dialled without prefix or the length tells.
	subscriber := len(p.office) + p.extension
	switch {
	case p.area == "":
		return "+" + p.country + number
	case p.extension > 0 && len(number) == len(p.area)+subscriber:
		return "+" + p.country + number
	case p.extension > 0 && len(number) == len(p.country)+len(p.area)+subscriber && strings.HasPrefix(number, p.country):
		return "+" + number
	case p.nation == "" && (p.extension == 0 || len(number) > subscriber):
		return "+" + p.country + number
	}
	return "+" + p.country + p.area + number
}

// Extension is the extension in a full number of the target's own office: "1001"
// of "+14255551001", of the same with international or national prefix, and of
// the bare digits. Empty: it is none.
func (p *Plan) Extension(number string) string {
	for _, prefix := range p.own {
		if rest, ok := strings.CutPrefix(number, prefix); ok && p.fits(rest) {
			return rest
		}
	}
	return ""
}

func (p *Plan) fits(extension string) bool {
	return extension != "" && (p.extension == 0 || len(extension) == p.extension)
}

// ownLine is the line that a number is, by itself or as a full number; empty:
// none.
func (p *Plan) ownLine(number string) string {
	if p.isLine(number) {
		return number
	}
	if extension := p.Extension(number); extension != "" && p.isLine(extension) {
		return extension
	}
	return ""
}

// Caller is who calls from the trunk, as shown: a line of the target by its
// number, others in E.164 with + where the plan can tell, else with the external
// prefix, so that Resolve leads back to them. A line is known by what Presented
// tells the trunk: nobody outside is shown as an extension for having its digits.
func (p *Plan) Caller(number string) string {
	cleaned, ok := clean(number)
	if !ok {
		return number
	}
	if p.isLine(cleaned) && p.Presented(cleaned) == cleaned {
		return cleaned
	}
	full := p.full(cleaned)
	if p.e164 && p.country != "" && len(cleaned) >= bareFull && strings.HasPrefix(cleaned, p.country) {
		full = "+" + cleaned
	}
	for _, written := range [...]string{cleaned, full} {
		if extension := p.Extension(written); extension != "" && p.isLine(extension) {
			return extension
		}
	}
	if full == "" {
		return p.external + cleaned
	}
	return full
}

// Presented is a number as the trunk is told it: that of a line in full where the
// plan can tell, and a full one as the trunk wants it.
func (p *Plan) Presented(number string) string {
	switch {
	case !dialable(number) || strings.ContainsAny(number, "*#"):
		return number
	case number[0] == '+':
		return p.onTrunk(number)
	case len(p.own) == 0 || !p.fits(number) || !p.isLine(number):
		return number
	}
	return p.onTrunk("+" + p.country + p.area + p.office + number)
}

// cutPrefix is strings.CutPrefix for a prefix that there may not be.
func cutPrefix(number, prefix string) (rest string, ok bool) {
	if prefix == "" {
		return number, false
	}
	return strings.CutPrefix(number, prefix)
}

// clean takes what only separates out of a number, and reports whether what is
// left is one.
func clean(text string) (number string, ok bool) {
	const separators = " .-()/"
	if strings.ContainsAny(text, separators) {
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune(separators, r) {
				return -1
			}
			return r
		}, text)
	}
	return text, dialable(text)
}

// dialable reports whether a number has digits, * and # only, after a + perhaps,
// and not too many.
func dialable(number string) bool {
	if len(number) > maxNumber {
		return false
	}
	digits := strings.TrimPrefix(number, "+")
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && c != '*' && c != '#' {
			return false
		}
	}
	return digits != ""
}

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

// Destination is what a number means: exactly one of Line, External and Blocked,
// or none of them where it leads nowhere.
type Destination struct {
	// Line is the number of a line of the target.
	Line string
	// External is a number outside, as the trunk wants it; Shown is the same
	// number as applications and phones are shown it, in E.164 with + where the
	// plan can tell.
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
	for _, rule := range p.rules {
		if !rule.matches(number) {
			continue
		}
		switch rule.action {
		case configv1.DialAction_DIAL_ACTION_BLOCK:
			return Destination{Blocked: true}
		case configv1.DialAction_DIAL_ACTION_TRUNK:
			return p.outside(rule.rewrite(number), true)
		default:
			return p.route(rule.rewrite(number))
		}
	}
	if line := p.ownLine(number); line != "" {
		return Destination{Line: line}
	}
	rest, isFull := strings.CutPrefix(number, "+")
	switch {
	case isFull:
		return p.outside(number, false)
	case p.external != "":
		rest, isExternal := strings.CutPrefix(number, p.external)
		if !isExternal || rest == "" {
			return Destination{}
		}
		return p.route(rest)
	case len(rest) <= p.extension:
		return Destination{} // an extension that nobody has
	}
	return p.outside(number, false)
}

// route takes a number without external prefix to the line that it is, or out.
func (p *Plan) route(number string) Destination {
	if line := p.ownLine(number); line != "" {
		return Destination{Line: line}
	}
	return p.outside(number, false)
}

// outside gives a number to the trunk, as it is where a rule says so.
func (p *Plan) outside(number string, asIs bool) Destination {
	if !p.trunk || strings.Trim(number, "+") == "" {
		return Destination{}
	}
	full := p.full(number)
	if full == "" {
		return Destination{External: number, Shown: number}
	}
	to := Destination{External: number, Shown: "+" + full}
	switch {
	case asIs:
	case p.e164:
		to.External = "+" + full
	default:
		to.External = p.dialable(full)
	}
	return to
}

// dialable is a full number as it is dialled on a trunk that does not take +.
func (p *Plan) dialable(full string) string {
	if national, own := strings.CutPrefix(full, p.country); own && p.country != "" {
		return p.nation + national
	}
	if p.international == "" {
		return "+" + full
	}
	return p.international + full
}

// full is a number with country code, without +; empty where that can't be told.
func (p *Plan) full(number string) string {
	if full, ok := strings.CutPrefix(number, "+"); ok {
		return full
	}
	if p.country == "" || strings.ContainsAny(number, "*#") {
		return ""
	}
	if full, ok := cutPrefix(number, p.international); ok {
		return full
	}
	if national, ok := cutPrefix(number, p.nation); ok && len(national) > specialNumber {
		return p.country + national
	}
	if len(number) <= specialNumber {
		return ""
	}
	// What follows is a number of the own area, or of another one where that is
	// dialled without prefix or the length tells.
	subscriber := len(p.office) + p.extension
	switch {
	case p.area == "":
		return p.country + number
	case p.extension > 0 && len(number) == len(p.area)+subscriber:
		return p.country + number
	case p.nation == "" && (p.extension == 0 || len(number) > subscriber):
		return p.country + number
	}
	return p.country + p.area + number
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
// number, others in E.164 with + where the plan can tell, so that Resolve leads
// back to them.
func (p *Plan) Caller(number string) string {
	cleaned, ok := clean(number)
	if !ok {
		return number
	}
	if line := p.ownLine(cleaned); line != "" {
		return line
	}
	if full := p.full(cleaned); full != "" {
		return "+" + full
	}
	return p.external + cleaned
}

// Presented is the number of a line as the trunk is told it: in full where the
// plan can tell.
func (p *Plan) Presented(line string) string {
	if p.country == "" || p.area+p.office == "" || !p.isLine(line) || p.extension != 0 && len(line) != p.extension {
		return line
	}
	full := p.country + p.area + p.office + line
	if p.e164 {
		return "+" + full
	}
	return p.dialable(full)
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
	if text == "" || len(text) > maxNumber {
		return "", false
	}
	for i := range len(text) {
		c := text[i]
		if (c < '0' || c > '9') && c != '*' && c != '#' && (c != '+' || i != 0) {
			return "", false
		}
	}
	return text, text != "+"
}

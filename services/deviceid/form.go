// SPDX-License-Identifier: Apache-2.0

package deviceid

import "strings"

// Form is a template of device texts, learned from one text of a client. Forms
// are comparable: equal forms write equal texts. The zero Form writes bare
// numbers.
type Form struct {
	Prefix string
	// Suffix follows local numbers.
	Suffix string
	// GlobalSuffix follows numbers that begin with "+", which must not carry a
	// phone-context (RFC 3966 5.1.5; Lync refuses it).
	GlobalSuffix string
}

// Append writes a number in the form.
func (f Form) Append(dst []byte, number string) []byte {
	dst = append(dst, f.Prefix...)
	if f.escapes() && strings.IndexByte(number, '#') >= 0 {
		for i := range len(number) {
			if number[i] == '#' {
				dst = append(dst, "%23"...)
			} else {
				dst = append(dst, number[i])
			}
		}
	} else {
		dst = append(dst, number...)
	}
	if isGlobal(number) {
		return append(dst, f.GlobalSuffix...)
	}
	return append(dst, f.Suffix...)
}

// Write gives a number in the form.
func (f Form) Write(number string) string {
	return string(f.Append(make([]byte, 0, len(f.Prefix)+len(number)+len(f.Suffix)), number))
}

// escapes reports whether the form is a SIP URI, whose user part may not hold
// "#" (RFC 3261 25.1).
func (f Form) escapes() bool {
	scheme := strings.TrimLeft(f.Prefix, "N<")
	return strings.EqualFold(scheme, "sip:") || strings.EqualFold(scheme, "sips:")
}

// FormOf is the form of a device text, the zero Form where it has none.
func FormOf(text string) Form {
	d, err := Parse(text)
	if err != nil {
		return Form{}
	}
	return d.Form
}

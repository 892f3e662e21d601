// SPDX-License-Identifier: Apache-2.0

package deviceid

import "strings"

// ValidNumber reports whether a text can be a number: 1 to MaxNumberLength
// bytes of printable ASCII without the characters that separate the parts of a
// device text.
func ValidNumber(number string) bool {
	if number == "" || len(number) > MaxNumberLength {
		return false
	}
	for i := range len(number) {
		if !numberByte(number[i]) {
			return false
		}
	}
	return true
}

// IsPhoneNumber reports whether a number has digits, "*" and "#" only, with one
// "+" allowed in front.
func IsPhoneNumber(number string) bool {
	number = strings.TrimPrefix(number, "+")
	if number == "" {
		return false
	}
	for i := range len(number) {
		if c := number[i]; (c < '0' || c > '9') && c != '*' && c != '#' {
			return false
		}
	}
	return true
}

func numberByte(c byte) bool {
	if c <= ' ' || c >= 0x7f {
		return false
	}
	switch c {
	case '<', '>', ';', ':', '@', '?', '"', '%', '/', '&', '!', '\\', ',':
		return false
	}
	return true
}

func isGlobal(number string) bool { return strings.HasPrefix(number, "+") }

// canonical takes visual separators (RFC 3966) out of what is a phone number
// otherwise; names such as "line-1" stay.
func canonical(text string) string {
	if stripped := withoutSeparators(text); IsPhoneNumber(stripped) {
		return stripped
	}
	return text
}

func withoutSeparators(text string) string {
	if !strings.ContainsAny(text, "-.() ") {
		return text
	}
	kept := make([]byte, 0, len(text))
	for i := range len(text) {
		switch text[i] {
		case '-', '.', '(', ')', ' ':
		default:
			kept = append(kept, text[i])
		}
	}
	return string(kept)
}

func unescape(text string) (string, bool) {
	if strings.IndexByte(text, '%') < 0 {
		return text, true
	}
	plain := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			plain = append(plain, text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", false
		}
		high, low := unhex(text[i+1]), unhex(text[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		plain = append(plain, byte(high<<4|low))
		i += 2
	}
	return string(plain), true
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// parameter finds a value in ";name=value;..." by name without regard to case.
func parameter(parameters, name string) string {
	for parameters != "" {
		one, rest := nextParameter(parameters)
		if key, value, _ := strings.Cut(one[1:], "="); strings.EqualFold(key, name) {
			return value
		}
		parameters = rest
	}
	return ""
}

// dropParameter gives ";name=value;..." without the parameters of a name.
func dropParameter(parameters, name string) string {
	var kept strings.Builder
	kept.WriteString(parameters[:0])
	for rest := parameters; rest != ""; {
		var one string
		one, rest = nextParameter(rest)
		if key, _, _ := strings.Cut(one[1:], "="); !strings.EqualFold(key, name) {
			kept.WriteString(one)
		}
	}
	return kept.String()
}

// nextParameter splits off the first parameter with its leading ";".
func nextParameter(parameters string) (one, rest string) {
	if end := strings.IndexByte(parameters[1:], ';'); end >= 0 {
		return parameters[:end+1], parameters[end+1:]
	}
	return parameters, ""
}

// SPDX-License-Identifier: Apache-2.0

package deviceid

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// MaxLength bounds a device text in bytes.
const MaxLength = 256

// MaxNumberLength bounds a number in bytes.
const MaxNumberLength = 64

var (
	// ErrTooLong: the text has more than MaxLength bytes, or its number more
	// than MaxNumberLength.
	ErrTooLong = errors.New("device identifier is too long")
	// ErrMalformed: no number can be read out of the text.
	ErrMalformed = errors.New("device identifier is malformed")
)

// Device is what a device text names, and how.
type Device struct {
	// Number is the directory or dialled number without visual separators and
	// escapes. Empty: the client's own device.
	Number string
	// Extension is the ext parameter of a tel URI or the EXT part of an
	// ECMA-269 representation; empty: none.
	Extension string
	// Form writes other numbers as this one was written.
	Form Form
}

// IsOwn reports whether the text was empty, which means the client's own
// device.
func (d Device) IsOwn() bool { return d.Number == "" }

// Candidates are the numbers that may be the directory number meant, most
// likely first: a full number may be known by its extension only.
func (d Device) Candidates() []string {
	switch {
	case d.Number == "":
		return nil
	case d.Extension != "":
		return []string{d.Number, d.Extension}
	}
	return []string{d.Number}
}

// Parse reads a device text. White space around it does not count; empty text
// is the own device. Errors: ErrTooLong, ErrMalformed.
func Parse(text string) (Device, error) {
	if len(text) > MaxLength {
		return Device{}, ErrTooLong
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return Device{}, nil
	}
	if !printable(text) {
		return Device{}, ErrMalformed
	}
	opening, inner, closing := unwrap(text)
	var d Device
	var ok bool
	switch scheme, rest := splitScheme(inner); strings.ToLower(scheme) {
	case "tel:":
		d, ok = parseTel(scheme, rest)
	case "sip:", "sips:":
		d, ok = parseSIP(scheme, rest)
	default:
		d, ok = parsePlain(inner, opening)
	}
	if !ok {
		return Device{}, ErrMalformed
	}
	if len(d.Number) > MaxNumberLength || len(d.Extension) > MaxNumberLength {
		return Device{}, ErrTooLong
	}
	d.Form.Prefix = opening + d.Form.Prefix
	d.Form.Suffix += closing
	d.Form.GlobalSuffix += closing
	return d, nil
}

// unwrap takes off angle brackets: "<sip:...>" and ECMA-269's "N<...>". What
// follows the bracket stays in the form without parameters that name the
// number once more.
func unwrap(text string) (opening, inner, closing string) {
	start := strings.IndexByte(text, '<')
	if start != 0 && (start != 1 || text[0] != 'N') {
		return "", text, ""
	}
	end := strings.IndexByte(text, '>')
	if end < start {
		return "", text, ""
	}
	tail := text[end+1:]
	if at := strings.IndexByte(tail, ';'); at >= 0 {
		tail = dropParameter(tail[at:], "displaynumber")
	} else {
		tail = ""
	}
	return text[:start+1], text[start+1 : end], ">" + tail
}

func splitScheme(text string) (scheme, rest string) {
	for _, known := range [...]string{"tel:", "sip:", "sips:"} {
		if len(text) >= len(known) && strings.EqualFold(text[:len(known)], known) {
			return text[:len(known)], text[len(known):]
		}
	}
	return "", text
}

// parseTel reads RFC 3966 numbers; local numbers without phone-context are
// taken as clients write them.
func parseTel(scheme, rest string) (Device, bool) {
	written, parameters := rest, ""
	if at := strings.IndexByte(rest, ';'); at >= 0 {
		written, parameters = rest[:at], rest[at:]
	}
	number := withoutSeparators(written)
	if !ValidNumber(number) {
		return Device{}, false
	}
	extension := withoutSeparators(parameter(parameters, "ext"))
	if extension != "" && !ValidNumber(extension) {
		return Device{}, false
	}
	parameters = dropParameter(dropParameter(parameters, "ext"), "isub")
	form := Form{Prefix: scheme, Suffix: parameters, GlobalSuffix: dropParameter(parameters, "phone-context")}
	if isGlobal(number) {
		form.GlobalSuffix = parameters
		if parameter(parameters, "phone-context") == "" {
			form.Suffix = ";phone-context=dialstring" + parameters
		}
	}
	return Device{Number: number, Extension: extension, Form: form}, true
}

// parseSIP reads the user part of a SIP URI, whose parameters stay in the form.
// A password does not.
func parseSIP(scheme, rest string) (Device, bool) {
	user, host := rest, ""
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, host = rest[:at], rest[at:]
	} else if at := strings.IndexAny(rest, ";?:"); at >= 0 {
		user, host = rest[:at], rest[at:]
	}
	userParameters := ""
	if at := strings.IndexByte(user, ';'); at >= 0 {
		user, userParameters = user[:at], user[at:]
		if at := strings.IndexByte(userParameters, ':'); at >= 0 {
			userParameters = userParameters[:at]
		}
	}
	if at := strings.IndexByte(user, ':'); at >= 0 {
		user = user[:at]
	}
	if strings.ContainsAny(userParameters, "@<>") {
		return Device{}, false
	}
	number, ok := unescape(user)
	if !ok {
		return Device{}, false
	}
	number = canonical(number)
	if !ValidNumber(number) {
		return Device{}, false
	}
	extension := withoutSeparators(parameter(userParameters, "ext"))
	if extension != "" && !ValidNumber(extension) {
		return Device{}, false
	}
	userParameters = dropParameter(dropParameter(userParameters, "ext"), "isub")
	form := Form{Prefix: scheme, Suffix: userParameters + host, GlobalSuffix: dropParameter(userParameters, "phone-context") + host}
	if isGlobal(number) {
		form.GlobalSuffix = form.Suffix
	}
	return Device{Number: number, Extension: extension, Form: form}, true
}

// parsePlain reads a bare number, one followed by ":..." (Avaya's
// number:switch connection:switch:instance) or ";...", and the inside of
// ECMA-269's N<DN!SA&CD/EXT%VNM>.
func parsePlain(text, opening string) (Device, bool) {
	written, tail := text, ""
	if at := strings.IndexAny(text, ":;"); at >= 0 {
		written, tail = text[:at], text[at:]
	}
	extension := ""
	if opening != "" {
		tail = ""
		if at := strings.IndexAny(written, "!&/%"); at >= 0 {
			if from := strings.IndexByte(written, '/'); from >= 0 {
				extension, _, _ = strings.Cut(written[from+1:], "%")
			}
			written = written[:at]
		}
	}
	number := canonical(written)
	if !ValidNumber(number) || extension != "" && !ValidNumber(extension) {
		return Device{}, false
	}
	if tail != "" && !IsPhoneNumber(number) {
		return Device{}, false
	}
	return Device{Number: number, Extension: extension, Form: Form{Prefix: "", Suffix: tail, GlobalSuffix: tail}}, true
}

func printable(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return false
		}
	}
	return true
}

// SPDX-License-Identifier: Apache-2.0

package registrar

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// errContact is returned for a Contact value that can't be read.
var errContact = errors.New("malformed contact")

// ParseContacts reads the values of all Contact headers of a REGISTER. Star is
// true where one of them is "*".
func ParseContacts(values []string) (contacts []Contact, star bool, err error) {
	for _, value := range values {
		for _, text := range SplitList(value) {
			if text == "*" {
				star = true
				continue
			}
			contact, err := parseContact(text)
			if err != nil {
				return nil, false, fmt.Errorf("read contact %q: %w", text, err)
			}
			contacts = append(contacts, contact)
		}
	}
	return contacts, star, nil
}

// parseContact reads one name-addr or addr-spec with its header parameters
// (RFC 3261 20.10).
func parseContact(text string) (Contact, error) {
	contact := Contact{Expires: -1}
	var parameters string
	if open := indexUnquoted(text, '<'); open >= 0 {
		end := strings.IndexByte(text[open:], '>')
		if end < 0 {
			return contact, errContact
		}
		contact.URI = strings.TrimSpace(text[open+1 : open+end])
		parameters = text[open+end+1:]
	} else {
		// Without brackets everything after ';' is a header parameter.
		contact.URI, parameters, _ = strings.Cut(text, ";")
		contact.URI = strings.TrimSpace(contact.URI)
	}
	scheme, rest, found := strings.Cut(contact.URI, ":")
	if !found || rest == "" || !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return contact, errContact
	}
	for _, parameter := range splitUnquoted(parameters, ';') {
		name, value, _ := strings.Cut(parameter, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "expires":
			contact.Expires = ParseSeconds(value)
		case "+sip.instance":
			contact.Instance = strings.Trim(value, `"`)
		}
	}
	return contact, nil
}

// ParseSeconds reads delta-seconds. A value that is no number is negative: as
// if it were absent (RFC 3261 10.3: malformed values are treated as the
// default). A value too large is the largest there is.
func ParseSeconds(text string) int {
	seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return math.MaxInt32
	case err != nil:
		return -1
	}
	return int(min(seconds, math.MaxInt32))
}

// SplitList splits a header value at its commas, but for those inside quotes
// and angle brackets, and drops empty parts.
func SplitList(value string) []string {
	return splitUnquoted(value, ',')
}

func splitUnquoted(value string, separator byte) []string {
	var parts []string
	for value != "" {
		end := indexUnquoted(value, separator)
		part := value
		if end >= 0 {
			part, value = value[:end], value[end+1:]
		} else {
			value = ""
		}
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// indexUnquoted finds a byte outside quoted strings and, unless it is '<',
// outside angle brackets.
func indexUnquoted(text string, wanted byte) int {
	quoted, bracketed := false, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == wanted && !bracketed:
			return i
		case c == '<':
			bracketed = true
		case c == '>':
			bracketed = false
		}
	}
	return -1
}

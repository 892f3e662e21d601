// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unescape replaces the five predefined entities and character references, and
// line ends as XML 1.0 2.11 wants. In attribute values white space becomes
// blanks (3.3.3). On error it gives the offset in raw and the reason.
func unescape(raw string, inAttribute bool) (text string, at int, reason string) {
	var out strings.Builder
	out.Grow(len(raw))
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '&':
			length := strings.IndexByte(raw[i:], ';')
			if length < 0 {
				return "", i, "entity without end"
			}
			r, ok := entity(raw[i+1 : i+length])
			if !ok {
				return "", i, "unknown entity"
			}
			out.WriteRune(r)
			i += length
		case c == '\r':
			if i+1 < len(raw) && raw[i+1] == '\n' {
				i++
			}
			if inAttribute {
				out.WriteByte(' ')
			} else {
				out.WriteByte('\n')
			}
		case inAttribute && (c == '\n' || c == '\t'):
			out.WriteByte(' ')
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), 0, ""
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	if digits == "" || digits[0] == '+' || digits[0] == '-' || strings.IndexByte(digits, '_') >= 0 {
		return 0, false
	}
	value, err := strconv.ParseUint(digits, base, 32)
	if err != nil || value > utf8.MaxRune {
		return 0, false
	}
	r := rune(value)
	legal := r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
	return r, legal
}

// unifyLines makes every line end a line feed.
func unifyLines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// AppendEscaped appends text as XML character data, also fit for an attribute
// value in double quotes. Characters that XML 1.0 cannot carry become U+FFFD.
func AppendEscaped(dst []byte, text string) []byte {
	last := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '&' && c != '<' && c != '>' && c != '"' {
				i++
				continue
			}
			dst = append(dst, text[last:i]...)
			switch c {
			case '&':
				dst = append(dst, "&amp;"...)
			case '<':
				dst = append(dst, "&lt;"...)
			case '>':
				dst = append(dst, "&gt;"...)
			case '"':
				dst = append(dst, "&#34;"...)
			case '\t':
				dst = append(dst, "&#9;"...)
			case '\n':
				dst = append(dst, "&#10;"...)
			case '\r':
				dst = append(dst, "&#13;"...)
			default:
				dst = append(dst, "\uFFFD"...)
			}
			i++
			last = i
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 || r == 0xfffe || r == 0xffff {
			dst = append(dst, text[last:i]...)
			dst = append(dst, "\uFFFD"...)
			last = i + size
		}
		i += size
	}
	return append(dst, text[last:]...)
}

// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"strings"
	"unicode/utf8"
)

const byteOrderMark = "\xef\xbb\xbf"

// decodeBody returns the body as UTF-8 text without a byte order mark, where its
// XML declaration ends, and the encoding name as declared. The text is the one
// copy of the body that all parsed strings share.
func decodeBody(body []byte) (text string, begin int, declared string, err error) {
	if len(body) >= 2 && (body[0] == 0xfe && body[1] == 0xff || body[0] == 0xff && body[1] == 0xfe) {
		return "", 0, "", &EncodingError{Encoding: "UTF-16"}
	}
	marked := len(body) >= len(byteOrderMark) && string(body[:len(byteOrderMark)]) == byteOrderMark
	if marked {
		body = body[len(byteOrderMark):]
	}
	text = string(body)
	declared, begin, err = declaredEncoding(text)
	if err != nil {
		return "", 0, "", err
	}
	plain, control := inspect(text)
	if control >= 0 {
		return "", 0, declared, &SyntaxError{Offset: control, Reason: "illegal character"}
	}
	if plain {
		if !knownEncoding(declared) {
			return "", 0, declared, &EncodingError{Encoding: declared}
		}
		return text, begin, declared, nil
	}
	switch {
	case declared == "" || strings.EqualFold(declared, "UTF-8") || strings.EqualFold(declared, "UTF8"):
		return text, begin, declared, checkUTF8(text, declared)
	case isLatin1(declared) && !marked:
		return latin1ToUTF8(text), begin, declared, nil
	}
	return "", 0, declared, &EncodingError{Encoding: declared, Offset: firstHigh(text)}
}

func knownEncoding(name string) bool {
	return name == "" || name == "UTF-8" || strings.EqualFold(name, "UTF-8") || strings.EqualFold(name, "UTF8") || isLatin1(name) ||
		strings.EqualFold(name, "US-ASCII") || strings.EqualFold(name, "ASCII")
}

func isLatin1(name string) bool {
	return strings.EqualFold(name, "ISO-8859-1") || strings.EqualFold(name, "ISO8859-1") ||
		strings.EqualFold(name, "ISO_8859-1") || strings.EqualFold(name, "latin1")
}

// declaredEncoding reads the XML declaration if there is one, and gives the
// offset behind it.
func declaredEncoding(text string) (name string, end int, err error) {
	if strings.HasPrefix(text, xmlDeclaration) {
		return "UTF-8", len(xmlDeclaration), nil
	}
	const opening = "<?xml"
	if !strings.HasPrefix(text, opening) || len(text) == len(opening) || !isSpace(text[len(opening)]) {
		return "", 0, nil
	}
	at := len(opening)
	step := 0
	for {
		spaced := false
		for at < len(text) && isSpace(text[at]) {
			at++
			spaced = true
		}
		if strings.HasPrefix(text[at:], "?>") {
			if step == 0 {
				return "", 0, &SyntaxError{Offset: at, Reason: "XML declaration without version"}
			}
			return name, at + 2, nil
		}
		if !spaced {
			return "", 0, &SyntaxError{Offset: at, Reason: "malformed XML declaration"}
		}
		start := at
		for at < len(text) && text[at] >= 'a' && text[at] <= 'z' {
			at++
		}
		key := text[start:at]
		for at < len(text) && isSpace(text[at]) {
			at++
		}
		if at >= len(text) || text[at] != '=' {
			return "", 0, &SyntaxError{Offset: at, Reason: "malformed XML declaration"}
		}
		at++
		for at < len(text) && isSpace(text[at]) {
			at++
		}
		if at >= len(text) || text[at] != '"' && text[at] != '\'' {
			return "", 0, &SyntaxError{Offset: at, Reason: "malformed XML declaration"}
		}
		length := strings.IndexByte(text[at+1:], text[at])
		if length < 0 {
			return "", 0, &SyntaxError{Offset: at, Reason: "malformed XML declaration"}
		}
		value := text[at+1 : at+1+length]
		switch {
		case key == "version" && step == 0:
			if value != "1.0" {
				return "", 0, &SyntaxError{Offset: at, Reason: "XML version other than 1.0"}
			}
			step = 1
		case key == "encoding" && step == 1:
			if value == "" || strings.IndexFunc(value, notEncodingName) >= 0 {
				return "", 0, &SyntaxError{Offset: at, Reason: "malformed encoding name"}
			}
			name, step = value, 2
		case key == "standalone" && (step == 1 || step == 2) && (value == "yes" || value == "no"):
			step = 3
		default:
			return "", 0, &SyntaxError{Offset: start, Reason: "malformed XML declaration"}
		}
		at += length + 2
	}
}

func notEncodingName(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' || r == ':')
}

// inspect looks at the bytes, eight at a time: whether all are ASCII, and where
// the first control character is that XML 1.0 2.2 forbids (-1 for none).
func inspect(text string) (plain bool, control int) {
	const (
		highBits  = 0x8080808080808080
		lowBits   = 0x7f7f7f7f7f7f7f7f
		upperPart = 0xe0e0e0e0e0e0e0e0 // zero in characters below the blank
		lineFeeds = 0x0a0a0a0a0a0a0a0a
	)
	high := uint64(0)
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := word(text, i)
		high |= w
		upper, feed := w&upperPart, w^lineFeeds
		controls := ^(upper&lowBits + lowBits | upper) & highBits
		if controls&(feed&lowBits+lowBits|feed) == 0 {
			continue // nothing below the blank but line feeds
		}
		if at := firstControl(text[i : i+8]); at >= 0 {
			return false, i + at
		}
	}
	for j := i; j < len(text); j++ {
		high |= uint64(text[j])
	}
	if at := firstControl(text[i:]); at >= 0 {
		return false, i + at
	}
	return high&highBits == 0, -1
}

func firstControl(text string) int {
	for i := range len(text) {
		if text[i] < ' ' && !isSpace(text[i]) {
			return i
		}
	}
	return -1
}

func word(text string, at int) uint64 {
	t := text[at : at+8]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// checkUTF8 wants valid UTF-8 without U+FFFE and U+FFFF.
func checkUTF8(text, declared string) error {
	if utf8.ValidString(text) {
		at := strings.Index(text, "\uFFFE")
		if at < 0 {
			at = strings.Index(text, "\uFFFF")
		}
		if at >= 0 {
			return &SyntaxError{Offset: at, Reason: "illegal character"}
		}
		return nil
	}
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return &EncodingError{Encoding: "UTF-8", Offset: i}
		}
	}
	return &EncodingError{Encoding: declared}
}

func firstHigh(text string) int {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

func latin1ToUTF8(text string) string {
	var out strings.Builder
	out.Grow(len(text) + len(text)/8)
	for i := 0; i < len(text); i++ {
		out.WriteRune(rune(text[i]))
	}
	return out.String()
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t'
}

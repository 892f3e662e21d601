// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// nameBytes marks the bytes a name may hold: 1 the letters and '_' it may also
// begin with, 2 digits, '-' and '.', 3 the colon, 4 parts of other letters.
var nameBytes = [256]uint8{
	'_': 1, ':': 3, '-': 2, '.': 2,
	'0': 2, '1': 2, '2': 2, '3': 2, '4': 2, '5': 2, '6': 2, '7': 2, '8': 2, '9': 2,
	'A': 1, 'B': 1, 'C': 1, 'D': 1, 'E': 1, 'F': 1, 'G': 1, 'H': 1, 'I': 1, 'J': 1, 'K': 1, 'L': 1, 'M': 1,
	'N': 1, 'O': 1, 'P': 1, 'Q': 1, 'R': 1, 'S': 1, 'T': 1, 'U': 1, 'V': 1, 'W': 1, 'X': 1, 'Y': 1, 'Z': 1,
	'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1, 'f': 1, 'g': 1, 'h': 1, 'i': 1, 'j': 1, 'k': 1, 'l': 1, 'm': 1,
	'n': 1, 'o': 1, 'p': 1, 'q': 1, 'r': 1, 's': 1, 't': 1, 'u': 1, 'v': 1, 'w': 1, 'x': 1, 'y': 1, 'z': 1,
	0x80: 4, 0x81: 4, 0x82: 4, 0x83: 4, 0x84: 4, 0x85: 4, 0x86: 4, 0x87: 4, 0x88: 4, 0x89: 4, 0x8a: 4, 0x8b: 4,
	0x8c: 4, 0x8d: 4, 0x8e: 4, 0x8f: 4, 0x90: 4, 0x91: 4, 0x92: 4, 0x93: 4, 0x94: 4, 0x95: 4, 0x96: 4, 0x97: 4,
	0x98: 4, 0x99: 4, 0x9a: 4, 0x9b: 4, 0x9c: 4, 0x9d: 4, 0x9e: 4, 0x9f: 4, 0xa0: 4, 0xa1: 4, 0xa2: 4, 0xa3: 4,
	0xa4: 4, 0xa5: 4, 0xa6: 4, 0xa7: 4, 0xa8: 4, 0xa9: 4, 0xaa: 4, 0xab: 4, 0xac: 4, 0xad: 4, 0xae: 4, 0xaf: 4,
	0xb0: 4, 0xb1: 4, 0xb2: 4, 0xb3: 4, 0xb4: 4, 0xb5: 4, 0xb6: 4, 0xb7: 4, 0xb8: 4, 0xb9: 4, 0xba: 4, 0xbb: 4,
	0xbc: 4, 0xbd: 4, 0xbe: 4, 0xbf: 4, 0xc2: 4, 0xc3: 4, 0xc4: 4, 0xc5: 4, 0xc6: 4, 0xc7: 4, 0xc8: 4, 0xc9: 4,
	0xca: 4, 0xcb: 4, 0xcc: 4, 0xcd: 4, 0xce: 4, 0xcf: 4, 0xd0: 4, 0xd1: 4, 0xd2: 4, 0xd3: 4, 0xd4: 4, 0xd5: 4,
	0xd6: 4, 0xd7: 4, 0xd8: 4, 0xd9: 4, 0xda: 4, 0xdb: 4, 0xdc: 4, 0xdd: 4, 0xde: 4, 0xdf: 4, 0xe0: 4, 0xe1: 4,
	0xe2: 4, 0xe3: 4, 0xe4: 4, 0xe5: 4, 0xe6: 4, 0xe7: 4, 0xe8: 4, 0xe9: 4, 0xea: 4, 0xeb: 4, 0xec: 4, 0xed: 4,
	0xee: 4, 0xef: 4, 0xf0: 4, 0xf1: 4, 0xf2: 4, 0xf3: 4, 0xf4: 4,
}

// valueBytes marks the bytes of attribute values that need care: 1 to be
// replaced, 2 forbidden.
var valueBytes = [256]uint8{'&': 1, '\t': 1, '\r': 1, '\n': 1, '<': 2}

// scanName reads a qualified name at i. It gives the offset behind it and that
// of its colon (-1 without), or end -1 after an error.
func (sc *scanner) scanName(i int) (end, colon int) {
	s, begin := sc.s, i
	colon = -1
	other := false
	for ; i < len(s); i++ {
		kind := nameBytes[s[i]]
		if kind == 1 || kind == 2 {
			continue
		}
		if kind == 0 {
			break
		}
		if kind == 4 {
			other = true
			continue
		}
		if colon >= 0 {
			sc.syntax(i, "name with two colons")
			return -1, -1
		}
		colon = i
	}
	if i == begin || nameBytes[s[begin]] == 2 || colon == begin || colon == i-1 ||
		colon >= 0 && nameBytes[s[colon+1]] == 2 || other && !validName(s[begin:i]) {
		sc.syntax(begin, "malformed name")
		return -1, -1
	}
	return i, colon
}

// validName says whether a name keeps to XML 1.0 2.3 where it leaves ASCII.
func validName(name string) bool {
	for i, r := range name {
		if r < utf8.RuneSelf {
			if kind := nameBytes[r]; kind == 0 || i == 0 && kind == 2 {
				return false
			}
			continue
		}
		first := i == 0 || name[i-1] == ':'
		if !unicode.IsLetter(r) && (first || !unicode.IsMark(r) && !unicode.IsDigit(r) && r != '\u00b7') {
			return false
		}
	}
	return name != ""
}

func (sc *scanner) scanStart() token {
	s := sc.s
	sc.start = sc.pos
	begin := sc.pos + 1
	i, colon := sc.scanName(begin)
	if i < 0 {
		return tokenNone
	}
	if sc.open.n == 0 && sc.elements > 0 {
		return sc.syntax(sc.start, "second root element")
	}
	sc.elements++
	if sc.elements > sc.limits.MaxElements {
		return sc.fail(&LimitError{Limit: "MaxElements", Max: sc.limits.MaxElements, Offset: sc.start})
	}
	if sc.open.n >= sc.limits.MaxDepth {
		return sc.fail(&LimitError{Limit: "MaxDepth", Max: sc.limits.MaxDepth, Offset: sc.start})
	}
	sc.nameEnd = i
	if colon >= 0 {
		sc.prefix, sc.local = s[begin:colon], s[colon+1:i]
	} else {
		sc.prefix, sc.local = "", s[begin:i]
	}
	sc.open.push(span{int32(begin), int32(i)})
	sc.attributes.n = 0
	declared := sc.bindings.n
	for {
		if i >= len(s) {
			return sc.syntax(sc.start, "start tag without end")
		}
		if s[i] == '>' {
			i++
			break
		}
		if s[i] == '/' && i+1 < len(s) && s[i+1] == '>' {
			sc.selfClosed = true
			i += 2
			break
		}
		after := sc.skipSpace(i)
		if after == i {
			return sc.syntax(i, "malformed start tag")
		}
		i = after
		if i < len(s) && s[i] != '>' && s[i] != '/' {
			if i = sc.scanAttribute(i, declared); i < 0 {
				return tokenNone
			}
		}
	}
	sc.pos = i
	sc.uri = sc.resolve(sc.prefix)
	return tokenStart
}

// scanAttribute reads one attribute at i and gives the offset behind it, or -1.
// Namespace declarations become bindings, of which this element's begin at
// index declared.
func (sc *scanner) scanAttribute(i, declared int) int {
	s, begin := sc.s, i
	end, colon := sc.scanName(i)
	if end < 0 {
		return -1
	}
	i = sc.skipSpace(end)
	if i >= len(s) || s[i] != '=' {
		sc.syntax(i, "attribute without value")
		return -1
	}
	i = sc.skipSpace(i + 1)
	if i >= len(s) || s[i] != '"' && s[i] != '\'' {
		sc.syntax(i, "attribute value without quotes")
		return -1
	}
	length := strings.IndexByte(s[i+1:], s[i])
	if length < 0 {
		sc.syntax(i, "attribute value without end")
		return -1
	}
	value := s[i+1 : i+1+length]
	special := uint8(0)
	for at := range len(value) {
		special |= valueBytes[value[at]]
	}
	if special&2 != 0 {
		sc.syntax(i, "< in an attribute value")
		return -1
	}
	if special != 0 {
		text, at, reason := unescape(value, true)
		if reason != "" {
			sc.syntax(i+1+at, reason)
			return -1
		}
		value = text
	}
	if len(value) > sc.limits.MaxTextBytes {
		sc.fail(&LimitError{Limit: "MaxTextBytes", Max: sc.limits.MaxTextBytes, Offset: i})
		return -1
	}
	if sc.attributes.n+sc.bindings.n-declared >= sc.limits.MaxAttributes {
		sc.fail(&LimitError{Limit: "MaxAttributes", Max: sc.limits.MaxAttributes, Offset: begin})
		return -1
	}
	prefix, local := "", s[begin:end]
	if colon >= 0 {
		prefix, local = s[begin:colon], s[colon+1:end]
	}
	behind := i + length + 2
	if prefix == "xmlns" || prefix == "" && local == "xmlns" {
		if prefix == "" {
			local = ""
		}
		return sc.bind(begin, behind, declared, local, value)
	}
	for k := range sc.attributes.n {
		if other := sc.attributes.at(k); other.local == local && other.prefix == prefix {
			sc.syntax(begin, "attribute given twice")
			return -1
		}
	}
	sc.attributes.push(attribute{prefix: prefix, local: local, value: value})
	return behind
}

func (sc *scanner) bind(begin, behind, declared int, prefix, uri string) int {
	for k := declared; k < sc.bindings.n; k++ {
		if sc.bindings.at(k).prefix == prefix {
			sc.syntax(begin, "namespace declared twice")
			return -1
		}
	}
	if prefix == "xmlns" || (prefix == "xml") != (uri == xmlNamespaceURI) || prefix != "" && uri == "" {
		sc.syntax(begin, "illegal namespace declaration")
		return -1
	}
	sc.bindings.push(binding{prefix: prefix, uri: uri, depth: sc.open.n})
	return behind
}

// resolve gives the namespace bound to a prefix. A prefix that nothing binds
// stands for itself, so that elements which share it match.
func (sc *scanner) resolve(prefix string) string {
	if found := sc.bound(prefix); found != nil {
		return found.uri
	}
	if prefix == "xml" {
		return xmlNamespaceURI
	}
	return prefix
}

func (sc *scanner) bound(prefix string) *binding {
	for i := sc.bindings.n - 1; i >= 0; i-- {
		if found := sc.bindings.at(i); found.prefix == prefix {
			return found
		}
	}
	return nil
}

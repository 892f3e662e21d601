// SPDX-License-Identifier: Apache-2.0

package csta

import "strings"

type token uint8

const (
	tokenNone token = iota // after an error
	tokenStart
	tokenEnd
	tokenText
	tokenEOF
)

// scanner cuts a document into tokens in one pass. It checks that the document
// is well-formed XML 1.0 and resolves namespaces; it knows nothing of CSTA.
// Comments and processing instructions are skipped.
type scanner struct {
	s      string
	pos    int
	limits Limits
	err    error

	// The last start tag.
	start      int // offset of '<'
	nameEnd    int // offset behind the name
	prefix     string
	local      string
	uri        string
	selfClosed bool // the next token is its end
	attributes few[attribute]

	// The last text, with entities replaced.
	text string

	// simple says that the document has no '&', no carriage return and no ']',
	// so that text is as it stands.
	simple   bool
	elements int
	open     openElements
	bindings few[binding]
}

type attribute struct {
	prefix, local string
	value         string
}

type binding struct {
	prefix, uri string
	depth       int
}

// setText gives the scanner its document.
func (sc *scanner) setText(s string, limits Limits) {
	sc.s = s
	sc.limits = limits
	sc.simple = strings.IndexByte(s, '&') < 0 && strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, ']') < 0
}

func (sc *scanner) fail(err error) token {
	if sc.err == nil {
		sc.err = err
	}
	return tokenNone
}

func (sc *scanner) syntax(at int, reason string) token {
	return sc.fail(&SyntaxError{Offset: at, Reason: reason})
}

// next reads one token. After an error it returns tokenNone for ever.
func (sc *scanner) next() token {
	if sc.err != nil {
		return tokenNone
	}
	if sc.selfClosed {
		sc.selfClosed = false
		sc.pop()
		return tokenEnd
	}
	for sc.pos < len(sc.s) {
		if sc.s[sc.pos] != '<' {
			return sc.scanText()
		}
		if sc.pos+1 >= len(sc.s) {
			break
		}
		switch sc.s[sc.pos+1] {
		case '/':
			return sc.scanEnd()
		case '?':
			if !sc.skipInstruction() {
				return tokenNone
			}
		case '!':
			if strings.HasPrefix(sc.s[sc.pos:], "<!--") {
				if !sc.skipComment() {
					return tokenNone
				}
				continue
			}
			return sc.scanCDATA()
		default:
			return sc.scanStart()
		}
	}
	if sc.pos < len(sc.s) || sc.open.n > 0 {
		return sc.syntax(len(sc.s), "document ends inside an element")
	}
	return tokenEOF
}

// skipBlanks goes on to the next tag if there is only white space before it.
func (sc *scanner) skipBlanks() {
	if i := sc.skipSpace(sc.pos); i < len(sc.s) && sc.s[i] == '<' && !sc.selfClosed {
		sc.pos = i
	}
}

// scanText reads character data up to the next tag.
func (sc *scanner) scanText() token {
	begin := sc.pos
	length := strings.IndexByte(sc.s[begin:], '<')
	if length < 0 {
		length = len(sc.s) - begin
	}
	sc.pos = begin + length
	sc.text = sc.s[begin:sc.pos]
	if sc.open.n == 0 && !blank(sc.text) {
		return sc.syntax(begin, "text outside the root element")
	}
	if !sc.simple {
		if at := strings.Index(sc.text, "]]>"); at >= 0 {
			return sc.syntax(begin+at, "]]> outside a CDATA section")
		}
		if strings.IndexByte(sc.text, '&') >= 0 || strings.IndexByte(sc.text, '\r') >= 0 {
			text, at, reason := unescape(sc.text, false)
			if reason != "" {
				return sc.syntax(begin+at, reason)
			}
			sc.text = text
		}
	}
	if len(sc.text) > sc.limits.MaxTextBytes {
		return sc.fail(&LimitError{Limit: "MaxTextBytes", Max: sc.limits.MaxTextBytes, Offset: begin})
	}
	return tokenText
}

func (sc *scanner) scanCDATA() token {
	const opening, closing = "<![CDATA[", "]]>"
	if strings.HasPrefix(sc.s[sc.pos:], "<!DOCTYPE") {
		return sc.syntax(sc.pos, "document type declaration refused")
	}
	if !strings.HasPrefix(sc.s[sc.pos:], opening) || sc.open.n == 0 {
		return sc.syntax(sc.pos, "malformed markup declaration")
	}
	begin := sc.pos + len(opening)
	length := strings.Index(sc.s[begin:], closing)
	if length < 0 {
		return sc.syntax(sc.pos, "CDATA section without end")
	}
	if length > sc.limits.MaxTextBytes {
		return sc.fail(&LimitError{Limit: "MaxTextBytes", Max: sc.limits.MaxTextBytes, Offset: begin})
	}
	sc.text = unifyLines(sc.s[begin : begin+length])
	sc.pos = begin + length + len(closing)
	return tokenText
}

func (sc *scanner) skipComment() bool {
	begin := sc.pos + len("<!--")
	length := strings.Index(sc.s[begin:], "--")
	if length < 0 {
		sc.syntax(sc.pos, "comment without end")
		return false
	}
	end := begin + length + 2
	if end >= len(sc.s) || sc.s[end] != '>' {
		sc.syntax(begin+length, "-- inside a comment")
		return false
	}
	sc.pos = end + 1
	return true
}

func (sc *scanner) skipInstruction() bool {
	name := sc.pos + len("<?")
	i := name
	for i < len(sc.s) && nameBytes[sc.s[i]] != 0 {
		i++
	}
	target := sc.s[name:i]
	length := strings.Index(sc.s[i:], "?>")
	switch {
	case !validName(target) || strings.IndexByte(target, ':') >= 0:
		sc.syntax(name, "malformed processing instruction")
	case length < 0:
		sc.syntax(sc.pos, "processing instruction without end")
	case length > 0 && !isSpace(sc.s[i]):
		sc.syntax(i, "malformed processing instruction")
	case strings.EqualFold(target, "xml"):
		sc.syntax(sc.pos, "XML declaration inside the document")
	default:
		sc.pos = i + length + len("?>")
		return true
	}
	return false
}

func (sc *scanner) scanEnd() token {
	name := sc.pos + len("</")
	if sc.open.n == 0 {
		return sc.syntax(sc.pos, "end tag without start tag")
	}
	top := sc.open.at(sc.open.n - 1)
	open := sc.s[top.start:top.end]
	i := name + len(open)
	if i >= len(sc.s) || sc.s[name:i] != open || nameBytes[sc.s[i]] != 0 {
		return sc.syntax(sc.pos, "end tag does not match <"+open+">")
	}
	i = sc.skipSpace(i)
	if i >= len(sc.s) || sc.s[i] != '>' {
		return sc.syntax(i, "malformed end tag")
	}
	sc.pos = i + 1
	sc.pop()
	return tokenEnd
}

func (sc *scanner) pop() {
	for sc.bindings.n > 0 && sc.bindings.at(sc.bindings.n-1).depth == sc.open.n {
		sc.bindings.n--
	}
	sc.open.n--
}

func (sc *scanner) skipSpace(i int) int {
	for i < len(sc.s) && isSpace(sc.s[i]) {
		i++
	}
	return i
}

func blank(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isSpace(s[i]) {
			return false
		}
	}
	return true
}

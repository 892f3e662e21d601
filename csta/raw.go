// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"slices"
	"strings"
)

// RawXML is the content of an element, kept byte for byte as it was read and
// written the same way. Namespace prefixes that the document declared further
// out are declared on the outermost elements of the content, so that it can be
// put into another document. Elements without a prefix that stood in the
// namespace of the message itself stay as they are.
//
// What an application puts into a message must be well-formed; CheckRawXML
// says whether it is.
type RawXML string

// CheckRawXML returns an error unless content can stand inside an element.
func CheckRawXML(content RawXML) error {
	var sc scanner
	document := "<content>" + string(content) + "</content>"
	sc.setText(document, Limits{MaxBytes: len(document), MaxElements: len(document), MaxTextBytes: len(document)}.withDefaults())
	for {
		switch sc.next() {
		case tokenNone:
			return sc.err
		case tokenEOF:
			if at := firstControl(document); at >= 0 {
				return &SyntaxError{Offset: at - len("<content>"), Reason: "illegal character"}
			}
			return checkUTF8(document, "UTF-8")
		default: // content
		}
	}
}

// raw reads the content of the current element through its end tag.
func (p *parser) raw() RawXML {
	if p.selfClosed {
		p.scanner.next()
		return ""
	}
	outer, begin := p.open.n, p.pos
	capture := rawCapture{outer: outer, copied: begin}
	for {
		end := p.pos
		switch p.scanner.next() {
		case tokenStart:
			capture.startTag(p)
		case tokenEnd:
			if p.open.n == outer-1 {
				return capture.finish(p.s[begin:end], p.s[:end])
			}
		case tokenText:
		default:
			return ""
		}
	}
}

// rawCapture collects the namespace declarations that content lacks.
type rawCapture struct {
	outer  int // elements open around the content
	out    []byte
	copied int // what of the body is in out already
	insert int // where declarations of the current outermost element go
	given  []string
}

func (c *rawCapture) startTag(p *parser) {
	if p.open.n == c.outer+1 {
		c.insert = p.nameEnd
		c.given = c.given[:0]
	}
	c.need(p, p.prefix)
	for i := range p.attributes.n {
		if prefix := p.attributes.at(i).prefix; prefix != "" {
			c.need(p, prefix)
		}
	}
}

// need sees to it that prefix is declared within the content.
func (c *rawCapture) need(p *parser, prefix string) {
	found := p.bound(prefix)
	uri := ""
	switch {
	case found != nil && found.depth > c.outer:
		return
	case found != nil:
		uri = found.uri
	case prefix != "":
		return // bound nowhere
	}
	if prefix == "" && (uri == p.rootURI || uri != "" && ourNamespace(uri)) {
		return
	}
	if slices.Contains(c.given, prefix) {
		return
	}
	c.given = append(c.given, prefix)
	c.out = append(c.out, p.s[c.copied:c.insert]...)
	c.copied = c.insert
	c.out = append(c.out, " xmlns"...)
	if prefix != "" {
		c.out = append(append(c.out, ':'), prefix...)
	}
	c.out = append(c.out, '=', '"')
	c.out = AppendEscaped(c.out, uri)
	c.out = append(c.out, '"')
}

// finish gives the content; document is the body up to its end.
func (c *rawCapture) finish(content, document string) RawXML {
	if c.out == nil {
		if strings.IndexByte(content, '<') < 0 && blank(content) {
			return ""
		}
		return RawXML(content)
	}
	return RawXML(append(c.out, document[c.copied:]...))
}

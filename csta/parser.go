// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"math/bits"
	"strconv"
	"strings"
)

// parser reads typed values from a scanner. Every readContent method starts
// behind the start tag of its element and ends behind the end tag.
type parser struct {
	scanner
	strict  bool
	edition Edition
	rootURI string
	missing *MissingChildError // the first required child that was not there
}

// childSpec describes one child of an element; the tables of generated types
// are in schema order.
type childSpec struct {
	name string
	// alias is the other name the child has in some editions.
	alias    string
	repeated bool
	// since is the first edition with the child, EditionNone for all.
	since Edition
}

// frame is the state of reading one element with children.
type frame struct {
	specs    []childSpec
	required uint64 // bits of the required children
	seen     uint64
	next     int
}

const noChild = -1

// child moves to the next child of the element that f stands for and gives its
// index in f.specs. Unknown children are skipped, and so are repetitions of
// children that occur once. At the end of the element it gives noChild.
func (p *parser) child(f *frame) int {
	for {
		p.skipBlanks()
		switch p.scanner.next() {
		case tokenStart:
			i := f.match(p)
			if i == noChild {
				if p.strict {
					p.offend("not a child of this element")
				}
				p.skip()
				continue
			}
			repetition := f.seen&(1<<i) != 0 && !f.specs[i].repeated
			if p.strict && !p.checkOrder(f, i, repetition) {
				return noChild
			}
			if repetition {
				p.skip()
				continue
			}
			f.seen |= 1 << i
			f.next = i + 1
			if f.specs[i].repeated {
				f.next = i
			}
			return i
		case tokenText:
			if p.strict && !blank(p.text) {
				p.fail(&StrictError{Path: p.path(), Reason: "text between elements", Offset: p.pos})
			}
		case tokenEnd:
			p.checkRequired(f)
			return noChild
		default:
			return noChild
		}
	}
}

func (f *frame) match(p *parser) int {
	if p.foreign() {
		return noChild
	}
	name, specs := p.local, f.specs
	for i := f.next; i < len(specs); i++ {
		if specs[i].name == name || specs[i].alias == name {
			return i
		}
	}
	for i := 0; i < f.next && i < len(specs); i++ {
		if specs[i].name == name || specs[i].alias == name {
			return i
		}
	}
	return noChild
}

// foreign says whether the last start tag belongs to another vocabulary: not
// ECMA-323 or ECMA-354, not without a namespace, not that of the root.
func (p *parser) foreign() bool {
	if p.uri == p.rootURI {
		return false
	}
	if p.strict {
		return true
	}
	return !ourNamespace(p.uri)
}

func ourNamespace(uri string) bool {
	if uri == "" || uri == applicationSessionURI {
		return true
	}
	_, ok := ParseEdition(uri)
	return ok
}

func (p *parser) checkOrder(f *frame, i int, repetition bool) bool {
	switch {
	case repetition:
		p.offend("given twice")
	case i < f.next:
		p.offend("out of order")
	case p.edition != EditionNone && p.edition < f.specs[i].since:
		p.offend("not in " + p.edition.String())
	}
	return p.err == nil
}

func (p *parser) checkRequired(f *frame) {
	for missing := f.required &^ f.seen; missing != 0; missing &= missing - 1 {
		p.miss(f.specs[bits.TrailingZeros64(missing)].name)
	}
}

// miss notes a missing child of the element that just ended.
func (p *parser) miss(child string) {
	if p.err != nil || p.missing != nil && len(p.missing.More) == maxMissing {
		return
	}
	missing := &MissingChildError{Path: p.endedPath(), Child: child, Offset: p.pos}
	switch {
	case p.missing != nil:
		p.missing.More = append(p.missing.More, missing)
	case p.strict:
		p.missing, p.err = missing, missing
	default:
		p.missing = missing
	}
}

// skip reads to the end of the element whose start tag was read last.
func (p *parser) skip() {
	for depth := 1; depth > 0; {
		switch p.scanner.next() {
		case tokenStart:
			depth++
		case tokenEnd:
			depth--
		case tokenText:
		default:
			return
		}
	}
}

// content reads the text of the current element through its end tag. Child
// elements are skipped, in strict mode they offend.
func (p *parser) content() string {
	if p.selfClosed {
		p.scanner.next()
		return ""
	}
	if text, ok := p.plainContent(); ok {
		return text
	}
	text, parts := "", 0
	var joined []byte
	for {
		switch p.scanner.next() {
		case tokenText:
			switch parts {
			case 0:
				text = p.text
			case 1:
				joined = append(append(joined, text...), p.text...)
			default:
				joined = append(joined, p.text...)
			}
			parts++
			if len(joined) > p.limits.MaxTextBytes {
				p.fail(&LimitError{Limit: "MaxTextBytes", Max: p.limits.MaxTextBytes, Offset: p.pos})
			}
		case tokenStart:
			if p.strict {
				p.offend("element inside a text")
			}
			p.skip()
		case tokenEnd:
			if parts > 1 {
				return string(joined)
			}
			return text
		default:
			return ""
		}
	}
}

// plainContent is content for the usual case: nothing but plain text up to the
// end tag. Otherwise it leaves everything to the slow way.
func (p *parser) plainContent() (string, bool) {
	length := strings.IndexByte(p.s[p.pos:], '<')
	if !p.simple || length < 0 || length > p.limits.MaxTextBytes {
		return "", false
	}
	name := p.open.at(p.open.n - 1)
	end := p.pos + length
	behind := end + len("</") + int(name.end-name.start)
	if behind >= len(p.s) || p.s[behind] != '>' || p.s[end+1] != '/' || p.s[end+2:behind] != p.s[name.start:name.end] {
		return "", false
	}
	text := p.s[p.pos:end]
	p.pos = behind + 1
	p.pop()
	return text, true
}

// token reads text whose white space at the ends means nothing.
func (p *parser) token() string {
	return trim(p.content())
}

func (p *parser) bool() bool {
	name, at := p.local, p.start
	switch value := p.token(); value {
	case "true", "1":
		return true
	case "false", "0":
		return false
	default:
		if !p.strict && strings.EqualFold(value, "true") {
			return true
		}
		if !p.strict && strings.EqualFold(value, "false") {
			return false
		}
		p.badValue(name, value, "a boolean", at)
		return false
	}
}

func (p *parser) int() int {
	name, at := p.local, p.start
	value := p.token()
	n, err := strconv.Atoi(strings.TrimPrefix(value, "+"))
	if err != nil || strings.HasPrefix(value, "++") || strings.HasPrefix(value, "+-") {
		p.badValue(name, value, "an integer", at)
	}
	return n
}

// hex reads hexBinary text. Tolerant mode keeps whatever text there is, for
// some applications send account codes as they are typed.
func (p *parser) hex() string {
	name, at := p.local, p.start
	value := p.token()
	if p.strict && !isHex(value) {
		p.badValue(name, value, "hexBinary", at)
	}
	return value
}

// present reads an element that says all by being there.
func (p *parser) present() bool { //nolint:unparam // generated code reads all types alike
	if p.strict {
		if text := p.content(); !blank(text) {
			p.fail(&StrictError{Path: p.endedPath(), Reason: "text in an empty element", Offset: p.pos})
		}
		return true
	}
	p.skip()
	return true
}

// known checks a value of an enumeration in strict mode.
func (p *parser) known(ok bool, name string, at int, value, want string) {
	if p.strict && !ok && p.err == nil {
		p.badValue(name, value, want, at)
	}
}

func (p *parser) badValue(name, value, want string, at int) {
	if p.err != nil {
		return
	}
	const shown = 64
	if len(value) > shown {
		value = strings.ToValidUTF8(value[:shown], "")
	}
	path := p.path()
	if path != "" {
		path += "/"
	}
	p.fail(&ValueError{Path: path + name, Value: value, Want: want, Offset: at})
}

// offend reports the element of the last start tag.
func (p *parser) offend(reason string) {
	path := p.path()
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		path = path[:at]
	} else {
		path = ""
	}
	p.fail(&StrictError{Path: path, Child: p.local, Reason: reason, Offset: p.start})
}

// path names the open elements without their prefixes.
func (p *parser) path() string {
	var out strings.Builder
	for i := range p.open.n {
		if i > 0 {
			out.WriteByte('/')
		}
		open := p.open.at(i)
		name := p.s[open.start:open.end]
		out.WriteString(name[strings.IndexByte(name, ':')+1:])
	}
	return out.String()
}

// endedPath is path with the element that was closed last, whose name is still
// behind the end of the open elements.
func (p *parser) endedPath() string {
	p.open.n++
	path := p.path()
	p.open.n--
	return path
}

func trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isHex(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return len(s)%2 == 0
}

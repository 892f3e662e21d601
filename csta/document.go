// SPDX-License-Identifier: Apache-2.0

package csta

// Document is a message with what its XML said about itself.
type Document struct {
	Message Message
	// Edition is that of the root's namespace: EditionNone without a namespace,
	// DefaultEdition for ECMA-354 and for namespaces that name no edition.
	Edition Edition
	// Namespace is the namespace of the root as written.
	Namespace string
	// Encoding is the declared character encoding as written, empty without.
	Encoding string
}

// ReadOptions say how Read reads. The zero value is right for a server.
type ReadOptions struct {
	// Limits bound the document; zero fields have defaults.
	Limits Limits
	// Strict refuses what is forgiven otherwise: children out of order, given
	// twice or unknown, other namespaces, values outside their enumeration. The
	// first offence is the error.
	Strict bool
}

// Read reads one CSTA document. It keeps nothing of body: the strings of the
// message share one copy of it.
//
// Errors are SyntaxError, EncodingError and LimitError for what is no readable
// XML; UnknownElementError; ValueError; MissingChildError; and StrictError.
// With an UnknownElementError the Document holds edition, namespace and
// encoding, with a MissingChildError in tolerant mode everything.
func Read(body []byte, options ReadOptions) (Document, error) {
	limits := options.Limits.withDefaults()
	if len(body) > limits.MaxBytes {
		return Document{}, &LimitError{Limit: "MaxBytes", Max: limits.MaxBytes, Offset: limits.MaxBytes}
	}
	text, begin, encoding, err := decodeBody(body)
	if err != nil {
		return Document{}, err
	}
	p := parser{strict: options.Strict}
	p.setText(text, limits)
	p.pos = begin
	document := Document{Encoding: encoding}
	if !p.root() {
		return document, p.err
	}
	document.Namespace = p.uri
	document.Edition = editionOf(p.uri)
	if p.strict && !ourNamespace(p.uri) {
		return document, &StrictError{Child: p.local, Reason: "not in a namespace of ECMA-323 or ECMA-354", Offset: p.start}
	}
	p.rootURI, p.edition = p.uri, document.Edition
	name, at := p.local, p.start
	message := readMessage(&p)
	if message == nil {
		p.skip()
	}
	p.trailer()
	switch {
	case p.err != nil:
		return document, p.err
	case message == nil:
		return document, &UnknownElementError{Name: name, Namespace: document.Namespace, Offset: at}
	}
	document.Message = message
	if p.missing != nil {
		return document, p.missing
	}
	return document, nil
}

func editionOf(namespace string) Edition {
	if namespace == "" {
		return EditionNone
	}
	if edition, ok := ParseEdition(namespace); ok {
		return edition
	}
	return guessEdition(namespace)
}

// root moves to the start tag of the root element.
func (p *parser) root() bool {
	for {
		switch p.next() {
		case tokenStart:
			return true
		case tokenEOF:
			p.syntax(len(p.s), "document without an element")
			return false
		case tokenNone:
			return false
		default: // nothing of importance stands before the root
		}
	}
}

// trailer reads what follows the root element.
func (p *parser) trailer() {
	for p.err == nil {
		if p.next() == tokenEOF {
			return
		}
	}
}

const (
	xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>`
	usualSize      = 2048
)

// Append appends a message as a complete document in UTF-8: XML declaration
// and root element in the namespace of the edition. Messages of ECMA-354 are
// put in its namespace. EditionNone writes no namespace. Children that the
// edition does not have are left out; required children are always written.
// Append never fails.
func Append(dst []byte, message Message, ed Edition) []byte {
	dst = appendHead(dst, message, ed)
	dst = message.appendContent(dst, ed)
	return appendClose(dst, message.Element())
}

// AppendEvent appends an event as Append does, but with an empty
// monitorCrossRefID, for reporting one event to many monitors: for each of
// them the text of its monitorCrossRefID, as AppendEscaped writes it, goes
// where crossRefAt points in buf.
//
//	out = append(out[:0], buf[:crossRefAt]...)
//	out = csta.AppendEscaped(out, string(id))
//	out = append(out, buf[crossRefAt:]...)
func AppendEvent(dst []byte, event Event, ed Edition) (buf []byte, crossRefAt int) {
	dst = appendHead(dst, event, ed)
	dst = appendOpen(dst, crossRefElement)
	crossRefAt = len(dst)
	dst = appendClose(dst, crossRefElement)
	dst = event.appendAfterCrossRef(dst, ed)
	return appendClose(dst, event.Element()), crossRefAt
}

const crossRefElement = "monitorCrossRefID"

func appendHead(dst []byte, message Message, ed Edition) []byte {
	if cap(dst)-len(dst) < usualSize/4 {
		room := make([]byte, len(dst), len(dst)+usualSize)
		copy(room, dst)
		dst = room
	}
	dst = append(dst, xmlDeclaration...)
	dst = append(dst, '<')
	dst = append(dst, message.Element()...)
	namespace := ed.Namespace()
	if _, session := message.(sessionMessage); session && namespace != "" {
		namespace = applicationSessionURI
	}
	if namespace != "" {
		dst = append(dst, ` xmlns="`...)
		dst = append(dst, namespace...)
		dst = append(dst, '"')
	}
	return append(dst, '>')
}

// sessionMessage marks the messages of ECMA-354.
type sessionMessage interface{ applicationSession() }

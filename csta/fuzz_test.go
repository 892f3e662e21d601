// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func addSeeds(f *testing.F) {
	f.Helper()
	files, err := filepath.Glob("testdata/*/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
}

// FuzzRead: what reads must write, and read back as the same message in every
// edition that has all its children.
func FuzzRead(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		document, err := Read(body, ReadOptions{})
		if document.Message == nil {
			if err == nil {
				t.Fatal("neither message nor error")
			}
			_, strictErr := Read(body, ReadOptions{Strict: true})
			if strictErr == nil {
				t.Fatalf("strict reading takes what tolerant reading refuses with %v", err)
			}
			return
		}
		limits := Limits{MaxBytes: 1 << 24, MaxTextBytes: 1 << 20}
		if strict, err := Read(body, ReadOptions{Strict: true}); err == nil {
			written := Append(nil, strict.Message, strict.Edition)
			if _, err := Read(written, ReadOptions{Limits: limits, Strict: true}); err != nil {
				t.Fatalf("%q was read strictly, but not as written: %v\n%s", body, err, written)
			}
		}
		for _, edition := range []Edition{Edition6, document.Edition} {
			written := Append(nil, document.Message, edition)
			again, err := Read(written, ReadOptions{Limits: limits})
			var missing *MissingChildError
			if err != nil && !errors.As(err, &missing) {
				var value *ValueError
				if errors.As(err, &value) && value.Value == "" {
					return // a required number that the first document lacked
				}
				t.Fatalf("written document does not read: %v\n%s", err, written)
			}
			if edition != Edition6 {
				continue
			}
			if third := Append(nil, again.Message, edition); !bytes.Equal(third, written) {
				t.Fatalf("%s\nbecame\n%s", written, third)
			}
			if missing == nil && !reflect.DeepEqual(comparable6(document.Message), comparable6(again.Message)) {
				t.Fatalf("%#v\nbecame\n%#v", document.Message, again.Message)
			}
		}
	})
}

// comparable6 gives the message as edition 6 writes it: required lists that
// were not there are empty afterwards.
func comparable6(message Message) string { return string(Append(nil, message, Edition6)) }

// FuzzAgainstEncodingXML: where our scanner accepts a document, encoding/xml
// does too, and both see the same elements and the same text.
func FuzzAgainstEncodingXML(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		text, begin, _, err := decodeBody(body)
		if err != nil {
			return
		}
		ours, err := scanAll(text, begin)
		if err != nil || strings.ContainsFunc(strings.Join(ours, ""), func(r rune) bool { return r >= utf8.RuneSelf }) {
			return // encoding/xml keeps to older tables of letters in names
		}
		theirs, err := decodeAll(text[begin:])
		if err != nil {
			t.Fatalf("encoding/xml refuses %q: %v", text, err)
		}
		if strings.Join(ours, "\x00") != strings.Join(theirs, "\x00") {
			t.Fatalf("%q\nours   %q\ntheirs %q", text, ours, theirs)
		}
	})
}

// blanks hides that encoding/xml does not normalise white space in attribute
// values, and so in namespaces, as XML 1.0 3.3.3 wants.
var blanks = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")

// scanAll lists start tags, end tags and joined texts.
func scanAll(text string, begin int) ([]string, error) {
	var sc scanner
	sc.setText(text, Limits{MaxBytes: 1 << 20, MaxElements: 1 << 20, MaxDepth: 1 << 20}.withDefaults())
	sc.pos = begin
	var out []string
	joined := ""
	flush := func(more string) {
		if joined != "" {
			out = append(out, "="+joined)
			joined = ""
		}
		out = append(out, more)
	}
	for {
		switch sc.next() {
		case tokenStart:
			flush("<" + blanks.Replace(sc.uri) + " " + sc.local)
			for i := range sc.attributes.n {
				a := sc.attributes.at(i)
				out = append(out, "@"+a.local)
			}
		case tokenEnd:
			flush(">")
		case tokenText:
			if sc.open.n > 0 {
				joined += sc.text
			}
		case tokenEOF:
			if sc.elements == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return out, nil
		default:
			return nil, sc.err
		}
	}
}

func decodeAll(text string) ([]string, error) {
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	var out []string
	joined, depth := "", 0
	flush := func(more string) {
		if joined != "" {
			out = append(out, "="+joined)
			joined = ""
		}
		out = append(out, more)
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			flush("<" + blanks.Replace(token.Name.Space) + " " + token.Name.Local)
			for _, a := range token.Attr {
				if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
					out = append(out, "@"+a.Name.Local)
				}
			}
		case xml.EndElement:
			depth--
			flush(">")
		case xml.CharData:
			if depth > 0 {
				joined += string(token)
			}
		}
	}
}

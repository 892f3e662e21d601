// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed schema
var schemaFiles embed.FS

// schema is all that the files of folder schema describe.
type schema struct {
	enums    []enum
	errors   []errorList
	elements []element
}

type enum struct {
	name, prefix, doc string
	values            []string
}

type errorList struct {
	category string
	values   []string
}

// element is a message or a type with children.
type element struct {
	file    string
	kind    string // request, response, event, report, error, type, choice
	name    string
	doc     string // of a type; the service or event of a message
	filter  string // of an event, group.name
	session bool   // of ECMA-354
	fields  []field
}

type field struct {
	name     string
	goName   string
	typ      string
	item     string // a wrapper element around items of that name
	required bool
	repeated bool
	since    int
	was      string // the name before edition 6
}

func (e *element) message() bool { return e.kind != "type" && e.kind != "choice" }

func loadSchema() (*schema, error) {
	s := &schema{}
	for _, file := range []string{"enums", "types", "services", "events", "sessions"} {
		text, err := schemaFiles.ReadFile("schema/" + file + ".txt")
		if err != nil {
			return nil, err
		}
		if err := s.parse(file, string(text)); err != nil {
			return nil, fmt.Errorf("parse %s.txt: %w", file, err)
		}
	}
	s.addPlainResponses()
	return s, nil
}

func (s *schema) parse(file, text string) error {
	lines := bufio.NewScanner(strings.NewReader(text))
	current := func(string) error { return fmt.Errorf("child without a head") }
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "\t"):
			if err := current(strings.TrimSpace(line)); err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
		default:
			next, err := s.head(file, line)
			if err != nil {
				return fmt.Errorf("line %d: %w", number, err)
			}
			current = next
		}
	}
	return lines.Err()
}

// head parses the first line of an entry and gives what takes its other lines.
func (s *schema) head(file, line string) (func(string) error, error) {
	head, doc, _ := strings.Cut(line, ` "`)
	doc = strings.TrimSuffix(doc, `"`)
	words := strings.Fields(head)
	session := words[0] == "session"
	if session {
		words = words[1:]
	}
	if len(words) < 2 {
		return nil, fmt.Errorf("malformed head %q", line)
	}
	switch words[0] {
	case "enum":
		e := enum{name: words[1], prefix: words[1], doc: doc}
		if len(words) > 2 {
			e.prefix = strings.TrimPrefix(words[2], "prefix:")
		}
		s.enums = append(s.enums, e)
		values := &s.enums[len(s.enums)-1].values
		return func(value string) error { *values = append(*values, value); return nil }, nil
	case "errors":
		s.errors = append(s.errors, errorList{category: words[1]})
		values := &s.errors[len(s.errors)-1].values
		return func(value string) error { *values = append(*values, value); return nil }, nil
	case "request", "response", "event", "report", "error", "type", "choice":
		e := element{file: file, kind: words[0], name: words[1], doc: doc, session: session}
		if e.kind == "event" {
			e.filter = words[2]
		}
		s.elements = append(s.elements, e)
		at := len(s.elements) - 1
		return func(line string) error {
			f, err := parseField(line)
			s.elements[at].fields = append(s.elements[at].fields, f)
			if len(s.elements[at].fields) > 64 {
				return fmt.Errorf("%s has more than 64 children", e.name)
			}
			return err
		}, nil
	}
	return nil, fmt.Errorf("unknown entry %q", words[0])
}

func parseField(line string) (field, error) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return field{}, fmt.Errorf("malformed child %q", line)
	}
	f := field{name: words[0], typ: words[1]}
	f.name, f.required = strings.CutSuffix(f.name, "!")
	f.typ, f.repeated = strings.CutSuffix(f.typ, "+")
	if typ, item, ok := strings.Cut(f.typ, "["); ok {
		f.typ, f.item = typ, strings.TrimSuffix(item, "]")
	}
	f.goName = exported(f.name)
	for _, word := range words[2:] {
		if was, ok := strings.CutPrefix(word, "was:"); ok {
			f.was = was
		} else if _, err := fmt.Sscanf(word, "ed%d", &f.since); err != nil {
			return f, fmt.Errorf("unknown mark %q", word)
		}
	}
	return f, nil
}

// addPlainResponses gives every request of ECMA-323 without a response of its
// own one that has extensions only.
func (s *schema) addPlainResponses() {
	var all []element
	for _, e := range s.elements {
		all = append(all, e)
		response := e.name + "Response"
		if e.kind != "request" || e.session || slices.ContainsFunc(s.elements, func(o element) bool { return o.name == response }) {
			continue
		}
		all = append(all, element{
			file: e.file, kind: "response", name: response, doc: e.doc,
			fields: []field{{name: "extensions", goName: "Extensions", typ: "Extensions"}},
		})
	}
	s.elements = all
}

func (s *schema) isEnum(name string) bool {
	return slices.ContainsFunc(s.enums, func(e enum) bool { return e.name == name })
}

func exported(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

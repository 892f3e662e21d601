// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
)

// shape says how a type of the schema looks in Go.
type shape struct {
	goType string
	// scalar types have a Go expression that reads them, and are written by
	// appendText, appendBool and so on.
	read  string
	write string
	// empty is the value that stands for an absent optional child; types
	// without one are pointers where they are optional.
	empty string
}

var shapes = map[string]shape{
	"Text":              {"string", "p.content()", "appendText(dst, %q, %s)", `""`},
	"Token":             {"string", "p.token()", "appendText(dst, %q, %s)", `""`},
	"Hex":               {"string", "p.hex()", "appendText(dst, %q, %s)", `""`},
	"MonitorCrossRefID": {"MonitorCrossRefID", "MonitorCrossRefID(p.token())", "appendText(dst, %q, string(%s))", `""`},
	"Raw":               {"RawXML", "p.raw()", "appendRaw(dst, %q, %s)", `""`},
	"Empty":             {"bool", "p.present()", "appendEmpty(dst, %q)", "false"},
	"Bool":              {"bool", "p.bool()", "appendBool(dst, %q, %s)", ""},
	"Int":               {"int", "p.int()", "appendInt(dst, %q, %s)", ""},
	"Flags":             {goType: "Flags", empty: "nil"},
	"CapabilityList":    {goType: "CapabilityList", empty: "nil"},
	"PrivateDataList":   {goType: "PrivateDataList", empty: "nil"},
	"Destinations":      {goType: "Destinations", empty: "nil"},
}

func (s *schema) shape(typ string) shape {
	if known, ok := shapes[typ]; ok {
		return known
	}
	if s.isEnum(typ) {
		return shape{goType: typ, empty: `""`}
	}
	return shape{goType: typ}
}

func (f *field) list() bool { return f.item != "" || f.repeated }

// pointer says whether the Go field is a pointer.
func (f *field) pointer(s *schema) bool {
	return !f.required && !f.list() && s.shape(f.typ).empty == ""
}

func (f *field) specRepeated() bool {
	return f.repeated || f.typ == "PrivateDataList"
}

func emitElement(w *bytes.Buffer, s *schema, e *element) {
	emitStruct(w, s, e)
	table := strings.ToLower(e.name[:1]) + e.name[1:] + "Children"
	fmt.Fprintf(w, "var %s = []childSpec{\n", table)
	required := uint64(0)
	for i, f := range e.fields {
		if f.required {
			required |= 1 << i
		}
		fmt.Fprintf(w, "\t{name: %q", f.name)
		if f.was != "" {
			fmt.Fprintf(w, ", alias: %q", f.was)
		}
		if f.specRepeated() {
			w.WriteString(", repeated: true")
		}
		if f.since > 0 {
			fmt.Fprintf(w, ", since: Edition%d", f.since)
		}
		w.WriteString("},\n")
	}
	w.WriteString("}\n\n")
	fmt.Fprintf(w, "func (m *%s) readContent(p *parser) {\n\tf := frame{specs: %s, required: %#x}\n\tfor {\n\t\tswitch p.child(&f) {\n", e.name, table, required)
	for i := range e.fields {
		fmt.Fprintf(w, "\t\tcase %d:\n%s", i, e.fields[i].reader(s))
	}
	w.WriteString("\t\tdefault:\n")
	if e.kind == "choice" {
		fmt.Fprintf(w, "\t\t\tp.checkChoice(&f)\n")
	}
	w.WriteString("\t\t\treturn\n\t\t}\n\t}\n}\n\n")
	emitAppend(w, s, e)
}

var kindNames = map[string]string{
	"request": "KindRequest", "response": "KindResponse", "event": "KindEvent", "report": "KindReport", "error": "KindError",
}

func emitStruct(w *bytes.Buffer, s *schema, e *element) {
	standard := "ECMA-323"
	if e.session {
		standard = "ECMA-354"
	}
	switch {
	case !e.message():
		fmt.Fprintf(w, "// %s: %s\n", e.name, e.doc)
	case e.kind == "request":
		fmt.Fprintf(w, "// %s requests the service %s (%s, ECMA-269).\n", e.name, e.doc, standard)
	case e.kind == "response":
		fmt.Fprintf(w, "// %s is the positive response of the service %s (%s).\n", e.name, e.doc, standard)
	case e.kind == "error":
		fmt.Fprintf(w, "// %s is the negative response of the service %s (%s).\n", e.name, e.doc, standard)
	case e.kind == "event":
		fmt.Fprintf(w, "// %s reports the event %s (%s, ECMA-269).\n", e.name, e.doc, standard)
	default:
		fmt.Fprintf(w, "// %s is the report %s (%s, ECMA-269).\n", e.name, e.doc, standard)
	}
	fmt.Fprintf(w, "type %s struct {\n", e.name)
	for _, f := range e.fields {
		sh := s.shape(f.typ)
		typ := sh.goType
		switch {
		case f.list():
			typ = "[]" + typ
		case f.pointer(s):
			typ = "*" + typ
		}
		var notes []string
		if f.required {
			notes = append(notes, "required")
		}
		if f.since > 0 {
			notes = append(notes, fmt.Sprintf("since edition %d", f.since))
		}
		if f.typ == "Hex" {
			notes = append(notes, "hexBinary")
		}
		note := ""
		if len(notes) > 0 {
			note = " // " + strings.Join(notes, ", ")
		}
		fmt.Fprintf(w, "\t%s %s%s\n", f.goName, typ, note)
	}
	w.WriteString("}\n\n")
	if !e.message() {
		return
	}
	guard := "Message"
	if e.kind == "event" {
		guard = "Event"
	}
	fmt.Fprintf(w, "var _ %s = (*%s)(nil)\n\n", guard, e.name)
	fmt.Fprintf(w, "// Element returns %q.\nfunc (m *%s) Element() string { return %q }\n\n", e.name, e.name, e.name)
	fmt.Fprintf(w, "// Kind returns %s.\nfunc (m *%s) Kind() Kind { return %s }\n\n", kindNames[e.kind], e.name, kindNames[e.kind])
	if e.session {
		fmt.Fprintf(w, "func (m *%s) applicationSession() {}\n\n", e.name)
	}
	if e.kind == "event" {
		group, name, _ := strings.Cut(e.filter, ".")
		fmt.Fprintf(w, "// CrossRef gives the monitor the event is reported to.\nfunc (m *%s) CrossRef() MonitorCrossRefID { return m.MonitorCrossRefID }\n\n", e.name)
		fmt.Fprintf(w, "// SetCrossRef says which monitor the event is reported to.\nfunc (m *%s) SetCrossRef(id MonitorCrossRefID) { m.MonitorCrossRefID = id }\n\n", e.name)
		fmt.Fprintf(w, "// FilterBit returns %q and %q.\nfunc (m *%s) FilterBit() (group, name string) { return %q, %q }\n\n", group, name, e.name, group, name)
	}
}

// reader gives the statements that read a child.
func (f *field) reader(s *schema) string {
	sh := s.shape(f.typ)
	target := "m." + f.goName
	switch {
	case f.item != "" && sh.read != "":
		return fmt.Sprintf("\t\t\titems := frame{specs: %sItems}\n\t\t\t%s = []%s{}\n\t\t\tfor p.child(&items) != noChild {\n\t\t\t\t%s = append(%s, %s)\n\t\t\t}\n",
			f.item, target, sh.goType, target, target, sh.read)
	case f.item != "":
		return fmt.Sprintf("\t\t\titems := frame{specs: %sItems}\n\t\t\t%s = []%s{}\n\t\t\tfor p.child(&items) != noChild {\n\t\t\t\tvar item %s\n\t\t\t\titem.readContent(p)\n\t\t\t\t%s = append(%s, item)\n\t\t\t}\n",
			f.item, target, sh.goType, sh.goType, target, target)
	case f.repeated && sh.read != "":
		return fmt.Sprintf("\t\t\t%s = append(%s, %s)\n", target, target, sh.read)
	case f.repeated:
		return fmt.Sprintf("\t\t\tvar item %s\n\t\t\titem.readContent(p)\n\t\t\t%s = append(%s, item)\n", sh.goType, target, target)
	case sh.read != "" && f.pointer(s):
		return fmt.Sprintf("\t\t\t%s = new(%s)\n", target, sh.read)
	case sh.read != "":
		return fmt.Sprintf("\t\t\t%s = %s\n", target, sh.read)
	case f.pointer(s):
		return fmt.Sprintf("\t\t\t%s = new(%s)\n\t\t\t%s.readContent(p)\n", target, sh.goType, target)
	}
	return fmt.Sprintf("\t\t\t%s.readContent(p)\n", target)
}

func emitAppend(w *bytes.Buffer, s *schema, e *element) {
	fields := e.fields
	ed := "_"
	for _, f := range fields {
		if f.since > 0 || f.was != "" || s.shape(f.typ).write == "" {
			ed = "ed"
		}
	}
	if e.kind == "event" {
		fmt.Fprintf(w, "func (m *%s) appendContent(dst []byte, ed Edition) []byte {\n\tdst = appendText(dst, crossRefElement, string(m.MonitorCrossRefID))\n\treturn m.appendAfterCrossRef(dst, ed)\n}\n\n", e.name)
		fmt.Fprintf(w, "func (m *%s) appendAfterCrossRef(dst []byte, %s Edition) []byte {\n", e.name, ed)
		fields = fields[1:]
	} else {
		fmt.Fprintf(w, "func (m *%s) appendContent(dst []byte, %s Edition) []byte {\n", e.name, ed)
	}
	for i := range fields {
		w.WriteString(fields[i].writer(s))
	}
	w.WriteString("\treturn dst\n}\n\n")
	if !e.message() {
		fmt.Fprintf(w, "func (m *%s) appendTo(dst []byte, name string, ed Edition) []byte {\n\tdst = appendOpen(dst, name)\n\tdst = m.appendContent(dst, ed)\n\treturn appendClose(dst, name)\n}\n\n", e.name)
	}
}

// writer gives the statements that write a child.
func (f *field) writer(s *schema) string {
	sh := s.shape(f.typ)
	target := "m." + f.goName
	one := func(name, value string) string {
		if sh.write == "" {
			return fmt.Sprintf("dst = %s.appendTo(dst, %q, ed)\n", value, name)
		}
		if sh.goType == "bool" && f.typ == "Empty" {
			return fmt.Sprintf("dst = "+sh.write+"\n", name)
		}
		if f.pointer(s) {
			value = "*" + value
		}
		return fmt.Sprintf("dst = "+sh.write+"\n", name, value)
	}
	var body, condition string
	switch {
	case f.item != "":
		body = fmt.Sprintf("dst = appendOpen(dst, %q)\nfor i := range %s {\n%s}\ndst = appendClose(dst, %q)\n", f.name, target, one(f.item, target+"[i]"), f.name)
		condition = target + " != nil"
	case f.repeated:
		return fmt.Sprintf("for i := range %s {\n%s}\n", target, one(f.name, target+"[i]"))
	case f.pointer(s):
		body, condition = one(f.name, target), target+" != nil"
	case f.typ == "Empty":
		body, condition = one(f.name, target), target
	default:
		body, condition = one(f.name, target), target+" != "+sh.empty
	}
	if f.was != "" {
		body = fmt.Sprintf("if ed.shape() < Edition6 {\n%s} else {\n%s}\n", strings.ReplaceAll(body, fmt.Sprintf("%q", f.name), fmt.Sprintf("%q", f.was)), body)
	}
	if f.required {
		condition = ""
	}
	if f.since > 0 {
		since := fmt.Sprintf("ed.shape() >= Edition%d", f.since)
		if condition != "" {
			since += " && "
		}
		condition = since + condition
	}
	if condition == "" {
		return body
	}
	return fmt.Sprintf("if %s {\n%s}\n", condition, body)
}

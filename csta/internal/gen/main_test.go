// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGeneratedFilesAreCurrent generates again and compares with what is
// committed: "go generate" would change nothing.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	s, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(s)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the schema gives: run go generate", name)
		}
	}
	committed, err := filepath.Glob("../../generated_*.go")
	if err != nil || len(committed) != len(files) {
		t.Errorf("%d files are committed, %d generated, %v", len(committed), len(files), err)
	}
}

func TestSchemaMistakesAreReported(t *testing.T) {
	tests := []struct{ text, want string }{
		{"\tchild Token", "line 1: child without a head"},
		{"thing Name \"doc\"", `unknown entry "thing"`},
		{"request\n", "malformed head"},
		{"type T \"doc\"\n\tlonely", `line 2: malformed child "lonely"`},
		{"type T \"doc\"\n\ta Token edX", `unknown mark "edX"`},
	}
	for _, test := range tests {
		s := &schema{}
		err := s.parse("test", test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.text, err, test.want)
		}
	}
}

// TestEveryChildHasAType finds misspelt types before the compiler does, and
// children named twice.
func TestEveryChildHasAType(t *testing.T) {
	s, err := loadSchema()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"DeviceID": true, "ConnectionID": true, "SubjectDeviceID": true, "RedirectionDeviceID": true, "CSTAErrorCode": true}
	for _, e := range s.elements {
		known[e.name] = true
	}
	for _, e := range s.enums {
		known[e.name] = true
	}
	for name := range shapes {
		known[name] = true
	}
	for _, e := range s.elements {
		names := map[string]bool{}
		for _, f := range e.fields {
			if !known[f.typ] {
				t.Errorf("%s.%s has unknown type %s", e.name, f.name, f.typ)
			}
			if names[f.name] {
				t.Errorf("%s has %s twice", e.name, f.name)
			}
			names[f.name] = true
		}
		if e.kind == "event" && (len(e.fields) == 0 || e.fields[0].name != "monitorCrossRefID" || !e.fields[0].required) {
			t.Errorf("%s does not begin with monitorCrossRefID", e.name)
		}
	}
}

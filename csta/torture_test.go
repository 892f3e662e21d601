// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome says in one line what reading gave, in the form of the .expect files.
func outcome(document Document, err error) string {
	var syntax *SyntaxError
	var encoding *EncodingError
	var limit *LimitError
	var unknown *UnknownElementError
	var missing *MissingChildError
	var value *ValueError
	switch {
	case errors.As(err, &syntax):
		return "syntax: " + syntax.Reason
	case errors.As(err, &encoding):
		return "encoding: " + encoding.Encoding
	case errors.As(err, &limit):
		return "limit: " + limit.Limit
	case errors.As(err, &unknown):
		return "unknown: " + unknown.Name
	case errors.As(err, &missing):
		return "missing: " + missing.Path + "/" + missing.Child
	case errors.As(err, &value):
		return "value: " + value.Path
	case err != nil:
		return "error: " + err.Error()
	}
	line := fmt.Sprintf("ok %s %s", document.Message.Element(), document.Edition)
	if stop, ok := document.Message.(*MonitorStop); ok {
		line += " " + strings.ReplaceAll(string(stop.MonitorCrossRefID), "\n", `\n`)
	}
	return line
}

func TestTorture(t *testing.T) {
	files, err := filepath.Glob("testdata/torture/*.xml")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			expect, err := os.ReadFile(strings.TrimSuffix(file, ".xml") + ".expect")
			if err != nil {
				t.Fatal(err)
			}
			want := strings.TrimSuffix(string(expect), "\n")
			document, err := Read(body, ReadOptions{})
			if got := outcome(document, err); !strings.HasPrefix(got, want) || strings.HasPrefix(want, "ok") && got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if _, err := Read(body, ReadOptions{Strict: true}); err == nil && !strings.HasPrefix(want, "ok") {
				t.Error("strict reading accepts it")
			}
		})
	}
}

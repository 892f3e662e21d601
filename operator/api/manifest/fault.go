// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"cmp"
	"slices"
	"strings"

	"offhook.dev/operator/api/v1alpha1"
)

// Fault is one thing wrong in a manifest.
type Fault struct {
	// File it stands in.
	File string
	// Object as "Kind name", or "document at line 12" where it has neither.
	Object string
	// Field is the path of the field, "spec.lines[1].number"; empty for the
	// document as a whole.
	Field string
	// Reason says what is wrong and what to do.
	Reason string

	// Kind and Name of the object; empty where it has none.
	Kind, Name string
	// Cause is the reason that the object's conditions give: Invalid for what
	// the object alone shows.
	Cause v1alpha1.ConditionReason

	// line is where the object begins.
	line int
}

// String is the fault in one line.
func (f Fault) String() string {
	parts := make([]string, 0, 4)
	for _, part := range []string{f.File, f.Object, f.Field, f.Reason} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Faults is the error of a folder with faults: by file, then in the order of
// the objects.
type Faults []Fault

// Error lists the faults, a line each.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.line, b.line))
	})
	return f
}

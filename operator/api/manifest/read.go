// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"offhook.dev/operator/api/v1alpha1"
)

// Bounds of what a folder may hold.
const (
	MaxFileBytes = 16 << 20
	maxObjects   = 100_000
)

// Read reads the files of a folder, by name. The error is Faults and lists
// everything that is wrong.
func Read(files map[string][]byte) (*Set, error) {
	r := reader{secrets: make(map[string]loaded[*coreSecret]), seen: make(map[string]object)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r.file(name, files[name])
	}
	r.resolve()
	if len(r.faults) > 0 {
		return nil, r.faults.sorted()
	}
	r.expand()
	return r.set(), nil
}

// reader collects the objects and faults of a folder.
type reader struct {
	faults  Faults
	targets []loaded[*v1alpha1.CMETarget]
	lines   []loaded[*v1alpha1.Line]
	users   []loaded[*v1alpha1.CTIUser]
	secrets map[string]loaded[*coreSecret]
	// seen has every object that has a name, valid or not, by "Kind name".
	seen map[string]object
	// namespaced is the first object that has a namespace.
	namespaced object
	namespace  string
	// unread tells of a document that might be any object.
	unread bool
}

func (r *reader) fault(o object, path, reason string) {
	r.unresolved(v1alpha1.ReasonInvalid, o, path, reason)
}

// unresolved reports what only several objects together show.
func (r *reader) unresolved(cause v1alpha1.ConditionReason, o object, path, reason string) {
	r.faults = append(r.faults, Fault{
		File: o.file, Object: o.String(), Field: path, Reason: reason, Kind: o.kind, Name: o.name, Cause: cause, line: o.line,
	})
}

func (r *reader) file(name string, content []byte) {
	at := object{file: name, line: 1}
	if len(content) > MaxFileBytes {
		r.fault(at, "", fmt.Sprintf("the file has %d bytes; %d is the most, split it", len(content), MaxFileBytes))
		r.unread = true
		return
	}
	for line, document := range documents(content) {
		at.line = line
		if len(r.seen) >= maxObjects {
			r.fault(at, "", fmt.Sprintf("the folder has more than %d objects", maxObjects))
			r.unread = true
			return
		}
		r.document(at, document)
	}
}

func (r *reader) set() *Set {
	set := &Set{secrets: make(map[string]func(string) (string, bool), len(r.secrets))}
	for name, loaded := range r.secrets {
		set.secrets[name] = loaded.value.lookup
	}
	for _, target := range r.targets {
		set.Targets = append(set.Targets, target.value)
	}
	for _, line := range r.lines {
		set.Lines = append(set.Lines, line.value)
	}
	for _, user := range r.users {
		set.Users = append(set.Users, user.value)
	}
	slices.SortFunc(set.Targets, func(a, b *v1alpha1.CMETarget) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(set.Lines, func(a, b *v1alpha1.Line) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(set.Users, func(a, b *v1alpha1.CTIUser) int { return strings.Compare(a.Name, b.Name) })
	return set
}

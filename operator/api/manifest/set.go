// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"slices"

	"offhook.dev/operator/api/v1alpha1"
)

// Set is everything a folder declares: valid, defaulted, and with every
// reference resolved. Each list is sorted by name.
type Set struct {
	Targets []*v1alpha1.CMETarget
	Lines   []*v1alpha1.Line
	Users   []*v1alpha1.CTIUser
	// secrets are functions, so that printing a set shows no password.
	secrets map[string]func(key string) (string, bool)
}

// Password is the value that a reference names. It exists for every reference
// of the set's objects.
func (s *Set) Password(reference v1alpha1.SecretKeyReference) (string, bool) {
	lookup, ok := s.secrets[reference.Name]
	if !ok {
		return "", false
	}
	return lookup(reference.Key)
}

// object says which object of a folder is meant, and where it stands.
type object struct {
	file string
	// line is where its document begins.
	line int
	kind string
	name string
}

// String is "Kind name", or the place of a document that has neither.
func (o object) String() string {
	switch {
	case o.kind == "":
		return fmt.Sprintf("document at line %d", o.line)
	case o.name == "":
		return fmt.Sprintf("%s at line %d", o.kind, o.line)
	default:
		return o.kind + " " + printable(o.name)
	}
}

// loaded is an object with what is wrong in it.
type loaded[T any] struct {
	object
	value   T
	misfits []misfit
}

// sound tells that none of some fields, nor what they stand in, is wrong.
func (l loaded[T]) sound(paths ...string) bool {
	s := shape{misfits: l.misfits}
	return !slices.ContainsFunc(paths, s.concerns)
}

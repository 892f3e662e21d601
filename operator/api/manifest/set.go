// SPDX-License-Identifier: Apache-2.0

package manifest

import "offhook.dev/operator/api/v1alpha1"

// Set is everything a folder declares: valid, defaulted, and with every
// reference resolved. Each list is sorted by name.
type Set struct {
	Targets []*v1alpha1.CMETarget
	Lines   []*v1alpha1.Line
	Users   []*v1alpha1.CTIUser
	secrets map[string]secret
}

// Password is the value that a reference names. It exists for every reference
// of the set's objects.
func (s *Set) Password(reference v1alpha1.SecretKeyReference) (string, bool) {
	value, ok := s.secrets[reference.Name].values[reference.Key]
	return value, ok
}

// object is what all kinds have in common here.
type object struct {
	file string
	kind string
	name string
}

func (o object) String() string { return o.kind + " " + o.name }

type loaded[T any] struct {
	object
	value T
}

// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const kindSecret = "Secret"

// coreSecret is a Secret of the core API, as far as a folder needs it.
type coreSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Type       string            `json:"type,omitempty"`
	Immutable  *bool             `json:"immutable,omitempty"`
	Data       map[string][]byte `json:"data,omitempty"`
	StringData map[string]string `json:"stringData,omitempty"`
}

// SetDefaults fills nothing: a Secret has what it needs.
func (c *coreSecret) SetDefaults() {}

// Validate checks names and keys. Faults never show a value.
func (c *coreSecret) Validate() field.ErrorList {
	var faults field.ErrorList
	for _, text := range validation.IsDNS1123Subdomain(c.Name) {
		faults = append(faults, field.Invalid(field.NewPath("metadata", "name"), c.Name, text))
	}
	faults = append(faults, validateKeys(field.NewPath("data"), c.Data)...)
	return append(faults, validateKeys(field.NewPath("stringData"), c.StringData)...)
}

func validateKeys[V any](path *field.Path, values map[string]V) field.ErrorList {
	var faults field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(values)) {
		for _, text := range validation.IsConfigMapKey(key) {
			faults = append(faults, field.Invalid(path, key, text))
		}
	}
	return faults
}

// lookup gives the value of a key; stringData wins, as in the API server.
func (c *coreSecret) lookup(key string) (string, bool) {
	if value, ok := c.StringData[key]; ok {
		return value, true
	}
	value, ok := c.Data[key]
	return string(value), ok
}

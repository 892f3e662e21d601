// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// coreSecret is a Secret of the core API, as far as a folder needs it.
type coreSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Type       string            `json:"type,omitempty"`
	Immutable  *bool             `json:"immutable,omitempty"`
	Data       map[string][]byte `json:"data,omitempty"`
	StringData map[string]string `json:"stringData,omitempty"`
}

// secret holds the values of a Secret. It prints without them.
type secret struct{ values map[string]string }

// String hides the values.
func (secret) String() string { return "[secret]" }

// GoString hides the values.
func (secret) GoString() string { return "[secret]" }

func (c *coreSecret) secret() secret {
	values := make(map[string]string, len(c.Data)+len(c.StringData))
	for key, value := range c.Data {
		values[key] = string(value)
	}
	maps.Copy(values, c.StringData) // stringData wins, as in the API server
	return secret{values: values}
}

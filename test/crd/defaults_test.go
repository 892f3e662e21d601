// SPDX-License-Identifier: Apache-2.0

package crd

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"offhook.dev/operator/api/v1alpha1"
)

// Defaults of the definitions are those of SetDefaults: with and without the
// API server's an object comes out the same, and what the API server filled in
// is not written over.
func TestDefaultsAgree(t *testing.T) {
	known := kinds(t)
	for kind, spec := range map[string]string{
		"CMETarget": "{sip: {domains: [a]}, driver: {skinny: {}}, csta: {}, media: {}, trunk: {uri: 'sip:gw.example', auth: {username: u, passwordSecretRef: {name: s}}}, dialPlan: {rules: [{pattern: '9'}]}}",
		"Line":      "{target: t, number: '1001', devices: [{name: a, sip: {passwordSecretRef: {name: s}}}, {name: b, skinny: {mac: 0011.2233.4455}}], forwarding: [{type: forwardNoAns, forwardDN: '2'}]}",
		"CTIUser":   "{passwordSecretRef: {name: s}, lines: [{target: t, number: '1', rights: [monitor]}]}",
	} {
		t.Run(kind, func(t *testing.T) {
			stored, faults := known[kind].apply(t, manifest(t, kind, spec), nil)
			if len(faults) > 0 {
				t.Fatal(texts(faults))
			}
			if diff := cmp.Diff(defaulted(t, kind, manifest(t, kind, spec)), defaulted(t, kind, stored)); diff != "" {
				t.Error(diff)
			}
			if cmp.Equal(manifest(t, kind, spec), stored) {
				t.Error("the definition has no defaults")
			}
		})
	}
}

func defaulted(t *testing.T, kind string, object map[string]any) any {
	t.Helper()
	var typed interface{ SetDefaults() }
	switch kind {
	case "CMETarget":
		typed = &v1alpha1.CMETarget{}
	case "Line":
		typed = &v1alpha1.Line{}
	default:
		typed = &v1alpha1.CTIUser{}
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, typed); err != nil {
		t.Fatal(err)
	}
	typed.SetDefaults()
	return typed
}

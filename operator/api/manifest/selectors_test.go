// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
)

func TestSelectorsGrantTheLinesThatTheyMatch(t *testing.T) {
	sales := metav1.LabelSelector{MatchLabels: map[string]string{"team": "sales"}}
	monitor, control := v1alpha1.RightMonitor, v1alpha1.RightControl
	for name, test := range map[string]struct {
		lines     []v1alpha1.LineGrant
		selectors []v1alpha1.LineSelectorGrant
		spoil     func(*manifest.Objects)
		want      []v1alpha1.LineGrant
	}{
		"by label": {
			selectors: []v1alpha1.LineSelectorGrant{{Target: "office", Selector: sales, Rights: []v1alpha1.Right{monitor}}},
			want:      []v1alpha1.LineGrant{{Target: "office", Number: "1002", Rights: []v1alpha1.Right{monitor}}},
		},
		"every line": {
			selectors: []v1alpha1.LineSelectorGrant{{Target: "office", Rights: []v1alpha1.Right{control}}},
			want: []v1alpha1.LineGrant{
				{Target: "office", Number: "1001", Rights: []v1alpha1.Right{control}}, {Target: "office", Number: "1002", Rights: []v1alpha1.Right{control}},
			},
		},
		"rights add up": {
			lines:     []v1alpha1.LineGrant{{Target: "office", Number: "1002", Rights: []v1alpha1.Right{monitor}}},
			selectors: []v1alpha1.LineSelectorGrant{{Target: "office", Selector: sales, Rights: []v1alpha1.Right{monitor, control}}},
			want:      []v1alpha1.LineGrant{{Target: "office", Number: "1002", Rights: []v1alpha1.Right{monitor, control}}},
		},
		"a line with a fault counts": {
			selectors: []v1alpha1.LineSelectorGrant{{Target: "office", Selector: sales, Rights: []v1alpha1.Right{monitor}}},
			spoil:     func(o *manifest.Objects) { o.Lines[1].Spec.PickupGroup = "two words" },
			want:      []v1alpha1.LineGrant{{Target: "office", Number: "1002", Rights: []v1alpha1.Right{monitor}}},
		},
		"no such target beside one": {
			selectors: []v1alpha1.LineSelectorGrant{
				{Target: "branch", Rights: []v1alpha1.Right{monitor}}, {Target: "office", Selector: sales, Rights: []v1alpha1.Right{monitor}},
			},
			want: []v1alpha1.LineGrant{{Target: "office", Number: "1002", Rights: []v1alpha1.Right{monitor}}},
		},
		"nothing matches": {
			selectors: []v1alpha1.LineSelectorGrant{{
				Target: "office", Rights: []v1alpha1.Right{monitor}, Selector: metav1.LabelSelector{MatchLabels: map[string]string{"team": "none"}},
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := officeObjects()
			objects.Lines[1].Labels = map[string]string{"team": "sales"}
			objects.Users[0].Spec.Lines, objects.Users[0].Spec.LineSelectors = test.lines, test.selectors
			if test.spoil != nil {
				test.spoil(&objects)
			}
			set, faults := manifest.FromObjects(objects)
			if len(set.Users) != 1 {
				t.Fatalf("no user; %v", faults)
			}
			if got := set.Users[0].Spec; len(got.LineSelectors) != 0 || !cmp.Equal(test.want, got.Lines, cmp.Transformer("none", func(l []v1alpha1.LineGrant) []v1alpha1.LineGrant { return append([]v1alpha1.LineGrant{}, l...) })) {
				t.Error(cmp.Diff(test.want, got.Lines))
			}
			if len(objects.Users[0].Spec.LineSelectors) != len(test.selectors) {
				t.Error("the caller's object was changed")
			}
		})
	}
}

func TestSelectorsWorkFromAFolder(t *testing.T) {
	set, err := manifest.Read(map[string][]byte{"all.yaml": []byte(`apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: office}
spec: {sip: {domains: ["*"]}}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: alice, labels: {team: sales}}
spec: {target: office, number: "1001"}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: bob}
spec: {target: office, number: "1002"}
---
apiVersion: v1
kind: Secret
metadata: {name: crm}
stringData: {password: secret}
---
apiVersion: cti.offhook.dev/v1alpha1
kind: CTIUser
metadata: {name: crm}
spec:
  passwordSecretRef: {name: crm}
  lineSelectors:
  - target: office
    selector: {matchExpressions: [{key: team, operator: In, values: [sales, help]}]}
    rights: [monitor, control]
`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []v1alpha1.LineGrant{{Target: "office", Number: "1001", Rights: []v1alpha1.Right{v1alpha1.RightMonitor, v1alpha1.RightControl}}}
	if diff := cmp.Diff(want, set.Users[0].Spec.Lines); diff != "" {
		t.Error(diff)
	}
}

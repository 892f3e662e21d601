// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
)

// officeObjects are objects without a fault, as an API server gives them.
func officeObjects() manifest.Objects {
	password := v1alpha1.SecretKeyReference{Name: "passwords", Key: "password"}
	line := func(name, number string) *v1alpha1.Line {
		return &v1alpha1.Line{
			Name: name, Namespace: "cti",
			Spec: v1alpha1.LineSpec{Target: "office", Number: number, Devices: []v1alpha1.LineDevice{
				{Name: "desk", SIP: &v1alpha1.SIPDevice{PasswordSecretRef: password}},
			}},
		}
	}
	return manifest.Objects{
		Targets: []*v1alpha1.CMETarget{{
			Name: "office", Namespace: "cti",
			Spec: v1alpha1.CMETargetSpec{SIP: v1alpha1.TargetSIP{Domains: []string{"office.example"}}},
		}},
		Lines: []*v1alpha1.Line{line("alice", "1001"), line("bob", "1002")},
		Users: []*v1alpha1.CTIUser{{
			Name: "crm", Namespace: "cti",
			Spec: v1alpha1.CTIUserSpec{PasswordSecretRef: password, Lines: []v1alpha1.LineGrant{
				{Target: "office", Number: "1001", Rights: []v1alpha1.Right{v1alpha1.RightMonitor}},
			}},
		}},
		Secrets: map[string]map[string][]byte{"passwords": {"password": []byte("1234")}},
	}
}

func TestFromObjectsLeavesOutGrantsOfWhatIsMissing(t *testing.T) {
	objects := officeObjects()
	grants := objects.Users[0].Spec.Lines
	objects.Users[0].Spec.Lines = append(grants, v1alpha1.LineGrant{Target: "branch", Number: "1001", Rights: grants[0].Rights}, v1alpha1.LineGrant{Target: "office", Number: "1009", Rights: grants[0].Rights})
	set, faults := manifest.FromObjects(objects)
	if len(set.Users) != 1 || len(set.Users[0].Spec.Lines) != 1 || set.Users[0].Spec.Lines[0].Number != "1001" || len(faults) != 2 {
		t.Errorf("users %v, faults %v", set.Users, faults)
	}
	objects.Users[0].Spec.PasswordSecretRef.Name = "gone"
	if set, _ = manifest.FromObjects(objects); len(set.Users) != 0 {
		t.Errorf("a user without a password is in the set")
	}
}

func TestFromObjectsNamesEachFault(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*manifest.Objects)
		// want are "Kind name field cause".
		want []string
	}{
		"none": {spoil: func(*manifest.Objects) {}},
		"invalid line": {
			spoil: func(o *manifest.Objects) { o.Lines[1].Spec.Number = "10 02" },
			want:  []string{"Line bob spec.number Invalid"},
		},
		"number of another line": {
			spoil: func(o *manifest.Objects) { o.Lines[1].Spec.Number = "1001" },
			want:  []string{"Line bob spec.devices[0].sip.username Conflict", "Line bob spec.number Conflict"},
		},
		"line of no target": {
			spoil: func(o *manifest.Objects) { o.Lines[1].Spec.Target = "branch" },
			want:  []string{"Line bob spec.target TargetNotFound"},
		},
		"right on no line": {
			spoil: func(o *manifest.Objects) { o.Users[0].Spec.Lines[0].Number = "1009" },
			want:  []string{"CTIUser crm spec.lines[0].number LineNotFound"},
		},
		"no Secret": {
			spoil: func(o *manifest.Objects) { o.Users[0].Spec.PasswordSecretRef.Name = "gone" },
			want:  []string{"CTIUser crm spec.passwordSecretRef.name SecretNotFound"},
		},
		"no key": {
			spoil: func(o *manifest.Objects) { o.Lines[0].Spec.Devices[0].SIP.PasswordSecretRef.Key = "other" },
			want:  []string{"Line alice spec.devices[0].sip.passwordSecretRef.key SecretKeyMissing"},
		},
		"session manager of no user": {
			spoil: func(o *manifest.Objects) {
				o.Targets[0].Spec.SessionManagers = []v1alpha1.SessionManager{{RegisterID: "app", User: "nobody"}}
			},
			want: []string{"CMETarget office spec.sessionManagers[0].user UserNotFound"},
		},
		"domain of another target": {
			spoil: func(o *manifest.Objects) {
				second := o.Targets[0].DeepCopy()
				second.Name = "branch"
				o.Targets = append(o.Targets, second)
			},
			want: []string{"CMETarget branch spec.sip.domains[0] Conflict"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := officeObjects()
			test.spoil(&objects)
			set, faults := manifest.FromObjects(objects)
			var got []string
			left := map[string]bool{}
			for _, fault := range faults {
				got = append(got, fmt.Sprint(fault.Kind, " ", fault.Name, " ", fault.Field, " ", fault.Cause))
				left[fault.Object] = true
			}
			slices.Sort(got)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			kept := len(set.Targets) + len(set.Lines) + len(set.Users)
			if all := len(objects.Targets) + len(objects.Lines) + len(objects.Users); kept != all-len(left) {
				t.Errorf("%d of %d objects are in the set, %d have faults", kept, all, len(left))
			}
			if objects.Lines[0].Spec.Watch != nil {
				t.Error("defaults were written into the caller's object")
			}
		})
	}
}

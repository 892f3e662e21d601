// SPDX-License-Identifier: Apache-2.0

package translate_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/translate"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/targetconfig"
)

func key() [32]byte { return [32]byte{7} }

// meta names an object; later ones are younger.
func meta(name string, second int64) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "cti", CreationTimestamp: metav1.Unix(second, 0)}
}

func reference(name string) v1alpha1.SecretKeyReference {
	return v1alpha1.SecretKeyReference{Name: name, Key: "password"}
}

func target(name string, second int64, domains ...string) *v1alpha1.CMETarget {
	return &v1alpha1.CMETarget{ObjectMeta: meta(name, second), Spec: v1alpha1.CMETargetSpec{SIP: v1alpha1.TargetSIP{Domains: domains}}}
}

func line(name string, second int64, target, number string) *v1alpha1.Line {
	return &v1alpha1.Line{ObjectMeta: meta(name, second), Spec: v1alpha1.LineSpec{Target: target, Number: number, Devices: []v1alpha1.LineDevice{
		{Name: "desk", SIP: &v1alpha1.SIPDevice{PasswordSecretRef: reference("phones")}},
	}}}
}

func user(name string, second int64, target string, numbers ...string) *v1alpha1.CTIUser {
	user := &v1alpha1.CTIUser{ObjectMeta: meta(name, second), Spec: v1alpha1.CTIUserSpec{PasswordSecretRef: reference(name)}}
	for _, number := range numbers {
		user.Spec.Lines = append(user.Spec.Lines, v1alpha1.LineGrant{Target: target, Number: number, Rights: []v1alpha1.Right{v1alpha1.RightMonitor}})
	}
	return user
}

// sound are objects without a fault.
func sound() manifest.Objects {
	return manifest.Objects{
		Targets: []*v1alpha1.CMETarget{target("office", 1, "office.example"), target("branch", 2, "branch.example")},
		Lines:   []*v1alpha1.Line{line("alice", 3, "office", "1001"), line("bob", 4, "office", "1002"), line("carol", 5, "branch", "2001")},
		Users:   []*v1alpha1.CTIUser{user("crm", 6, "office", "1001", "1002")},
		Secrets: map[string]map[string][]byte{"phones": {"password": []byte("1234")}, "crm": {"password": []byte("5678")}},
	}
}

func run(t *testing.T, objects manifest.Objects, published map[string]*configv1.TargetConfig) translate.Output {
	t.Helper()
	output, err := translate.Translate(translate.Input{Objects: objects, Published: published, Key: key()})
	if err != nil {
		t.Fatal(err)
	}
	var configs []*configv1.TargetConfig
	for _, config := range output.Configs {
		configs = append(configs, config)
	}
	if _, err := targetconfig.Build(key(), configs...); err != nil {
		t.Fatalf("the data plane refuses the output: %v", err)
	}
	return output
}

// causes are "Kind name cause" of all faults, with the object's standing.
func causes(output translate.Output) []string {
	var list []string
	for object, faults := range output.Faults {
		for _, fault := range faults {
			text := fmt.Sprint(object.Kind, " ", object.Name, " ", fault.Cause)
			text += map[translate.Standing]string{translate.Kept: " kept", translate.InPart: " in part"}[output.Standing[object]]
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func TestABadChangeLeavesTheRunningConfiguration(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*manifest.Objects)
		want  []string
	}{
		"target invalid": {func(o *manifest.Objects) { o.Targets[0].Spec.SIP.Domains = []string{"not a domain"} }, []string{"CMETarget office Invalid kept"}},
		"target without its user": {func(o *manifest.Objects) {
			o.Targets[0].Spec.SessionManagers = []v1alpha1.SessionManager{{RegisterID: "app", User: "x"}}
		}, []string{"CMETarget office UserNotFound kept"}},
		"trunk without its Secret": {func(o *manifest.Objects) {
			o.Targets[0].Spec.Trunk = &v1alpha1.Trunk{Name: "carrier", URI: "sip:gw.example", Auth: &v1alpha1.TrunkAuth{Username: "u", PasswordSecretRef: reference("gone")}}
		}, []string{"CMETarget office SecretNotFound kept"}},
		"domain of the older target": {func(o *manifest.Objects) { o.Targets[1].Spec.SIP.Domains = []string{"office.example"} }, []string{"CMETarget branch Conflict kept"}},
		"domain of the younger target": {func(o *manifest.Objects) { o.Targets[0].Spec.SIP.Domains = []string{"branch.example"} }, []string{
			"CMETarget branch Conflict kept", "CMETarget office Conflict kept",
		}},
		"line invalid":             {func(o *manifest.Objects) { o.Lines[1].Spec.Number = "10 02" }, []string{"Line bob Invalid kept"}},
		"line with a taken number": {func(o *manifest.Objects) { o.Lines[1].Spec.Number = "1001" }, []string{"CTIUser crm LineNotFound in part", "Line bob Conflict kept"}},
		"line of no target":        {func(o *manifest.Objects) { o.Lines[1].Spec.Target = "x" }, []string{"CTIUser crm LineNotFound in part", "Line bob TargetNotFound kept"}},
		"phone without its Secret": {func(o *manifest.Objects) { o.Lines[0].Spec.Devices[0].SIP.PasswordSecretRef.Name = "gone" }, []string{"Line alice SecretNotFound kept"}},
		"phone without its key":    {func(o *manifest.Objects) { o.Lines[0].Spec.Devices[0].SIP.PasswordSecretRef.Key = "gone" }, []string{"Line alice SecretKeyMissing kept"}},
		"Secret deleted": {func(o *manifest.Objects) { delete(o.Secrets, "phones") }, []string{
			"Line alice SecretNotFound kept", "Line bob SecretNotFound kept", "Line carol SecretNotFound kept",
		}},
		"user without its Secret":   {func(o *manifest.Objects) { delete(o.Secrets, "crm") }, []string{"CTIUser crm SecretNotFound kept"}},
		"user without its password": {func(o *manifest.Objects) { o.Secrets["crm"] = map[string][]byte{"password": nil} }, []string{"CTIUser crm SecretKeyMissing kept"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := run(t, sound(), nil)
			if len(before.Faults) > 0 {
				t.Fatalf("faults of sound objects: %v", before.Faults)
			}
			objects := sound()
			test.spoil(&objects)
			after := run(t, objects, before.Configs)
			if diff := cmp.Diff(test.want, causes(after)); diff != "" {
				t.Errorf("faults: %s\n%v", diff, after.Faults)
			}
			for name, config := range before.Configs {
				if after.Configs[name] != config {
					t.Errorf("target %s got another configuration: %v, before %v", name, after.Configs[name], config)
				}
			}
			// Nor is it another one when the operator starts anew, and a good
			// change takes effect beside the bad one.
			objects.Lines = append(objects.Lines, line("dave", 9, "branch", "2002"))
			objects.Secrets["more"] = map[string][]byte{"password": []byte("x")}
			objects.Lines[3].Spec.Devices[0].SIP.PasswordSecretRef = reference("more")
			beside := run(t, objects, after.Configs)
			if !proto.Equal(beside.Configs["office"], before.Configs["office"]) {
				t.Error("office got another configuration with a change of branch")
			}
			held := len(beside.Faults[translate.Object{Kind: v1alpha1.KindCMETarget, Name: "branch"}]) > 0
			if got := len(beside.Configs["branch"].GetLines()); got != 2 && !held {
				t.Errorf("branch has %d lines, want 2", got)
			}
			// Correcting it brings back what was.
			healed := run(t, sound(), after.Configs)
			if len(healed.Faults) > 0 || healed.Configs["office"].GetVersion() != before.Configs["office"].GetVersion() {
				t.Errorf("after the correction: %v", healed.Faults)
			}
		})
	}
}

func TestDanglingGrantsAreLeftOut(t *testing.T) {
	before := run(t, sound(), nil)
	for name, test := range map[string]struct {
		spoil func(*v1alpha1.CTIUser)
		want  string
		// rights on 1001 and 1002 that are left.
		rights int
	}{
		"no line":   {func(u *v1alpha1.CTIUser) { u.Spec.Lines[0].Number = "1009" }, "CTIUser crm LineNotFound in part", 1},
		"no target": {func(u *v1alpha1.CTIUser) { u.Spec.Lines[0].Target = "x" }, "CTIUser crm TargetNotFound in part", 1},
		"none that is sound": {func(u *v1alpha1.CTIUser) {
			u.Spec.Lines[0].Number, u.Spec.Lines[1].Number = "1008", "1009"
		}, "CTIUser crm LineNotFound kept", 2},
	} {
		t.Run(name, func(t *testing.T) {
			objects := sound()
			test.spoil(objects.Users[0])
			after := run(t, objects, before.Configs)
			if diff := cmp.Diff([]string{test.want}, causes(after)); diff != "" {
				t.Error(diff)
			}
			if users := after.Configs["office"].GetUsers(); len(users) != 1 || len(users[0].GetLines()) != test.rights {
				t.Errorf("users %v, want one with %d rights", users, test.rights)
			}
			again := run(t, objects, after.Configs)
			if again.Configs["office"] != after.Configs["office"] {
				t.Error("another configuration though nothing changed")
			}
		})
	}
}

func TestFaultyObjectsThatWereNeverGoodAreLeftOut(t *testing.T) {
	objects := sound()
	objects.Lines[1].Spec.Number = "10 02"
	objects.Users[0].Spec.Lines = objects.Users[0].Spec.Lines[:1]
	output := run(t, objects, nil)
	if diff := cmp.Diff([]string{"Line bob Invalid"}, causes(output)); diff != "" {
		t.Error(diff)
	}
	if got := len(output.Configs["office"].GetLines()); got != 1 || len(output.Configs["office"].GetUsers()) != 1 {
		t.Errorf("office has %d lines: %v", got, output.Configs["office"])
	}
}

func TestWhatIsDeletedGoes(t *testing.T) {
	before := run(t, sound(), nil)
	objects := sound()
	objects.Targets, objects.Lines = objects.Targets[:1], objects.Lines[:2]
	objects.Users = nil
	after := run(t, objects, before.Configs)
	if len(after.Configs) != 1 || len(after.Configs["office"].GetUsers()) != 0 || len(after.Faults) != 0 {
		t.Errorf("output %v", after)
	}
}

func TestDomainsChangePlaces(t *testing.T) {
	before := run(t, sound(), nil)
	objects := sound()
	// The younger gives up its domain, which the older takes.
	objects.Targets[0].Spec.SIP.Domains = []string{"branch.example"}
	objects.Targets[1].Spec.SIP.Domains = []string{"other.example"}
	after := run(t, objects, before.Configs)
	if len(after.Faults) != 0 || after.Configs["office"].GetSip().GetDomains()[0] != "branch.example" {
		t.Errorf("faults %v", after.Faults)
	}
}

func TestTargetsBeingDeletedAreInDrain(t *testing.T) {
	before := run(t, sound(), nil)
	for name, spoil := range map[string]func(*manifest.Objects){
		"sound":  func(*manifest.Objects) {},
		"faulty": func(o *manifest.Objects) { o.Targets[0].Spec.SIP.Domains = nil },
	} {
		t.Run(name, func(t *testing.T) {
			objects := sound()
			spoil(&objects)
			input := translate.Input{Objects: objects, Published: before.Configs, Draining: map[string]bool{"office": true}, Key: key()}
			output, err := translate.Translate(input)
			if err != nil {
				t.Fatal(err)
			}
			config := output.Configs["office"]
			if !config.GetDrain() || config.GetVersion() == before.Configs["office"].GetVersion() || len(config.GetLines()) != 2 {
				t.Errorf("configuration %v", config)
			}
			if output.Configs["branch"] != before.Configs["branch"] {
				t.Error("the other target changed")
			}
			input.Published = output.Configs
			again, err := translate.Translate(input)
			if err != nil || again.Configs["office"] != config {
				t.Errorf("not the same when it is asked again: %v, %v", again.Configs["office"], err)
			}
			if objects.Targets[0].Spec.Maintenance.Drain {
				t.Error("the object was changed")
			}
		})
	}
}

func TestANewKeyReplacesWhatCannotBeRead(t *testing.T) {
	before := run(t, sound(), nil)
	objects := sound()
	delete(objects.Secrets, "crm")
	output, err := translate.Translate(translate.Input{Objects: objects, Published: before.Configs, Key: [32]byte{8}})
	if err != nil {
		t.Fatal(err)
	}
	office := output.Configs["office"]
	if office == before.Configs["office"] || len(office.GetLines()) != 2 || len(office.GetUsers()) != 0 {
		t.Errorf("configuration %v", office)
	}
}

func TestPasswordsMakeVersionsAndStayUnseen(t *testing.T) {
	before := run(t, sound(), nil)
	objects := sound()
	objects.Secrets["phones"] = map[string][]byte{"password": []byte("correct-horse")}
	after := run(t, objects, before.Configs)
	if after.Configs["office"].GetVersion() == before.Configs["office"].GetVersion() {
		t.Error("another password has the same version")
	}
	encoded, err := proto.Marshal(after.Configs["office"])
	if err != nil {
		t.Fatal(err)
	}
	objects.Secrets["phones"]["password"] = []byte("correct-horse\n")
	faulty := run(t, objects, after.Configs)
	if text := fmt.Sprint(faulty.Faults); strings.Contains(text, "correct-horse") || bytes.Contains(encoded, []byte("correct-horse")) {
		t.Error("a password is seen")
	}
}

func TestManyTargetsAreTranslatedInTime(t *testing.T) {
	objects := manifest.Objects{Secrets: map[string]map[string][]byte{"phones": {"password": []byte("1234")}}}
	for i := range 50 {
		name := fmt.Sprintf("t%03d", i)
		objects.Targets = append(objects.Targets, target(name, int64(i), name+".example"))
		for j := range 40 {
			objects.Lines = append(objects.Lines, line(fmt.Sprintf("%s-%d", name, j), int64(100+j), name, fmt.Sprint(1000+j)))
		}
	}
	begin := time.Now()
	output := run(t, objects, nil)
	if spent := time.Since(begin); len(output.Configs) != 50 || spent > 10*time.Second {
		t.Errorf("%d targets in %s", len(output.Configs), spent)
	}
}

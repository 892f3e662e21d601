// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/operator/api/manifest"
)

const quickstart = "../../../deploy/samples/quickstart"

func folder(t *testing.T, path string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(path, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no manifests in %s: %v", path, err)
	}
	files := make(map[string][]byte)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = text
	}
	return files
}

func TestReadQuickstart(t *testing.T) {
	set, err := manifest.Read(folder(t, quickstart))
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Targets) != 1 || len(set.Lines) != 4 || len(set.Users) != 2 {
		t.Errorf("read %d targets, %d lines, %d users", len(set.Targets), len(set.Lines), len(set.Users))
	}
	if password, ok := set.Password(set.Users[0].Spec.PasswordSecretRef); !ok || password != "alice-secret" {
		t.Errorf("alice's password is %q, %v", password, ok)
	}
}

// good is a folder with one object of each kind; cases change one file.
func good() map[string]string {
	return map[string]string{
		"target.yaml": "apiVersion: cti.offhook.dev/v1alpha1\nkind: CMETarget\nmetadata: {name: office}\nspec:\n  sip: {domains: [office.test]}\n",
		"line.yaml":   "apiVersion: cti.offhook.dev/v1alpha1\nkind: Line\nmetadata: {name: desk}\nspec:\n  target: office\n  number: \"1001\"\n  devices: [{name: phone, sip: {passwordSecretRef: {name: secrets}}}]\n",
		"user.yaml":   "apiVersion: cti.offhook.dev/v1alpha1\nkind: CTIUser\nmetadata: {name: alice}\nspec:\n  passwordSecretRef: {name: secrets}\n  lines: [{target: office, number: \"1001\", rights: [monitor]}]\n",
		"secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: secrets}\nstringData: {password: hush}\n",
	}
}

func TestFaultsSayWhereAndWhatToDo(t *testing.T) {
	cases := []struct {
		name, file, old, new string
		faults               []string
	}{
		{"good", "user.yaml", "", "", nil},
		{"unknown field", "line.yaml", "number:", "dn: x\n  number:", []string{`line.yaml: Line desk: spec.dn: is not a field of Line; correct or remove it`, `user.yaml: CTIUser alice: spec.lines[0].number: line 1001 does not exist in target office; add a Line or correct the number`}},
		{"wrong type", "target.yaml", "[office.test]", "office.test", []string{`line.yaml: Line desk: spec.target: target office does not exist; add a CMETarget or correct the name`, `target.yaml: CMETarget office: spec.sip.domains: is a string, must be a list`, `user.yaml: CTIUser alice: spec.lines[0].target: target office does not exist; add a CMETarget or correct the name`}},
		{"wrong kind", "line.yaml", "kind: Line", "kind: Lime", []string{`line.yaml: Lime desk: kind: cti.offhook.dev/v1alpha1 Lime is not known here; known are cti.offhook.dev/v1alpha1 CMETarget, Line and CTIUser, and v1 Secret`, `user.yaml: CTIUser alice: spec.lines[0].number: line 1001 does not exist in target office; add a Line or correct the number`}},
		{"no kind", "secret.yaml", "kind: Secret\n", "", []string{`line.yaml: Line desk: spec.devices[0].sip.passwordSecretRef.name: secret secrets does not exist; add a Secret or correct the name`, `secret.yaml: document 1: kind: apiVersion and kind are required`, `user.yaml: CTIUser alice: spec.passwordSecretRef.name: secret secrets does not exist; add a Secret or correct the name`}},
		{"dangling line", "user.yaml", "1001", "1009", []string{`user.yaml: CTIUser alice: spec.lines[0].number: line 1009 does not exist in target office; add a Line or correct the number`}},
		{"dangling key", "user.yaml", "{name: secrets}", "{name: secrets, key: pin}", []string{`user.yaml: CTIUser alice: spec.passwordSecretRef.key: secret secrets has no key pin`}},
		{"empty password", "secret.yaml", "hush", `""`, []string{`line.yaml: Line desk: spec.devices[0].sip.passwordSecretRef.key: key password of secret secrets is empty or has a line end`, `user.yaml: CTIUser alice: spec.passwordSecretRef.key: key password of secret secrets is empty or has a line end`}},
		{"bad right", "user.yaml", "[monitor]", "[monitor, admin]", []string{`user.yaml: CTIUser alice: spec.lines[0].rights[1]: Unsupported value: "admin": supported values: "monitor", "control"`}},
		{"bad number", "line.yaml", `"1001"`, `"10 01"`, []string{`line.yaml: Line desk: spec.number: Invalid value: "10 01": write 1 to 32 digits, letters, * or #, optionally after a +`, `user.yaml: CTIUser alice: spec.lines[0].number: line 1001 does not exist in target office; add a Line or correct the number`}},
		{"bad expiry", "target.yaml", "[office.test]}", "[office.test]}\n  csta: {sessionExpires: 10s}", []string{`target.yaml: CMETarget office: spec.csta.sessionExpires: Invalid value: "10s": must be from 1m30s to 24h0m0s`}},
		{"no domain", "target.yaml", "[office.test]", "[]", []string{`target.yaml: CMETarget office: spec.sip.domains: Required value: list the domains and addresses that phones and applications use, or "*"`}},
		{"not yaml", "target.yaml", "kind: CMETarget", "kind: [", []string{`line.yaml: Line desk: spec.target: target office does not exist; add a CMETarget or correct the name`, `target.yaml: document 1: yaml: line 3: did not find expected ',' or ']'`, `user.yaml: CTIUser alice: spec.lines[0].target: target office does not exist; add a CMETarget or correct the name`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := make(map[string][]byte)
			for name, text := range good() {
				if name == c.file && c.old != "" {
					if !strings.Contains(text, c.old) {
						t.Fatalf("%s does not contain %q", name, c.old)
					}
					text = strings.Replace(text, c.old, c.new, 1)
				}
				files[name] = []byte(text)
			}
			_, err := manifest.Read(files)
			var faults manifest.Faults
			if err != nil && !errors.As(err, &faults) {
				t.Fatalf("error is a %T: %v", err, err)
			}
			var got []string
			for _, fault := range faults {
				got = append(got, fault.String())
			}
			if diff := cmp.Diff(c.faults, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDuplicates(t *testing.T) {
	files := make(map[string][]byte)
	for name, text := range good() {
		files[name] = []byte(text)
	}
	files["more.yaml"] = []byte(strings.Replace(good()["line.yaml"], "name: desk", "name: other", 1) + "---\n" + good()["user.yaml"])
	_, err := manifest.Read(files)
	var faults manifest.Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Fatalf("faults: %v", err)
	}
	for _, wanted := range []string{"belongs to line desk of target office already", "CTIUser alice: metadata.name: stands already in more.yaml"} {
		if !strings.Contains(err.Error(), wanted) {
			t.Errorf("no fault says %q:\n%v", wanted, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range good() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := manifest.Read(map[string][]byte{"fuzz.yaml": text})
		if (set == nil) == (err == nil) {
			t.Fatalf("set %v with error %v", set, err)
		}
		var faults manifest.Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("error is a %T", err)
		}
		for _, fault := range faults {
			if fault.File != "fuzz.yaml" || fault.Reason == "" || fault.Object == "" {
				t.Fatalf("fault says too little: %+v", fault)
			}
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/operator/api/manifest"
)

// good is a folder with one object of each kind; cases change one file.
func good() map[string]string {
	return map[string]string{
		"target.yaml": "apiVersion: cti.offhook.dev/v1alpha1\nkind: CMETarget\nmetadata: {name: office}\nspec:\n  sip: {domains: [office.test]}\n",
		"line.yaml":   "apiVersion: cti.offhook.dev/v1alpha1\nkind: Line\nmetadata: {name: desk}\nspec:\n  target: office\n  number: \"1001\"\n  devices: [{name: phone, sip: {passwordSecretRef: {name: secrets}}}]\n",
		"user.yaml":   "apiVersion: cti.offhook.dev/v1alpha1\nkind: CTIUser\nmetadata: {name: alice}\nspec:\n  passwordSecretRef: {name: secrets}\n  lines: [{target: office, number: \"1001\", rights: [monitor]}]\n",
		"secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: secrets}\nstringData: {password: hush}\n",
	}
}

func folderOf(texts map[string]string) map[string][]byte {
	files := make(map[string][]byte, len(texts))
	for name, text := range texts {
		files[name] = []byte(text)
	}
	return files
}

// faultsOf are the faults of the good folder with one text replaced, or put
// before the file where there is nothing to replace.
func faultsOf(t *testing.T, file, old, replacement string) []string {
	t.Helper()
	texts := good()
	if !strings.Contains(texts[file], old) {
		t.Fatalf("%s does not contain %q", file, old)
	}
	texts[file] = strings.Replace(texts[file], old, replacement, 1)
	return read(t, texts)
}

func read(t *testing.T, texts map[string]string) []string {
	t.Helper()
	set, err := manifest.Read(folderOf(texts))
	if (set == nil) == (err == nil) {
		t.Fatalf("set %v with error %v", set, err)
	}
	var faults manifest.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("error is a %T: %v", err, err)
	}
	var got []string
	for _, fault := range faults {
		got = append(got, fault.String())
	}
	return got
}

func TestFaultsSayWhereAndWhatToDo(t *testing.T) {
	cases := []struct {
		name, file, old, new string
		faults               []string
	}{
		{"nothing wrong", "user.yaml", "", "", nil},

		{"unknown field", "line.yaml", "number:", "dn: x\n  number:", []string{`line.yaml: Line desk: spec.dn: is not a field of Line; correct or remove it`}},
		{"field in other letters", "line.yaml", "number:", "displayname: x\n  number:", []string{`line.yaml: Line desk: spec.displayname: is not a field of Line; did you mean displayName?`}},
		{"misspelt field", "target.yaml", "domains:", "domain:", []string{
			`target.yaml: CMETarget office: spec.sip.domain: is not a field of CMETarget; did you mean domains?`,
			`target.yaml: CMETarget office: spec.sip.domains: Required value: list the domains and addresses that phones and applications use, or "*"`,
		}},
		{"unknown metadata", "line.yaml", "{name: desk}", "{name: desk, color: red}", []string{`line.yaml: Line desk: metadata.color: is not a field of Line; correct or remove it`}},
		{"unreadable field name", "line.yaml", "number:", `"a\nb": x` + "\n  number:", []string{`line.yaml: Line desk: spec."a\nb": is not a field of Line; correct or remove it`}},

		{"text for a list", "target.yaml", "[office.test]", "office.test", []string{`target.yaml: CMETarget office: spec.sip.domains: is text, must be a list`}},
		{"number for text", "line.yaml", `"1001"`, "1001", []string{`line.yaml: Line desk: spec.number: is a number, must be text; put it in quotes`}},
		{"text for a mapping", "line.yaml", "{passwordSecretRef: {name: secrets}}", "phone", []string{
			`line.yaml: Line desk: spec.devices[0].sip: is text, must be a mapping`,
		}},
		{"text for a switch", "line.yaml", "number:", "watch: \"no\"\n  number:", []string{`line.yaml: Line desk: spec.watch: is text, must be true or false`}},
		{"fraction", "line.yaml", "number:", "callLimit: 1.5\n  number:", []string{`line.yaml: Line desk: spec.callLimit: 1.5 is not a whole number, or too large`}},
		{"large number", "line.yaml", "number:", "callLimit: 4294967297\n  number:", []string{`line.yaml: Line desk: spec.callLimit: 4294967297 is not a whole number, or too large`}},
		{"time without unit", "target.yaml", "[office.test]}", "[office.test]}\n  driver: {sipLine: {noAnswerTimeout: 60}}", []string{`target.yaml: CMETarget office: spec.driver.sipLine.noAnswerTimeout: 60 is not a duration; write for example 90s, 10m or 1h`}},
		{"spec of text", "user.yaml", "spec:\n", "spec: none\nstatus:\n", []string{
			`user.yaml: CTIUser alice: spec: is text, must be a mapping`,
			`user.yaml: CTIUser alice: status.lines: is not a field of CTIUser; correct or remove it`,
			`user.yaml: CTIUser alice: status.passwordSecretRef: is not a field of CTIUser; correct or remove it`,
		}},
		{"several in one object", "user.yaml", `number: "1001", rights: [monitor]}`, `number: 1001, right: [x], rights: [monitor, 5, admin]}`, []string{
			`user.yaml: CTIUser alice: spec.lines[0].number: is a number, must be text; put it in quotes`,
			`user.yaml: CTIUser alice: spec.lines[0].right: is not a field of CTIUser; did you mean rights?`,
			`user.yaml: CTIUser alice: spec.lines[0].rights[1]: is a number, must be text; put it in quotes`,
			`user.yaml: CTIUser alice: spec.lines[0].rights[2]: Unsupported value: "admin": supported values: "monitor", "control"`,
		}},

		{"other kind", "line.yaml", "kind: Line", "kind: Lime", []string{`line.yaml: document at line 1: kind: "Lime" is not known here; known are CMETarget, Line, CTIUser and Secret`}},
		{"other version", "line.yaml", "v1alpha1", "v2", []string{`line.yaml: Line desk: apiVersion: "cti.offhook.dev/v2" is not that of a Line; write cti.offhook.dev/v1alpha1`}},
		{"no kind", "secret.yaml", "kind: Secret\n", "", []string{`secret.yaml: document at line 1: kind: is required`}},
		{"no name", "secret.yaml", "{name: secrets}", "{}", []string{`secret.yaml: Secret at line 1: metadata.name: is required`}},
		{"number for a name", "secret.yaml", "{name: secrets}", "{name: 5}", []string{`secret.yaml: Secret at line 1: metadata.name: is a number, must be text; put it in quotes`}},
		{"name not for Kubernetes", "user.yaml", "{name: alice}", "{name: Alice}", []string{`user.yaml: CTIUser Alice: metadata.name: Invalid value: "Alice": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`}},
		{"key twice", "user.yaml", "spec:\n", "spec: {}\nspec:\n", []string{`user.yaml: document at line 1: is not YAML: line 6: key "spec" already set in map`}},
		{"list of nothing", "target.yaml", "apiVersion", "- x\n---\napiVersion", []string{`target.yaml: document at line 1: is a list, must be a mapping with apiVersion, kind and metadata`}},
		{"no YAML", "target.yaml", "apiVersion", "# one\n---\n# three\n---\nx: {\n---\napiVersion", []string{`target.yaml: document at line 4: is not YAML: line 5: did not find expected node content`}},
		{"more after the end", "target.yaml", "spec:\n", "...\nspec:\n", []string{
			`target.yaml: CMETarget office: spec.sip.domains: Required value: list the domains and addresses that phones and applications use, or "*"`,
			`target.yaml: document at line 5: apiVersion: is required`,
			`target.yaml: document at line 5: kind: is required`,
		}},

		{"dangling target", "line.yaml", "target: office", "target: ofice", []string{
			`line.yaml: Line desk: spec.target: target ofice does not exist; add a CMETarget or correct the name`,
			`user.yaml: CTIUser alice: spec.lines[0].number: line 1001 does not exist in target office; add a Line or correct the number`,
		}},
		{"dangling target of a right", "user.yaml", "target: office", "target: ofice", []string{`user.yaml: CTIUser alice: spec.lines[0].target: target ofice does not exist; add a CMETarget or correct the name`}},
		{"dangling line", "user.yaml", "1001", "1009", []string{`user.yaml: CTIUser alice: spec.lines[0].number: line 1009 does not exist in target office; add a Line or correct the number`}},
		{"dangling secret", "user.yaml", "{name: secrets}", "{name: sekrets}", []string{`user.yaml: CTIUser alice: spec.passwordSecretRef.name: secret sekrets does not exist; add a Secret or correct the name`}},
		{"dangling key", "user.yaml", "{name: secrets}", "{name: secrets, key: pin}", []string{`user.yaml: CTIUser alice: spec.passwordSecretRef.key: secret secrets has no key pin; add it or correct the key`}},

		{"empty password", "secret.yaml", "hush", `""`, []string{
			`line.yaml: Line desk: spec.devices[0].sip.passwordSecretRef.key: key password of secret secrets is empty or has a line end; write the password alone`,
			`user.yaml: CTIUser alice: spec.passwordSecretRef.key: key password of secret secrets is empty or has a line end; write the password alone`,
		}},
		{"password of echo", "secret.yaml", "stringData: {password: hush}", "data: {password: aHVzaAo=}", []string{
			`line.yaml: Line desk: spec.devices[0].sip.passwordSecretRef.key: key password of secret secrets is empty or has a line end; write the password alone`,
			`user.yaml: CTIUser alice: spec.passwordSecretRef.key: key password of secret secrets is empty or has a line end; write the password alone`,
		}},
		{"password of digits", "secret.yaml", "hush", "271828", []string{`secret.yaml: Secret secrets: stringData[password]: is a number, must be text; put it in quotes`}},
		{"password in clear under data", "secret.yaml", "stringData: {password: hush}", "data: {password: hush!}", []string{`secret.yaml: Secret secrets: data[password]: is not base64; encode it, or write plain text under stringData`}},
		{"key with a slash", "secret.yaml", "{password: hush}", "{password: hush, a/b: hush}", []string{`secret.yaml: Secret secrets: stringData: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`}},

		{"number with a blank", "line.yaml", `"1001"`, `"10 01"`, []string{`line.yaml: Line desk: spec.number: Invalid value: "10 01": write 1 to 32 digits, letters, * or #, optionally after a +`}},
		{"short session timer", "target.yaml", "[office.test]}", "[office.test]}\n  csta: {sessionExpires: 10s}", []string{`target.yaml: CMETarget office: spec.csta.sessionExpires: Invalid value: "10s": must be from 1m30s to 24h0m0s`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := faultsOf(t, c.file, c.old, c.new)
			if diff := cmp.Diff(c.faults, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			for _, fault := range got {
				if strings.Contains(fault, "hush") || strings.Contains(fault, "271828") {
					t.Errorf("fault shows a password: %s", fault)
				}
			}
		})
	}
}

func TestWhatIsUniqueStandsOnce(t *testing.T) {
	texts := good()
	change := strings.NewReplacer("name: desk", "name: other", "name: office", "name: branch", "[office.test]", "[branch.test, Office.Test]", "name: alice", "name: ally\nspec:\n  user: alice\n#")
	texts["more.yaml"] = change.Replace(texts["line.yaml"]) + "---\n" + change.Replace(texts["target.yaml"]) + "---\n" + texts["secret.yaml"] + "---\n" +
		strings.Replace(texts["user.yaml"], "{name: alice}\nspec:", "{name: ally, namespace: a}\nspec:\n  user: alice", 1)
	texts["target.yaml"] = strings.Replace(texts["target.yaml"], "{name: office}", "{name: office, namespace: b}", 1)
	want := []string{
		`more.yaml: Line other: spec.number: 1001 belongs to line desk of target office already`,
		`more.yaml: Line other: spec.devices[0].sip.username: 1001 is a device of line desk already; user names are unique in a target`,
		`secret.yaml: Secret secrets: metadata.name: stands already in more.yaml, line 14; names are unique per kind`,
		`target.yaml: CMETarget office: metadata.namespace: is "b", but CTIUser ally in more.yaml has "a"; a folder holds one namespace`,
		`target.yaml: CMETarget office: spec.sip.domains[0]: "office.test" belongs to target branch already; a domain means one target`,
		`user.yaml: CTIUser alice: spec.user: alice is the user of CTIUser ally already`,
	}
	if diff := cmp.Diff(want, read(t, texts)); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/v1alpha1"
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
	if len(set.Targets) != 1 || len(set.Lines) != 5 || len(set.Users) != 2 {
		t.Errorf("read %d targets, %d lines, %d users", len(set.Targets), len(set.Lines), len(set.Users))
	}
	if password, ok := set.Password(set.Users[0].Spec.PasswordSecretRef); !ok || password != "alice-secret" {
		t.Errorf("alice's password is %q, %v", password, ok)
	}
}

func TestReadSecretsAsTheAPIServerDoes(t *testing.T) {
	files := folderOf(good())
	files["secret.yaml"] = []byte("\xef\xbb\xbfapiVersion: v1\r\nkind: Secret\r\nmetadata: {name: secrets, namespace: phones, labels: {app: x}, creationTimestamp: null}\r\ntype: Opaque\r\nimmutable: true\r\ndata: {password: b2xk, other: w7xtbGF1dA==}\r\nstringData: {password: hush}\r\n")
	set, err := manifest.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"password": "hush", "other": "ümlaut"} {
		if got, ok := set.Password(v1alpha1.SecretKeyReference{Name: "secrets", Key: key}); !ok || got != want {
			t.Errorf("key %s is %q, %v; want %q", key, got, ok, want)
		}
	}
	if got, ok := set.Password(v1alpha1.SecretKeyReference{Name: "secrets", Key: "none"}); ok {
		t.Errorf("key that does not exist is %q", got)
	}
	if text := fmt.Sprintf("%v %+v %#v", set, set, set); strings.Contains(text, "hush") {
		t.Errorf("the set prints a password: %s", text)
	}
}

func TestObjectsAreSortedWhateverTheFiles(t *testing.T) {
	read := func(files map[string][]byte) *manifest.Set {
		set, err := manifest.Read(files)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	apart := folder(t, quickstart)
	names := slices.Sorted(maps.Keys(apart))
	slices.Reverse(names)
	var joined []byte
	for _, name := range names {
		joined = append(joined, "--- # next file\n"...)
		joined = append(joined, apart[name]...)
		joined = append(joined, "...\n"...)
	}
	one, other := read(apart), read(map[string][]byte{"all.yaml": joined})
	if diff := cmp.Diff([]any{one.Targets, one.Lines, one.Users}, []any{other.Targets, other.Lines, other.Users}); diff != "" {
		t.Errorf("one file and four differ:\n%s", diff)
	}
}

func TestFilesAreBounded(t *testing.T) {
	_, err := manifest.Read(map[string][]byte{"big.yaml": make([]byte, manifest.MaxFileBytes+1)})
	if err == nil || !strings.Contains(err.Error(), "split it") {
		t.Errorf("error %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range good() {
		f.Add([]byte(text))
		f.Add([]byte(strings.Replace(text, "name:", "nam:", 1)))
	}
	f.Add([]byte(strings.Join(slices.Collect(maps.Values(good())), "---\n")))
	f.Add([]byte("a: &a [1, 2]\nb: *a\n<<: {x: .nan}\n...\n--- !!set {a, b}\n"))
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
			if fault.File != "fuzz.yaml" || fault.Reason == "" || fault.Object == "" || strings.ContainsAny(fault.String(), "\r\n") {
				t.Fatalf("fault says too little: %+v", fault)
			}
		}
	})
}

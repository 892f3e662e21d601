// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/offhook/allinone/allinonetest"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestCheck(t *testing.T) {
	var out bytes.Buffer
	check := Check{Manifests: allinonetest.Quickstart(t)}
	if err := check.Run(&Environment{Context: t.Context(), Out: &out}); err != nil {
		t.Fatal(err)
	}
	golden(t, "check_good.txt", out.String())
}

func TestCheckTellsEveryFault(t *testing.T) {
	var out bytes.Buffer
	check := Check{Manifests: filepath.Join("testdata", "bad")}
	err := check.Run(&Environment{Context: t.Context(), Out: &out})
	if err == nil {
		t.Fatal("the folder is good")
	}
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
	golden(t, "check_bad.txt", err.Error()+"\n")
}

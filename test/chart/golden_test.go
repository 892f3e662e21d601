// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// random are the passwords of the test, made anew each time.
var random = regexp.MustCompile(`(?m)^(  (?:phone-\d|user): )[0-9A-Za-z]{24}$`)

// TestGolden compares what the chart renders with what was looked at. Left out
// are the CRDs and the dashboards, which are files of their own.
func TestGolden(t *testing.T) {
	files := cases(t)
	for _, name := range sorted(files) {
		t.Run(name, func(t *testing.T) {
			templates, err := rendered(t.Context(), values(t, files[name]))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for _, object := range objects(t, templates) {
				if object.kind() == "CustomResourceDefinition" {
					continue
				}
				text := random.ReplaceAll(object.text, []byte("${1}RANDOM"))
				if strings.Contains(object.template, "dashboards") {
					text = fmt.Appendf(nil, "%s %s: sha256 %x", object.kind(), object.name(), sha256.Sum256(text))
				}
				fmt.Fprintf(&got, "--- # %s\n%s\n", strings.TrimPrefix(object.template, "offhook/"), text)
			}
			fmt.Fprintf(&got, "--- # NOTES.txt\n%s", templates["offhook/templates/NOTES.txt"])
			compare(t, filepath.Join("testdata", name+".golden"), got.Bytes())
		})
	}
}

// compare compares with a file, or writes it with -update.
func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run go test ./chart -update", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what comes out now (go test ./chart -update):\n%s", file, diff)
	}
}

// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"bytes"
	"testing"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/render"
)

// FuzzRender: whatever manifests are accepted render, for each target once,
// and to the same version each time.
func FuzzRender(f *testing.F) {
	for _, path := range []string{quickstart, "testdata/simulated/in", "testdata/two-sites/in"} {
		var text []byte
		for _, file := range folder(f, path) {
			text = append(append(text, "---\n"...), file...)
		}
		f.Add(text)
		f.Add(bytes.ReplaceAll(text, []byte("name:"), []byte("number:")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := manifest.Read(map[string][]byte{"fuzz.yaml": text})
		if err != nil {
			return
		}
		first, err := render.Render(set, key)
		if err != nil {
			t.Fatalf("render what was accepted: %v", err)
		}
		again, err := render.Render(set, key)
		if err != nil {
			t.Fatal(err)
		}
		if len(first) != len(set.Targets) || len(again) != len(first) {
			t.Fatalf("%d configurations, then %d, for %d targets", len(first), len(again), len(set.Targets))
		}
		for i, config := range first {
			if config.Version == "" || config.Version != again[i].Version || config.Target != set.Targets[i].Name {
				t.Errorf("target %s: version %q, then %q of %s", set.Targets[i].Name, config.Version, again[i].Version, config.Target)
			}
			for place, credential := range credentials(config) {
				if len(credential.GetSealed()) == 0 {
					t.Errorf("%s has no credential", place)
				}
			}
		}
	})
}

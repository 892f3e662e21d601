// SPDX-License-Identifier: Apache-2.0

package repo

import (
	"os"
	"path/filepath"
	"testing"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/render"
	"offhook.dev/services/targetconfig"
)

// TestSamplesAreServed: every sample folder is valid, and the services take
// what is rendered of it.
func TestSamplesAreServed(t *testing.T) {
	folders, err := filepath.Glob("../../deploy/samples/*")
	if err != nil || len(folders) < 2 {
		t.Fatalf("samples %v: %v", folders, err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			names, _ := filepath.Glob(filepath.Join(folder, "*.yaml"))
			files := make(map[string][]byte, len(names))
			for _, name := range names {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				files[filepath.Base(name)] = text
			}
			set, err := manifest.Read(files)
			if err != nil {
				t.Fatal(err)
			}
			key := [32]byte{1}
			configs, err := render.Render(set, key)
			if err != nil {
				t.Fatal(err)
			}
			snapshot, err := targetconfig.Build(key, configs...)
			if err != nil {
				t.Fatal(err)
			}
			for _, target := range snapshot.Targets() {
				for _, line := range target.Lines {
					for _, device := range line.Devices {
						if device.Secret.HA1MD5 == "" && device.GetSkinny() == nil {
							t.Errorf("phone %s of line %s can't authenticate", device.GetName(), line.GetName())
						}
					}
				}
			}
		})
	}
}

// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/render"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

var update = flag.Bool("update", false, "write the golden files anew")

var key = [seal.KeySize]byte{1, 2, 3}

const (
	quickstart = "../../../deploy/samples/quickstart"
	office     = "../../../deploy/samples/office"
	skinny     = "../../../deploy/samples/skinny"
)

func folder(t testing.TB, path string) map[string][]byte {
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

func rendered(t *testing.T, files map[string][]byte, key [seal.KeySize]byte) map[string]*configv1.TargetConfig {
	t.Helper()
	set, err := manifest.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	configs, err := render.Render(set, key)
	if err != nil {
		t.Fatal(err)
	}
	byTarget := make(map[string]*configv1.TargetConfig, len(configs))
	for _, config := range configs {
		byTarget[config.Target] = config
	}
	return byTarget
}

// TestGolden renders each folder of testdata and compares with its files
// TARGET.json, in which sealed credentials are left out.
func TestGolden(t *testing.T) {
	for name, manifests := range map[string]string{
		"quickstart":  quickstart,
		"office":      office,
		"simulated":   "testdata/simulated/in",
		"skinny":      skinny,
		"skinny-only": "testdata/skinny-only/in",
		"two-sites":   "testdata/two-sites/in",
	} {
		t.Run(name, func(t *testing.T) {
			configs := rendered(t, folder(t, manifests), key)
			for _, config := range configs {
				for _, credential := range credentials(config) {
					credential.Sealed = nil
				}
			}
			golden := filepath.Join("testdata", name)
			if *update {
				write(t, golden, configs)
			}
			want := make(map[string]*configv1.TargetConfig)
			names, err := filepath.Glob(filepath.Join(golden, "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				config := &configv1.TargetConfig{}
				if err := protojson.Unmarshal(text, config); err != nil {
					t.Fatalf("read %s: %v", name, err)
				}
				want[config.Target] = config
			}
			if diff := cmp.Diff(want, configs, protocmp.Transform()); diff != "" {
				t.Errorf("configurations (-want +got; -update writes them anew):\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, folder string, configs map[string]*configv1.TargetConfig) {
	t.Helper()
	for _, target := range slices.Sorted(maps.Keys(configs)) {
		text, err := protojson.Marshal(configs[target])
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer // protojson varies its blanks on purpose
		if err := json.Indent(&indented, text, "", "  "); err != nil {
			t.Fatal(err)
		}
		indented.WriteByte('\n')
		if err := os.WriteFile(filepath.Join(folder, target+".json"), indented.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// credentials are the sealed credentials of a configuration by their place.
func credentials(config *configv1.TargetConfig) map[string]*configv1.SealedCredential {
	found := make(map[string]*configv1.SealedCredential)
	if config.GetTrunk().GetUsername() != "" {
		found[string(seal.TrunkPlace(config.Target))] = config.Trunk.Credential
	}
	for _, line := range config.Lines {
		for _, device := range line.Devices {
			if device.GetSkinny() == nil {
				found[string(seal.DevicePlace(config.Target, line.Name, device.Name))] = device.Credential
			}
		}
	}
	for _, user := range config.Users {
		found[string(seal.UserPlace(config.Target, user.Name))] = user.Credential
	}
	return found
}

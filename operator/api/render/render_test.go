// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"offhook.dev/operator/api/manifest"
	"offhook.dev/operator/api/render"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

var update = flag.Bool("update", false, "write the golden files anew")

var key = [seal.KeySize]byte{1, 2, 3}

func quickstart(t *testing.T, change func(text string) string) *manifest.Set {
	t.Helper()
	names, err := filepath.Glob("../../../deploy/samples/quickstart/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = []byte(change(string(text)))
	}
	set, err := manifest.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func same(text string) string { return text }

func TestRenderQuickstart(t *testing.T) {
	configs, err := render.Render(quickstart(t, same), key)
	if err != nil || len(configs) != 1 {
		t.Fatalf("rendered %d: %v", len(configs), err)
	}
	config := configs[0]
	opened := 0
	for _, line := range config.Lines {
		for _, device := range line.Devices {
			open(t, device.Credential, seal.DevicePlace(config.Target, line.Name, device.Name))
			opened++
			device.Credential.Sealed = nil
		}
	}
	for _, user := range config.Users {
		open(t, user.Credential, seal.UserPlace(config.Target, user.Name))
		opened++
		user.Credential.Sealed = nil
	}
	if opened != 6 {
		t.Errorf("opened %d credentials", opened)
	}
	golden := filepath.Join("testdata", "quickstart.json")
	if *update {
		text, err := protojson.MarshalOptions{Multiline: true}.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, append(text, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	want := &configv1.TargetConfig{}
	if err := protojson.Unmarshal(text, want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, config, protocmp.Transform()); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func open(t *testing.T, credential *configv1.SealedCredential, place []byte) {
	t.Helper()
	plain, err := seal.Open(key, credential.Sealed, place)
	if err != nil {
		t.Errorf("open %s: %v", place, err)
		return
	}
	secret := &configv1.DigestSecret{}
	if err := proto.Unmarshal(plain, secret); err != nil || len(secret.Ha1Md5) != 32 || len(secret.Ha1Sha256) != 64 {
		t.Errorf("%s seals %d and %d characters: %v", place, len(secret.Ha1Md5), len(secret.Ha1Sha256), err)
	}
}

func TestVersionFollowsTheContent(t *testing.T) {
	version := func(key [seal.KeySize]byte, change func(string) string) string {
		configs, err := render.Render(quickstart(t, change), key)
		if err != nil {
			t.Fatal(err)
		}
		return configs[0].Version
	}
	first := version(key, same)
	if again := version(key, same); again != first {
		t.Errorf("equal content has versions %s and %s", first, again)
	}
	for name, change := range map[string]func(string) string{
		"a password": func(text string) string { return strings.ReplaceAll(text, "alice-secret", "other") },
		"a name":     func(text string) string { return strings.ReplaceAll(text, "Meeting room", "Kitchen") },
	} {
		if other := version(key, change); other == first {
			t.Errorf("version does not change with %s", name)
		}
	}
}

func TestNoSecretInClear(t *testing.T) {
	configs, err := render.Render(quickstart(t, same), key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := proto.Marshal(configs[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"pw1001", "alice-secret"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the configuration has %q in clear", secret)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// TestSealedDigestIsThatOfRFC7616 takes user, realm, password and A1 digests of
// the examples of RFC 7616 clause 3.9.1.
func TestSealedDigestIsThatOfRFC7616(t *testing.T) {
	files := folder(t, quickstart)
	replace(files, "realm: offhook.test", "realm: http-auth@example.org")
	replace(files, "user: alice\n", "user: Mufasa\n")
	replace(files, "alice-secret", "Circle of Life")
	config := rendered(t, files, key)["quickstart"]
	want := &configv1.DigestSecret{
		Ha1Md5:    "3d78807defe7de2157e2b0b6573a855f",
		Ha1Sha256: "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232",
	}
	got := open(t, config, string(seal.UserPlace("quickstart", "alice")))
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("sealed digest (-want +got):\n%s", diff)
	}
}

func open(t *testing.T, config *configv1.TargetConfig, place string) *configv1.DigestSecret {
	t.Helper()
	plain, err := seal.Open(key, credentials(config)[place].GetSealed(), []byte(place))
	if err != nil {
		t.Fatalf("open %s: %v", place, err)
	}
	secret := &configv1.DigestSecret{}
	if err := proto.Unmarshal(plain, secret); err != nil {
		t.Fatalf("read what %s seals: %v", place, err)
	}
	return secret
}

func replace(files map[string][]byte, old, replacement string) {
	for name, text := range files {
		files[name] = bytes.ReplaceAll(text, []byte(old), []byte(replacement))
	}
}

func TestCredentialsOpenInTheirPlaceOnly(t *testing.T) {
	for _, config := range rendered(t, folder(t, "testdata/two-sites/in"), key) {
		sealed := credentials(config)
		for place := range sealed {
			secret := open(t, config, place)
			if len(secret.Ha1Md5) != 32 || len(secret.Ha1Sha256) != 64 {
				t.Errorf("%s seals %d and %d characters", place, len(secret.Ha1Md5), len(secret.Ha1Sha256))
			}
			for other := range sealed {
				if _, err := seal.Open(key, sealed[place].Sealed, []byte(other)); other != place && err == nil {
					t.Errorf("credential of %s opens at %s", place, other)
				}
			}
		}
	}
}

func TestVersionFollowsTheContent(t *testing.T) {
	version := func(key [seal.KeySize]byte, files map[string][]byte) string {
		return rendered(t, files, key)["quickstart"].Version
	}
	first := version(key, folder(t, quickstart))
	if first == "" {
		t.Fatal("no version")
	}
	joined := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(folder(t, quickstart))) {
		joined["all.yaml"] = append(joined["all.yaml"], "\n---\n"+string(folder(t, quickstart)[name])...)
	}
	for name, files := range map[string]map[string][]byte{"the same": folder(t, quickstart), "one file": joined} {
		if again := version(key, files); again != first {
			t.Errorf("%s has version %s, not %s", name, again, first)
		}
	}
	versions := map[string]string{first: "what was read first"}
	differs := func(name, version string) {
		if other, taken := versions[version]; taken {
			t.Errorf("%s has the version of %s", name, other)
		}
		versions[version] = name
	}
	differs("another key", version([seal.KeySize]byte{9}, folder(t, quickstart)))
	for name, change := range map[string][2]string{
		"a user's password":  {"alice-secret", "other"},
		"a phone's password": {"pw1001", "other"},
		"a name":             {"Meeting room", "Kitchen"},
		"a right":            {`number: "1002", rights: [monitor]`, `number: "1002", rights: [control]`},
		"the realm":          {"realm: offhook.test", "realm: other.test"},
		"a time":             {"noAnswerTimeout: 60s", "noAnswerTimeout: 61s"},
	} {
		files := folder(t, quickstart)
		replace(files, change[0], change[1])
		differs(name, version(key, files))
	}
	files := folder(t, quickstart)
	replace(files, "password: pw1001", "password: swap")
	replace(files, "password: pw1002", "password: pw1001")
	replace(files, "password: swap", "password: pw1002")
	differs("two passwords swapped", version(key, files))
}

func TestNothingIsSealedAlikeTwice(t *testing.T) {
	one, other := rendered(t, folder(t, quickstart), key)["quickstart"], rendered(t, folder(t, quickstart), key)["quickstart"]
	for place, credential := range credentials(one) {
		if bytes.Equal(credential.Sealed, credentials(other)[place].Sealed) {
			t.Errorf("%s is sealed alike twice", place)
		}
	}
}

func TestNoSecretInClear(t *testing.T) {
	config := rendered(t, folder(t, quickstart), key)["quickstart"]
	text, err := proto.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	digest := open(t, config, string(seal.UserPlace("quickstart", "alice")))
	for _, secret := range []string{"pw1001", "alice-secret", digest.Ha1Md5, digest.Ha1Sha256} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the configuration has %q in clear", secret)
		}
	}
}

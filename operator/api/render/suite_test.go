// SPDX-License-Identifier: Apache-2.0

package render_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"offhook.dev/proto/seal"
)

func TestTrunkSealsItsPassword(t *testing.T) {
	config := rendered(t, folder(t, office), key)["office"]
	secret := open(t, config, string(seal.TrunkPlace("office")))
	if secret.GetPassword() != "sample-carrier" || secret.GetHa1Md5() != "" {
		t.Errorf("the trunk's credential seals a password of %d characters and HA1 %q", len(secret.GetPassword()), secret.GetHa1Md5())
	}
	text, err := proto.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "sample-carrier") {
		t.Error("the configuration has the trunk's password in clear")
	}
}

func TestVersionFollowsTheSuite(t *testing.T) {
	version := func(old, replacement string) string {
		files := folder(t, office)
		replace(files, old, replacement)
		return rendered(t, files, key)["office"].Version
	}
	versions := map[string]string{version("", ""): "what was read first"}
	for old, replacement := range map[string]string{
		"sample-carrier":         "other",
		"username: office":       "username: branch",
		"maxCalls: 30":           "maxCalls: 31",
		"musicOnHold: music":     "musicOnHold: silence",
		`"0703"`:                 `"0704"`,
		"ctiAware: true":         "ctiAware: false",
		`areaCode: "425"`:        `areaCode: "206"`,
		"91900T":                 "91976T",
		`defaultRoute: "0101"`:   `defaultRoute: "0100"`,
		"ringCount: 4":           "ringCount: 5",
		"suppressCallerID: true": "suppressCallerID: false",
		"ctiNotify: true":        "ctiNotify: false",
		"+12065550123":           "+12065550124",
	} {
		got := version(old, replacement)
		if other, taken := versions[got]; taken {
			t.Errorf("%s in place of %s has the version of %s", replacement, old, other)
		}
		versions[got] = replacement
	}
}

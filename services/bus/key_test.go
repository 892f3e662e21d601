// SPDX-License-Identifier: Apache-2.0

package bus_test

import (
	"regexp"
	"testing"

	"offhook.dev/services/bus"
)

func FuzzKey(f *testing.F) {
	for _, text := range []string{"branch-1", "branch.1", "", "=", "1001@host", "Büro", "a b*>"} {
		f.Add(text)
	}
	token := regexp.MustCompile(`^[-_=a-zA-Z0-9]*$`)
	f.Fuzz(func(t *testing.T, text string) {
		key := bus.EncodeKey(text)
		if !token.MatchString(key) {
			t.Errorf("%q is no token of a key", key)
		}
		if got, err := bus.DecodeKey(key); err != nil || got != text {
			t.Errorf("%q came back as %q, %v", text, got, err)
		}
	})
}

func TestDecodeKeyRefusesWhatEncodeKeyDoesNotWrite(t *testing.T) {
	for _, token := range []string{"=", "a=2", "=zz"} {
		if text, err := bus.DecodeKey(token); err == nil {
			t.Errorf("%q was decoded as %q", token, text)
		}
	}
}

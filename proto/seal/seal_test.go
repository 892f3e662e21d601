// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestOpenGivesWhatWasSealedOnlyInItsPlace(t *testing.T) {
	key, other := [KeySize]byte{1}, [KeySize]byte{2}
	place := DevicePlace("branch-1", "line-1001", "desk")
	sealed, err := Seal(key, []byte("secret"), place)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("secret")) {
		t.Fatal("plaintext is visible")
	}
	opened, err := Open(key, sealed, place)
	if err != nil || string(opened) != "secret" {
		t.Fatalf("opened %q, %v", opened, err)
	}
	altered := bytes.Clone(sealed)
	altered[len(altered)-1] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another key":   func() ([]byte, error) { return Open(other, sealed, place) },
		"another place": func() ([]byte, error) { return Open(key, sealed, UserPlace("branch-1", "alice")) },
		"altered":       func() ([]byte, error) { return Open(key, altered, place) },
		"short":         func() ([]byte, error) { return Open(key, sealed[:5], place) },
		"empty":         func() ([]byte, error) { return Open(key, nil, nil) },
	} {
		if _, err := open(); !errors.Is(err, ErrOpen) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	again, err := Seal(key, []byte("secret"), place)
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealing twice gave the same text, or failed: %v", err)
	}
}

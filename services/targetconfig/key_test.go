// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestReadKeyTakesRawHexAndBase64(t *testing.T) {
	want := [32]byte{1, 2, 3, 31: 9}
	name := filepath.Join(t.TempDir(), "key")
	for form, content := range map[string]string{
		"raw": string(want[:]), "hex": hex.EncodeToString(want[:]) + "\n", "base64": base64.StdEncoding.EncodeToString(want[:]) + "\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadKey(name); err != nil || got != want {
			t.Errorf("%s: %v, %v", form, got, err)
		}
	}
	for _, content := range []string{"", "short", hex.EncodeToString(want[:31])} {
		if _, err := ParseKey([]byte(content)); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

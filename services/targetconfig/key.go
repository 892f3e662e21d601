// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrKey: a key of sealed credentials is not 32 bytes, raw, hex or base64.
var ErrKey = errors.New("key must be 32 bytes, as they are or written in hex or base64")

// ParseKey reads the key of sealed credentials; white space around it is
// ignored where it is text.
func ParseKey(content []byte) ([32]byte, error) {
	if len(content) == 32 {
		return [32]byte(content), nil
	}
	text := strings.TrimSpace(string(content))
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == 32 {
		return [32]byte(raw), nil
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && len(raw) == 32 {
		return [32]byte(raw), nil
	}
	return [32]byte{}, ErrKey
}

// ReadKey reads the key of sealed credentials from a file.
func ReadKey(name string) ([32]byte, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return [32]byte{}, fmt.Errorf("read key of credentials: %w", err)
	}
	key, err := ParseKey(content)
	if err != nil {
		return [32]byte{}, fmt.Errorf("read key of credentials from %s: %w", name, err)
	}
	return key, nil
}

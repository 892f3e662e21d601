// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"fmt"
	"strconv"
	"strings"
)

// EncodeKey writes any text as one token of a key: letters, digits, "-" and "_"
// stay, every other byte becomes "=" and two hex digits.
func EncodeKey(text string) string {
	plain := true
	for i := range len(text) {
		if !plainKeyByte(text[i]) {
			plain = false
			break
		}
	}
	if plain {
		return text
	}
	var key strings.Builder
	key.Grow(len(text) + 8)
	const digits = "0123456789abcdef"
	for i := range len(text) {
		if c := text[i]; plainKeyByte(c) {
			key.WriteByte(c)
		} else {
			key.WriteByte('=')
			key.WriteByte(digits[c>>4])
			key.WriteByte(digits[c&15])
		}
	}
	return key.String()
}

func plainKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// DecodeKey reads a token that EncodeKey wrote.
func DecodeKey(token string) (string, error) {
	if !strings.Contains(token, "=") {
		return token, nil
	}
	var text strings.Builder
	for i := 0; i < len(token); i++ {
		if token[i] != '=' {
			text.WriteByte(token[i])
			continue
		}
		if i+2 >= len(token) {
			return "", fmt.Errorf("decode key %q: text ends in an escape", token)
		}
		value, err := strconv.ParseUint(token[i+1:i+3], 16, 8)
		if err != nil {
			return "", fmt.Errorf("decode key %q: %w", token, err)
		}
		text.WriteByte(byte(value))
		i += 2
	}
	return text.String(), nil
}

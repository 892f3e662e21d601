// SPDX-License-Identifier: Apache-2.0

// Package seal owns how credentials are encrypted in rendered configurations:
// AES-256-GCM with the place of a credential as additional data, so that a
// sealed credential opens only where it belongs. It never stores or reads keys.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrOpen: the text was sealed with another key or for another place, or was
// altered.
var ErrOpen = errors.New("sealed text does not open with this key here")

// Seal encrypts under a fresh random nonce, which leads the result.
func Seal(key [KeySize]byte, plaintext, additionalData []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plaintext)+aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("make nonce: %w", err)
	}
	return aead.Seal(nonce, nonce, plaintext, additionalData), nil
}

// Open decrypts what Seal made with the same key and additional data; ErrOpen.
func Open(key [KeySize]byte, sealed, additionalData []byte) ([]byte, error) {
	aead, err := newAEAD(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, ErrOpen
	}
	plaintext, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], additionalData)
	if err != nil {
		return nil, ErrOpen
	}
	return plaintext, nil
}

// DevicePlace is the additional data of the credential of a line's device.
func DevicePlace(target, line, device string) []byte {
	return []byte(target + "/Line/" + line + "/" + device)
}

// UserPlace is the additional data of the credential of a CTI user in a target.
func UserPlace(target, user string) []byte {
	return []byte(target + "/CTIUser/" + user)
}

// TrunkPlace is the additional data of the credential of a target's trunk.
func TrunkPlace(target string) []byte {
	return []byte(target + "/Trunk")
}

func newAEAD(key [KeySize]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("use key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("use key: %w", err)
	}
	return aead, nil
}

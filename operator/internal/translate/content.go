// SPDX-License-Identifier: Apache-2.0

package translate

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// same tells that two configurations say the same, whatever their versions and
// the nonces of their credentials.
func (t *translation) same(a, b *configv1.TargetConfig) (bool, error) {
	first, err := t.content(a)
	if err != nil {
		return false, err
	}
	second, err := t.content(b)
	return err == nil && bytes.Equal(first, second), err
}

// content is a configuration without its version, in which a keyed mark of what
// it seals stands for each credential.
func (t *translation) content(config *configv1.TargetConfig) ([]byte, error) {
	bare := proto.CloneOf(config)
	bare.Version = ""
	target := bare.GetTarget()
	if err := t.mark(bare.GetTrunk().GetCredential(), seal.TrunkPlace(target)); err != nil {
		return nil, err
	}
	for _, line := range bare.GetLines() {
		for _, device := range line.GetDevices() {
			if err := t.mark(device.GetCredential(), seal.DevicePlace(target, line.GetName(), device.GetName())); err != nil {
				return nil, err
			}
		}
	}
	for _, user := range bare.GetUsers() {
		if err := t.mark(user.GetCredential(), seal.UserPlace(target, user.GetName())); err != nil {
			return nil, err
		}
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return encoded, nil
}

func (t *translation) mark(credential *configv1.SealedCredential, place []byte) error {
	if len(credential.GetSealed()) == 0 {
		return nil
	}
	plain, err := seal.Open(t.input.Key, credential.GetSealed(), place)
	if err != nil {
		return fmt.Errorf("open credential: %w", err)
	}
	mark := hmac.New(sha256.New, t.input.Key[:])
	mark.Write(plain)
	credential.Sealed = mark.Sum(nil)
	return nil
}

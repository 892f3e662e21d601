// SPDX-License-Identifier: Apache-2.0

package render

import (
	"crypto/hmac"
	"crypto/md5" // #nosec G501 -- HA1 of RFC 2617, which most phones still need
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"offhook.dev/operator/api/v1alpha1"
	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/proto/seal"
)

// errNoPassword can't come up for a set that manifest.Read gave.
var errNoPassword = errors.New("password is missing")

// seal seals the digest HA1 values (RFC 7616 3.4.2) of a user in the target's
// realm.
func (r *renderer) seal(user string, reference v1alpha1.SecretKeyReference, place []byte) (*configv1.SealedCredential, error) {
	password, ok := r.set.Password(reference)
	if !ok {
		return nil, errNoPassword
	}
	joined := []byte(user + ":" + r.realm + ":" + password)
	ha1MD5 := md5.Sum(joined) // #nosec G401 -- see the import
	ha1SHA256 := sha256.Sum256(joined)
	return r.sealSecret(&configv1.DigestSecret{
		Ha1Md5: hex.EncodeToString(ha1MD5[:]), Ha1Sha256: hex.EncodeToString(ha1SHA256[:]),
	}, place)
}

func (r *renderer) sealSecret(secret *configv1.DigestSecret, place []byte) (*configv1.SealedCredential, error) {
	plain, err := proto.MarshalOptions{Deterministic: true}.Marshal(secret)
	if err != nil {
		return nil, fmt.Errorf("encode digest secret: %w", err)
	}
	sealed, err := seal.Seal(r.key, plain, place)
	if err != nil {
		return nil, fmt.Errorf("seal digest secret: %w", err)
	}
	mark := hmac.New(sha256.New, r.key[:])
	mark.Write(place)
	mark.Write(plain)
	r.marks = append(r.marks, mark.Sum(nil))
	return &configv1.SealedCredential{Sealed: sealed}, nil
}

// version is a digest of the configuration in which each sealed credential is
// replaced by a keyed mark of what it seals, so that nonces don't count.
func (r *renderer) version(config *configv1.TargetConfig) (string, error) {
	bare, ok := proto.Clone(config).(*configv1.TargetConfig)
	if !ok {
		return "", errors.New("clone configuration")
	}
	if bare.Trunk != nil {
		bare.Trunk.Credential = nil
	}
	for _, line := range bare.Lines {
		for _, device := range line.Devices {
			device.Credential = nil
		}
	}
	for _, user := range bare.Users {
		user.Credential = nil
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare)
	if err != nil {
		return "", fmt.Errorf("encode configuration: %w", err)
	}
	sum := sha256.New()
	sum.Write(encoded)
	for _, mark := range r.marks {
		sum.Write(mark)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

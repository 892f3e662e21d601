// SPDX-License-Identifier: Apache-2.0

package digestauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"
)

// A nonce is base64url of issue time (8 bytes, Unix nanoseconds), 8 random
// bytes and the first 16 bytes of an HMAC-SHA-256 over both, the realm and
// the source it is bound to.
const (
	nonceClear  = 16
	nonceMAC    = 16
	nonceLength = nonceClear + nonceMAC
)

type nonceMint struct {
	key      []byte
	lifetime time.Duration
}

func (m nonceMint) issue(now time.Time, realm, source string) string {
	raw := make([]byte, nonceClear, nonceLength)
	binary.BigEndian.PutUint64(raw, uint64(now.UnixNano()))
	rand.Read(raw[8:nonceClear])
	raw = append(raw, m.mac(raw, realm, source)...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// issued gives the issue time of a nonce that this mint made for realm and
// source and that is still good at now.
func (m nonceMint) issued(nonce string, now time.Time, realm, source string) (time.Time, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(raw) != nonceLength {
		return time.Time{}, false
	}
	if !hmac.Equal(raw[nonceClear:], m.mac(raw[:nonceClear], realm, source)) {
		return time.Time{}, false
	}
	issued := time.Unix(0, int64(binary.BigEndian.Uint64(raw)))
	if age := now.Sub(issued); age < 0 || age > m.lifetime {
		return time.Time{}, false
	}
	return issued, true
}

func (m nonceMint) mac(clear []byte, realm, source string) []byte {
	h := hmac.New(sha256.New, m.key)
	h.Write(clear)
	for _, part := range []string{realm, source} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)[:nonceMAC]
}

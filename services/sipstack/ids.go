// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// newTag has 64 random bits (RFC 3261 19.3 asks for 32).
func newTag() string { return randomHex(8) }

func newCallID() string { return randomHex(16) }

// unawaitedMark ends the branch of a request whose response nobody waits for.
const unawaitedMark = "-n"

func newBranch(unawaited bool) string {
	if unawaited {
		return magicCookie + "-" + randomHex(8) + unawaitedMark
	}
	return magicCookie + "-" + randomHex(8)
}

func isUnawaited(branch string) bool {
	return strings.HasSuffix(branch, unawaitedMark) && strings.HasPrefix(branch, magicCookie+"-")
}

func randomHex(n int) string {
	var b [16]byte
	_, _ = rand.Read(b[:n]) // never fails
	return hex.EncodeToString(b[:n])
}

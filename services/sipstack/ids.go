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

// newBranch is of 64 random bits behind the endpoint's tag.
func (e *Endpoint) newBranch(unawaited bool) string {
	branch := magicCookie + "-"
	if e.cfg.BranchTag != "" {
		branch += e.cfg.BranchTag + branchTagEnd
	}
	branch += randomHex(8)
	if unawaited {
		branch += unawaitedMark
	}
	return branch
}

// branchTagEnd ends the tag in a branch.
const branchTagEnd = "."

// BranchTag is the tag in the branch of the request that a response answers (see
// Config); empty: there is none.
func BranchTag(res *Response) string {
	via := res.Via()
	if via == nil {
		return ""
	}
	branch, _ := param(via.Params, "branch")
	ours, ok := strings.CutPrefix(branch, magicCookie+"-")
	if !ok {
		return ""
	}
	tag, _, ok := strings.Cut(ours, branchTagEnd)
	if !ok {
		return ""
	}
	return tag
}

func isUnawaited(branch string) bool {
	return strings.HasSuffix(branch, unawaitedMark) && strings.HasPrefix(branch, magicCookie+"-")
}

func randomHex(n int) string {
	var b [16]byte
	_, _ = rand.Read(b[:n]) // never fails
	return hex.EncodeToString(b[:n])
}

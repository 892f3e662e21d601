// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"strings"

	"github.com/icholy/digest"
)

// answerChallenge sends the request again with credentials after a 401 or 407
// (RFC 3261 22.2) and tells whether it did; c.mu is held. It does so again, once,
// where only the nonce was refused (RFC 7616 3.3, stale). The next request of a
// dialog's first INVITE takes the next CSeq.
func (tx *ClientTx) answerChallenge(res *Response) bool {
	var header, answer string
	switch res.StatusCode {
	case 401:
		header, answer = "WWW-Authenticate", "Authorization"
	case 407:
		header, answer = "Proxy-Authenticate", "Proxy-Authorization"
	default:
		return false
	}
	chal := strongest(HeaderValues(res, header))
	if chal == nil {
		return false
	}
	cred, err := digest.Digest(chal, digest.Options{
		Method: string(tx.req.Method), URI: tx.req.Recipient.String(), Count: 1,
		Username: tx.creds.Username, Password: tx.creds.Password,
	})
	if err != nil {
		return false
	}
	req := CloneRequest(tx.req)
	again := HeaderValue(req, answer) != ""
	if again && !chal.Stale {
		return false // it was refused
	}
	if again { // the server has lost the nonce, or another one serves by now
		req.RemoveHeader(answer)
	}
	req.AppendHeader(NewHeader(answer, cred.String()))
	seq := req.CSeq().SeqNo + 1
	d := tx.dialog
	if d != nil {
		d.localSeq++
		seq = d.localSeq
	}
	req.CSeq().SeqNo = seq
	next, err := tx.c.newClientTx(req, tx.onResponse)
	if err != nil {
		return false
	}
	next.creds, next.dialog, next.keepOnTimeout, next.tried = tx.creds, d, tx.keepOnTimeout, again
	if d != nil {
		if d.first == tx {
			d.first = next
		}
		if d.clientInvite == tx {
			d.clientInvite = next
		}
	}
	next.start(tx.hop)
	return true
}

// strongest takes SHA-256 before MD5.
func strongest(values []string) *digest.Challenge {
	var best *digest.Challenge
	for _, v := range values {
		chal, err := digest.ParseChallenge(v)
		if err != nil || !digest.CanDigest(chal) {
			continue
		}
		if best == nil || strings.HasPrefix(strings.ToUpper(chal.Algorithm), "SHA") && !strings.HasPrefix(strings.ToUpper(best.Algorithm), "SHA") {
			best = chal
		}
	}
	return best
}

// SPDX-License-Identifier: Apache-2.0

package digestauth

import (
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/icholy/digest"
)

// Algorithm is a digest algorithm that this package challenges with.
type Algorithm string

// Algorithms, strongest first: the order of the challenges (RFC 8760 2.4).
const (
	SHA256 Algorithm = "SHA-256"
	MD5    Algorithm = "MD5"
)

var algorithms = [...]Algorithm{SHA256, MD5}

// HA1 is what a user's password is verified with: hex of
// hash(user:realm:password). An empty field means that the algorithm can't be
// verified for this user.
type HA1 struct {
	MD5    string
	SHA256 string
}

func (h HA1) of(algorithm Algorithm) string {
	if algorithm == SHA256 {
		return h.SHA256
	}
	return h.MD5
}

// String keeps the secret out of logs.
func (HA1) String() string { return "HA1(redacted)" }

const (
	maxCredentials      = 4
	maxCredentialsBytes = 2048
)

var (
	errNotDigest    = errors.New("no digest credentials")
	errTooLong      = errors.New("digest credentials too long")
	errNotSupported = errors.New("digest parameters not supported")
)

// answer is one Authorization or Proxy-Authorization value, checked for form.
type answer struct {
	digest.Credentials
	algorithm Algorithm
	legacy    bool // no qop: RFC 2069
}

func parseAnswer(value string) (answer, error) {
	if len(value) > maxCredentialsBytes {
		return answer{}, errTooLong
	}
	value = strings.TrimSpace(value)
	if !digest.IsDigest(value) {
		return answer{}, errNotDigest
	}
	// The parser knows the space only as white space, a folded header may
	// hold tabs and line ends.
	parsed, err := digest.ParseCredentials(foldWhiteSpace(value))
	if err != nil {
		return answer{}, fmt.Errorf("parse digest credentials: %w", err)
	}
	a := answer{Credentials: *parsed, legacy: parsed.QOP == ""}
	a.Response = strings.ToLower(a.Response)
	if a.Username == "" || a.Nonce == "" || a.URI == "" || a.Response == "" || a.Userhash {
		return answer{}, errNotSupported
	}
	if !a.legacy && (a.QOP != "auth" || a.Cnonce == "" || a.Nc <= 0) {
		return answer{}, errNotSupported
	}
	// A client that ignores the algorithm parameter computes MD5 for whatever
	// challenge it read first, so the length of the response decides.
	switch len(a.Response) {
	case 32:
		a.algorithm = MD5
	case 64:
		a.algorithm = SHA256
	default:
		return answer{}, errNotSupported
	}
	if _, err := hex.DecodeString(a.Response); err != nil {
		return answer{}, errNotSupported
	}
	return a, nil
}

// matches tells in constant time whether the response was made with ha1.
func (a answer) matches(method, ha1 string) bool {
	challenge := digest.Challenge{Realm: a.Realm, Nonce: a.Nonce, Algorithm: string(a.algorithm)}
	if !a.legacy {
		challenge.QOP = []string{"auth"}
	}
	expected, err := digest.Digest(&challenge, digest.Options{
		Method: method, URI: a.URI, Count: a.Nc, Username: a.Username, A1: strings.ToLower(ha1), Cnonce: a.Cnonce,
	})
	return err == nil && subtle.ConstantTimeCompare([]byte(expected.Response), []byte(a.Response)) == 1
}

func foldWhiteSpace(value string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, value)
}

// SPDX-License-Identifier: Apache-2.0

// Package flowtoken owns the tokens that name a flow to a phone in Path and
// Record-Route (RFC 5626 5.2): made and read by edges that share a key, and
// refused when anyone else wrote them. It never knows whether the flow is
// still open.
package flowtoken

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// ErrForged: the token was not made with this key, or is none.
var ErrForged = errors.New("flow token is not ours")

const (
	macBytes = 16
	maxToken = 512
	fields   = 4
)

// Token is what a token says.
type Token struct {
	// Network, Local and Remote are the flow: "udp", "tcp" or "tls", host:port each.
	Network, Local, Remote string
	// Target runs the phone.
	Target string
}

// Mint makes and reads tokens. It is safe for concurrent use.
type Mint struct{ key []byte }

// New makes a mint. An empty key means a random one: tokens of other
// processes are then refused.
func New(key []byte) *Mint {
	if len(key) == 0 {
		key = make([]byte, 32)
		rand.Read(key)
	}
	return &Mint{key: key}
}

// Seal writes a token in characters that the user part of a SIP URI takes as
// they are.
func (m *Mint) Seal(t Token) string {
	clear := strings.Join([]string{t.Network, t.Local, t.Remote, t.Target}, "\x00")
	return base64.RawURLEncoding.EncodeToString(append(m.mac(clear), clear...))
}

// Open reads a token; ErrForged.
func (m *Mint) Open(token string) (Token, error) {
	if len(token) > maxToken {
		return Token{}, ErrForged
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < macBytes {
		return Token{}, ErrForged
	}
	clear := string(raw[macBytes:])
	if !hmac.Equal(raw[:macBytes], m.mac(clear)) {
		return Token{}, ErrForged
	}
	parts := strings.Split(clear, "\x00")
	if len(parts) != fields {
		return Token{}, ErrForged
	}
	return Token{Network: parts[0], Local: parts[1], Remote: parts[2], Target: parts[3]}, nil
}

// Datagram tells whether a token names a flow of datagrams, which any edge can
// follow. It needs no key, and so believes whoever wrote the token.
func Datagram(token string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	return err == nil && len(raw) > macBytes && strings.HasPrefix(string(raw[macBytes:]), "udp\x00")
}

func (m *Mint) mac(clear string) []byte {
	h := hmac.New(sha256.New, m.key)
	h.Write([]byte("offhook flow token 1\x00"))
	h.Write([]byte(clear))
	return h.Sum(nil)[:macBytes]
}

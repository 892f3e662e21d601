// SPDX-License-Identifier: Apache-2.0

package flowtoken

import (
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"
)

var phone = Token{Network: "udp", Local: "192.0.2.1:5060", Remote: "[2001:db8::7]:40000", Target: "branch-1"}

func TestSealOpen(t *testing.T) {
	a, b := New([]byte("shared")), New([]byte("shared"))
	token := a.Seal(phone)
	if !regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(token) {
		t.Errorf("token %q needs escaping in a URI", token)
	}
	if got, err := b.Open(token); err != nil || got != phone {
		t.Errorf("Open = %+v, %v", got, err)
	}
}

func TestOpenRefusesWhatIsNotOurs(t *testing.T) {
	m := New(nil)
	token := m.Seal(phone)
	raw, _ := base64.RawURLEncoding.DecodeString(token)
	tampered := append([]byte(nil), raw...)
	tampered[len(tampered)-1] ^= 1
	for name, forged := range map[string]string{
		"empty":       "",
		"text":        "alice",
		"other key":   New(nil).Seal(phone),
		"tampered":    base64.RawURLEncoding.EncodeToString(tampered),
		"cut":         token[:len(token)-4],
		"longer":      token + "AAAA",
		"too long":    strings.Repeat("A", 10000),
		"too few":     m.Seal(Token{})[:4],
		"target join": m.Seal(Token{Network: "udp", Local: "a", Remote: "b", Target: "c\x00d"}),
	} {
		if got, err := m.Open(forged); !errors.Is(err, ErrForged) {
			t.Errorf("%s: Open = %+v, %v; want ErrForged", name, got, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	m := New([]byte("key"))
	f.Add(m.Seal(phone))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := m.Open(token)
		if err == nil && m.Seal(got) != token {
			t.Fatalf("Open(%q) = %+v, which seals differently", token, got)
		}
	})
}

func TestDatagram(t *testing.T) {
	mint := New(nil)
	for network, want := range map[string]bool{"udp": true, "tcp": false, "tls": false} {
		if got := Datagram(mint.Seal(Token{Network: network, Remote: "192.0.2.1:5060", Target: "t"})); got != want {
			t.Errorf("%s: %v", network, got)
		}
	}
	if Datagram("") || Datagram("udp") || Datagram("!") {
		t.Error("no token names a flow of datagrams")
	}
}

// SPDX-License-Identifier: Apache-2.0

package skinnyport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// With certificates, a phone can only be the one whose certificate it has.
func TestCertificatesNamePhones(t *testing.T) {
	t.Parallel()
	authority, pool := newAuthority(t)
	for _, test := range []struct {
		name   string
		common string // empty: no certificate
		want   bool
	}{
		{"its own", "CP-7970G-SEP000000000001", true},
		{"another phone's", "CP-7970G-SEP000000000002", false},
		{"none", "", true}, // where the listener does not ask for one
	} {
		ours, phones := net.Pipe()
		server := &tls.Config{Certificates: []tls.Certificate{authority.issue(t, "offhook")}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool, MinVersion: tls.VersionTLS12}
		client := &tls.Config{RootCAs: pool, ServerName: "offhook", MinVersion: tls.VersionTLS12}
		if test.common != "" {
			client.Certificates = []tls.Certificate{authority.issue(t, test.common)}
		}
		secure := tls.Server(ours, server)
		shaken := make(chan error, 1)
		go func() { shaken <- tls.Client(phones, client).HandshakeContext(t.Context()) }()
		if err := secure.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-shaken; err != nil {
			t.Fatal(err)
		}
		if got := Proves(secure, "SEP000000000001"); got != test.want {
			t.Errorf("%s certificate: %v, want %v", test.name, got, test.want)
		}
		_, _ = ours.Close(), phones.Close()
	}
}

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) (*authority, *x509.CertPool) {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return a, pool
}

func (a *authority) issue(t *testing.T, common string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: common}, DNSNames: []string{"offhook"}, NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

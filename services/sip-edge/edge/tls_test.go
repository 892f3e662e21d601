// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// authority signs the certificates of a test.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{t: t, certificate: certificate, key: key}
}

// issue gives a certificate for a DNS name and 127.0.0.1.
func (a *authority) issue(name string) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// withTLS gives the edge a TLS listener that trusts pool.example.test.
func (a *authority) withTLS() bedOption {
	return withConfig(func(c *Config) {
		folder, certificate := a.t.TempDir(), a.issue("edge.example.test")
		key, err := x509.MarshalECPrivateKey(certificate.PrivateKey.(*ecdsa.PrivateKey))
		if err != nil {
			a.t.Fatal(err)
		}
		c.TLS = TLS{
			Listen: "127.0.0.1:0", CertFile: filepath.Join(folder, "cert"), KeyFile: filepath.Join(folder, "key"),
			ClientCAFile: filepath.Join(folder, "ca"), TrustedPeers: []string{"Pool.example.test"},
		}
		for name, block := range map[string]*pem.Block{
			c.TLS.CertFile: {Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}, c.TLS.KeyFile: {Type: "EC PRIVATE KEY", Bytes: key},
			c.TLS.ClientCAFile: {Type: "CERTIFICATE", Bytes: a.certificate.Raw},
		} {
			if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
				a.t.Fatal(err)
			}
		}
	})
}

func (b *bed) tls() string { return b.edge.Addresses()[2].String() }

// dialTLS connects with certificates, if any.
func (a *authority) dialTLS(b *bed, certificates ...tls.Certificate) *client {
	a.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	conn, err := tls.Dial("tcp", b.tls(), &tls.Config{RootCAs: roots, Certificates: certificates})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = conn.Close() })
	callIDs++
	return &client{
		t: a.t, network: "tls", user: "alice", secret: "secret", to: "sip:1001@example.test", answerEvents: true,
		callID: "tls-" + conn.LocalAddr().String(), conn: conn, reader: bufio.NewReaderSize(conn, 1<<20),
	}
}

func TestSessionOverTLS(t *testing.T) {
	a := newAuthority(t)
	b := newBed(t, a.withTLS())
	for name, certificates := range map[string][]tls.Certificate{
		"no certificate": nil, "a certificate that is not trusted": {a.issue("laptop.example.test")},
	} {
		c := a.dialTLS(b, certificates...)
		c.send(c.request("INVITE", "<RequestSystemStatus/>"))
		if res, _ := c.final(); res.code() != 407 {
			t.Errorf("%s: %s, want 407", name, res.start)
		} else {
			c.ack(res)
		}
		c.open()
		if !strings.Contains(c.contact, b.tls()+";transport=tls") {
			t.Errorf("%s: Contact %q does not name %s over TLS", name, c.contact, b.tls())
		}
		opened := receive(t, b.sessions.opened, "OpenSession")
		if opened.GetPeer() != "tls:"+c.conn.LocalAddr().String() {
			t.Errorf("%s: peer %q", name, opened.GetPeer())
		}
		b.deliver("event", opened.GetSessionId())
		if event := c.event(); event.body != "event for 7" {
			t.Errorf("%s: %+v", name, event)
		}
		if res := c.info("<x/>"); res.body != "response to <x/>" {
			t.Errorf("%s: %+v", name, res)
		}
		c.bye()
	}
}

func TestTrustedPeerNeedsNoPassword(t *testing.T) {
	a := newAuthority(t)
	b := newBed(t, a.withTLS())
	c := a.dialTLS(b, a.issue("pool.example.test"))
	c.secret = ""
	c.open()
	if opened := receive(t, b.sessions.opened, "OpenSession"); opened.GetUser() != "alice" {
		t.Errorf("OpenSession for %q", opened.GetUser())
	}
	c.bye()
	stranger := a.dialTLS(b, a.issue("pool.example.test"))
	stranger.user = "mallory"
	if res := stranger.invite("<RequestSystemStatus/>"); res.code() != 403 {
		t.Errorf("INVITE of nobody: %s, want 403", res.start)
	}
}

func TestCertificateOfAnotherAuthorityIsRefused(t *testing.T) {
	a := newAuthority(t)
	b := newBed(t, a.withTLS())
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	forged := newAuthority(t).issue("pool.example.test")
	conn, err := tls.Dial("tcp", b.tls(), &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{forged}})
	if err == nil {
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		_, err = conn.Read(make([]byte, 1)) // TLS 1.3 tells the client late
	}
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("connection with a forged certificate: %v", err)
	}
}

func TestTLSFaults(t *testing.T) {
	for name, c := range map[string]struct {
		tls  TLS
		want []string
	}{
		"none":              {TLS{}, nil},
		"files, no listen":  {TLS{CertFile: "c"}, []string{"tls.listen"}},
		"listen, no files":  {TLS{Listen: "0.0.0.0:5061"}, []string{"tls.certFile", "tls.keyFile"}},
		"odd addresses":     {TLS{Listen: "5061", Advertise: "edge", CertFile: "c", KeyFile: "k"}, []string{"tls.listen", "tls.advertise"}},
		"peers without CA":  {TLS{Listen: ":5061", CertFile: "c", KeyFile: "k", TrustedPeers: []string{"pool.example.test"}}, []string{"tls.trustedPeers"}},
		"peer with pattern": {TLS{Listen: ":5061", CertFile: "c", KeyFile: "k", ClientCAFile: "a", TrustedPeers: []string{"*.example.test"}}, []string{"tls.trustedPeers[0]"}},
	} {
		config := NewDefaultConfig()
		config.TLS = c.tls
		text := ""
		if err := config.Validate(); err != nil {
			text = err.Error()
		}
		for _, path := range c.want {
			if !strings.Contains(text, path+": ") {
				t.Errorf("%s: %s is not among the faults %q", name, path, text)
			}
		}
		if lines := strings.Count(text, "\n") + 1; text != "" && lines != len(c.want) || text == "" && len(c.want) > 0 {
			t.Errorf("%s: faults %q", name, text)
		}
	}
}

func TestTLSAdvertise(t *testing.T) {
	for _, c := range []struct {
		tls  TLS
		sip  string
		want string
	}{
		{TLS{Listen: "0.0.0.0:5061"}, "edge.example:5060", "edge.example:5061"},
		{TLS{Listen: "0.0.0.0:5061", Advertise: "tls.example:443"}, "edge.example:5060", "tls.example:443"},
		{TLS{Listen: "0.0.0.0:5061"}, "", ""},
		{TLS{}, "edge.example:5060", ""},
	} {
		if got := c.tls.advertised(c.sip); got != c.want {
			t.Errorf("%+v behind %q: %q, want %q", c.tls, c.sip, got, c.want)
		}
	}
}

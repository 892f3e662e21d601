// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/skinny"
	"offhook.dev/services/targetconfig"
)

func TestSkinnyIsOffByDefaultAndValidated(t *testing.T) {
	config := NewDefaultConfig()
	if config.Skinny.Listen != "" || config.Skinny.TLS.Listen != "" {
		t.Errorf("it listens: %+v", config.Skinny)
	}
	config.Skinny.Listen, config.Skinny.TLS.Listen, config.Skinny.MaxConnections = "2000", ":2443", 0
	err := config.Validate()
	for _, want := range []string{"skinny.listen: ", "skinny.tls: cert and key", "maxConnections"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestSkinnyEndpoint(t *testing.T) {
	replica := &statev1.Replica{SipEndpoint: "10.1.2.3:5070"}
	for _, test := range []struct {
		address   net.Addr
		advertise string
		want      string
	}{
		{nil, "10.9.9.9:2000", ""},
		{&net.TCPAddr{IP: net.IPv4zero, Port: 2000}, "", "10.1.2.3:2000"},
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2000}, "", "127.0.0.1:2000"},
		{&net.TCPAddr{IP: net.IPv4zero, Port: 2000}, "10.9.9.9:2001", "10.9.9.9:2001"},
	} {
		if got := skinnyEndpoint(Skinny{Advertise: test.advertise}, test.address, replica); got != test.want {
			t.Errorf("%v advertised as %q gives %q, want %q", test.address, test.advertise, got, test.want)
		}
	}
}

// Phones with a certificate of the authority are heard over TLS, others are not.
func TestSkinnyOverTLS(t *testing.T) {
	files := newAuthority(t)
	snapshot, err := targetconfig.Build([32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	config := newDefaultSkinny()
	config.TLS = SkinnyTLS{Listen: "127.0.0.1:0", CA: files.path("ca.pem"), Cert: files.path("cert.pem"), Key: files.path("key.pem")}
	phones, err := newSkinnyPhones(config, Dependencies{
		Replica: &statev1.Replica{Id: "pc-0"}, Source: targetconfig.NewStatic(snapshot), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- phones.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	pair, err := tls.LoadX509KeyPair(files.path("cert.pem"), files.path("key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	register := func(certificates ...tls.Certificate) (skinny.Frame, error) {
		dialer := tls.Dialer{Config: &tls.Config{RootCAs: files.pool, ServerName: "localhost", Certificates: certificates, MinVersion: tls.VersionTLS12}}
		connection, err := dialer.DialContext(t.Context(), "tcp", phones.secure.String())
		if err != nil {
			return skinny.Frame{}, err
		}
		defer func() { _ = connection.Close() }()
		_ = connection.SetDeadline(time.Now().Add(waitLong))
		m := &skinny.Register{ProtocolVersion: 17}
		m.Phone.DeviceName = "SEP000000000001"
		if _, err := connection.Write(skinny.Append(nil, m, skinny.Dialect{Version: 3})); err != nil {
			return skinny.Frame{}, err
		}
		return skinny.NewReader(connection).Read()
	}
	frame, err := register(pair)
	if err != nil {
		t.Fatal(err)
	}
	if reject, ok := frame.Message(skinny.Dialect{Version: 3}).(*skinny.RegisterReject); !ok || reject.Text != "Error: Unknown Device" {
		t.Errorf("the phone is answered with %s", frame.ID)
	}
	if frame, err := register(); err == nil {
		t.Errorf("a phone without a certificate is answered with %s", frame.ID)
	}
}

// authority is a folder with a certificate that its own authority issued.
type authority struct {
	folder string
	pool   *x509.CertPool
}

func (a authority) path(name string) string { return filepath.Join(a.folder, name) }

func newAuthority(t *testing.T) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "SEP000000000001"}, DNSNames: []string{"localhost"},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	a := authority{folder: t.TempDir(), pool: x509.NewCertPool()}
	a.pool.AddCert(certificate)
	for name, block := range map[string]*pem.Block{
		"ca.pem": {Type: "CERTIFICATE", Bytes: der}, "cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(a.path(name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// SPDX-License-Identifier: Apache-2.0

package tlsreload

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

// authority signs certificates of tests.
type authority struct {
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
	return &authority{certificate: certificate, key: key}
}

// write puts the authority and a certificate of it with a serial number into
// the files.
func (a *authority) write(t *testing.T, files Files, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "replica"}, DNSNames: []string{"replica.internal"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	encodedKey, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		files.CA:   {Type: "CERTIFICATE", Bytes: a.certificate.Raw},
		files.Cert: {Type: "CERTIFICATE", Bytes: raw},
		files.Key:  {Type: "EC PRIVATE KEY", Bytes: encodedKey},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func newFiles(t *testing.T) Files {
	folder := t.TempDir()
	return Files{CA: filepath.Join(folder, "ca.pem"), Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem")}
}

func reloader(t *testing.T, files Files) *Reloader {
	t.Helper()
	r, err := New(Options{Files: files, Interval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// handshake connects both ends and gives the serial number that the client
// saw, and both errors joined.
func handshake(t *testing.T, server, client *tls.Config) (int64, error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	served := make(chan error, 1)
	go func() {
		accepted, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		defer func() { _ = accepted.Close() }()
		served <- tls.Server(accepted, server).HandshakeContext(t.Context())
	}()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dialled.Close() }()
	connection := tls.Client(dialled, client)
	clientErr := connection.HandshakeContext(t.Context())
	if clientErr != nil {
		_ = dialled.Close()
	}
	if err := errors.Join(clientErr, <-served); err != nil {
		return 0, err
	}
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestHandshakesUseTheNewestFiles(t *testing.T) {
	first, second := newAuthority(t), newAuthority(t)
	files := newFiles(t)
	first.write(t, files, 11)
	r := reloader(t, files)
	server, client := r.ServerConfig(), r.ClientConfig("replica.internal")
	if serial, err := handshake(t, server, client); err != nil || serial != 11 {
		t.Fatalf("serial %d, %v", serial, err)
	}
	second.write(t, files, 22)
	r.look()
	if serial, err := handshake(t, server, client); err != nil || serial != 22 {
		t.Fatalf("after the change: serial %d, %v", serial, err)
	}
	if err := os.WriteFile(files.Cert, []byte("not a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.look()
	if serial, err := handshake(t, server, client); err != nil || serial != 22 {
		t.Fatalf("after a bad change: serial %d, %v", serial, err)
	}
}

func TestHandshakesThatMustFail(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	files, strange := newFiles(t), newFiles(t)
	ours.write(t, files, 1)
	theirs.write(t, strange, 2)
	r, stranger := reloader(t, files), reloader(t, strange)
	anonymous := reloader(t, Files{CA: files.CA})
	for name, ends := range map[string][2]*tls.Config{
		"server of another authority": {stranger.ServerConfig(), reloader(t, Files{CA: files.CA, Cert: strange.Cert, Key: strange.Key}).ClientConfig("replica.internal")},
		"client of another authority": {r.ServerConfig(), reloader(t, Files{CA: files.CA, Cert: strange.Cert, Key: strange.Key}).ClientConfig("replica.internal")},
		"client without certificate":  {r.ServerConfig(), anonymous.ClientConfig("replica.internal")},
		"another name":                {r.ServerConfig(), r.ClientConfig("other.internal")},
		"server without certificate":  {anonymous.ServerConfig(), r.ClientConfig("replica.internal")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := handshake(t, ends[0], ends[1]); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestNewRefusesBadFiles(t *testing.T) {
	files := newFiles(t)
	newAuthority(t).write(t, files, 1)
	for name, bad := range map[string]Files{
		"half":       {Cert: files.Cert},
		"missing":    {CA: files.CA + ".gone"},
		"not a CA":   {CA: files.Key},
		"mixed pair": {Cert: files.Cert, Key: files.CA},
	} {
		if _, err := New(Options{Files: bad}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRunLooksAtIntervals(t *testing.T) {
	files := newFiles(t)
	signer := newAuthority(t)
	signer.write(t, files, 1)
	r := reloader(t, files)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx) }()
		before := r.current.Load()
		synctest.Sleep(1500 * time.Millisecond)
		if r.current.Load() != before {
			t.Error("unchanged files were swapped")
		}
		signer.write(t, files, 2)
		synctest.Sleep(time.Second)
		if r.current.Load() == before {
			t.Error("changed files were not read")
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run ended with %v", err)
		}
	})
}

func TestGRPCServesWithTheseConfigurations(t *testing.T) {
	files := newFiles(t)
	newAuthority(t).write(t, files, 1)
	r := reloader(t, files)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(r.ServerConfig())))
	healthv1.RegisterHealthServer(server, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		server.Stop()
		<-served
	}()
	conn, err := grpc.NewClient(listener.Addr().String(),
		grpc.WithTransportCredentials(credentials.NewTLS(r.ClientConfig("replica.internal"))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	answer, err := healthv1.NewHealthClient(conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("answer %v, %v", answer, err)
	}
}

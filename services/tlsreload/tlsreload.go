// SPDX-License-Identifier: Apache-2.0

// Package tlsreload owns certificates that change while a process runs: it
// reads PEM files again when their content changes and gives TLS configurations
// that use the newest. Files that can't be read leave the ones before in use.
// It never makes or requests certificates.
package tlsreload

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// Files are PEM files. Cert and Key go together; CA verifies the other side.
type Files struct {
	CA, Cert, Key string
}

// Options say what to read and how often.
type Options struct {
	Files Files
	// Interval between two looks at the files. Default 10 s.
	Interval time.Duration
	Logger   *slog.Logger
}

// Reloader holds the newest readable content of its files. It is safe for
// concurrent use.
type Reloader struct {
	options Options
	current atomic.Pointer[material]
}

// material is what the files held at one time.
type material struct {
	raw         [3][]byte
	certificate *tls.Certificate
	authorities *x509.CertPool
}

// New reads the files once; they must be good.
func New(options Options) (*Reloader, error) {
	if options.Interval <= 0 {
		options.Interval = 10 * time.Second
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if (options.Files.Cert == "") != (options.Files.Key == "") {
		return nil, errors.New("read TLS files: certificate and key must be given together")
	}
	first, err := load(options.Files)
	if err != nil {
		return nil, err
	}
	r := &Reloader{options: options}
	r.current.Store(first)
	return r, nil
}

// Run looks at the files until the context ends and returns its error.
func (r *Reloader) Run(ctx context.Context) error {
	ticker := time.NewTicker(r.options.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			r.look()
		}
	}
}

// look reads the files and swaps what changed.
func (r *Reloader) look() {
	next, err := load(r.options.Files)
	if err != nil {
		r.options.Logger.Error("TLS files are not readable; those read before stay in use", "error", err)
		return
	}
	before := r.current.Load()
	for i := range next.raw {
		if !bytes.Equal(next.raw[i], before.raw[i]) {
			r.current.Store(next)
			r.options.Logger.Info("TLS files were read again", "certificate", r.options.Files.Cert)
			return
		}
	}
}

// ServerConfig is for a listener. With a CA, clients must show a certificate.
func (r *Reloader) ServerConfig() *tls.Config {
	base := &tls.Config{MinVersion: tls.VersionTLS12}
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		now := r.current.Load()
		if now.certificate == nil {
			return nil, errors.New("no server certificate is configured")
		}
		config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*now.certificate}, NextProtos: base.NextProtos}
		if now.authorities != nil {
			config.ClientCAs = now.authorities
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
		return config, nil
	}
	// gRPC and net/http add their protocols to a clone of the outer
	// configuration only, so the inner one names them itself.
	base.NextProtos = []string{"h2", "http/1.1"}
	return base
}

// ClientConfig is for connections to a server, whose name must be in its
// certificate; empty: the name that is dialled.
func (r *Reloader) ClientConfig(serverName string) *tls.Config {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: serverName,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if now := r.current.Load(); now.certificate != nil {
				return now.certificate, nil
			}
			return &tls.Certificate{}, nil
		},
	}
	if r.options.Files.CA != "" {
		// The standard check uses the authorities of the moment at which the
		// configuration was made; VerifyConnection uses the newest instead.
		config.InsecureSkipVerify = true
		config.VerifyConnection = r.verify
	}
	return config
}

func (r *Reloader) verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("server showed no certificate")
	}
	options := x509.VerifyOptions{
		Roots: r.current.Load().authorities, DNSName: state.ServerName, Intermediates: x509.NewCertPool(),
	}
	for _, certificate := range state.PeerCertificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(options)
	return err
}

func load(files Files) (*material, error) {
	m := &material{}
	for i, name := range []string{files.CA, files.Cert, files.Key} {
		if name == "" {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read TLS file: %w", err)
		}
		m.raw[i] = content
	}
	if files.CA != "" {
		m.authorities = x509.NewCertPool()
		if !m.authorities.AppendCertsFromPEM(m.raw[0]) {
			return nil, fmt.Errorf("read TLS file %s: it holds no certificate", files.CA)
		}
	}
	if files.Cert != "" {
		pair, err := tls.X509KeyPair(m.raw[1], m.raw[2])
		if err != nil {
			return nil, fmt.Errorf("read TLS files %s and %s: %w", files.Cert, files.Key, err)
		}
		m.certificate = &pair
	}
	return m, nil
}

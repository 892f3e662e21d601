// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"offhook.dev/proto/seal"
	"offhook.dev/services/targetconfig"
)

// errNoIdentity: the operator's Secret has not been read yet.
var errNoIdentity = errors.New("the operator's certificate is not there yet")

// Identity is the operator's certificate and whom it trusts, always the newest.
// It is safe for concurrent use.
type Identity struct {
	current atomic.Pointer[material]
	once    sync.Once
	ready   chan struct{}
}

type material struct {
	certificate *tls.Certificate
	authorities *x509.CertPool
}

func newIdentity() *Identity { return &Identity{ready: make(chan struct{})} }

func (i *Identity) set(data map[string][]byte) error {
	certificate, err := tls.X509KeyPair(data[keyCertificate], data[keyPrivate])
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data[keyAuthorities]) {
		return errors.New("ca.crt holds no certificate")
	}
	i.current.Store(&material{certificate: &certificate, authorities: pool})
	i.once.Do(func() { close(i.ready) })
	return nil
}

// Wait returns when there is a certificate, or with the context's error.
func (i *Identity) Wait(ctx context.Context) error { return wait(ctx, i.ready) }

// ClientConfig is for connections to a server whose certificate has a name;
// empty: the name that is dialled.
func (i *Identity) ClientConfig(serverName string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		ServerName: serverName,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if now := i.current.Load(); now != nil {
				return now.certificate, nil
			}
			return nil, errNoIdentity
		},
		// VerifyConnection checks against the newest authorities instead.
		InsecureSkipVerify: true, // #nosec G402 -- see above
		VerifyConnection:   i.verify,
	}
}

func (i *Identity) verify(state tls.ConnectionState) error {
	now := i.current.Load()
	switch {
	case now == nil:
		return errNoIdentity
	case len(state.PeerCertificates) == 0:
		return errors.New("server showed no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		intermediates.AddCert(certificate)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: now.authorities, DNSName: state.ServerName, Intermediates: intermediates, CurrentTime: time.Now(),
	})
	return err
}

// Keys are the installation's keys that the operator itself uses. It is safe
// for concurrent use and prints nothing of them.
type Keys struct {
	mu       sync.Mutex
	config   *[seal.KeySize]byte
	password string
	changed  chan struct{}
}

func newKeys() *Keys { return &Keys{changed: make(chan struct{}, 1)} }

// Config is the key of sealed credentials; false: it is not known yet.
func (k *Keys) Config() ([seal.KeySize]byte, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.config == nil {
		return [seal.KeySize]byte{}, false
	}
	return *k.config, true
}

// SystemPassword of NATS's system account; empty: it is not known yet.
func (k *Keys) SystemPassword() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.password
}

// Changed gets a value after the key of sealed credentials came or changed.
func (k *Keys) Changed() <-chan struct{} { return k.changed }

// String hides the keys.
func (k *Keys) String() string { return "[keys]" }

// GoString hides the keys.
func (k *Keys) GoString() string { return "[keys]" }

func (k *Keys) setConfig(text []byte) error {
	key, err := targetconfig.ParseKey(text)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.config != nil && *k.config == key {
		return nil
	}
	k.config = &key
	select {
	case k.changed <- struct{}{}:
	default:
	}
	return nil
}

func (k *Keys) setSystemPassword(text []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.password = string(text)
}

func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

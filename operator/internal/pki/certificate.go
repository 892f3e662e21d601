// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// backdate lets machines whose clock is a little late accept a new certificate.
const backdate = 5 * time.Minute

// pair is a certificate with its key in PEM.
type pair struct {
	certificate, key []byte
	leaf             *x509.Certificate
	signer           *ecdsa.PrivateKey
}

func readPair(certificate, key []byte) (*pair, error) {
	read, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	signer, ok := read.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("read certificate: its key is not ECDSA")
	}
	return &pair{certificate: certificate, key: key, leaf: read.Leaf, signer: signer}, nil
}

// newAuthority makes a self-signed authority.
func newAuthority(names Names, now time.Time, validity time.Duration) (*pair, error) {
	template, err := template(names.Authority(), now, validity)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return sign(template, nil)
}

// newCertificate makes a certificate of a component.
func newCertificate(names Names, component string, authority *pair, now time.Time, validity time.Duration) (*pair, error) {
	template, err := template(component+".offhook.internal", now, validity)
	if err != nil {
		return nil, err
	}
	if authority.leaf.NotAfter.Before(template.NotAfter) {
		template.NotAfter = authority.leaf.NotAfter
	}
	template.DNSNames = names.hosts(component)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	return sign(template, authority)
}

func template(name string, now time.Time, validity time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Offhook"}, CommonName: name},
		NotBefore: now.Add(-backdate), NotAfter: now.Add(validity),
	}, nil
}

// sign makes a key and its certificate; without an issuer it signs itself.
func sign(template *x509.Certificate, issuer *pair) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.leaf, issuer.signer
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, fmt.Errorf("sign certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return readPair(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	)
}

// due tells that a certificate is in the last third of its time, or not valid.
func due(leaf *x509.Certificate, now time.Time) bool {
	begin := leaf.NotBefore.Add(backdate)
	return now.Before(leaf.NotBefore) || !now.Before(begin.Add(leaf.NotAfter.Sub(begin)*2/3))
}

// fits tells that a certificate is a component's, signed by an authority.
func fits(leaf *x509.Certificate, authority *pair, hosts []string) bool {
	for _, host := range hosts {
		if !slices.Contains(leaf.DNSNames, host) {
			return false
		}
	}
	return leaf.CheckSignatureFrom(authority.leaf) == nil
}

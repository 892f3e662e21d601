// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// overlap is how long all components know the next authority before it signs,
// and the one before after it signs no more: Secrets reach pods within minutes.
const overlap = 24 * time.Hour

// authority is what signs, with what comes after it and what came before it.
type authority struct {
	current *pair
	next    *pair
	// previous is a certificate in PEM, without its key.
	previous []byte
}

// step does what is due at a time: an authority that is old, or whose rotation
// is asked for, gets a successor; a successor that all know signs; a
// predecessor that nothing stands on any more is dropped.
func (a authority) step(names Names, now time.Time, validity time.Duration, rotate bool) (stepped authority, changed bool, err error) {
	switch {
	case a.current == nil:
		a.current, err = newAuthority(names, now, validity)
		return a, true, err
	case a.next != nil && !now.Before(a.next.leaf.NotBefore.Add(backdate+overlap)):
		return authority{current: a.next, previous: a.current.certificate}, true, nil
	case a.next == nil && a.previous == nil && (rotate || due(a.current.leaf, now)):
		a.next, err = newAuthority(names, now, validity)
		return a, true, err
	case a.previous != nil && !now.Before(a.current.leaf.NotBefore.Add(backdate+2*overlap)):
		a.previous = nil
		return a, true, nil
	}
	return a, false, nil
}

// bundle are all certificates that may be trusted now, in PEM.
func (a authority) bundle() []byte {
	parts := [][]byte{a.current.certificate}
	if a.next != nil {
		parts = append(parts, a.next.certificate)
	}
	if a.previous != nil {
		parts = append(parts, a.previous)
	}
	return bytes.Join(parts, nil)
}

// readAuthority reads the data of the authority's Secret; empty data is an
// authority that is not there yet.
func readAuthority(data map[string][]byte) (authority, error) {
	var a authority
	if len(data[keyCertificate]) == 0 && len(data[keyPrivate]) == 0 {
		return a, nil
	}
	var err error
	if a.current, err = readPair(data[keyCertificate], data[keyPrivate]); err != nil {
		return a, err
	}
	if !a.current.leaf.IsCA {
		return a, errors.New("read certificate: it is not an authority's")
	}
	if len(data[keyNextCertificate]) > 0 {
		if a.next, err = readPair(data[keyNextCertificate], data[keyNextPrivate]); err != nil {
			return a, fmt.Errorf("next authority: %w", err)
		}
	}
	if previous := data[keyPreviousCertificate]; len(previous) > 0 {
		if _, err := readCertificate(previous); err != nil {
			return a, fmt.Errorf("previous authority: %w", err)
		}
		a.previous = previous
	}
	return a, nil
}

// data is what the authority's Secret holds.
func (a authority) data() map[string][]byte {
	data := map[string][]byte{keyCertificate: a.current.certificate, keyPrivate: a.current.key}
	if a.next != nil {
		data[keyNextCertificate], data[keyNextPrivate] = a.next.certificate, a.next.key
	}
	if a.previous != nil {
		data[keyPreviousCertificate] = a.previous
	}
	return data
}

func readCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("read certificate: it is not PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return certificate, nil
}

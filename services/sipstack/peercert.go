// SPDX-License-Identifier: Apache-2.0

package sipstack

import (
	"crypto/tls"
	"crypto/x509"
)

// PeerCertificate is the certificate that the other side of a TLS connection
// showed and that was verified; nil: none.
func (e *Endpoint) PeerCertificate(flow Flow) *x509.Certificate {
	if flow.Network != "tls" {
		return nil
	}
	e.transports.mu.Lock()
	conn := e.transports.conns[flow]
	e.transports.mu.Unlock()
	if conn == nil {
		return nil
	}
	conn.mu.Lock()
	secure, ok := conn.conn.(*tls.Conn)
	conn.mu.Unlock()
	if !ok {
		return nil
	}
	if chains := secure.ConnectionState().VerifiedChains; len(chains) > 0 && len(chains[0]) > 0 {
		return chains[0][0]
	}
	return nil
}

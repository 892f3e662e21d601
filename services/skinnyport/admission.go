// SPDX-License-Identifier: Apache-2.0

// Package skinnyport is what every port for Skinny phones does alike: it
// listens, tells phones by their certificates, and says why a phone is not
// served. It never decides whom to serve.
package skinnyport

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"

	"offhook.dev/services/skinny"
)

// TokenWait is after how many seconds a refused phone may ask for a token again.
const TokenWait = 60

// Refusal answers Register or RegisterTokenReq, by its id: the phone is not
// served, for the reason that its display shows.
func Refusal(id skinny.ID, text string) skinny.Message {
	if id == skinny.IDRegisterTokenReq {
		return &skinny.RegisterTokenReject{WaitSeconds: TokenWait}
	}
	return &skinny.RegisterReject{Text: text}
}

// Proves tells whether the certificate of a TLS connection, where it has one, is
// the phone's: its common name ends in the device name.
func Proves(network net.Conn, device string) bool {
	secure, ok := network.(*tls.Conn)
	if !ok {
		return true
	}
	certificates := secure.ConnectionState().PeerCertificates
	return len(certificates) == 0 || strings.HasSuffix(certificates[0].Subject.CommonName, device)
}

// Reason is why reading from a phone ended, for metrics.
func Reason(err error) string {
	switch {
	case errors.Is(err, skinny.ErrLength), errors.Is(err, skinny.ErrVersion):
		return "no_skinny"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "silent"
	}
	return "closed"
}

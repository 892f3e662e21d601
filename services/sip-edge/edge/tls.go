// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"

	"offhook.dev/services/sipstack"
	"offhook.dev/services/tlsreload"
)

// TLS is the listener for SIP over TLS. The files are PEM and read again when
// they change.
type TLS struct {
	// Listen is host:port, 5061 by custom; empty: no listener.
	Listen string `json:"listen,omitempty"`
	// Advertise is the host:port that goes into Contact, Via and Record-Route;
	// empty: the host of sip.advertise with listen's port, else the listener's
	// own.
	Advertise string `json:"advertise,omitempty"`
	// CertFile and KeyFile are the certificate shown and its key.
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// ClientCAFile verifies certificates of clients; one that does not verify
	// ends the connection. Clients without a certificate are welcome.
	ClientCAFile string `json:"clientCAFile,omitempty"`
	// TrustedPeers are DNS names; a client whose verified certificate bears one
	// is believed to be whom From says, without a password: an OCS or Lync pool
	// that has authenticated its users itself.
	TrustedPeers []string `json:"trustedPeers,omitempty"`
}

// validate reports the faults with their paths.
func (t TLS) validate(fault func(path, format string, args ...any)) {
	if t.Listen == "" {
		if t.Advertise != "" || t.CertFile != "" || t.KeyFile != "" || t.ClientCAFile != "" || len(t.TrustedPeers) > 0 {
			fault("tls.listen", "name where TLS is spoken, for example 0.0.0.0:5061, or remove the other fields of tls")
		}
		return
	}
	for path, address := range map[string]string{"tls.listen": t.Listen, "tls.advertise": t.Advertise} {
		if _, _, err := net.SplitHostPort(address); err != nil && address != "" {
			fault(path, "%v", err)
		}
	}
	if t.CertFile == "" {
		fault("tls.certFile", "name the file of the certificate")
	}
	if t.KeyFile == "" {
		fault("tls.keyFile", "name the file of the certificate's key")
	}
	if len(t.TrustedPeers) > 0 && t.ClientCAFile == "" {
		fault("tls.trustedPeers", "need tls.clientCAFile, which verifies their certificates")
	}
	for i, name := range t.TrustedPeers {
		if name == "" || strings.ContainsAny(name, "*:/ ") {
			fault(fmt.Sprintf("tls.trustedPeers[%d]", i), "%q: write a DNS name", name)
		}
	}
}

// newReloader reads the files of the TLS listener; nil: there is none.
func (t TLS) newReloader(logger *slog.Logger) (*tlsreload.Reloader, error) {
	if t.Listen == "" {
		return nil, nil //nolint:nilnil // no listener, no files
	}
	reloader, err := tlsreload.New(tlsreload.Options{
		Files: tlsreload.Files{CA: t.ClientCAFile, Cert: t.CertFile, Key: t.KeyFile}, Logger: logger,
	})
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return reloader, nil
}

// serverConfig is the listener's: phones come without a certificate, and SIP
// has no protocol name to agree on.
func serverConfig(reloader *tlsreload.Reloader) *tls.Config {
	config := reloader.ServerConfig()
	config.NextProtos = nil
	newest := config.GetConfigForClient
	config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		c, err := newest(hello)
		if err != nil {
			return nil, err
		}
		c.NextProtos = nil
		if c.ClientCAs != nil {
			c.ClientAuth = tls.VerifyClientCertIfGiven
		}
		return c, nil
	}
	return config
}

// advertised is the host:port written for TLS; empty: the listener's own.
func (t TLS) advertised(sipAdvertise string) string {
	if t.Advertise != "" || sipAdvertise == "" || t.Listen == "" {
		return t.Advertise
	}
	host, _, err := net.SplitHostPort(sipAdvertise)
	_, port, portErr := net.SplitHostPort(t.Listen)
	if err != nil || portErr != nil || port == "0" {
		return ""
	}
	return net.JoinHostPort(host, port)
}

// trusts tells whether a flow comes from a trusted peer.
func (e *Edge) trusts(flow sipstack.Flow) bool {
	names := e.config.TLS.TrustedPeers
	if len(names) == 0 {
		return false
	}
	certificate := e.outer.PeerCertificate(flow)
	return certificate != nil && slices.ContainsFunc(certificate.DNSNames, func(name string) bool {
		return slices.ContainsFunc(names, func(trusted string) bool { return strings.EqualFold(name, trusted) })
	})
}

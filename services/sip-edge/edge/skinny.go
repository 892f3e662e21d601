// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	"offhook.dev/services/skinnyrelay"
	"offhook.dev/services/tlsreload"
)

// Skinny is where Skinny (SCCP) phones come in; the edge takes each to the
// phone-control that runs its target and has skinny.listen set.
type Skinny struct {
	// Listen is host:port, 2000 by custom; empty: no listener.
	Listen string `json:"listen,omitempty"`
	// TLS is the listener of phones with security.
	TLS SkinnyTLS `json:"tls"`
	// MaxConnections in all, and MaxConnectionsPerSource of one address (IPv6: one
	// /64); one too many is closed.
	MaxConnections          int `json:"maxConnections"`
	MaxConnectionsPerSource int `json:"maxConnectionsPerSource"`
}

// SkinnyTLS is a listener with TLS. The files are PEM and read again when they
// change.
type SkinnyTLS struct {
	// Listen is host:port, 2443 by custom; empty: no listener.
	Listen string `json:"listen,omitempty"`
	// CertFile and KeyFile are the certificate shown and its key.
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// ClientCAFile, where set, demands a certificate of each phone, whose common
	// name ends in the phone's device name.
	ClientCAFile string `json:"clientCAFile,omitempty"`
}

// validate reports the faults with their paths.
func (s Skinny) validate(fault func(path, format string, args ...any)) {
	for path, address := range map[string]string{"skinny.listen": s.Listen, "skinny.tls.listen": s.TLS.Listen} {
		if _, _, err := net.SplitHostPort(address); err != nil && address != "" {
			fault(path, "%v", err)
		}
	}
	switch {
	case s.TLS.Listen == "" && s.TLS != SkinnyTLS{}:
		fault("skinny.tls.listen", "name where Skinny phones speak TLS, for example 0.0.0.0:2443, or remove the other fields of skinny.tls")
	case s.TLS.Listen != "" && (s.TLS.CertFile == "" || s.TLS.KeyFile == ""):
		fault("skinny.tls", "certFile and keyFile must both be set")
	}
	for path, n := range map[string]int{
		"skinny.maxConnections": s.MaxConnections, "skinny.maxConnectionsPerSource": s.MaxConnectionsPerSource,
	} {
		if n <= 0 {
			fault(path, "%d must be positive", n)
		}
	}
}

// skinnyPhones take the connections of Skinny phones.
type skinnyPhones struct {
	listener *skinnyrelay.Listener
	// reloader may be nil.
	reloader *tlsreload.Reloader
	// listens may be empty.
	listens []net.Addr
}

func newSkinnyPhones(config Skinny, deps Dependencies) (*skinnyPhones, error) {
	p := &skinnyPhones{listener: skinnyrelay.NewListener(skinnyrelay.Options{
		Owners: deps.Owners, Targets: deps.Targets, Logger: deps.Logger, Registerer: deps.Registerer,
		MaxConnections: config.MaxConnections, MaxPerSource: config.MaxConnectionsPerSource,
	})}
	if config.Listen != "" {
		bound, err := p.listener.Listen(config.Listen, nil)
		if err != nil {
			return nil, fmt.Errorf("skinny.listen: %w", err)
		}
		p.listens = append(p.listens, bound)
	}
	if config.TLS.Listen != "" {
		var err error
		p.reloader, err = tlsreload.New(tlsreload.Options{
			Files:  tlsreload.Files{CA: config.TLS.ClientCAFile, Cert: config.TLS.CertFile, Key: config.TLS.KeyFile},
			Logger: deps.Logger,
		})
		if err != nil {
			return nil, fmt.Errorf("skinny.tls: %w", err)
		}
		bound, err := p.listener.Listen(config.TLS.Listen, p.reloader.ServerConfig())
		if err != nil {
			return nil, fmt.Errorf("skinny.tls.listen: %w", err)
		}
		p.listens = append(p.listens, bound)
	}
	return p, nil
}

// run serves until the context ends.
func (p *skinnyPhones) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.listener.Run(ctx) })
	if p.reloader != nil {
		group.Go(func() error { return p.reloader.Run(ctx) })
	}
	return group.Wait() //nolint:wrapcheck // says where it is from
}

// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/sync/errgroup"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/phone-control/skinnyline"
	"offhook.dev/services/skinnyrelay"
	"offhook.dev/services/tlsreload"
)

// Skinny are the listeners of Skinny (SCCP) phones.
type Skinny struct {
	// Listen is "host:port", as a rule port 2000; empty: none.
	Listen string `json:"listen,omitempty"`
	// Advertise is the "host:port" that the edges reach it at; empty: the listening
	// address, or for all addresses the host of the SIP listener.
	Advertise string `json:"advertise,omitempty"`
	// TLS is the listener of phones with security.
	TLS SkinnyTLS `json:"tls"`
	// MaxConnections in all, and MaxUnregistered of those without a phone; one too
	// many is closed, or takes the place of the oldest.
	MaxConnections  int `json:"maxConnections"`
	MaxUnregistered int `json:"maxUnregistered"`
	// MessagesPerSecond is how many messages a phone may send, five times as many
	// at once; negative: no bound.
	MessagesPerSecond float64 `json:"messagesPerSecond"`
}

// SkinnyTLS is a listener with TLS. With a CA, phones must show a certificate
// whose common name ends in their device name.
type SkinnyTLS struct {
	// Listen is "host:port", as a rule port 2443; empty: none.
	Listen string `json:"listen,omitempty"`
	// CA, Cert and Key are PEM files, which are read again when they change.
	CA   string `json:"ca,omitempty"`
	Cert string `json:"cert,omitempty"`
	Key  string `json:"key,omitempty"`
}

func newDefaultSkinny() Skinny {
	return Skinny{MaxConnections: 20000, MaxUnregistered: 1024, MessagesPerSecond: 50}
}

// validate returns all faults, each with its field path.
func (s Skinny) validate() error {
	var faults []error
	for _, field := range []struct{ path, value string }{
		{"skinny.listen", s.Listen}, {"skinny.advertise", s.Advertise}, {"skinny.tls.listen", s.TLS.Listen},
	} {
		if field.value == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(field.value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", field.path, err))
		}
	}
	if s.TLS.Listen != "" && (s.TLS.Cert == "" || s.TLS.Key == "") {
		faults = append(faults, errors.New("skinny.tls: cert and key must both be set"))
	}
	if s.MaxConnections < 1 || s.MaxUnregistered < 1 {
		faults = append(faults, errors.New("skinny: maxConnections and maxUnregistered must be at least 1"))
	}
	return errors.Join(faults...)
}

// skinnyPhones take the connections of Skinny phones.
type skinnyPhones struct {
	gateway *skinnyline.Gateway
	metrics *skinnyline.Metrics
	// reloader may be nil.
	reloader *tlsreload.Reloader
	// address of the listener without TLS, and secure of the one with; nil: none.
	address, secure net.Addr
}

func newSkinnyPhones(config Skinny, deps Dependencies) (*skinnyPhones, error) {
	metrics, err := skinnyline.NewMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	p := &skinnyPhones{metrics: metrics, gateway: skinnyline.NewGateway(skinnyline.GatewayOptions{
		Source: deps.Source, Logger: deps.Logger, Metrics: metrics,
		MaxConnections: config.MaxConnections, MaxUnregistered: config.MaxUnregistered,
		MessagesPerSecond: config.MessagesPerSecond,
		Relay:             skinnyrelay.New(deps.Leases, deps.Replica.GetId()).Relay,
	})}
	if config.Listen != "" {
		if p.address, err = p.gateway.Listen(config.Listen, nil); err != nil {
			return nil, fmt.Errorf("%w; change skinny.listen", err)
		}
	}
	if config.TLS.Listen != "" {
		p.reloader, err = tlsreload.New(tlsreload.Options{
			Files: tlsreload.Files{CA: config.TLS.CA, Cert: config.TLS.Cert, Key: config.TLS.Key}, Logger: deps.Logger,
		})
		if err != nil {
			return nil, fmt.Errorf("skinny.tls: %w", err)
		}
		if p.secure, err = p.gateway.Listen(config.TLS.Listen, p.reloader.ServerConfig()); err != nil {
			return nil, fmt.Errorf("%w; change skinny.tls.listen", err)
		}
	}
	return p, nil
}

// skinnyEndpoint is where edges reach the listener; empty: there is none.
func skinnyEndpoint(config Skinny, address net.Addr, replica *statev1.Replica) string {
	switch {
	case address == nil:
		return ""
	case config.Advertise != "":
		return config.Advertise
	}
	host, port, _ := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		if own, _, err := net.SplitHostPort(replica.GetSipEndpoint()); err == nil {
			host = own
		}
	}
	return net.JoinHostPort(host, port)
}

// run serves until the context ends.
func (p *skinnyPhones) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.gateway.Run(ctx) })
	if p.reloader != nil {
		group.Go(func() error { return p.reloader.Run(ctx) })
	}
	return group.Wait()
}

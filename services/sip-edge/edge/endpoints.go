// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"fmt"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/process"
	"offhook.dev/services/sipstack"
)

// openEndpoints makes both endpoints and opens their listeners.
func (e *Edge) openEndpoints(deps Dependencies) error {
	limits := e.config.Limits
	base := sipstack.Config{
		Logger: deps.Logger, Product: "Offhook/" + process.Version,
		Limits: sipstack.Limits{
			MaxMessageBytes: limits.MessageBytes, MaxServerTx: limits.Transactions, MaxClientTx: limits.Transactions,
			MaxDialogs: limits.Dialogs, MaxConnections: limits.Connections,
			ConnectionIdle: time.Duration(limits.ConnectionIdle),
		},
	}
	outer := base
	outer.BranchTag = branchTag(deps.Replica.GetId())
	outer.Registerer = side(deps.Registerer, "outer")
	outer.Advertised, outer.Domains, outer.Trace = e.config.SIP.Advertise, e.config.SIP.Domains, deps.Trace
	outer.AdvertisedTLS = e.config.TLS.advertised(e.config.SIP.Advertise)
	var err error
	if e.reloader, err = e.config.TLS.newReloader(deps.Logger); err != nil {
		return err
	}
	if e.reloader != nil {
		outer.TLS = serverConfig(e.reloader)
	}
	if e.outer, err = sipstack.NewEndpoint(outer); err != nil {
		return fmt.Errorf("make outer endpoint: %w", err)
	}
	for i, listener := range e.config.SIP.Listen {
		network, address, err := splitListener(listener)
		if err != nil {
			return fmt.Errorf("sip.listen[%d]: %w", i, err)
		}
		bound, err := e.outer.Listen(network, address)
		if err != nil {
			return fmt.Errorf("sip.listen[%d]: %w", i, err)
		}
		e.listens = append(e.listens, bound)
	}
	if e.reloader != nil {
		bound, err := e.outer.Listen("tls", e.config.TLS.Listen)
		if err != nil {
			return fmt.Errorf("tls.listen: %w", err)
		}
		e.listens = append(e.listens, bound)
	}
	return e.openInner(base, deps)
}

// openInner opens the listener for phone-control and notes where it is reached.
func (e *Edge) openInner(base sipstack.Config, deps Dependencies) error {
	listen := e.config.SIP.InternalListen
	advertise, err := internalAdvertise(e.config.SIP, deps.Replica.GetGrpcEndpoint())
	if err != nil {
		return fmt.Errorf("sip.internalListen: %w", err)
	}
	base.Registerer = side(deps.Registerer, "inner")
	base.Advertised = advertise
	if e.inner, err = sipstack.NewEndpoint(base); err != nil {
		return fmt.Errorf("make inner endpoint: %w", err)
	}
	if e.internal, err = e.inner.Listen("tcp", listen); err != nil {
		return fmt.Errorf("sip.internalListen: %w", err)
	}
	if advertise == "" {
		advertise = e.internal.String()
	}
	deps.Replica.SipEndpoint = advertise
	return nil
}

// internalAdvertise is where phone-control reaches this replica; empty: where
// it listens.
func internalAdvertise(config SIP, grpcEndpoint string) (string, error) {
	if config.InternalAdvertise != "" {
		return config.InternalAdvertise, nil
	}
	host, port, err := net.SplitHostPort(config.InternalListen)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); port == "0" || host != "" && (ip == nil || !ip.IsUnspecified()) {
		return "", nil
	}
	own, _, err := net.SplitHostPort(grpcEndpoint)
	if err != nil {
		return "", nil
	}
	return net.JoinHostPort(own, port), nil
}

// side tells the metrics of the two endpoints apart.
func side(registerer prometheus.Registerer, name string) prometheus.Registerer {
	if registerer == nil {
		return nil
	}
	return prometheus.WrapRegistererWith(prometheus.Labels{"side": name}, registerer)
}

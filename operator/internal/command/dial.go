// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"offhook.dev/operator/internal/config"
	"offhook.dev/operator/internal/pki"
	"offhook.dev/services/bus"
	"offhook.dev/services/link"
	"offhook.dev/services/tlsreload"
)

// dialler says how NATS and the services are reached.
type dialler struct {
	config   *config.Config
	keeper   *pki.Keeper
	logger   *slog.Logger
	registry *prometheus.Registry
	replica  string
}

// connect waits for the operator's certificate, where it is needed, and for
// NATS.
func (d *dialler) connect(ctx context.Context) (*bus.Bus, error) {
	settings := d.config.NATS
	options := bus.Options{
		Name: "operator/" + d.replica, URL: settings.URL, CredentialsFile: settings.CredentialsFile, Replicas: settings.Replicas,
		Logger: d.logger, Registerer: d.registry,
	}
	switch {
	case settings.Internal:
		if err := d.keeper.Identity.Wait(ctx); err != nil {
			return nil, err //nolint:wrapcheck // the context's
		}
		options.TLS = d.keeper.Identity.ClientConfig(settings.TLS.ServerName)
	case settings.TLS.Enabled():
		reloader, err := tlsreload.New(tlsreload.Options{
			Files: tlsreload.Files{CA: settings.TLS.CA, Cert: settings.TLS.Cert, Key: settings.TLS.Key}, Logger: d.logger,
		})
		if err != nil {
			return nil, fmt.Errorf("nats.tls: %w", err)
		}
		options.TLS = reloader.ClientConfig(settings.TLS.ServerName)
		go func() { _ = reloader.Run(ctx) }() // until the plane's context ends
	}
	connected, err := bus.Connect(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("%w; check nats.url", err)
	}
	return connected, nil
}

func (d *dialler) link() link.Options {
	options := link.Options{Metrics: link.NewMetrics(d.registry)}
	if !d.config.GRPC.Insecure {
		options.Credentials = credentials.NewTLS(d.keeper.Identity.ClientConfig(pki.ServicesName))
	}
	return options
}

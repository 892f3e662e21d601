// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// NewDefaultCommon is the shared part of a default configuration.
func NewDefaultCommon(kind string) Common {
	return Common{
		APIVersion: APIVersion,
		Kind:       kind,
		NATS:       NATS{URL: "nats://127.0.0.1:4222", Replicas: 1},
		GRPC:       GRPC{Listen: "127.0.0.1:0"},
		Admin:      Admin{Listen: "127.0.0.1:0"},
		Log:        Log{Level: "info"},
		Drain:      Drain{Delay: Duration(2 * time.Second), Timeout: Duration(25 * time.Second)},
	}
}

// load reads the configuration file over the defaults and checks the result.
func load[C Configuration](spec *Spec[C], name string) (C, error) {
	config := spec.NewDefaultConfig()
	if common := config.Base(); common.Kind == "" {
		*common = NewDefaultCommon(spec.Kind)
	}
	if name != "" {
		content, err := os.ReadFile(name)
		if err != nil {
			return config, fmt.Errorf("read configuration: %w", err)
		}
		if err := yaml.UnmarshalStrict(content, config); err != nil {
			return config, fmt.Errorf("read configuration %s: %w; --print-config shows every field", name, err)
		}
	}
	if err := errors.Join(config.Base().validate(spec.Kind), config.Validate()); err != nil {
		return config, fmt.Errorf("check configuration: %w", err)
	}
	return config, nil
}

// validate returns all faults of the shared part.
func (c *Common) validate(kind string) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.APIVersion != APIVersion {
		fault("apiVersion: is %q, must be %q", c.APIVersion, APIVersion)
	}
	if c.Kind != kind {
		fault("kind: is %q, must be %q", c.Kind, kind)
	}
	if c.NATS.URL == "" {
		fault("nats.url: must be set, for example nats://127.0.0.1:4222")
	}
	if c.NATS.Replicas < 1 || c.NATS.Replicas > 5 {
		fault("nats.replicas: is %d, must be 1 to 5", c.NATS.Replicas)
	}
	if (c.NATS.TLS.Cert == "") != (c.NATS.TLS.Key == "") {
		fault("nats.tls: cert and key must be set together")
	}
	host, _, err := net.SplitHostPort(c.GRPC.Listen)
	switch {
	case err != nil:
		fault("grpc.listen: %w", err)
	case !c.GRPC.TLS.Enabled() && !c.GRPC.Insecure && !isLoopback(host):
		fault("grpc.listen: %s is not a loopback address and grpc.tls is off; set grpc.tls, or grpc.insecure: true where the network itself protects it", c.GRPC.Listen)
	}
	if c.GRPC.TLS.Enabled() && (c.GRPC.TLS.Cert == "" || c.GRPC.TLS.Key == "") {
		fault("grpc.tls: cert and key must both be set")
	}
	if c.GRPC.Advertise != "" {
		if _, _, err := net.SplitHostPort(c.GRPC.Advertise); err != nil {
			fault("grpc.advertise: %w", err)
		}
	}
	if c.Admin.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Admin.Listen); err != nil {
			fault("admin.listen: %w", err)
		}
	}
	if _, err := logLevel(c.Log.Level); err != nil {
		fault("log.level: %w", err)
	}
	if c.Drain.Delay < 0 || c.Drain.Timeout <= c.Drain.Delay {
		fault("drain.timeout: must be longer than drain.delay, and that not negative")
	}
	return errors.Join(faults...)
}

// printable writes a configuration as YAML with passwords masked.
func printable(config Configuration) (string, error) {
	base := config.Base()
	kept := base.NATS.URL
	base.NATS.URL = maskURLs(kept)
	defer func() { base.NATS.URL = kept }()
	text, err := yaml.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("print configuration: %w", err)
	}
	return string(text), nil
}

func maskURLs(list string) string {
	parts := strings.Split(list, ",")
	for i, part := range parts {
		if address, err := url.Parse(strings.TrimSpace(part)); err == nil && address.User != nil {
			parts[i] = address.Redacted()
		}
	}
	return strings.Join(parts, ",")
}

func logLevel(text string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(text)); err != nil {
		return level, fmt.Errorf("is %q, must be debug, info, warn or error", text)
	}
	return level, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

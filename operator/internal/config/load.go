// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"offhook.dev/services/process"
)

// maxInstallation leaves room for the longest suffix of a Secret's name.
const maxInstallation = 40

// Load reads a file over the defaults and checks the result. Without a name it
// gives the defaults. The environment gives the namespace where the file does
// not.
func Load(name string, environment func(string) string) (*Config, error) {
	config := NewDefaultConfig()
	if name != "" {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
		if err := yaml.UnmarshalStrict(content, config); err != nil {
			return nil, fmt.Errorf("read configuration %s: %w; --print-config shows every field", name, err)
		}
	}
	if config.Namespace == "" {
		config.Namespace = environment("POD_NAMESPACE")
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("check configuration: %w", err)
	}
	return config, nil
}

// Validate returns all faults, joined, each with its field path.
func (c *Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.APIVersion != process.APIVersion {
		fault("apiVersion: is %q, must be %q", c.APIVersion, process.APIVersion)
	}
	if c.Kind != Kind {
		fault("kind: is %q, must be %q", c.Kind, Kind)
	}
	if len(validation.IsDNS1123Label(c.Installation)) > 0 || len(c.Installation) > maxInstallation {
		fault("installation: is %q, must be a name of at most %d lower-case letters, digits and -", c.Installation, maxInstallation)
	}
	if c.Namespace != "" && len(validation.IsDNS1123Label(c.Namespace)) > 0 {
		fault("namespace: %q is not the name of a namespace", c.Namespace)
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
	if c.NATS.Internal && c.NATS.TLS.Enabled() {
		fault("nats.tls: goes with internal: false; the installation's own NATS is reached with the operator's certificate")
	}
	if c.Certificates.Validity < process.Duration(time.Hour) {
		fault("certificates.validity: must be at least 1h")
	}
	if c.Certificates.AuthorityValidity < 2*c.Certificates.Validity {
		fault("certificates.authorityValidity: must be at least twice certificates.validity")
	}
	positive := func(path string, value process.Duration, least time.Duration) {
		if time.Duration(value) < least {
			fault("%s: must be at least %s", path, least)
		}
	}
	positive("certificates.checkInterval", c.Certificates.CheckInterval, 100*time.Millisecond)
	positive("status.interval", c.Status.Interval, 100*time.Millisecond)
	positive("drain.timeout", c.Drain.Timeout, 0)
	positive("leaderElection.retryPeriod", c.LeaderElection.RetryPeriod, 100*time.Millisecond)
	if c.LeaderElection.RenewDeadline <= c.LeaderElection.RetryPeriod+c.LeaderElection.RetryPeriod/5 || c.LeaderElection.LeaseDuration <= c.LeaderElection.RenewDeadline {
		fault("leaderElection: leaseDuration must be over renewDeadline, and that over 1.2 times retryPeriod")
	}
	if c.Admin.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Admin.Listen); err != nil {
			fault("admin.listen: %w", err)
		}
	}
	if _, err := c.LogLevel(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// LogLevel is log.level.
func (c *Config) LogLevel() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		return level, fmt.Errorf("log.level: is %q, must be debug, info, warn or error", c.Log.Level)
	}
	return level, nil
}

// Print writes the configuration as YAML with passwords masked.
func (c *Config) Print() (string, error) {
	masked := *c
	servers := strings.Split(c.NATS.URL, ",")
	for i, server := range servers {
		if address, err := url.Parse(strings.TrimSpace(server)); err == nil && address.User != nil {
			servers[i] = address.Redacted()
		}
	}
	masked.NATS.URL = strings.Join(servers, ",")
	text, err := yaml.Marshal(masked)
	if err != nil {
		return "", fmt.Errorf("print configuration: %w", err)
	}
	return string(text), nil
}

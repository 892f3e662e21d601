// SPDX-License-Identifier: Apache-2.0

package provisioning

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Ports of Skinny phones.
const (
	defaultPort = 2000
	maxPort     = 65535
)

// Config is the HTTP listener that phones get their configuration files from.
type Config struct {
	// Listen is "host:port", as a rule port 6970, where phones ask before they
	// use TFTP; empty: none.
	Listen string `json:"listen,omitempty"`
	// Address is the "host", ":port" or "host:port" that phones are to register at.
	// Default: the host that they asked at, and the port of the Skinny listener.
	Address string `json:"address,omitempty"`
	// TLSPort is where phones register with TLS; zero: they use none.
	TLSPort int `json:"tlsPort,omitempty"`
}

// Validate returns all faults, each with its field path.
func (c Config) Validate() error {
	var faults []error
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			faults = append(faults, fmt.Errorf("provisioning.listen: %w", err))
		}
	}
	if c.Address != "" {
		if _, err := parseEndpoint(c.Address); err != nil {
			faults = append(faults, fmt.Errorf("provisioning.address: %w", err))
		}
	}
	if c.TLSPort < 0 || c.TLSPort > maxPort {
		faults = append(faults, fmt.Errorf("provisioning.tlsPort: %d is no port", c.TLSPort))
	}
	return errors.Join(faults...)
}

// endpoint is where phones register; an empty host and port zero are not known.
type endpoint struct {
	host string
	port int
}

// parseEndpoint reads "host", ":port" or "host:port", where host may be an IPv6
// address, in brackets where a port follows.
func parseEndpoint(text string) (endpoint, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
		if strings.Contains(host, ":") && net.ParseIP(host) == nil {
			return endpoint{}, fmt.Errorf("%q is neither host, :port nor host:port", text)
		}
	}
	if host == "" && port == "" || len(host) > 253 || strings.ContainsAny(host, " \t\r\n/@[]") {
		return endpoint{}, fmt.Errorf("%q is neither host, :port nor host:port", text)
	}
	if port == "" {
		return endpoint{host: host}, nil
	}
	number, err := strconv.Atoi(port)
	if err != nil || number < 1 || number > maxPort {
		return endpoint{}, fmt.Errorf("%q has no port from 1 to %d", text, maxPort)
	}
	return endpoint{host: host, port: number}, nil
}

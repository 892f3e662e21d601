// SPDX-License-Identifier: Apache-2.0

package edge

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"offhook.dev/services/process"
)

// Kind of the configuration file.
const Kind = "SIPEdgeConfig"

// Config is sip-edge's configuration file.
type Config struct {
	process.Common `json:",inline"`

	SIP      SIP      `json:"sip"`
	TLS      TLS      `json:"tls"`
	Digest   Digest   `json:"digest"`
	Limits   Limits   `json:"limits"`
	Sessions Sessions `json:"sessions"`
	Skinny   Skinny   `json:"skinny"`
}

// SIP says where SIP is spoken.
type SIP struct {
	// Listen are the listeners for applications and phones: "udp:host:port" or
	// "tcp:host:port".
	Listen []string `json:"listen"`
	// Advertise is the host:port that goes into Contact, Via and Record-Route;
	// empty: the listener's own.
	Advertise string `json:"advertise,omitempty"`
	// Domains are further host or host:port names of this edge in a Route.
	Domains []string `json:"domains,omitempty"`
	// InternalListen is the TCP host:port for phone-control only. What comes
	// in there is trusted: keep it away from the outside.
	InternalListen string `json:"internalListen"`
	// InternalAdvertise is the host:port at which phone-control reaches this
	// replica; empty: the host of the advertised gRPC address with
	// internalListen's port.
	InternalAdvertise string `json:"internalAdvertise,omitempty"`
	// FlowTokenKeyFile holds the key of flow tokens, at least 16 bytes, shared
	// by all edges; empty: a random one, and phones register anew after a
	// restart.
	FlowTokenKeyFile string `json:"flowTokenKeyFile,omitempty"`
}

// Digest says how applications are authenticated.
type Digest struct {
	NonceLifetime process.Duration `json:"nonceLifetime"`
	// NonceKeyFile holds the key of nonces, shared by all edges; empty: a
	// random one, and a client that moves to another edge is challenged again.
	NonceKeyFile string `json:"nonceKeyFile,omitempty"`
	// AllowLegacy accepts responses without qop (RFC 2069), which some CSTA
	// clients only know; a nonce is then good for one of them.
	AllowLegacy bool `json:"allowLegacy"`
	// FailuresPerSecond and FailureBurst limit wrong passwords per source.
	FailuresPerSecond float64 `json:"failuresPerSecond"`
	FailureBurst      int     `json:"failureBurst"`
}

// Limits bound what one replica takes on.
type Limits struct {
	Sessions       int `json:"sessions"`
	BodyBytes      int `json:"bodyBytes"`
	EventsWaiting  int `json:"eventsWaiting"`
	Dialogs        int `json:"dialogs"`
	Transactions   int `json:"transactions"`
	Connections    int `json:"connections"`
	MessageBytes   int `json:"messageBytes"`
	SourcesTracked int `json:"sourcesTracked"`
	// RequestsPerSecond and RequestBurst limit requests outside CSTA dialogs
	// per source; zero: no limit.
	RequestsPerSecond float64          `json:"requestsPerSecond"`
	RequestBurst      int              `json:"requestBurst"`
	ServiceTimeout    process.Duration `json:"serviceTimeout"`
	ConnectionIdle    process.Duration `json:"connectionIdle"`
}

// OnDrain says what becomes of sessions when the edge drains.
type OnDrain string

// What a drain does with sessions.
const (
	// OnDrainLeave leaves dialogs to the edge that gets the next request.
	OnDrainLeave OnDrain = "leave"
	// OnDrainBye ends them by BYE.
	OnDrainBye OnDrain = "bye"
)

// Sessions says how CSTA application sessions are treated.
type Sessions struct {
	OnDrain OnDrain `json:"onDrain"`
	// ProbeInterval is how often a client without session timer is asked
	// whether it is there.
	ProbeInterval process.Duration `json:"probeInterval"`
	// EventPatience is how long over UDP a client that has never answered an
	// event holds up the next one.
	EventPatience process.Duration `json:"eventPatience"`
}

// NewDefaultConfig is the configuration without a file.
func NewDefaultConfig() *Config {
	return &Config{
		SIP: SIP{
			Listen:         []string{"udp:0.0.0.0:5060", "tcp:0.0.0.0:5060"},
			InternalListen: "0.0.0.0:5070",
		},
		Digest: Digest{
			NonceLifetime:     process.Duration(5 * time.Minute),
			AllowLegacy:       true,
			FailuresPerSecond: 1,
			FailureBurst:      20,
		},
		Limits: Limits{
			Sessions: 20000, BodyBytes: 64 << 10, EventsWaiting: 256,
			Dialogs: 65536, Transactions: 65536, Connections: 16384, MessageBytes: 128 << 10,
			SourcesTracked: 65536, RequestsPerSecond: 500, RequestBurst: 2000,
			ServiceTimeout: process.Duration(25 * time.Second),
			ConnectionIdle: process.Duration(10 * time.Minute),
		},
		Sessions: Sessions{
			OnDrain: OnDrainLeave, ProbeInterval: process.Duration(5 * time.Minute), EventPatience: process.Duration(4 * time.Second),
		},
		Skinny: Skinny{MaxConnections: 20000, MaxConnectionsPerSource: 1024},
	}
}

// Validate returns all faults, each with its field path.
func (c *Config) Validate() error {
	var faults []error
	fault := func(path, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
	}
	if len(c.SIP.Listen) == 0 {
		fault("sip.listen", "name at least one listener")
	}
	for i, listener := range c.SIP.Listen {
		if _, _, err := splitListener(listener); err != nil {
			fault(fmt.Sprintf("sip.listen[%d]", i), "%v", err)
		}
	}
	for path, address := range map[string]string{
		"sip.advertise": c.SIP.Advertise, "sip.internalListen": c.SIP.InternalListen, "sip.internalAdvertise": c.SIP.InternalAdvertise,
	} {
		if address == "" && path != "sip.internalListen" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			fault(path, "%v", err)
		}
	}
	c.TLS.validate(fault)
	c.Skinny.validate(fault)
	if c.Limits.MessageBytes <= c.Limits.BodyBytes {
		fault("limits.messageBytes", "%d must be larger than limits.bodyBytes, %d", c.Limits.MessageBytes, c.Limits.BodyBytes)
	}
	for path, n := range map[string]int{
		"limits.sessions": c.Limits.Sessions, "limits.bodyBytes": c.Limits.BodyBytes, "limits.eventsWaiting": c.Limits.EventsWaiting,
		"limits.dialogs": c.Limits.Dialogs, "limits.transactions": c.Limits.Transactions, "limits.connections": c.Limits.Connections,
		"limits.sourcesTracked": c.Limits.SourcesTracked,
	} {
		if n <= 0 {
			fault(path, "%d must be positive", n)
		}
	}
	if c.Sessions.OnDrain != OnDrainLeave && c.Sessions.OnDrain != OnDrainBye {
		fault("sessions.onDrain", "%q is neither %q nor %q", c.Sessions.OnDrain, OnDrainLeave, OnDrainBye)
	}
	return errors.Join(faults...)
}

// splitListener reads "udp:host:port".
func splitListener(listener string) (network, address string, err error) {
	network, address, _ = strings.Cut(listener, ":")
	if network != "udp" && network != "tcp" {
		return "", "", fmt.Errorf("%q: write it as udp:host:port or tcp:host:port", listener)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", "", fmt.Errorf("%q: %w", listener, err)
	}
	return network, address, nil
}

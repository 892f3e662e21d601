// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"errors"
	"fmt"
	"net"
	"time"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/provisioning"
	"offhook.dev/services/process"
)

// Kind of phone-control's configuration file.
const Kind = "PhoneControlConfig"

// Config is phone-control's configuration file.
type Config struct {
	process.Common
	SIP SIP `json:"sip"`
	RTP RTP `json:"rtp"`
	// Skinny phones.
	Skinny Skinny `json:"skinny"`
	// Provisioning gives Skinny phones their configuration files.
	Provisioning provisioning.Config `json:"provisioning"`
	// Limits of each target.
	Limits Limits `json:"limits"`
}

// SIP is the listener that edges reach, inside the cluster.
type SIP struct {
	// Listen is "host:port" for UDP and TCP; port 0 takes a free one.
	Listen string `json:"listen"`
	// Advertise is the "host:port" that edges and phones are told; empty: the
	// listening address.
	Advertise string `json:"advertise,omitempty"`
	// DigestAlgorithms are those that phones are challenged with, MD5 or
	// SHA-256, strongest first. MD5 alone is the default: phones exist that
	// give up at a challenge of SHA-256, even beside one of MD5.
	DigestAlgorithms []digestauth.Algorithm `json:"digestAlgorithms"`
}

// Limits bound what one target may have waiting.
type Limits struct {
	// Queue is how much new work may wait for a target's goroutine; what comes
	// then is refused.
	Queue int `json:"queue"`
	// ServiceTimeout bounds one CSTA service.
	ServiceTimeout process.Duration `json:"serviceTimeout"`
}

// NewDefaultConfig listens on port 5070 of every address.
func NewDefaultConfig() *Config {
	return &Config{
		SIP:    SIP{Listen: ":5070", DigestAlgorithms: []digestauth.Algorithm{digestauth.MD5}},
		RTP:    newDefaultRTP(),
		Skinny: newDefaultSkinny(),
		Limits: Limits{Queue: 1024, ServiceTimeout: process.Duration(8 * time.Second)},
	}
}

// Validate returns all faults, each with its field path.
func (c *Config) Validate() error {
	var faults []error
	if _, _, err := net.SplitHostPort(c.SIP.Listen); err != nil {
		faults = append(faults, fmt.Errorf("sip.listen: %w", err))
	}
	if c.SIP.Advertise != "" {
		if host, port, err := net.SplitHostPort(c.SIP.Advertise); err != nil || host == "" || port == "" {
			faults = append(faults, fmt.Errorf("sip.advertise: %q is no host:port", c.SIP.Advertise))
		}
	}
	for i, algorithm := range c.SIP.DigestAlgorithms {
		if algorithm != digestauth.MD5 && algorithm != digestauth.SHA256 {
			faults = append(faults, fmt.Errorf("sip.digestAlgorithms[%d]: %q is neither MD5 nor SHA-256", i, algorithm))
		}
	}
	if err := c.RTP.validate(); err != nil {
		faults = append(faults, err)
	}
	if err := c.Skinny.validate(); err != nil {
		faults = append(faults, err)
	}
	if err := c.Provisioning.Validate(); err != nil {
		faults = append(faults, err)
	}
	if c.Limits.Queue < 1 || c.Limits.Queue > 1<<20 {
		faults = append(faults, fmt.Errorf("limits.queue: %d is not within 1 to %d", c.Limits.Queue, 1<<20))
	}
	if d := time.Duration(c.Limits.ServiceTimeout); d < time.Second || d > time.Minute {
		faults = append(faults, fmt.Errorf("limits.serviceTimeout: %s is not within 1s to 1m", d))
	}
	return errors.Join(faults...)
}

// SPDX-License-Identifier: Apache-2.0

package digestauth

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/ratelimit"
)

// Config makes an Authenticator. The zero value of every field means its
// default.
type Config struct {
	// Component names the owner in the metrics: "sip_edge".
	Component  string
	Registerer prometheus.Registerer
	// Key authenticates nonces. Empty means a random key: nonces of another
	// process are then stale, which costs their client one round trip.
	Key []byte
	// NonceLifetime bounds the age of a nonce: 5 minutes.
	NonceLifetime time.Duration
	// ReplayEntries bounds the nonces whose counts are remembered: 16384. A
	// nonce older than one that fell out of the table is stale.
	ReplayEntries int
	// BindSource makes a nonce good only for the source that was given it.
	BindSource bool
	// AllowLegacy accepts responses without qop (RFC 2069), each nonce once.
	// They lack a client nonce, so they are refused unless a client needs it.
	AllowLegacy bool
	// Algorithms to challenge with, strongest first: SHA-256 and MD5. Phones
	// that know MD5 alone may take the challenge of another algorithm for the
	// end of the matter (baresip 1.0) in place of passing over it.
	Algorithms []Algorithm
	// Failures limits wrong answers per source: 1 a second after a burst of
	// 20. A source over it is Limited, whatever it answers.
	Failures ratelimit.Config
	// Now is the clock: time.Now.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Component == "" {
		c.Component = "sip"
	}
	if c.NonceLifetime <= 0 {
		c.NonceLifetime = 5 * time.Minute
	}
	if c.ReplayEntries <= 0 {
		c.ReplayEntries = 16384
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = algorithms[:]
	}
	if c.Failures.PerSecond == 0 {
		c.Failures.PerSecond = 1
	}
	if c.Failures.Burst == 0 {
		c.Failures.Burst = 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Failures.Now == nil {
		c.Failures.Now = c.Now
	}
	return c
}

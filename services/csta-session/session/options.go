// SPDX-License-Identifier: Apache-2.0

package session

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/csta-session/sessionstore"
	"offhook.dev/services/directory"
	"offhook.dev/services/targetconfig"
)

// Options are a Server's dependencies, limits and times. The zero value of a
// number or duration means its default.
type Options struct {
	// Sessions is the bucket that keeps sessions.
	Sessions sessionstore.Bucket
	// Clients reach phone-control, monitor and the edges.
	Clients directory.Clients
	// Targets is the applied configuration.
	Targets targetconfig.Source

	// MaxTargetSessions bounds the sessions of a target that sets no limit of
	// its own. Default 10000.
	MaxTargetSessions int
	// MaxUserSessions bounds the sessions of a user in a target that sets no
	// limit of its own. Default 64.
	MaxUserSessions int
	// SessionExpires and MinSE are offered where a target sets none (RFC 4028).
	// Defaults 30 min and 90 s.
	SessionExpires, MinSE time.Duration
	// ServiceTimeout bounds one call of phone-control or monitor. Default 8 s.
	ServiceTimeout time.Duration
	// ProbeTimeout bounds the question whether an old dialog lives. Default 12 s.
	ProbeTimeout time.Duration
	// ReapInterval is how often expired sessions are looked for. Default 10 s.
	ReapInterval time.Duration
	// ReapGrace is how long an expired session stays, because the edge that
	// holds its dialog ends it first. Default 40 s.
	ReapGrace time.Duration

	// OverloadServices is how many services being served at once are an
	// overload, of which applications are told; twice as many are not served.
	// Default 1024.
	OverloadServices int
	// ProbeInterval is how long an older session that was found alive is not
	// probed again. Default 10 s.
	ProbeInterval time.Duration

	// NewID gives the references of registrations and capability exchanges;
	// nil: 64 random bits in hex.
	NewID func() string
	// Now is the clock; nil: time.Now.
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (o Options) withDefaults() Options {
	setDefault(&o.MaxTargetSessions, 10000)
	setDefault(&o.MaxUserSessions, 64)
	setDefault(&o.SessionExpires, 30*time.Minute)
	setDefault(&o.MinSE, 90*time.Second)
	setDefault(&o.ServiceTimeout, 8*time.Second)
	setDefault(&o.ProbeTimeout, 12*time.Second)
	setDefault(&o.ReapInterval, 10*time.Second)
	setDefault(&o.ReapGrace, 40*time.Second)
	setDefault(&o.OverloadServices, 1024)
	setDefault(&o.ProbeInterval, 10*time.Second)
	if o.NewID == nil {
		o.NewID = randomID
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func randomID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

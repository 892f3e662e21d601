// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/bus"
	"offhook.dev/services/link"
)

// Options are a directory's dependencies and times. The zero value of a
// duration means its default.
type Options struct {
	Bus *bus.Bus
	// Link are the settings of links to other processes.
	Link link.Options
	// AnnounceInterval is how often a replica rewrites its entry. Default 2 s.
	AnnounceInterval time.Duration
	// ReplicaTTL is how long a replica counts as live after its last entry.
	// Default 6 s.
	ReplicaTTL time.Duration
	// RenewInterval is how often an owner renews its lease. Default 1 s.
	RenewInterval time.Duration
	// LeaseTTL is how long a lease holds after its last renewal. Default 4 s.
	LeaseTTL time.Duration
	// OwnerWait bounds how long a call waits for a target to get an owner while
	// phone-control replicas are live. Default 5 s.
	OwnerWait time.Duration
	// CallLinger bounds how long calls under way may go on when their replica is
	// no longer live or has moved. Default 3 s.
	CallLinger time.Duration
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

func (o Options) withDefaults() (Options, error) {
	if o.Bus == nil {
		return o, errors.New("make directory: no bus is given")
	}
	for _, setting := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{
		{&o.AnnounceInterval, 2 * time.Second},
		{&o.ReplicaTTL, 6 * time.Second},
		{&o.RenewInterval, time.Second},
		{&o.LeaseTTL, 4 * time.Second},
		{&o.OwnerWait, 5 * time.Second},
		{&o.CallLinger, 3 * time.Second},
	} {
		if *setting.value <= 0 {
			*setting.value = setting.otherwise
		}
	}
	if o.LeaseTTL <= 2*o.RenewInterval || o.ReplicaTTL <= o.AnnounceInterval {
		return o, errors.New("make directory: LeaseTTL must be over twice RenewInterval, ReplicaTTL over AnnounceInterval")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"time"
)

// Settings of an RTPMixer. NewDefaultSettings gives them with their defaults.
type Settings struct {
	// Listen is the address that RTP is received on, unspecified for all.
	Listen netip.Addr
	// Advertised is the address in Port.LocalAddress where it is not Listen
	// (address translation; Listen is unspecified).
	Advertised netip.Addr
	// FirstPort and LastPort bound the UDP ports. Only even ones are taken. Both
	// zero: any even port that the system gives.
	FirstPort, LastPort uint16
	// MaxPorts bounds the open ports, MaxConferences the conferences,
	// ConferenceParties the parties of one conference (2 to 64).
	MaxPorts, MaxConferences, ConferenceParties int
	// Clocks is the number of goroutines that mix. Each has a share of the
	// conferences.
	Clocks int
	// MinDelay and MaxDelay bound what the jitter buffers add, in steps of 20 ms.
	// MaxDelay is at most 200 ms.
	MinDelay, MaxDelay time.Duration
	// TonePlan is that of ports that name none.
	TonePlan string
	// MusicFile is a WAV file (8 kHz, mono, 16-bit PCM) in place of the built-in
	// music. Announcements are such files by name. They are read once, by New,
	// and last at most 5 minutes each.
	MusicFile     string
	Announcements map[string]string
	Logger        *slog.Logger
	// Metrics may be nil.
	Metrics *Metrics
}

// Limits that no setting lifts.
const (
	mostConferenceParties = 64
	mostDelay             = 200 * time.Millisecond
	mostAnnouncement      = 5 * time.Minute
)

// NewDefaultSettings listens on one address, with ports 16384 to 32766, the
// range of Cisco gateways.
func NewDefaultSettings(listen netip.Addr) Settings {
	return Settings{
		Listen: listen, Advertised: listen, FirstPort: 16384, LastPort: 32766,
		MaxPorts: 1024, MaxConferences: 256, ConferenceParties: 16,
		Clocks:   runtime.GOMAXPROCS(0),
		MinDelay: 20 * time.Millisecond, MaxDelay: 100 * time.Millisecond,
		TonePlan: "itu", Logger: slog.New(slog.DiscardHandler),
	}
}

// Validate returns all faults, joined.
func (s Settings) Validate() error {
	var faults []error
	check := func(ok bool, format string, arguments ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, arguments...))
		}
	}
	check(s.Listen.IsValid(), "listen: no address")
	check(s.Advertised.IsValid() && !s.Advertised.IsUnspecified(), "advertised: no address that a phone can send to")
	check(s.FirstPort <= s.LastPort, "ports: the first, %d, is after the last, %d", s.FirstPort, s.LastPort)
	check(s.LastPort == 0 || s.LastPort&^1 >= s.FirstPort, "ports: no even one from %d to %d", s.FirstPort, s.LastPort)
	check(s.MaxPorts > 0, "maxPorts: must be positive")
	check(s.MaxConferences > 0, "maxConferences: must be positive")
	check(s.ConferenceParties >= 2 && s.ConferenceParties <= mostConferenceParties, "conferenceParties: must be 2 to %d", mostConferenceParties)
	check(s.Clocks > 0, "clocks: must be positive")
	check(s.MinDelay >= 0 && s.MinDelay <= s.MaxDelay && s.MaxDelay <= mostDelay, "delay: must be 0 to %v and the least at most the most", mostDelay)
	return errors.Join(faults...)
}

// evenPorts are the first and the last port that may be taken.
func (s Settings) evenPorts() (first, last uint16) {
	return s.FirstPort + s.FirstPort&1, s.LastPort &^ 1
}

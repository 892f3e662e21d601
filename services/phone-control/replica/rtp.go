// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/mixer/sound"
)

// RTP is the mixer: conferences, music on hold, tones.
type RTP struct {
	// Off runs without: there are no conferences, and who is held hears nothing.
	Off bool `json:"off,omitempty"`
	// Listen is the IP address that RTP is received on; empty: that of
	// sip.listen.
	Listen string `json:"listen,omitempty"`
	// Advertise is the IP address that phones are told to send to; empty: that of
	// listen, else that of sip.advertise, else that of the route outwards.
	Advertise string `json:"advertise,omitempty"`
	// FirstPort to LastPort are the UDP ports, of which the even ones are used.
	FirstPort uint16 `json:"firstPort"`
	LastPort  uint16 `json:"lastPort"`
	// Latch sends to where a phone's RTP comes from, for phones behind address
	// translation. Else only what comes from the address in a phone's
	// description is taken.
	Latch bool `json:"latch"`
	// TonePlan is the country of the tones: itu, au, de, fr, gb, jp, us.
	TonePlan string `json:"tonePlan"`
	// MusicFile is a WAV file (8 kHz, mono, 16 bit) in place of the built-in
	// music on hold.
	MusicFile string `json:"musicFile,omitempty"`
	// MaxPorts bounds the parties whose media are ours, MaxConferences the
	// conferences.
	MaxPorts       int `json:"maxPorts"`
	MaxConferences int `json:"maxConferences"`
}

// newDefaultRTP takes the defaults of the mixer.
func newDefaultRTP() RTP {
	settings := mixer.NewDefaultSettings(netip.IPv4Unspecified())
	return RTP{
		FirstPort: settings.FirstPort, LastPort: settings.LastPort, Latch: true, TonePlan: settings.TonePlan,
		MaxPorts: settings.MaxPorts, MaxConferences: settings.MaxConferences,
	}
}

// validate returns all faults, each with its field path.
func (r RTP) validate() error {
	var faults []error
	for _, field := range []struct{ path, value string }{{"rtp.listen", r.Listen}, {"rtp.advertise", r.Advertise}} {
		if _, err := netip.ParseAddr(field.value); field.value != "" && err != nil {
			faults = append(faults, fmt.Errorf("%s: %q is no IP address", field.path, field.value))
		}
	}
	if r.FirstPort > r.LastPort {
		faults = append(faults, fmt.Errorf("rtp.firstPort: %d is more than rtp.lastPort, %d", r.FirstPort, r.LastPort))
	}
	if !slices.Contains(sound.Countries(), r.TonePlan) {
		faults = append(faults, fmt.Errorf("rtp.tonePlan: %q is none of %q", r.TonePlan, sound.Countries()))
	}
	if r.MaxPorts < 1 || r.MaxPorts > 1<<15 {
		faults = append(faults, fmt.Errorf("rtp.maxPorts: %d is not within 1 to %d", r.MaxPorts, 1<<15))
	}
	if r.MaxConferences < 1 || r.MaxConferences > 1<<15 {
		faults = append(faults, fmt.Errorf("rtp.maxConferences: %d is not within 1 to %d", r.MaxConferences, 1<<15))
	}
	return errors.Join(faults...)
}

// errNoRTPAddress: phones can't be told where to send.
var errNoRTPAddress = errors.New("set rtp.advertise to the IP address that phones reach, or rtp.off")

// newMixer makes the mixer; nil where it is off. sipHost is the host that the
// SIP listener is known by.
func newMixer(config *Config, sipHost string, logger *slog.Logger, registerer prometheus.Registerer) (*mixer.RTPMixer, error) {
	if config.RTP.Off {
		return nil, nil
	}
	listen, advertised, err := config.rtpAddresses(sipHost)
	if err != nil {
		return nil, err
	}
	metrics, err := mixer.NewMetrics(registerer)
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	settings := mixer.NewDefaultSettings(listen)
	settings.Advertised = advertised
	settings.FirstPort, settings.LastPort = config.RTP.FirstPort, config.RTP.LastPort
	settings.TonePlan, settings.MusicFile = config.RTP.TonePlan, config.RTP.MusicFile
	settings.MaxPorts, settings.MaxConferences = config.RTP.MaxPorts, config.RTP.MaxConferences
	settings.Logger, settings.Metrics = logger, metrics
	return mixer.New(settings)
}

// rtpAddresses are where RTP is received and where phones are told to send.
func (c *Config) rtpAddresses(sipHost string) (listen, advertised netip.Addr, err error) {
	listen = netip.IPv4Unspecified()
	sipListen, _, _ := net.SplitHostPort(c.SIP.Listen)
	for _, text := range []string{c.RTP.Listen, sipListen} {
		if address, err := netip.ParseAddr(text); err == nil {
			listen = address
			break
		}
	}
	sip, _ := netip.ParseAddr(sipHost)
	for _, text := range []string{c.RTP.Advertise, listen.String()} {
		if address, err := netip.ParseAddr(text); err == nil && !address.IsUnspecified() {
			return listen, address, nil
		}
	}
	if sip.IsValid() && !sip.IsUnspecified() && !sip.IsLoopback() {
		return listen, sip, nil
	}
	for _, family := range []netip.Addr{listen, netip.IPv4Unspecified()} {
		if address, ok := addressOutwards(family); ok {
			return listen, address, nil
		}
	}
	if sip.IsLoopback() { // no network at all: phones are on this machine
		return listen, sip, nil
	}
	return listen, advertised, errNoRTPAddress
}

// addressOutwards is our address on the route to the outside. No packet is sent:
// the system only looks the route up.
func addressOutwards(family netip.Addr) (netip.Addr, bool) {
	route, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(documentationAddress(family), 9)))
	if err != nil {
		return netip.Addr{}, false
	}
	defer func() { _ = route.Close() }()
	return route.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), true
}

// documentationAddress is one that nobody has (RFC 5737, RFC 3849).
func documentationAddress(family netip.Addr) netip.Addr {
	if family.Is4() {
		return netip.AddrFrom4([4]byte{192, 0, 2, 1})
	}
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 1})
}

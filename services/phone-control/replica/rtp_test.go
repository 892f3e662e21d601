// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestRTPAddresses(t *testing.T) {
	for _, tt := range []struct {
		name, sipListen, sipHost, rtpListen, rtpAdvertise string
		listen, advertised                                string
	}{
		{"one address", "10.0.0.5:5070", "10.0.0.5", "", "", "10.0.0.5", "10.0.0.5"},
		{"all addresses of a pod", ":5070", "10.1.2.3", "", "", "0.0.0.0", "10.1.2.3"},
		{"an address for media", ":5070", "10.1.2.3", "10.9.9.9", "", "10.9.9.9", "10.9.9.9"},
		{"address translation", ":5070", "10.1.2.3", "", "198.51.100.7", "0.0.0.0", "198.51.100.7"},
		{"IPv6", "[2001:db8::5]:5070", "2001:db8::5", "", "", "2001:db8::5", "2001:db8::5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := NewDefaultConfig()
			config.SIP.Listen, config.RTP.Listen, config.RTP.Advertise = tt.sipListen, tt.rtpListen, tt.rtpAdvertise
			listen, advertised, err := config.rtpAddresses(tt.sipHost)
			if err != nil || listen.String() != tt.listen || advertised.String() != tt.advertised {
				t.Errorf("listens on %v, advertises %v (%v), want %s and %s", listen, advertised, err, tt.listen, tt.advertised)
			}
		})
	}
}

func TestRTPFaults(t *testing.T) {
	config := NewDefaultConfig()
	config.RTP = RTP{Listen: "here", Advertise: "there", FirstPort: 9, LastPort: 8, TonePlan: "xx"}
	err := config.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, path := range []string{"rtp.listen", "rtp.advertise", "rtp.firstPort", "rtp.tonePlan", "rtp.maxPorts", "rtp.maxConferences"} {
		if !strings.Contains(err.Error(), path) {
			t.Errorf("no fault of %s in %v", path, err)
		}
	}
}

func TestNewMixer(t *testing.T) {
	config := NewDefaultConfig()
	config.SIP.Listen = "127.0.0.1:0"
	m, err := newMixer(config, "127.0.0.1", slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil || m == nil {
		t.Errorf("mixer %v, %v", m, err)
	}
	config.RTP.MusicFile = "/does/not/exist.wav"
	if _, err := newMixer(config, "127.0.0.1", slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil {
		t.Error("no error without the music's file")
	}
	config.RTP.Off = true
	if m, err := newMixer(config, "127.0.0.1", slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err != nil || m != nil {
		t.Errorf("mixer that is off: %v, %v", m, err)
	}
}

// SPDX-License-Identifier: Apache-2.0

package skinnyphone

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"offhook.dev/services/skinny"
)

// Media is what the phone does when the server opens a channel.
type Media uint8

const (
	// MediaRTP opens a UDP port and acknowledges it.
	MediaRTP Media = iota
	// MediaSilent acknowledges a port that nobody listens at: for load.
	MediaSilent
	// MediaByHand leaves it to AcceptMedia and RefuseMedia.
	MediaByHand
)

// Limits of a phone. What is beyond them is passed over and told as a fault.
const (
	maxCalls     = 48
	maxStreams   = 16
	maxHistory   = 32
	maxFaults    = 32
	maxLamps     = 128
	maxTexts     = 64
	maxDigits    = 64
	maxKeypad    = 64
	maxPrompts   = 64
	silentPort   = 30000
	defaultAlive = 30 * time.Second
	// missedKeepAlives without an answer end the connection.
	missedKeepAlives = 3
	writeTimeout     = 5 * time.Second
	unregisterTime   = time.Second
	maxRetryAfter    = 30 * time.Second
)

// Options of a phone. Server and DeviceName are required.
type Options struct {
	// Server is the host:port of the call agent.
	Server string
	// DeviceName such as "SEP001122334455".
	DeviceName string
	// DeviceType is a 7970 where zero.
	DeviceType skinny.DeviceType
	// ProtocolVersion is the highest that the phone speaks, 3 to 22; 17 where
	// zero.
	ProtocolVersion skinny.Version
	// Features are those of ProtocolVersion where zero.
	Features skinny.Features
	// Firmware load that the phone says; one of its model where empty.
	Firmware string
	// LocalAddress is for SCCP and RTP; 127.0.0.1 where not valid.
	LocalAddress netip.Addr
	// Lines is how many the phone has room for; as its model has buttons where
	// zero.
	Lines int
	// Codecs in the phone's order; G.711, G.722 and G.729 where empty.
	Codecs []skinny.Capability
	// TLS, where set, is spoken with the server.
	TLS *tls.Config
	// Token asks for a registration token first.
	Token bool
	// Alarm, where not empty, is sent before anything else, as phones do that have
	// just started.
	Alarm string
	// Terse leaves line and reference out of what keys send, as phones of old do.
	Terse bool
	// Media is what the phone does when the server opens a channel.
	Media Media
	// ToneHertz is what the phone says in its calls; 440 where zero.
	ToneHertz int
	// AnswerAfter, where positive, presses Answer that long after a call rings.
	AnswerAfter time.Duration
	// StepTimeout is how long the server has for each step of registration; 10 s
	// where zero.
	StepTimeout time.Duration
	// RetryAfter is how long the phone waits before it registers again after the
	// connection was lost or refused, doubling up to 30 s; 1 s where zero. After
	// a reset it registers at once.
	RetryAfter time.Duration
	// Tap, where set, is given each frame as it is on the wire, in order. It must
	// not block, and not keep the frame.
	Tap func(sent bool, frame []byte)
	// Report, where set, is told what happens, in order, and must not block.
	Report func(Report)
	Logger *slog.Logger
}

func (o *Options) complete() error {
	if o.Server == "" || o.DeviceName == "" {
		return errors.New("server and device name are required")
	}
	if len(o.DeviceName) > 15 {
		return fmt.Errorf("device name %q is longer than 15", o.DeviceName)
	}
	if o.ProtocolVersion == 0 {
		o.ProtocolVersion = 17
	}
	if o.ProtocolVersion < skinny.MinVersion || o.ProtocolVersion > skinny.MaxVersion {
		return fmt.Errorf("protocol version %d is not one of %d to %d", o.ProtocolVersion, skinny.MinVersion, skinny.MaxVersion)
	}
	if o.DeviceType == 0 {
		o.DeviceType = skinny.Device7970
	}
	if o.DeviceType == skinny.Device7910 {
		o.Terse = true
	}
	if o.Lines == 0 {
		o.Lines = o.DeviceType.Model().Buttons
	}
	if !o.LocalAddress.IsValid() {
		o.LocalAddress = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if len(o.Codecs) == 0 {
		o.Codecs = []skinny.Capability{
			skinny.CapabilityG711MuLaw, skinny.CapabilityG711ALaw, skinny.CapabilityG722,
			skinny.CapabilityG729, skinny.CapabilityG729A, skinny.CapabilityTelephone,
		}
	}
	if o.Features == 0 {
		o.Features = featuresOf(o.ProtocolVersion)
	}
	if o.Firmware == "" {
		o.Firmware = "SCCP" + o.DeviceType.Model().Name + ".OFFHOOK"
	}
	if o.StepTimeout == 0 {
		o.StepTimeout = 10 * time.Second
	}
	if o.RetryAfter == 0 {
		o.RetryAfter = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func featuresOf(version skinny.Version) skinny.Features {
	switch {
	case version >= 17:
		return skinny.FeatureUTF8 | skinny.FeatureDynamicMessages | skinny.FeatureTelephoneEvent | skinny.FeatureAbbreviatedDial
	case version.Dynamic():
		return skinny.FeatureDynamicMessages | skinny.FeatureTelephoneEvent
	case version >= 5:
		return skinny.FeatureTelephoneEvent
	}
	return 0
}

// mac is the address in a device name, zero if there is none.
func mac(deviceName string) [6]byte {
	var address [6]byte
	digits := deviceName[max(0, len(deviceName)-12):]
	value, err := strconv.ParseUint(strings.ToLower(digits), 16, 64)
	if err != nil || len(digits) < 12 {
		return address
	}
	for i := range address {
		address[i] = byte(value >> (8 * (5 - i)))
	}
	return address
}

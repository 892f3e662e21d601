// SPDX-License-Identifier: Apache-2.0

package subscription

import "context"

// Lines tells what the lines of the target do and sets their features. Its
// methods are called from the registry's own goroutine and from SIP handlers,
// never from within Changed, and may block until ctx ends.
type Lines interface {
	// Calls lists the calls of a line.
	Calls(ctx context.Context, line string) []Call
	// Features are the settings of a line.
	Features(ctx context.Context, line string) Features
	// MessageWaiting tells of a line's messages.
	MessageWaiting(ctx context.Context, line string) MessageWaiting
	// SetDoNotDisturb and SetForwarding change a setting; an error means that
	// it stays as it was.
	SetDoNotDisturb(ctx context.Context, line string, on bool) error
	SetForwarding(ctx context.Context, line string, forwarding Forwarding) error
}

// Kind says what of a line has changed.
type Kind uint8

// Kinds of change.
const (
	// KindCalls: a call came, changed or went.
	KindCalls Kind = iota + 1
	// KindFeatures: do-not-disturb or forwarding was set.
	KindFeatures
	// KindMessageWaiting: messages came or were read.
	KindMessageWaiting
)

// CallState is the state of a call at a line (RFC 4235 3.7.1).
type CallState string

// States of a call.
const (
	// CallTrying: the line is dialling.
	CallTrying CallState = "trying"
	// CallEarly: the line or the other party rings.
	CallEarly CallState = "early"
	// CallConfirmed: the call is answered.
	CallConfirmed CallState = "confirmed"
	// CallTerminated: the call is over. A call that is not listed any more is
	// over as well.
	CallTerminated CallState = "terminated"
)

// Call is a call as a line has it.
type Call struct {
	// ID names the call; it is unique and stays the same while the call lasts.
	ID    string
	State CallState
	// Initiator: the line made the call.
	Initiator bool
	// Held: the line hears nothing.
	Held bool
	// RemoteNumber and RemoteName are the other party; empty where they are not
	// known or not to be shown.
	RemoteNumber, RemoteName string
	// CallID, LocalTag and RemoteTag name the SIP dialog of the line's phone,
	// for INVITE with Replaces; they are left out together.
	CallID, LocalTag, RemoteTag string
}

// Features are the settings that as-feature-event tells.
type Features struct {
	DoNotDisturb bool
	// Forwardings that are set; a type that is missing is off.
	Forwardings []Forwarding
}

// Forwarding is one forwarding setting.
type Forwarding struct {
	// Type is the ECMA-323 ForwardingType.
	Type      string
	Active    bool
	ForwardDN string
	// RingCount is how often the line rings first; zero: not said.
	RingCount int
}

// MessageWaiting tells of a line's messages.
type MessageWaiting struct {
	On bool
	// New and Old messages; both zero where they are not counted.
	New, Old uint32
}

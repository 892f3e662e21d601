// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"errors"
	"net/netip"
)

// Errors that callers test for.
var (
	// ErrNoPorts is returned by Open when every RTP port is in use or as many
	// ports are open as the mixer allows.
	ErrNoPorts = errors.New("no free rtp port")
	// ErrConferenceFull is returned by Join when the conference has as many
	// parties as it may.
	ErrConferenceFull = errors.New("conference is full")
	// ErrNoConferences is returned by Join when it would begin a conference and
	// there are as many as the mixer allows.
	ErrNoConferences = errors.New("too many conferences")
	// ErrClosed is returned by a port after Close and by a mixer after its end.
	ErrClosed = errors.New("mixer or port is closed")
	// ErrUnknownSource is returned by Play for a source that the mixer has not.
	ErrUnknownSource = errors.New("unknown source")
	// ErrUnknownTonePlan is returned by Open for tones that the mixer has not.
	ErrUnknownTonePlan = errors.New("unknown tone plan")
	// ErrBadRemote is returned by SetRemote for what cannot be sent to: another
	// codec than G.711, a packet time or payload type out of range.
	ErrBadRemote = errors.New("unusable remote media")
	// ErrBadDigits is returned by SendDigits for characters or times that it
	// cannot send.
	ErrBadDigits = errors.New("unusable digits")
	// ErrTooManyDigits is returned by SendDigits when too many wait already.
	ErrTooManyDigits = errors.New("too many digits wait")
)

// Mixer gives RTP end points. It is safe for concurrent use.
type Mixer interface {
	// Open takes an RTP port. The caller closes it. Errors: ErrNoPorts,
	// ErrUnknownTonePlan, ErrClosed.
	Open(PortOptions) (Port, error)
}

// PortOptions say how a port behaves for all its life.
type PortOptions struct {
	// Latch has the port send to where the party's packets come from instead of
	// to the address in its description (symmetric RTP, RFC 4961), for phones
	// behind address translation. The first source that sends two packets in
	// sequence is taken, and kept until SetRemote names another address; the
	// address of SetRemote itself always wins. Without Latch only packets from
	// exactly the address and port of SetRemote are taken.
	Latch bool
	// TonePlan names the tones of a country: "itu" (425 Hz), "us", "gb", "de",
	// "fr", "au", "jp". Empty: the mixer's own.
	TonePlan string
	// OnDigit, if any, is told of every telephone-event digit of the party
	// (0-9 * # A-D) when it begins. It is called without locks, from a goroutine
	// of the mixer, and must not block.
	OnDigit func(digit byte)
}

// Port is the RTP end point of one party. It is safe for concurrent use. A new
// port sends nothing and its party is heard by nobody.
type Port interface {
	// LocalAddress is where the party is to send RTP, for our description of the
	// stream. It stays the same until Close.
	LocalAddress() netip.AddrPort
	// SetRemote tells what the party's description says. It may be called again
	// at any time; sending goes on in the same RTP stream. Errors: ErrBadRemote
	// (nothing has changed then), ErrClosed.
	SetRemote(Remote) error
	// Join puts the party into a conference, which begins with its first party
	// and ends with its last. Whatever the port did before ends. Joining the same
	// conference again changes the participation only. Errors: ErrConferenceFull
	// and ErrNoConferences (the port then goes on with what it did), ErrClosed.
	//
	// Everyone hears the sum of all other active parties, whatever their codecs.
	// Digits of an active party go to the others as telephone-event, or as tones
	// to those without. Two parties in a conference are a plain relay.
	Join(Conference, Participation) error
	// Play sends a source to the party, from its beginning, until anything else
	// is asked of the port; an announcement that has ended is followed by silence.
	// done, if any, is called once if an announcement reached its end (not if it was
	// cut short), without locks, and must not block. Errors: ErrUnknownSource (the
	// port then goes on with what it did), ErrClosed.
	Play(source Source, done func()) error
	// SendDigits sends digits to the party, after those that wait already and in
	// place of what it hears meanwhile: telephone-event where the party has it,
	// tones otherwise. done, if any, is called once when the last has been sent or
	// the port was closed, without locks, and must not block. Digits wait while
	// the party may not be sent to. Errors: ErrBadDigits, ErrTooManyDigits,
	// ErrClosed.
	SendDigits(digits Digits, done func()) error
	// Stop ends what the port does: it sends nothing and its party is heard by
	// nobody. Digits that wait are given up.
	Stop()
	// Statistics are those of this port since it was opened. They can still be
	// read after Close.
	Statistics() Statistics
	// Close frees the RTP port. Further calls do nothing.
	Close()
}

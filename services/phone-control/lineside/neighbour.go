// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"net/netip"
	"time"

	"offhook.dev/services/phone-control/callmodel"
)

// Neighbour is one line side of a target as the other one sees it, so that legs
// of both can be in one call. Its methods are called on the target's goroutine
// and do not block. What is asked of a leg that the side does not have comes to
// nothing.
type Neighbour interface {
	// Party is who is at the end of a leg; false: it is no leg of this side.
	Party(leg callmodel.LegID) (callmodel.Party, bool)
	// Rings tells a leg whose phone calls that the one called rings.
	Rings(leg callmodel.LegID, called callmodel.Party)
	// Stream is where the media of a leg end while it is with a leg of the other
	// side; nil as long as the model has not said so of this leg too. Ready
	// follows then.
	Stream(leg, with callmodel.LegID) Stream
	// Ready tells a leg that Stream for it now has an answer.
	Ready(leg callmodel.LegID)
	// Pressed passes digits on that the user at the other end pressed.
	Pressed(leg callmodel.LegID, digits string)
	// PressedInConference passes a digit on to all legs in a conference, that a
	// party at the other side pressed.
	PressedInConference(conference callmodel.CallID, digit byte)
}

// Stream is the end of a leg's media at its phone, for the side of the leg it is
// with, which drives it: Open, then Connect, and again after changes, at last
// Close.
type Stream interface {
	// Open gives the description of the phone's end for one of the codecs, the
	// first that the phone has; none: its own choice. Where the phone has still
	// to be asked, ok is false and ready is called, once, when it has answered:
	// Open again then. The error is that the phone refuses, or has no such codec.
	Open(codecs []Codec, ready func()) (local Description, ok bool, err error)
	// Connect has the phone send as described, and tells the model that the
	// leg's media are set. The codec is that of Open.
	Connect(remote Description) error
	// Close ends it: the media of the leg at the other end have gone elsewhere.
	Close()
}

// Description is one end of an audio stream.
type Description struct {
	// Address takes RTP; not valid: nothing is to be sent there.
	Address netip.AddrPort
	Codec   Codec
	// PacketTime is the audio in one packet; zero: 20 ms.
	PacketTime time.Duration
	// TelephoneEvent is the payload type of telephone-event (RFC 4733) to this
	// end; zero: it has none.
	TelephoneEvent uint8
}

// Codec is an audio codec by its name in an rtpmap (RFC 3551 6).
type Codec string

// Codecs that both sides know.
const (
	PCMU Codec = "PCMU"
	PCMA Codec = "PCMA"
	G722 Codec = "G722"
	G729 Codec = "G729"
)

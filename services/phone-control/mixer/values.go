// SPDX-License-Identifier: Apache-2.0

package mixer

import (
	"net/netip"
	"time"
)

// Codec is an audio codec by its name in an rtpmap (RFC 3551 6).
type Codec string

// Codecs.
const (
	PCMU Codec = "PCMU"
	PCMA Codec = "PCMA"
)

// PayloadType is the codec's static RTP payload type. Packets of either codec
// are always taken, and told apart by it.
func (c Codec) PayloadType() uint8 {
	if c == PCMA {
		return payloadPCMA
	}
	return payloadPCMU
}

// Static payload types (RFC 3551 6).
const (
	payloadPCMU         uint8 = 0
	payloadPCMA         uint8 = 8
	payloadComfortNoise uint8 = 13
)

// Direction is the direction of a stream as our own description towards the
// party says it (RFC 3264). Empty is sendrecv.
type Direction string

// Directions.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

func (d Direction) sends() bool    { return d == SendRecv || d == SendOnly || d == "" }
func (d Direction) receives() bool { return d == SendRecv || d == RecvOnly || d == "" }

// Remote is what the offer and answer with a party agreed on.
type Remote struct {
	// Address is where the party takes RTP. With no valid address, address zero
	// or port zero it is not sent to (until it is latched on to).
	Address netip.AddrPort
	// Codec that it is sent.
	Codec Codec
	// PacketTime is the audio in one packet to it: 10 to 60 ms in steps of 10 ms.
	// Zero: 20 ms.
	PacketTime time.Duration
	// TelephoneEvent is the payload type of telephone-event to the party, 96 to
	// 127. Zero: it has none, and is sent tones.
	TelephoneEvent uint8
	// ReceiveTelephoneEvent is the payload type of telephone-event that our own
	// description named. Zero: the same as TelephoneEvent.
	ReceiveTelephoneEvent uint8
	// Direction is that of our own description.
	Direction Direction
}

// Conference names a conference.
type Conference struct {
	// Name is unique in the mixer.
	Name string
	// MaxParties is the most parties that this Join may make it. Zero: what the
	// mixer allows at most, which is also the limit of larger numbers.
	MaxParties int
}

// Participation is the part that a party takes in a conference.
type Participation int

// Participations.
const (
	// Active parties hear all others and are heard.
	Active Participation = iota
	// Silent parties hear all active parties and are not heard.
	Silent
)

// Source names what a party can be played.
type Source string

// Sources that every mixer has. They go on until something else is asked of the
// port.
const (
	// Silence is a stream of silent packets.
	Silence Source = "silence"
	// Music is the music on hold: the file that the operator named, else a
	// melody of our own.
	Music Source = "music"
	// Dial is the dial tone.
	Dial Source = "dial"
	// Ringback is what a caller hears while the called phone rings.
	Ringback Source = "ringback"
	// Busy is the tone of a busy called phone.
	Busy Source = "busy"
	// Reorder is the tone of a call that cannot be made (congestion).
	Reorder Source = "reorder"
)

// Announcement is the source that the operator gave a name. It is played once.
func Announcement(name string) Source { return announcementPrefix + Source(name) }

const announcementPrefix Source = "announcement:"

// Digits are what SendDigits sends (ECMA-269 GenerateDigits).
type Digits struct {
	// Characters are 0-9, *, #, A-D (also in small letters), and a comma for a
	// pause. At most 64.
	Characters string
	// Tone is how long each digit sounds: 40 ms to 6 s. Zero: 100 ms.
	Tone time.Duration
	// Gap is the silence after each digit: 60 ms to 6 s. Zero: 80 ms.
	Gap time.Duration
	// Pause is the length of a comma: up to 10 s. Zero: 2 s.
	Pause time.Duration
}

// Statistics of a port.
type Statistics struct {
	PacketsReceived, OctetsReceived uint64 // octets of payload
	PacketsSent, OctetsSent         uint64
	// Lost are packets of the party that never came (RFC 3550 A.3), Late are
	// those that came after their time and were dropped.
	Lost, Late uint64
	// Invalid are datagrams from the party that were no usable RTP, Foreign
	// are datagrams from elsewhere. Neither count as received.
	Invalid, Foreign uint64
	// Concealed is the audio in ms that was missing when it was due.
	Concealed uint64
	// Jitter is the interarrival jitter (RFC 3550 A.8), Delay what the jitter
	// buffer adds now.
	Jitter, Delay time.Duration
	// Source is where the party sends from; invalid before its first packet.
	Source netip.AddrPort
	// LastReceived is when its last packet came; zero before the first.
	LastReceived time.Time
}

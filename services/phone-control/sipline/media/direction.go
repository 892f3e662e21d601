// SPDX-License-Identifier: Apache-2.0

// Package media reads and alters the session descriptions (SDP, RFC 8866) that
// a B2BUA passes between its legs (offer and answer, RFC 3264). What it has no
// need to alter stays byte for byte as the phone wrote it. It never sends or
// receives media.
package media

import (
	"fmt"
	"net/netip"

	"github.com/pion/sdp/v3"
)

// ContentType of a session description.
const ContentType = "application/sdp"

// Direction is the direction of a stream as its sender writes it (RFC 3264 5.1).
type Direction string

// Directions.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Holds reports whether an offer of this direction puts the other party on
// hold (RFC 3264 8.4).
func (d Direction) Holds() bool { return d == SendOnly || d == Inactive }

// Sends reports whether the sender of the description will send media.
func (d Direction) Sends() bool { return d == SendRecv || d == SendOnly }

// Receives reports whether the sender of the description takes media.
func (d Direction) Receives() bool { return d == SendRecv || d == RecvOnly }

// WithoutSending is the direction of a party that does not send.
func (d Direction) WithoutSending() Direction { return directionOf(false, d.Receives()) }

// AnswerTo is the direction of an answer to an offer of direction d by a party
// that itself wants the direction own (RFC 3264 6.1).
func (d Direction) AnswerTo(own Direction) Direction {
	return directionOf(own.Sends() && d.Receives(), own.Receives() && d.Sends())
}

func directionOf(sends, receives bool) Direction {
	switch {
	case sends && receives:
		return SendRecv
	case sends:
		return SendOnly
	case receives:
		return RecvOnly
	}
	return Inactive
}

// DirectionOf reads the direction of the first audio stream that is in use. The
// address 0.0.0.0 is the older way to put a stream on hold (RFC 2543 B.5).
func DirectionOf(body []byte) (Direction, error) {
	description, err := parse(body)
	if err != nil {
		return SendRecv, err
	}
	stream := audioOf(description)
	if stream == nil {
		return Inactive, nil
	}
	direction := directionIn(stream.Attributes, directionIn(description.Attributes, SendRecv))
	if unspecified(stream.ConnectionInformation, description.ConnectionInformation) {
		direction = directionOf(direction.Sends(), false)
	}
	return direction, nil
}

// WithDirection writes the description anew with all streams in use set to the
// direction.
func WithDirection(body []byte, direction Direction) ([]byte, error) {
	description, err := parse(body)
	if err != nil {
		return nil, err
	}
	description.Attributes = withoutDirection(description.Attributes)
	for _, stream := range description.MediaDescriptions {
		stream.Attributes = withoutDirection(stream.Attributes)
		if stream.MediaName.Port.Value != 0 {
			stream.Attributes = append(stream.Attributes, sdp.NewPropertyAttribute(string(direction)))
		}
	}
	return marshal(description)
}

func parse(body []byte) (*sdp.SessionDescription, error) {
	description := new(sdp.SessionDescription)
	if err := description.Unmarshal(body); err != nil {
		return nil, fmt.Errorf("read session description: %w", err)
	}
	return description, nil
}

func marshal(description *sdp.SessionDescription) ([]byte, error) {
	body, err := description.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write session description: %w", err)
	}
	// What was read leniently may lack what every description must have: it
	// is not sent on as ours.
	if _, err := parse(body); err != nil {
		return nil, err
	}
	return body, nil
}

func audioOf(description *sdp.SessionDescription) *sdp.MediaDescription {
	for _, stream := range description.MediaDescriptions {
		if stream.MediaName.Media == "audio" && stream.MediaName.Port.Value != 0 {
			return stream
		}
	}
	return nil
}

func directionIn(attributes []sdp.Attribute, otherwise Direction) Direction {
	for _, attribute := range attributes {
		if isDirection(attribute.Key) {
			return Direction(attribute.Key)
		}
	}
	return otherwise
}

func isDirection(key string) bool {
	switch Direction(key) {
	case SendRecv, SendOnly, RecvOnly, Inactive:
		return true
	}
	return false
}

func withoutDirection(attributes []sdp.Attribute) []sdp.Attribute {
	kept := make([]sdp.Attribute, 0, len(attributes)+1)
	for _, attribute := range attributes {
		if !isDirection(attribute.Key) {
			kept = append(kept, attribute)
		}
	}
	return kept
}

func unspecified(connections ...*sdp.ConnectionInformation) bool {
	for _, connection := range connections {
		if connection == nil || connection.Address == nil {
			continue
		}
		address, err := netip.ParseAddr(connection.Address.Address)
		return err == nil && address.IsUnspecified()
	}
	return false
}

// SPDX-License-Identifier: Apache-2.0

package softphone

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"offhook.dev/offhook/audio"
)

var errNoAudio = errors.New("no usable audio in session description")

// media is what one side says of its audio stream.
type media struct {
	// streams are all of the description, and at which is the audio: an answer
	// has as many (RFC 3264 6).
	streams   []*sdp.MediaDescription
	at        int
	address   *net.UDPAddr
	payloads  []uint8
	direction Direction
}

// codec is the first payload type of the other side that this phone speaks.
func (m media) codec() (uint8, bool) {
	for _, payload := range m.payloads {
		if payload == audio.PayloadPCMU || payload == audio.PayloadPCMA {
			return payload, true
		}
	}
	return 0, false
}

// parseMedia reads the first audio stream of a session description.
func parseMedia(body []byte) (media, error) {
	var description sdp.SessionDescription
	if err := description.Unmarshal(body); err != nil {
		return media{}, fmt.Errorf("read session description: %w", err)
	}
	for i, stream := range description.MediaDescriptions {
		if stream.MediaName.Media != "audio" || stream.MediaName.Port.Value == 0 {
			continue
		}
		connection := stream.ConnectionInformation
		if connection == nil {
			connection = description.ConnectionInformation
		}
		if connection == nil || connection.Address == nil {
			return media{}, fmt.Errorf("%w: no connection line", errNoAudio)
		}
		ip := net.ParseIP(strings.SplitN(connection.Address.Address, "/", 2)[0])
		if ip == nil {
			return media{}, fmt.Errorf("%w: connection address %q", errNoAudio, connection.Address.Address)
		}
		result := media{
			streams: description.MediaDescriptions, at: i,
			address:   &net.UDPAddr{IP: ip, Port: stream.MediaName.Port.Value},
			direction: directionOf(stream, &description),
		}
		if ip.IsUnspecified() { // how RFC 2543 8.4 holds: it does not receive
			result.direction = agreed(SendOnly, result.direction.reversed())
		}
		for _, format := range stream.MediaName.Formats {
			if payload, err := strconv.ParseUint(format, 10, 7); err == nil {
				result.payloads = append(result.payloads, uint8(payload))
			}
		}
		return result, nil
	}
	return media{}, errNoAudio
}

func directionOf(stream *sdp.MediaDescription, session *sdp.SessionDescription) Direction {
	known := []Direction{SendRecv, SendOnly, RecvOnly, Inactive}
	for _, attributes := range [][]sdp.Attribute{stream.Attributes, session.Attributes} {
		for _, attribute := range attributes {
			if slices.Contains(known, Direction(attribute.Key)) {
				return Direction(attribute.Key)
			}
		}
	}
	return SendRecv
}

// describe writes this phone's offer.
func describe(localIP string, port int, version uint64, payloads []uint8, direction Direction) ([]byte, error) {
	return session(localIP, port, version, []*sdp.MediaDescription{audioStream(port, payloads, direction)})
}

// describeAnswer writes the answer to an offer: its audio with one codec, and
// every other stream refused by port 0.
func describeAnswer(localIP string, port int, version uint64, offer media, codec uint8, direction Direction) ([]byte, error) {
	streams := make([]*sdp.MediaDescription, len(offer.streams))
	for i, offered := range offer.streams {
		refused := offered.MediaName
		refused.Port = sdp.RangedPort{}
		streams[i] = &sdp.MediaDescription{MediaName: refused}
	}
	streams[offer.at] = audioStream(port, []uint8{codec}, direction)
	return session(localIP, port, version, streams)
}

func audioStream(port int, payloads []uint8, direction Direction) *sdp.MediaDescription {
	names := map[uint8]string{audio.PayloadPCMU: "PCMU/8000", audio.PayloadPCMA: "PCMA/8000"}
	stream := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: port}, Protos: []string{"RTP", "AVP"},
	}}
	for _, payload := range payloads {
		stream.MediaName.Formats = append(stream.MediaName.Formats, strconv.Itoa(int(payload)))
		stream.WithValueAttribute("rtpmap", fmt.Sprintf("%d %s", payload, names[payload]))
	}
	return stream.WithValueAttribute("ptime", "20").WithPropertyAttribute(string(direction))
}

func session(localIP string, port int, version uint64, streams []*sdp.MediaDescription) ([]byte, error) {
	family := "IP4"
	if ip := net.ParseIP(localIP); ip != nil && ip.To4() == nil {
		family = "IP6"
	}
	description := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: uint64(port), SessionVersion: version, // #nosec G115 -- a port is positive
			NetworkType: "IN", AddressType: family, UnicastAddress: localIP,
		},
		SessionName:           "Offhook phone",
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: family, Address: &sdp.Address{Address: localIP}},
		TimeDescriptions:      []sdp.TimeDescription{{}},
		MediaDescriptions:     streams,
	}
	body, err := description.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write session description: %w", err)
	}
	return body, nil
}

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
)

var errNoAudio = errors.New("no usable audio in session description")

// media is what one side says of its audio stream.
type media struct {
	address   *net.UDPAddr
	payloads  []uint8
	direction Direction
}

// codec is the first payload type of the other side that this phone speaks.
func (m media) codec() (uint8, bool) {
	for _, payload := range m.payloads {
		if payload == payloadPCMU || payload == payloadPCMA {
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
	for _, stream := range description.MediaDescriptions {
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
			address:   &net.UDPAddr{IP: ip, Port: stream.MediaName.Port.Value},
			direction: directionOf(stream, &description),
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

// describe writes this phone's session description. An answer repeats one
// codec, an offer has both.
func describe(localIP string, port int, version uint64, payloads []uint8, direction Direction) ([]byte, error) {
	names := map[uint8]string{payloadPCMU: "PCMU/8000", payloadPCMA: "PCMA/8000"}
	stream := &sdp.MediaDescription{MediaName: sdp.MediaName{
		Media: "audio", Port: sdp.RangedPort{Value: port}, Protos: []string{"RTP", "AVP"},
	}}
	for _, payload := range payloads {
		stream.MediaName.Formats = append(stream.MediaName.Formats, strconv.Itoa(int(payload)))
		stream.WithValueAttribute("rtpmap", fmt.Sprintf("%d %s", payload, names[payload]))
	}
	stream.WithValueAttribute("ptime", "20").WithPropertyAttribute(string(direction))
	description := sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: uint64(port), SessionVersion: version, // #nosec G115 -- a port is positive
			NetworkType: "IN", AddressType: "IP4", UnicastAddress: localIP,
		},
		SessionName:           "Offhook phone",
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: localIP}},
		TimeDescriptions:      []sdp.TimeDescription{{}},
		MediaDescriptions:     []*sdp.MediaDescription{stream},
	}
	body, err := description.Marshal()
	if err != nil {
		return nil, fmt.Errorf("write session description: %w", err)
	}
	return body, nil
}

// SPDX-License-Identifier: Apache-2.0

package media

import (
	"errors"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// ErrNoCommonCodec is returned where an offer and the party that is to answer
// it share no audio codec.
var ErrNoCommonCodec = errors.New("no common audio codec")

// discardPort stands where no media is expected but the stream must not be
// taken as refused, which port 0 would say (RFC 3264 5.1, 8.2).
const discardPort = 9

// SilentOffer is an offer of ours that every phone can answer: one audio stream
// of G.711 with telephone-event, inactive. The address is where our SIP is.
func SilentOffer(address string) []byte {
	kind := addressType(address)
	return []byte("v=0\r\n" +
		"o=- 1 1 IN " + kind + " " + address + "\r\n" +
		"s=-\r\n" +
		"c=IN " + kind + " " + address + "\r\n" +
		"t=0 0\r\n" +
		"m=audio " + strconv.Itoa(discardPort) + " RTP/AVP 0 8 101\r\n" +
		"a=rtpmap:0 PCMU/8000\r\n" +
		"a=rtpmap:8 PCMA/8000\r\n" +
		"a=rtpmap:101 telephone-event/8000\r\n" +
		"a=fmtp:101 0-16\r\n" +
		"a=inactive\r\n")
}

// SilentAnswer answers an offer without a party behind it: the first audio
// stream is kept, inactive, with its first codec.
func SilentAnswer(offer []byte, address string) ([]byte, error) {
	return Answer(offer, SilentOffer(address), Inactive, address)
}

// Answer makes the answer to an offer on behalf of a party whose latest own
// description is known, without asking that party: one audio codec that both
// have (and telephone-event), the party's address, and at most the direction
// own. Streams other than the first audio stream are refused. An inactive
// answer needs no codec in common.
func Answer(offer, party []byte, own Direction, address string) ([]byte, error) {
	offered, err := parse(offer)
	if err != nil {
		return nil, err
	}
	partys, err := parse(party)
	if err != nil {
		return nil, err
	}
	stream, partyStream := audioOf(offered), audioOf(partys)
	if stream == nil || partyStream == nil {
		return nil, ErrNoCommonCodec
	}
	offeredDirection := directionIn(stream.Attributes, directionIn(offered.Attributes, SendRecv))
	direction := offeredDirection.AnswerTo(own)
	formats := commonFormats(stream, partyStream)
	if formats == nil {
		if direction != Inactive {
			return nil, ErrNoCommonCodec
		}
		formats = stream.MediaName.Formats[:min(1, len(stream.MediaName.Formats))]
	}
	connection := partyStream.ConnectionInformation
	if connection == nil {
		connection = partys.ConnectionInformation
	}
	answer := &sdp.SessionDescription{
		Origin: sdp.Origin{
			Username: "-", SessionID: 1, SessionVersion: 1,
			NetworkType: "IN", AddressType: addressType(address), UnicastAddress: address,
		},
		SessionName:           "-",
		ConnectionInformation: connection,
		TimeDescriptions:      []sdp.TimeDescription{{}},
	}
	for _, other := range offered.MediaDescriptions {
		if other != stream {
			refused := other.MediaName
			refused.Port = sdp.RangedPort{}
			answer.MediaDescriptions = append(answer.MediaDescriptions, &sdp.MediaDescription{MediaName: refused})
			continue
		}
		accepted := stream.MediaName
		accepted.Port = partyStream.MediaName.Port
		accepted.Formats = formats
		answer.MediaDescriptions = append(answer.MediaDescriptions, &sdp.MediaDescription{
			MediaName:  accepted,
			Attributes: append(formatAttributes(stream, formats), sdp.NewPropertyAttribute(string(direction))),
		})
	}
	return marshal(answer)
}

// commonFormats is the first codec of the offer that the party has as well, and
// telephone-event where both have it; nil without a codec. Payload type numbers
// must agree, because the party is not asked again.
func commonFormats(offer, party *sdp.MediaDescription) []string {
	var codec, events []string
	for _, format := range offer.MediaName.Formats {
		name := codecName(offer, format)
		if name == "" || codecName(party, format) != name {
			continue
		}
		switch {
		case strings.HasPrefix(name, "telephone-event/"):
			if events == nil {
				events = []string{format}
			}
		case strings.HasPrefix(name, "cn/"): // comfort noise is no codec
		case codec == nil:
			codec = []string{format}
		}
	}
	if codec == nil {
		return nil
	}
	return append(codec, events...)
}

// codecName is "name/rate" in lower case of a payload type that the stream
// lists, from its rtpmap or from the static types of RFC 3551; else "".
func codecName(stream *sdp.MediaDescription, format string) string {
	listed := false
	for _, f := range stream.MediaName.Formats {
		listed = listed || f == format
	}
	if !listed {
		return ""
	}
	for _, attribute := range stream.Attributes {
		if attribute.Key != "rtpmap" {
			continue
		}
		if number, name, ok := strings.Cut(attribute.Value, " "); ok && number == format {
			return strings.ToLower(strings.TrimSuffix(name, "/1"))
		}
	}
	switch format {
	case "0":
		return "pcmu/8000"
	case "3":
		return "gsm/8000"
	case "4":
		return "g723/8000"
	case "8":
		return "pcma/8000"
	case "9":
		return "g722/8000"
	case "18":
		return "g729/8000"
	}
	return ""
}

// formatAttributes are the rtpmap and fmtp lines of the formats, and ptime.
func formatAttributes(stream *sdp.MediaDescription, formats []string) []sdp.Attribute {
	var kept []sdp.Attribute
	for _, attribute := range stream.Attributes {
		switch attribute.Key {
		case "rtpmap", "fmtp":
			number, _, _ := strings.Cut(attribute.Value, " ")
			for _, format := range formats {
				if number == format {
					kept = append(kept, attribute)
				}
			}
		case "ptime":
			kept = append(kept, attribute)
		}
	}
	return kept
}

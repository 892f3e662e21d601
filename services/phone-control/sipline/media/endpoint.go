// SPDX-License-Identifier: Apache-2.0

package media

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// Payload types that Describe uses (RFC 3551 6) or, for telephone-event,
// suggests.
const (
	PayloadPCMU           uint8 = 0
	PayloadPCMA           uint8 = 8
	PayloadG722           uint8 = 9
	PayloadG729           uint8 = 18
	PayloadTelephoneEvent uint8 = 101
)

// Stream is the audio stream of a description as a media end point that speaks
// G.711 needs it.
type Stream struct {
	// Address is where its sender takes RTP.
	Address netip.AddrPort
	// Codec is the first of PayloadPCMU and PayloadPCMA that is listed.
	Codec uint8
	// TelephoneEvent is the payload type of telephone-event; zero: none.
	TelephoneEvent uint8
	// PacketTime is a=ptime; zero: not said.
	PacketTime time.Duration
	// Direction as its sender writes it.
	Direction Direction
}

// StreamOf reads the first audio stream in use. ErrNoCommonCodec: it has no
// G.711, or there is no stream.
func StreamOf(body []byte) (Stream, error) { return StreamWith(body, PayloadPCMU, PayloadPCMA) }

// StreamWith is StreamOf for an end point that speaks the codecs named, of those
// that have a payload type here.
func StreamWith(body []byte, codecs ...uint8) (Stream, error) {
	description, err := parse(body)
	if err != nil {
		return Stream{}, err
	}
	audio := audioOf(description)
	if audio == nil {
		return Stream{}, ErrNoCommonCodec
	}
	var s Stream
	found := false
	for _, format := range audio.MediaName.Formats {
		payloadType, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		switch name := codecName(audio, format); {
		case strings.HasPrefix(name, "telephone-event/8000") && s.TelephoneEvent == 0:
			s.TelephoneEvent = uint8(payloadType)
		case !found && name == codecNames[uint8(payloadType)] && name != "" && slices.Contains(codecs, uint8(payloadType)):
			s.Codec, found = uint8(payloadType), true
		}
	}
	if !found {
		return Stream{}, ErrNoCommonCodec
	}
	if s.Direction, err = DirectionOf(body); err != nil {
		return Stream{}, err
	}
	if text, ok := audio.Attribute("ptime"); ok {
		if ms, err := strconv.ParseFloat(strings.TrimSpace(text), 32); err == nil && ms > 0 && ms < 1000 {
			s.PacketTime = time.Duration(ms * float64(time.Millisecond))
		}
	}
	connection := audio.ConnectionInformation
	if connection == nil {
		connection = description.ConnectionInformation
	}
	if connection != nil && connection.Address != nil {
		// A host name is left invalid: who sends from there is latched on to.
		if address, err := netip.ParseAddr(connection.Address.Address); err == nil {
			s.Address = netip.AddrPortFrom(address, uint16(audio.MediaName.Port.Value))
		}
	}
	return s, nil
}

// codecNames are names and rates of codecs by their payload types.
var codecNames = map[uint8]string{
	PayloadPCMU: "pcmu/8000", PayloadPCMA: "pcma/8000", PayloadG722: "g722/8000", PayloadG729: "g729/8000",
}

// Codecs are the payload types of the first audio stream in use, of those that
// StreamWith knows, as its sender prefers them.
func Codecs(body []byte) []uint8 {
	description, err := parse(body)
	if err != nil {
		return nil
	}
	audio := audioOf(description)
	if audio == nil {
		return nil
	}
	var codecs []uint8
	for _, format := range audio.MediaName.Formats {
		payloadType, err := strconv.ParseUint(format, 10, 7)
		if name := codecNames[uint8(payloadType)]; err == nil && name != "" && codecName(audio, format) == name {
			codecs = append(codecs, uint8(payloadType))
		}
	}
	return codecs
}

// DescribeOnly is an offer of one codec at an address; telephoneEvent zero leaves
// that out.
func DescribeOnly(address netip.AddrPort, codec, telephoneEvent uint8, direction Direction) []byte {
	kind, host := addressType(address.Addr().String()), address.Addr().String()
	body := fmt.Appendf(nil, "v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP %d", kind, host, kind, host, address.Port(), codec)
	if telephoneEvent != 0 {
		body = fmt.Appendf(body, " %d", telephoneEvent)
	}
	body = fmt.Appendf(body, "\r\na=rtpmap:%d %s\r\n", codec, strings.ToUpper(codecNames[codec]))
	if telephoneEvent != 0 {
		body = fmt.Appendf(body, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-16\r\n", telephoneEvent, telephoneEvent)
	}
	return fmt.Appendf(body, "a=ptime:20\r\na=%s\r\n", direction)
}

// AnswerOnly answers an offer for an address with one codec of the offer's, and
// its telephone-event where events says so.
func AnswerOnly(offer []byte, address netip.AddrPort, codec uint8, events bool, own Direction) ([]byte, error) {
	offered, err := StreamWith(offer, codec)
	if err != nil {
		return nil, err
	}
	telephoneEvent := uint8(0)
	if events {
		telephoneEvent = offered.TelephoneEvent
	}
	answer, err := Answer(offer, DescribeOnly(address, codec, telephoneEvent, own), own, address.Addr().String())
	if err != nil {
		return nil, err
	}
	return withoutPacketTime(answer)
}

// Describe is an offer of both codecs of G.711, the preferred one first, and
// telephone-event at an address of ours.
func Describe(address netip.AddrPort, preferred, telephoneEvent uint8, direction Direction) []byte {
	codecs := []uint8{PayloadPCMU, PayloadPCMA}
	if preferred == PayloadPCMA {
		slices.Reverse(codecs)
	}
	kind, host := addressType(address.Addr().String()), address.Addr().String()
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP %d %d %d\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"+
		"a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-16\r\na=ptime:20\r\na=%s\r\n",
		kind, host, kind, host, address.Port(), codecs[0], codecs[1], telephoneEvent, telephoneEvent, telephoneEvent, direction)
}

// DescribeAnswer answers an offer for an address of ours: the offer's first
// codec of G.711, its telephone-event, and at most the direction own.
func DescribeAnswer(offer []byte, address netip.AddrPort, own Direction) ([]byte, error) {
	offered, err := StreamOf(offer)
	if err != nil {
		return nil, err
	}
	events := offered.TelephoneEvent
	if events == 0 {
		events = PayloadTelephoneEvent // which the offer has not, so that the answer has none
	}
	answer, err := Answer(offer, Describe(address, offered.Codec, events, own), own, address.Addr().String())
	if err != nil {
		return nil, err
	}
	return withoutPacketTime(answer)
}

// withoutPacketTime drops the packet time of the offer, which Answer copies: we
// send as the offerer wants and take everything.
func withoutPacketTime(answer []byte) ([]byte, error) {
	description, err := parse(answer)
	if err != nil {
		return nil, err
	}
	for _, stream := range description.MediaDescriptions {
		stream.Attributes = slices.DeleteFunc(stream.Attributes, func(a sdp.Attribute) bool { return a.Key == "ptime" })
	}
	return marshal(description)
}

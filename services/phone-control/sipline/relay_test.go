// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	"github.com/pion/rtp"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/sipstack"
)

func digitIn(event byte) func(rtp.Packet) bool {
	return func(packet rtp.Packet) bool {
		return packet.PayloadType == 101 && packet.Payload[0] == event && packet.Payload[1]&0x80 != 0
	}
}

// TestDigitsByRelay: a phone that refuses digits by INFO gets them in its media,
// which go through the mixer from then on, until the call is moved.
func TestDigitsByRelay(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, nil, phones...)
	s.connected(phones[0], phones[1])
	s.do(callmodel.SendDigits{Leg: 2, Digits: "78"}, callmodel.SendDigits{Leg: 2, Digits: "9"})
	_ = receive(t, phones[1].requests, "INFO").Reject(415)
	ears[phones[1]].mixed(phones[1], "sendrecv", "sendrecv")
	ears[phones[0]].mixed(phones[0], "sendrecv", "sendrecv")
	for _, event := range []byte{7, 8, 9} {
		ears[phones[1]].hears("digit", digitIn(event))
	}
	s.want("DigitsSent 2", "DigitsSent 2")
	s.do(callmodel.SendDigits{Leg: 1, Digits: "5"})
	ears[phones[0]].hears("digit", digitIn(5))
	s.want("DigitsSent 1")

	for range 20 {
		ears[phones[0]].says(0, []byte(strings.Repeat("\x20\xA0", 80)))
		ears[phones[0]].sent.Timestamp += 160
	}
	ears[phones[1]].hears("voice of 1001", audible)
	// What else a phone sends goes to the other one.
	go func() { _ = receive(t, phones[1].requests, "INFO").Respond(200, "") }()
	if res := phones[0].request("INFO", []byte("Signal=1\r\n")); res.StatusCode != 200 {
		t.Errorf("INFO is answered %d", res.StatusCode)
	}
	s.want("LegDigits 1 1")

	// The same again changes nothing; hold and retrieve end it.
	s.do(together(1, 2)...)
	s.want("MediaSet 1", "MediaSet 2")
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	for _, p := range phones {
		p.reinvited("inactive", "inactive")
		p.acked()
	}
	s.want("MediaSet 1", "MediaSet 2")
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestRelayThatFails: a phone that does not go to the mixer leaves the call as it
// was.
func TestRelayThatFails(t *testing.T) {
	for name, change := range map[string]func(*mixer.Settings){
		"no port": func(settings *mixer.Settings) { settings.MaxPorts = 1 }, "refused": nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			phones := s.phones("1001", "1002")
			ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, change, phones...)
			s.connected(phones[0], phones[1])
			s.do(callmodel.SendDigits{Leg: 2, Digits: "7"})
			_ = receive(t, phones[1].requests, "INFO").Reject(501)
			if change == nil {
				_ = receive(t, phones[1].requests, "re-INVITE").Reject(488)
			} else {
				ears[phones[1]].mixed(phones[1], "sendrecv", "sendrecv")
			}
			s.want("CommandFailed 2 requestIncompatibleWithDevice")
			if change == nil {
				ears[phones[0]].mixed(phones[0], "sendrecv", "sendrecv")
			}
			asksFor(t, phones[0], phones[1])
			s.quiet()
		})
	}
}

// TestDigitsToTheTrunk go into the media at once.
func TestDigitsToTheTrunk(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001")
	peer := withTrunk(t, s, nil)
	ears := withMixer(t, s, configv1.MusicOnHold_MUSIC_ON_HOLD_NONE, nil, phones[0], peer)
	call, tx := s.calledOnTrunk(phones[0], peer)
	s.on("LegAnswered 2", together(1, 2)...)
	peer.pickUp(tx, peer.sdp("sendrecv"))
	call.until(t, 200)
	_ = call.dialog.Ack(nil, "")
	s.want("LegProceeds 2", "LegAnswered 2", "MediaSet 1", "MediaSet 2")
	peer.acked()
	s.do(callmodel.SendDigits{Leg: 2, Digits: "1"})
	ears[peer].mixed(peer, "sendrecv", "sendrecv")
	ears[phones[0]].mixed(phones[0], "sendrecv", "sendrecv")
	ears[peer].hears("digit", digitIn(1))
	s.want("DigitsSent 2")
	s.do(callmodel.Release{Leg: 2, Cause: callmodel.CauseNormalClearing})
	peer.ended(sipstack.EndByeReceived)
	s.quiet()
}

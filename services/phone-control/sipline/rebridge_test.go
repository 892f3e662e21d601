// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// asksFor has one phone asked for an offer that the other one is taken, and
// checks that each gets what the other described.
func asksFor(t *testing.T, asked, offered *phone) {
	t.Helper()
	asked.reinvited("", "sendrecv")
	tx := receive(t, offered.requests, "re-INVITE at phone "+offered.number)
	if !strings.Contains(string(tx.Request().Body()), "o=- ") || !strings.Contains(string(tx.Request().Body()), mediaLine(asked)) {
		t.Errorf("phone %s was offered\n%s", offered.number, tx.Request().Body())
	}
	if err := tx.Respond(200, "", sipstack.WithBody(offered.sdp("sendrecv"), "application/sdp")); err != nil {
		t.Fatal(err)
	}
	offered.acked()
	ack := receive(t, asked.acks, "ACK at phone "+asked.number)
	if !strings.Contains(string(ack.Body()), mediaLine(offered)) {
		t.Errorf("phone %s was answered\n%s", asked.number, ack.Body())
	}
}

func mediaLine(p *phone) string {
	_, line, _ := strings.Cut(string(p.sdp("sendrecv")), "\r\nm=")
	line, _, _ = strings.Cut(line, "\r\n")
	return "m=" + line
}

// TestConsultation: one phone, one dialog, first with the second phone, then with
// the third, then with the second again.
func TestConsultation(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.consulted(phones[0], phones[1], phones[2], 3)
	s.do(callmodel.Release{Leg: 3, Cause: callmodel.CauseNormalClearing})
	phones[2].ended(sipstack.EndByeReceived)
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestAlternate: the phone's one dialog goes from one call to the other.
func TestAlternate(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.consulted(phones[0], phones[1], phones[2], 3)
	s.do(with(1, 2), with(2, 1), mediaOf(3, callmodel.HeldByOther))
	far := make(chan struct{})
	go func() {
		defer close(far)
		phones[2].reinvited("inactive", "inactive")
		phones[2].acked()
	}()
	asksFor(t, phones[0], phones[1])
	receive(t, far, "exchange at the far phone")
	s.want("MediaSet 1", "MediaSet 2", "MediaSet 3")
}

func TestTransfer(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.consulted(phones[0], phones[1], phones[2], 3)
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, with(2, 3), with(3, 2))
	phones[0].ended(sipstack.EndByeReceived)
	asksFor(t, phones[1], phones[2])
	s.want("MediaSet 2", "MediaSet 3")
	s.quiet()
}

// TestTransferToAPhoneThatRings: the far party of the first call hears the phone
// ring, and gets it when it is picked up, although that was rung for another.
func TestTransferToAPhoneThatRings(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.do(mediaOf(1, callmodel.Ringback), mediaOf(2, callmodel.HeldByOther), callmodel.Ring{
		Leg: 3, Line: "1003", Caller: 1, Shown: callmodel.Party{Number: "1001"},
	})
	for _, p := range phones[:2] {
		p.reinvited("inactive", "inactive")
		p.acked()
	}
	tx := phones[2].invited()
	phones[2].ring(tx)
	s.want("MediaSet 1", "MediaSet 2", "LegRinging 3")
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, mediaOf(2, callmodel.Ringback))
	phones[0].ended(sipstack.EndByeReceived)
	s.want("MediaSet 2")
	s.on("LegAnswered 3", together(2, 3)...)
	phones[2].pickUp(tx, phones[2].sdp("sendrecv"))
	reinvite := receive(t, phones[1].requests, "re-INVITE")
	if got := string(reinvite.Request().Body()); !strings.Contains(got, mediaLine(phones[2])) {
		t.Errorf("the transferred phone is offered\n%s", got)
	}
	_ = reinvite.Respond(200, "", sipstack.WithBody(phones[1].sdp("sendrecv"), "application/sdp"))
	phones[1].acked()
	if ack := receive(t, phones[2].acks, "ACK"); !strings.Contains(string(ack.Body()), mediaLine(phones[1])) {
		t.Errorf("the phone that rang is answered\n%s", ack.Body())
	}
	s.want("LegAnswered 3", "MediaSet 2", "MediaSet 3")
	s.quiet()
}

// TestBlindTransfer: the other phone is rung for a leg that is up.
func TestBlindTransfer(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, mediaOf(2, callmodel.Ringback), callmodel.Ring{
		Leg: 3, Line: "1003", Caller: 2, Shown: callmodel.Party{Number: "1002"}, RedirectedBy: "1001",
		GlobalCallID: "0123456789ABCDEF0123456789ABCDEF",
	})
	phones[0].ended(sipstack.EndByeReceived)
	phones[1].reinvited("inactive", "inactive")
	phones[1].acked()
	tx := phones[2].invited()
	for name, want := range map[string]string{
		"Diversion": `"Line 1001" <sip:1001@pbx.test>;reason=unknown;counter=1`, "Cisco-Gcid": "01234567-89ABCDEF-01234567-89ABCDEF",
		"P-Asserted-Identity": `"Line 1002" <sip:1002@pbx.test>`,
	} {
		if got := sipstack.HeaderValue(tx.Request(), name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	s.on("LegAnswered 3", together(2, 3)...)
	phones[2].pickUp(tx, phones[2].sdp("sendrecv"))
	reinvite := receive(t, phones[1].requests, "re-INVITE")
	if got, want := sipstack.HeaderValue(reinvite.Request(), "P-Asserted-Identity"), `"Line 1003" <sip:1003@pbx.test>`; got != want {
		t.Errorf("P-Asserted-Identity is %q, want %q", got, want)
	}
	if err := reinvite.Respond(200, "", sipstack.WithBody(phones[1].sdp("sendrecv"), "application/sdp")); err != nil {
		t.Fatal(err)
	}
	phones[1].acked()
	phones[2].acked()
	s.want("MediaSet 2", "LegAnswered 3", "MediaSet 2", "MediaSet 3")
}

// TestChangeOfMind: what the model wanted first is passed over when it wants
// something else before the phones have answered.
func TestChangeOfMind(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	first := receive(t, phones[0].requests, "re-INVITE")
	second := receive(t, phones[1].requests, "re-INVITE")
	s.do(together(1, 2)...)
	_ = first.Respond(200, "", sipstack.WithBody(phones[0].sdp("inactive"), "application/sdp"))
	phones[0].acked()
	_ = second.Respond(200, "", sipstack.WithBody(phones[1].sdp("inactive"), "application/sdp"))
	phones[1].acked()
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestTransferIsRefused: the phone that is offered the other one's description
// does not take it. The one that was asked is left without media, both stay.
func TestTransferIsRefused(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.consulted(phones[0], phones[1], phones[2], 3)
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, with(2, 3), with(3, 2))
	phones[1].reinvited("", "sendrecv")
	_ = receive(t, phones[2].requests, "re-INVITE").Reject(488)
	if got := phones[1].acked(); got != "inactive" {
		t.Errorf("the ACK answers %q, want inactive", got)
	}
	s.want("CommandFailed 2 resourceBusy", "CommandFailed 3 resourceBusy")
	s.quiet()
}

// TestPartyLeavesDuringTransfer: the second phone hangs up while the first has
// been asked for its offer.
func TestPartyLeavesDuringTransfer(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	s.consulted(phones[0], phones[1], phones[2], 3)
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, with(2, 3), with(3, 2))
	tx := receive(t, phones[1].requests, "re-INVITE")
	_ = phones[2].current().Bye()
	s.want("LegEnded 3 normalClearing")
	_ = tx.Respond(200, "", sipstack.WithBody(phones[1].sdp("sendrecv"), "application/sdp"))
	if got := phones[1].acked(); got != "inactive" {
		t.Errorf("the ACK answers %q, want inactive", got)
	}
	s.quiet()
}

// TestHandHeldPhoneIsTransferred: the user of the second phone has the call on
// hold when the first transfers it.
func TestHandHeldPhoneIsTransferred(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.connected(phones[0], phones[1])
	far := make(chan struct{})
	go func() {
		defer close(far)
		phones[0].reinvited("sendonly", "recvonly")
		phones[0].acked()
	}()
	if answer := phones[1].reinvite(phones[1].sdp("sendonly")); answer.StatusCode != 200 || directionOfBody(answer.Body()) != "recvonly" {
		t.Errorf("hold was answered %d %s", answer.StatusCode, answer.Body())
	}
	receive(t, far, "exchange at the far phone")
	s.want("LegHeld 2")
	s.do(mediaOf(1, callmodel.Ringback), callmodel.Ring{Leg: 3, Line: "1003", Caller: 1, Shown: callmodel.Party{Number: "1001"}})
	phones[0].reinvited("inactive", "inactive")
	phones[0].acked()
	tx := phones[2].invited()
	s.on("LegAnswered 3", callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer}, with(2, 3), with(3, 2))
	phones[2].pickUp(tx, phones[2].sdp("sendrecv"))
	// It is offered what leaves it on hold.
	phones[1].reinvited("recvonly", "sendonly")
	phones[1].acked()
	if got := phones[2].acked(); got != "sendonly" {
		t.Errorf("the ACK answers %q, want sendonly", got)
	}
	s.want("MediaSet 1", "LegAnswered 3", "MediaSet 2", "MediaSet 3")
	s.quiet()
}

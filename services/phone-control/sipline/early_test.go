// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// TestDeflectWhileItRings: the call goes to another phone before the first is
// picked up. The caller's one INVITE sees both, and is answered by the second.
func TestDeflectWhileItRings(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1},
		callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}}, mediaOf(1, callmodel.Ringback))
	first := phones[1].invited()
	phones[1].ring(first)
	call.until(t, 180)
	s.want("LegRinging 2")

	s.do(callmodel.Release{Leg: 2, Cause: callmodel.CauseRedirected},
		callmodel.Ring{Leg: 3, Line: "1003", Caller: 1, Shown: callmodel.Party{Number: "1001"}, RedirectedBy: "1002"})
	receive(t, first.Done(), "CANCEL of the first phone")
	second := phones[2].invited()
	if !strings.Contains(string(second.Request().Body()), mediaLine(phones[0])) {
		t.Errorf("the second phone was offered\n%s", second.Request().Body())
	}
	dialog, err := second.Ring(183, sipstack.WithBody(phones[2].sdp("sendrecv"), "application/sdp"))
	if err != nil {
		t.Fatal(err)
	}
	dialog.SetHandler(phones[2])
	if early := call.until(t, 183); !strings.Contains(string(early.Body()), mediaLine(phones[2])) {
		t.Errorf("early media of the second phone came as\n%s", early.Body())
	}
	s.want("LegRinging 3")
	s.on("LegAnswered 3", together(1, 3)...)
	// The 2xx need not repeat the description of the provisional response.
	phones[2].pickUp(second, nil)
	if answer := call.until(t, 200); !strings.Contains(string(answer.Body()), mediaLine(phones[2])) {
		t.Errorf("the caller was answered\n%s", answer.Body())
	}
	_ = call.dialog.Ack(nil, "")
	phones[2].acked()
	s.want("LegAnswered 3", "MediaSet 1", "MediaSet 3")
	s.quiet()
}

// TestPickedByAnother: two legs ring for one caller; the one that is picked up
// gets the caller, whatever the other does.
func TestPickedByAnother(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1},
		callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}}, mediaOf(1, callmodel.Ringback))
	first := phones[1].invited()
	phones[1].ring(first)
	s.want("LegRinging 2")
	s.do(callmodel.Ring{Leg: 3, Line: "1003", Caller: 1, AutoAnswer: true, Shown: callmodel.Party{Number: "1001"}})
	second := phones[2].invited()
	s.on("LegAnswered 3", append(together(1, 3), callmodel.Release{Leg: 2, Cause: callmodel.CausePickup})...)
	phones[2].pickUp(second, phones[2].sdp("sendrecv"))
	if answer := call.until(t, 200); !strings.Contains(string(answer.Body()), mediaLine(phones[2])) {
		t.Errorf("the caller was answered\n%s", answer.Body())
	}
	_ = call.dialog.Ack(nil, "")
	phones[2].acked()
	receive(t, first.Done(), "CANCEL of the phone that rang")
	s.want("LegAnswered 3", "MediaSet 1", "MediaSet 3")
	s.quiet()
}

// TestAnsweredForAnother: the phone has answered the offer of a caller that it is
// not put with; it is asked anew.
func TestAnsweredForAnother(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	s.do(callmodel.Ring{Leg: 9, Line: "1003"})
	tx := phones[2].invited()
	phones[2].pickUp(tx, phones[2].sdp("inactive"))
	phones[2].acked()
	s.want("LegAnswered 9")

	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
	s.on("LegAnswered 2", append(together(2, 9), callmodel.Release{Leg: 1, Cause: callmodel.CauseBusy})...)
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1},
		callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}})
	tx = phones[1].invited()
	phones[1].pickUp(tx, phones[1].sdp("sendrecv"))
	phones[1].acked()
	asksFor(t, phones[1], phones[2])
	call.until(t, 486)
	s.want("LegAnswered 2", "MediaSet 2", "MediaSet 9")
	s.quiet()
}

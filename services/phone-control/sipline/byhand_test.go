// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// TestUserHoldsAndResumes: the phone that holds is answered at once, the far one
// gets what the model says, and resume connects both by the phone's own offer.
func TestUserHoldsAndResumes(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.on("LegHeld 1", mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	s.on("LegRetrieved 1", together(1, 2)...)
	for range 2 {
		answer := phones[0].reinvite(phones[0].sdp("sendonly"))
		if got := directionOfBody(answer.Body()); answer.StatusCode != 200 || got != "inactive" {
			t.Errorf("hold was answered %d %s", answer.StatusCode, answer.Body())
		}
		phones[1].reinvited("inactive", "inactive")
		phones[1].acked()
		s.want("LegHeld 1", "MediaSet 1", "MediaSet 2")

		far := make(chan struct{})
		go func() {
			defer close(far)
			phones[1].reinvited("sendrecv", "sendrecv")
			phones[1].acked()
		}()
		answer = phones[0].reinvite(phones[0].sdp("sendrecv"))
		receive(t, far, "exchange at the far phone")
		if got := directionOfBody(answer.Body()); answer.StatusCode != 200 || got != "sendrecv" {
			t.Errorf("resume was answered %d %s", answer.StatusCode, answer.Body())
		}
		s.want("LegRetrieved 1", "MediaSet 1", "MediaSet 2")
	}
	s.quiet()
}

// TestServiceRetrievesWhatTheUserHolds: RetrieveCall after hold at the phone,
// once at a phone that offers to talk again, once at one that holds on.
func TestServiceRetrievesWhatTheUserHolds(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.on("LegHeld 1", mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	phones[0].reinvite(phones[0].sdp("sendonly"))
	phones[1].reinvited("inactive", "inactive")
	phones[1].acked()
	s.want("LegHeld 1", "MediaSet 1", "MediaSet 2")

	s.do(together(1, 2)...)
	phones[0].reinvited("", "sendonly")
	if got := phones[0].acked(); got != "inactive" {
		t.Errorf("the ACK answers %q, want inactive", got)
	}
	s.want("CommandFailed 1 resourceBusy", "CommandFailed 2 resourceBusy")
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	s.want("MediaSet 1", "MediaSet 2")
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestPhonesOfferGoesBeforeOurs: our re-INVITE was refused with 491 and waits;
// the phone's own offer, which it crossed, is taken first.
func TestPhonesOfferGoesBeforeOurs(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.do(mediaOf(2, callmodel.OnHold), mediaOf(1, callmodel.HeldByOther))
	phones[0].reinvited("inactive", "inactive")
	phones[0].acked()
	s.want("MediaSet 1")
	crossed := receive(t, phones[1].requests, "re-INVITE")
	ended := crossed.Done()
	_ = crossed.Reject(491)
	receive(t, ended, "end of the re-INVITE that was crossed")
	s.do()
	s.do()
	answer := phones[1].reinvite(phones[1].sdp("sendrecv"))
	if got := directionOfBody(answer.Body()); answer.StatusCode != 200 || got != "inactive" {
		t.Errorf("the phone's offer was answered %d %s", answer.StatusCode, answer.Body())
	}
	s.want("MediaSet 2")
	s.quiet()
}

// TestBothPhonesOfferAtOnce: one of two offers that cross in the middle is
// refused, to be sent again.
func TestBothPhonesOfferAtOnce(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	refused := make(chan *sipstack.Response, 1)
	answered := make(chan *sipstack.Response, 1)
	go func() { answered <- phones[0].reinvite(phones[0].sdp("sendrecv")) }()
	tx := receive(t, phones[1].requests, "re-INVITE")
	dialog := phones[1].current()
	if _, err := dialog.Send(sipstack.RequestSpec{
		Method: "UPDATE", Body: phones[1].sdp("sendrecv"), ContentType: "application/sdp",
		OnResponse: func(res *sipstack.Response) { refused <- res },
	}); err != nil {
		t.Fatal(err)
	}
	if res := receive(t, refused, "answer to the offer that crossed"); res.StatusCode != 491 {
		t.Errorf("it was answered %d", res.StatusCode)
	}
	_ = tx.Respond(200, "", sipstack.WithBody(phones[1].sdp("sendrecv"), "application/sdp"))
	phones[1].acked()
	if res := receive(t, answered, "answer to the first offer"); res.StatusCode != 200 {
		t.Errorf("the first offer was answered %d", res.StatusCode)
	}
	s.quiet()
}

// TestHoldWithinATransfer: what a phone holds because it was told to transfer is
// not told as the user's doing.
func TestHoldWithinATransfer(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	if res := phones[0].transfers(phones[0].current(), "Refer-To", "<sip:1003@pbx.test>"); res.StatusCode != 202 {
		t.Fatalf("REFER is answered %d", res.StatusCode)
	}
	phones[0].notified(100, "active")
	wish := receive(t, s.indications, "wish to transfer").(callmodel.LegRefers)
	far := make(chan struct{})
	go func() {
		defer close(far)
		phones[1].reinvited("sendonly", "recvonly")
		phones[1].acked()
	}()
	if answer := phones[0].reinvite(phones[0].sdp("sendonly")); answer.StatusCode != 200 {
		t.Errorf("hold was answered %d", answer.StatusCode)
	}
	receive(t, far, "exchange at the far phone")
	s.quiet()
	// The transfer fails: from now on it is the user who holds.
	s.do(callmodel.Referred{Refer: wish.Refer, Cause: callmodel.CauseBusy})
	phones[0].notified(486, "terminated")
	s.on("LegRetrieved 1", together(1, 2)...)
	far = make(chan struct{})
	go func() {
		defer close(far)
		phones[1].reinvited("sendrecv", "sendrecv")
		phones[1].acked()
	}()
	phones[0].reinvite(phones[0].sdp("sendrecv"))
	receive(t, far, "exchange at the far phone")
	s.want("LegRetrieved 1", "MediaSet 1", "MediaSet 2")
	s.on("LegHeld 1", mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	phones[0].reinvite(phones[0].sdp("sendonly"))
	phones[1].reinvited("inactive", "inactive")
	phones[1].acked()
	s.want("LegHeld 1", "MediaSet 1", "MediaSet 2")
	s.quiet()
}

// TestAnsweredByNobody: a phone that answers while the model has nothing
// to connect it with is given silence.
func TestAnsweredByNobody(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, mediaOf(1, callmodel.HeldByOther))
	if answer := call.until(t, 200); directionOfBody(answer.Body()) != "inactive" {
		t.Errorf("the call was answered\n%s", answer.Body())
	}
	_ = call.dialog.Ack(nil, "")
	s.want("MediaSet 1")
	// Rung for a leg that is up, so asked for an offer, and picked up.
	s.do(callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}})
	tx := phones[1].invited()
	phones[1].pickUp(tx, phones[1].sdp("sendrecv"))
	if got := phones[1].acked(); got != "inactive" {
		t.Errorf("the ACK answers %q", got)
	}
	s.want("LegAnswered 2")
	s.do(together(1, 2)...)
	asksFor(t, phones[0], phones[1])
	s.want("MediaSet 1", "MediaSet 2")
	// The caller hangs up.
	_ = phones[0].current().Bye()
	s.want("LegEnded 1 normalClearing")
}

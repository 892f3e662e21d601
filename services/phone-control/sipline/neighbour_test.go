// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/sipstack"
)

func TestPhoneCallsTheOtherSide(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	call := p.dial("2002", p.sdp("sendrecv"))
	s.want("Dialled 1 1001 2002")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, mediaOf(1, callmodel.Ringback))
	n.do(func() { s.driver.Rings(1, n.parties[2]) })
	call.until(t, 180)
	// The model has told our leg first.
	s.do(with(1, 2))
	n.quiet()
	stream := n.streamsOf(2, lineside.PCMA)
	n.do(func() {
		stream.asked = true
		s.driver.Ready(1)
	})
	n.expect("Open 2 [PCMU PCMA]")
	n.quiet()
	stream.answers(nil)
	describes(t, call.until(t, 200).Body(), 2, 8)
	_ = call.dialog.Ack(nil, "")
	n.expect("Connect 2 127.0.0.1:4001 PCMA 101")
	s.want("MediaSet 1")
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseNormalClearing})
	n.expect("Close 2")
	p.ended(sipstack.EndByeReceived)
	n.quiet()
}

func TestTheOtherSideCallsPhone(t *testing.T) {
	s := newScript(t)
	p := s.phones("1002")[0]
	n := withOther(s, 1)
	s.do(callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: n.parties[1]})
	tx := p.invited()
	if len(tx.Request().Body()) > 0 {
		t.Errorf("the phone is offered %s", tx.Request().Body())
	}
	p.ring(tx)
	s.want("LegRinging 2")
	n.expect("Rings 1 1002")
	s.on("LegAnswered 2", with(2, 1))
	p.pickUp(tx, p.sdp("sendrecv"))
	s.want("LegAnswered 2")
	n.quiet() // and the ACK waits
	select {
	case ack := <-p.acks:
		t.Fatalf("the phone got an ACK before the other side was ready: %s", ack.Body())
	default:
	}
	n.streamsOf(1, lineside.PCMU)
	n.do(func() { s.driver.Ready(2) })
	describes(t, receive(t, p.acks, "ACK").Body(), 1, 0)
	n.expect("Connect 1 127.0.0.1:4001 PCMU 101")
	s.want("MediaSet 2")
	n.quiet()
}

func TestHoldWithTheOtherSide(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	n.connected(p, lineside.PCMU)

	s.on("LegHeld 1", mediaOf(1, callmodel.OnHold))
	if got := directionOfBody(p.reinvite(p.sdp("sendonly")).Body()); got != "inactive" {
		t.Errorf("hold was answered %q", got)
	}
	s.want("LegHeld 1", "MediaSet 1")
	n.expect("Close 2")
	s.on("LegRetrieved 1", with(1, 2))
	describes(t, p.reinvite(p.sdp("sendrecv")).Body(), 2, 0)
	s.want("LegRetrieved 1", "MediaSet 1")
	n.expect("Connect 2 127.0.0.1:4001 PCMU 101")

	s.do(mediaOf(1, callmodel.OnHold))
	p.reinvited("inactive", "inactive")
	p.acked()
	s.want("MediaSet 1")
	n.expect("Close 2")
	s.do(with(1, 2))
	retaken(t, p, 2)
	s.want("MediaSet 1")
	n.expect("Connect 2 127.0.0.1:4001 PCMU 101")
	n.quiet()
}

func TestNewOfferWithTheOtherSide(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	n.connected(p, lineside.PCMU, lineside.PCMA)
	p.media = 5001
	describes(t, p.reinvite(p.sdp("sendrecv")).Body(), 2, 0)
	n.expect("Connect 2 127.0.0.1:5001 PCMU 101")
	// Another codec is no other place.
	offer := strings.Replace(string(p.sdp("sendrecv")), "RTP/AVP 0 8", "RTP/AVP 8", 1)
	describes(t, p.reinvite([]byte(offer)).Body(), 2, 8)
	n.expect("Connect 2 127.0.0.1:5001 PCMA 101")
	n.quiet()
	s.do(mediaOf(1, callmodel.OnHold))
	p.reinvited("inactive", "inactive")
	s.want("MediaSet 1")
	n.expect("Close 2")
}

// TestNoCommonCodec: an offer is refused, and the call stays as it was.
func TestNoCommonCodec(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	n.connected(p, lineside.PCMU)
	offer := strings.Replace(string(p.sdp("sendrecv")), "RTP/AVP 0 8", "RTP/AVP 8", 1)
	if res := p.reinvite([]byte(offer)); res.StatusCode != 488 {
		t.Errorf("an offer without a common codec was answered %d", res.StatusCode)
	}
	opus := strings.Replace(string(p.sdp("sendrecv")), "RTP/AVP 0 8", "RTP/AVP 111", 1)
	if res := p.reinvite([]byte(opus)); res.StatusCode != 488 {
		t.Errorf("an offer without a known codec was answered %d", res.StatusCode)
	}
	n.quiet()
	describes(t, p.reinvite(p.sdp("sendrecv")).Body(), 2, 0)
	n.expect("Connect 2 127.0.0.1:4001 PCMU 101")
}

func TestCallWithoutCommonCodec(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	call := p.dial("2002", p.sdp("sendrecv"))
	s.want("Dialled 1 1001 2002")
	n.streamsOf(2, lineside.G729)
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, with(1, 2))
	if res := call.next(t); res.StatusCode != 488 {
		t.Errorf("INVITE was answered %d", res.StatusCode)
	}
	n.expect("Close 2")
	if got := receive(t, s.indications, "end of the leg"); !strings.HasPrefix(indicationText(got), "LegEnded 1 ") {
		t.Errorf("indication %q", indicationText(got))
	}
	n.quiet()
}

// TestTheOtherSideRefuses: the service that wanted the media is told why.
func TestTheOtherSideRefuses(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	n.connected(p, lineside.PCMU)
	s.do(mediaOf(1, callmodel.OnHold))
	p.reinvited("inactive", "inactive")
	p.acked()
	s.want("MediaSet 1")
	n.expect("Close 2")
	stream := n.streamsOf(2, lineside.PCMU)
	n.do(func() { stream.asked = true })
	s.do(with(1, 2))
	n.expect("Open 2 [PCMU PCMA PCMU PCMA G722 G729]")
	stream.answers(&callmodel.Error{Category: "operation", Value: "resourceBusy"})
	s.want("CommandFailed 1 resourceBusy")
	s.do(mediaOf(1, callmodel.OnHold)) // as the model sets it back
	s.want("MediaSet 1")
	n.expect("Close 2")
	n.quiet()
}

func TestPhoneGivesUpBeforeTheOtherSideIsReady(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	call := p.dial("2002", p.sdp("sendrecv"))
	s.want("Dialled 1 1001 2002")
	stream := n.streamsOf(2, lineside.PCMU)
	n.do(func() { stream.asked = true })
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, with(1, 2))
	n.expect("Open 2 [PCMU PCMA]")
	call.dialog.Cancel()
	call.until(t, 487)
	s.want("LegEnded 1 normalClearing")
	n.expect("Close 2")
	stream.answers(nil)
	n.do(func() { s.driver.Ready(1) })
	n.quiet()
}

// TestHeldWhileOnTheWay: the other side has left by the time that the phone
// answers; what is wanted since then is done.
func TestHeldWhileOnTheWay(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	n.connected(p, lineside.PCMU)
	s.do(mediaOf(1, callmodel.OnHold))
	p.reinvited("inactive", "inactive")
	p.acked()
	s.want("MediaSet 1")
	n.expect("Close 2")
	stream := n.streamsOf(2, lineside.PCMU)
	s.do(with(1, 2))
	tx := receive(t, p.requests, "re-INVITE")
	n.do(func() { stream.gone = &callmodel.Error{Value: "invalidConnectionState"} })
	s.do(mediaOf(1, callmodel.HeldByOther))
	if err := tx.Respond(200, "", sipstack.WithBody(p.sdp("sendrecv"), "application/sdp")); err != nil {
		t.Fatal(err)
	}
	p.acked()
	n.expect("Close 2")
	p.reinvited("inactive", "inactive")
	p.acked()
	s.want("MediaSet 1")
	n.quiet()
}

// TestTransferBetweenSides: the phone is told who it is with.
func TestTransferBetweenSides(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	n := withOther(s, 9)
	s.connected(phones[0], phones[1])
	n.streamsOf(9, lineside.PCMU)
	s.do(callmodel.Release{Leg: 2, Cause: callmodel.CauseNormalClearing}, with(1, 9))
	phones[1].ended(sipstack.EndByeReceived)
	request := retaken(t, phones[0], 9)
	if got := sipstack.HeaderValue(request, "P-Asserted-Identity"); !strings.Contains(got, "sip:2009@") {
		t.Errorf("the phone is told that it is with %q", got)
	}
	s.want("MediaSet 1")
	n.expect("Connect 9 127.0.0.1:4001 PCMU 101")

	s.do(callmodel.Ring{Leg: 3, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}})
	tx := phones[1].invited()
	phones[1].ring(tx)
	s.want("LegRinging 3")
	s.on("LegAnswered 3", together(1, 3)...)
	phones[1].pickUp(tx, phones[1].sdp("sendrecv"))
	back := receive(t, phones[0].requests, "re-INVITE at phone 1001")
	if got := sipstack.HeaderValue(back.Request(), "P-Asserted-Identity"); !strings.Contains(got, "sip:1002@") {
		t.Errorf("the phone is told that it is with %q", got)
	}
	if err := back.Respond(200, "", sipstack.WithBody(phones[0].sdp("sendrecv"), "application/sdp")); err != nil {
		t.Fatal(err)
	}
	phones[0].acked()
	phones[1].acked()
	s.want("LegAnswered 3", "MediaSet 1", "MediaSet 3")
	n.expect("Close 9")
	n.quiet()
}

func TestDigitsBetweenSides(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	n := withOther(s, 2)
	n.connected(p, lineside.PCMU)
	if res := p.request("INFO", []byte("Signal=5\r\nDuration=160\r\n")); res.StatusCode != 200 {
		t.Errorf("INFO was answered %d", res.StatusCode)
	}
	s.want("LegDigits 1 5")
	n.expect("Pressed 2 5")
	n.do(func() { s.driver.Pressed(1, "7") })
	tx := receive(t, p.requests, "INFO")
	if got := string(tx.Request().Body()); tx.Request().Method != "INFO" || !strings.HasPrefix(got, "Signal=7\r\n") {
		t.Errorf("%s %q", tx.Request().Method, got)
	}
	_ = tx.Respond(200, "")
	n.quiet()
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
)

// offered has a phone send an offer by re-INVITE; meanwhile the far phone is
// offered farSees and answers farSays, and the first one is answered answered.
func (b *bench) offered(from, to *phone, offer []byte, farSees, farSays, answered string) {
	b.t.Helper()
	far := make(chan struct{})
	go func() {
		defer close(far)
		to.reinvited(farSees, farSays)
		to.acked()
	}()
	answer := from.reinvite(offer)
	receive(b.t, far, "exchange at the far phone")
	if got := directionOfBody(answer.Body()); answer.StatusCode != 200 || got != answered {
		b.t.Errorf("re-INVITE of %s was answered %d %q, want %q", from.number, answer.StatusCode, got, answered)
	}
}

// holds has the user of a phone hold the call: the phone is answered at once,
// and the far one's media stop.
func (b *bench) holds(from, to *phone, offer []byte) {
	b.t.Helper()
	b.offered(from, to, offer, "inactive", "inactive", "inactive")
	b.want("Held " + from.number + " keyOperation")
}

func TestHoldAndResumeByHand(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	for _, tt := range []struct{ holding, far *phone }{{phones[0], phones[1]}, {phones[1], phones[0]}} {
		for _, direction := range []string{"sendonly", "inactive"} {
			b.holds(tt.holding, tt.far, tt.holding.sdp(direction))
			b.offered(tt.holding, tt.far, tt.holding.sdp("sendrecv"), "sendrecv", "sendrecv", "sendrecv")
			b.want("Retrieved " + tt.holding.number + " keyOperation")
		}
	}
}

func TestHoldByAddressZero(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	zero := []byte(strings.Replace(string(phones[0].sdp("sendrecv")), "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0", 1))
	b.holds(phones[0], phones[1], zero)
}

func TestBothHold(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	b.holds(phones[0], phones[1], phones[0].sdp("sendonly"))
	// The far phone's media have stopped already.
	if got := directionOfBody(phones[1].reinvite(phones[1].sdp("sendonly")).Body()); got != "inactive" {
		t.Errorf("the second hold was answered %q, want inactive", got)
	}
	b.want("Held 1002 keyOperation")
	// The first to resume is not connected: the other one still holds.
	if got := directionOfBody(phones[0].reinvite(phones[0].sdp("sendrecv")).Body()); got != "inactive" {
		t.Errorf("the first resume was answered %q, want inactive", got)
	}
	b.want("Retrieved 1001 keyOperation")
	b.offered(phones[1], phones[0], phones[1].sdp("sendrecv"), "sendrecv", "sendrecv", "sendrecv")
	b.want("Retrieved 1002 keyOperation")
}

func TestHeldByServiceAndByHand(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.made(phones[0], phones[1])
	outcome := b.hold("1001")
	phones[0].reinvited("inactive", "inactive")
	phones[0].acked()
	phones[1].reinvited("inactive", "inactive")
	phones[1].acked()
	b.succeeded(outcome, "HoldCall")
	b.want("Held 1001 normal")

	// A refresh of the phone that we hold means nothing.
	answer := phones[0].reinvite(phones[0].sdp("sendrecv"))
	if got := directionOfBody(answer.Body()); got != "inactive" {
		t.Errorf("a refresh was answered %q, want inactive", got)
	}
	// So does an offer of the far phone: it is answered without the held one.
	answer = phones[1].reinvite(phones[1].sdp("sendrecv"))
	if got := directionOfBody(answer.Body()); got != "inactive" {
		t.Errorf("the far phone was answered %q, want inactive", got)
	}
	b.quiet()
	// The user presses hold, then resume: the call is the user's again.
	phones[0].reinvite(phones[0].sdp("sendonly"))
	b.quiet()
	b.offered(phones[0], phones[1], phones[0].sdp("sendrecv"), "sendrecv", "sendrecv", "sendrecv")
	b.want("Retrieved 1001 keyOperation")
}

func TestOfferWithoutHoldPassesSilently(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	phones[0].media = 5001
	b.offered(phones[0], phones[1], phones[0].sdp("sendrecv"), "sendrecv", "sendrecv", "sendrecv")
	b.quiet()
}

func TestReinviteWithoutOffer(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	final := make(chan *sipstack.Response, 1)
	dialog := phones[0].current()
	if _, err := dialog.Send(sipstack.RequestSpec{Method: "INVITE", OnResponse: func(res *sipstack.Response) {
		if res.StatusCode >= 200 {
			_ = dialog.Ack(phones[0].sdp("recvonly"), media.ContentType)
			final <- res
		}
	}}); err != nil {
		t.Fatal(err)
	}
	phones[1].reinvited("", "sendrecv")
	res := receive(t, final, "answer to re-INVITE")
	if !strings.Contains(string(res.Body()), "m=audio 4002 ") {
		t.Errorf("the far phone's offer was not passed on:\n%s", res.Body())
	}
	if got := phones[1].acked(); got != "recvonly" {
		t.Errorf("the answer came to the far phone as %q", got)
	}
	b.quiet()
}

func TestInfoIsPassedOn(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	far := make(chan string, 1)
	go func() {
		tx := receive(t, phones[1].requests, "INFO")
		far <- string(tx.Request().Method) + " " + string(tx.Request().Body())
		_ = tx.Respond(200, "")
	}()
	if res := phones[0].request("INFO", []byte("Signal=5\r\nDuration=160\r\n")); res.StatusCode != 200 {
		t.Errorf("INFO was answered %d", res.StatusCode)
	}
	if got := receive(t, far, "INFO at the far phone"); got != "INFO Signal=5\r\nDuration=160\r\n" {
		t.Errorf("the far phone got %q", got)
	}
	if res := phones[0].request("SUBSCRIBE", nil); res.StatusCode != 489 {
		t.Errorf("SUBSCRIBE was answered %d", res.StatusCode)
	}
}

func TestUpdateIsPassedOn(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	// The far phone does not know UPDATE: it gets a re-INVITE.
	far := make(chan struct{})
	go func() {
		defer close(far)
		phones[1].reinvited("recvonly", "sendonly")
		phones[1].acked()
	}()
	res := phones[0].request("UPDATE", phones[0].sdp("recvonly"))
	if got := directionOfBody(res.Body()); res.StatusCode != 200 || got != "sendonly" {
		t.Errorf("UPDATE was answered %d %q", res.StatusCode, got)
	}
	receive(t, far, "exchange at the far phone")
	b.quiet()
	if res := phones[0].request("UPDATE", nil); res.StatusCode != 200 || len(res.Body()) > 0 {
		t.Errorf("UPDATE without description was answered %d %s", res.StatusCode, res.Body())
	}
}

// TestUpdateGoesOnAsUpdate: a far phone that knows UPDATE gets one.
func TestUpdateGoesOnAsUpdate(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	s.work <- func() { s.driver.legs[2].branch.allowsUpdate = true }
	far := make(chan string, 1)
	go func() {
		tx := receive(t, phones[1].requests, "UPDATE")
		far <- string(tx.Request().Method) + " " + directionOfBody(tx.Request().Body())
		_ = tx.Respond(200, "", sipstack.WithBody(phones[1].sdp("sendonly"), media.ContentType))
	}()
	res := phones[0].request("UPDATE", phones[0].sdp("recvonly"))
	if got := directionOfBody(res.Body()); res.StatusCode != 200 || got != "sendonly" {
		t.Errorf("UPDATE was answered %d %q", res.StatusCode, got)
	}
	if got := receive(t, far, "request at the far phone"); got != "UPDATE recvonly" {
		t.Errorf("the far phone got %q", got)
	}
	s.quiet()
}

func TestBothHoldByService(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.made(phones[0], phones[1])
	outcome := b.hold("1001")
	phones[0].reinvited("inactive", "inactive")
	phones[0].acked()
	phones[1].reinvited("inactive", "inactive")
	phones[1].acked()
	b.succeeded(outcome, "HoldCall")
	// Its media have stopped already.
	b.succeeded(b.hold("1002"), "HoldCall")
	b.want("Held 1001 normal", "Held 1002 normal")
	// The first to retrieve is not connected: the other one still holds.
	b.succeeded(b.retrieve("1001"), "RetrieveCall")
	outcome = b.retrieve("1002")
	phones[1].reinvited("", "sendrecv")
	phones[0].reinvited("sendrecv", "sendrecv")
	phones[0].acked()
	if got := phones[1].acked(); got != "sendrecv" {
		t.Errorf("the ACK answers %q, want sendrecv", got)
	}
	b.succeeded(outcome, "RetrieveCall")
	b.want("Retrieved 1001 normal", "Retrieved 1002 normal")
}

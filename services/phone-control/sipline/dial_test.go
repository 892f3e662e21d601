// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/sipstack"
)

// established is a call dialled by hand from the first phone to the second.
func (b *bench) established(from, to *phone) {
	b.t.Helper()
	call := from.dial(to.number, from.sdp("sendrecv"))
	b.want("ServiceInitiated "+from.number+" normal", "Originated "+from.number+" newCall")
	tx := to.invitedBy(from)
	to.ring(tx)
	call.until(b.t, 180)
	b.want("Delivered " + to.number + " newCall")
	to.pickUp(tx, to.sdp("sendrecv"))
	call.until(b.t, 200)
	_ = call.dialog.Ack(nil, "")
	b.want("Established " + to.number + " newCall")
	to.acked()
}

func TestDialByHand(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	caller, callee := phones[0], phones[1]
	call := caller.dial("1002", caller.sdp("sendrecv"))
	tx := callee.invited()
	request := tx.Request()
	if got := request.From().DisplayName + " " + request.From().Address.User; got != "Line 1001 1001" {
		t.Errorf("From shows %q", got)
	}
	offer := string(request.Body())
	if !strings.Contains(offer, "m=audio 4001 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n") {
		t.Errorf("offer was not passed on as it was:\n%s", offer)
	}
	if sipstack.HeaderValue(request, "Answer-Mode") != "" {
		t.Error("a call dialled by hand asks the callee to answer by itself")
	}
	dialog, err := tx.Ring(183, sipstack.WithBody(callee.sdp("sendonly"), "application/sdp"))
	if err != nil {
		t.Fatal(err)
	}
	dialog.SetHandler(callee)
	if early := call.until(t, 183); directionOfBody(early.Body()) != "sendonly" {
		t.Errorf("early media was not passed on: %s", early.Body())
	}
	callee.pickUp(tx, callee.sdp("sendrecv"))
	answer := call.until(t, 200)
	if !strings.Contains(string(answer.Body()), "m=audio 4002 ") {
		t.Errorf("answer was not passed on:\n%s", answer.Body())
	}
	_ = call.dialog.Ack(nil, "")
	callee.acked()
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall", "Established 1002 newCall")
	_ = caller.current().Bye()
	callee.ended(sipstack.EndByeReceived)
	b.want("ConnectionCleared 1001 normalClearing", "ConnectionCleared 1002 normalClearing", "CallCleared normalClearing")
}

func TestDialWithoutOffer(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	caller, callee := phones[0], phones[1]
	call := caller.dial("1002", nil)
	tx := callee.invited()
	if len(tx.Request().Body()) > 0 {
		t.Errorf("callee was offered %s", tx.Request().Body())
	}
	callee.ring(tx)
	call.until(t, 180)
	callee.pickUp(tx, callee.sdp("sendrecv"))
	offer := call.until(t, 200)
	if !strings.Contains(string(offer.Body()), "m=audio 4002 ") {
		t.Errorf("the callee's offer was not passed on:\n%s", offer.Body())
	}
	_ = call.dialog.Ack(caller.sdp("recvonly"), "application/sdp")
	if got := callee.acked(); got != "recvonly" {
		t.Errorf("the caller's answer came as %q", got)
	}
}

func TestCallIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name       string
		code, want int
		cause      string
	}{
		{"busy", 486, 486, "busy"},
		{"busy everywhere", 600, 486, "busy"},
		{"declined", 603, 480, "callNotAnswered"},
		{"unavailable", 480, 480, "destNotObtainable"},
		{"not acceptable", 488, 488, "incompatibleDestination"},
		{"server error", 500, 480, "destOutOfOrder"},
		{"moved", 302, 480, "redirected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
			phones := b.phones("1001", "1002")
			call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
			tx := phones[1].invited()
			phones[1].ring(tx)
			call.until(t, 180)
			_ = tx.Reject(tt.code)
			final := call.until(t, tt.want)
			if reason := sipstack.HeaderValue(final, "Reason"); !strings.HasPrefix(reason, "SIP;cause=") {
				t.Errorf("Reason is %q", reason)
			}
			b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall",
				"Failed 1002 "+tt.cause, "ConnectionCleared 1002 "+tt.cause, "ConnectionCleared 1001 "+tt.cause,
				"CallCleared normalClearing")
		})
	}
}

// TestPhoneRedirects: where a called phone wants its call to go to is called from
// here; the caller sees one call that keeps ringing.
func TestPhoneRedirects(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002", "1003")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	tx := phones[1].invited()
	phones[1].ring(tx)
	call.until(t, 180)
	_ = tx.Reject(302, sipstack.WithHeader(sipstack.NewHeader("Contact", "<sip:1003@elsewhere.test>")))
	tx = phones[2].invited()
	if got, want := sipstack.HeaderValue(tx.Request(), "Diversion"), `"Line 1002" <sip:1002@pbx.test>;reason=deflection;counter=1`; got != want {
		t.Errorf("Diversion is %q, want %q", got, want)
	}
	phones[2].ring(tx)
	phones[2].pickUp(tx, phones[2].sdp("sendrecv"))
	if answer := call.until(t, 200); !strings.Contains(string(answer.Body()), mediaLine(phones[2])) {
		t.Errorf("the caller was answered\n%s", answer.Body())
	}
	_ = call.dialog.Ack(nil, "")
	phones[2].acked()
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall", "Diverted 1002 redirected",
		"Delivered 1003 redirected", "Established 1003 newCall")
}

func TestCallIsImpossible(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	caller := b.phones("1001")[0]
	for _, tt := range []struct {
		number string
		code   int
		cause  string
	}{
		{"4711", 404, "numberUnallocated"},
		{"1003", 480, "destOutOfOrder"}, // no phone is registered
		{"1001", 486, "busy"},
	} {
		caller.dial(tt.number, caller.sdp("sendrecv")).until(t, tt.code)
		b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Failed "+tt.number+" "+tt.cause,
			"ConnectionCleared 1001 "+tt.cause, "CallCleared normalClearing")
	}
}

func TestCallerGivesUp(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	tx := phones[1].invited()
	phones[1].ring(tx)
	call.until(t, 180)
	call.dialog.Cancel()
	call.until(t, 487)
	receive(t, tx.Done(), "end of the callee's INVITE")
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall",
		"ConnectionCleared 1001 normalClearing", "ConnectionCleared 1002 callCancelled", "CallCleared normalClearing")
}

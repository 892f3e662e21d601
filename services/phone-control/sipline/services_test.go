// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/sipstack"
)

const (
	prompt      = phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_PROMPT
	doNotPrompt = phonecontrolv1.AutoOriginate_AUTO_ORIGINATE_DO_NOT_PROMPT
)

// made is a call by MakeCall that is up between both phones.
func (b *bench) made(caller, callee *phone) {
	b.t.Helper()
	b.makeCall(caller.number, callee.number, doNotPrompt)
	tx := caller.invited()
	caller.pickUp(tx, caller.sdp("inactive"))
	caller.acked()
	tx = callee.invited()
	callee.ring(tx)
	callee.pickUp(tx, callee.sdp("sendrecv"))
	caller.reinvited("sendrecv", "sendrecv")
	caller.acked()
	callee.acked()
	b.want("ServiceInitiated "+caller.number+" makeCall", "Originated "+caller.number+" newCall",
		"Delivered "+callee.number+" newCall", "Established "+callee.number+" newCall")
}

func TestMakeCall(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	caller, callee := phones[0], phones[1]
	b.makeCall("1001", "1002", doNotPrompt)
	tx := caller.invited()
	request := tx.Request()
	if got := request.From().DisplayName + " " + request.From().Address.User; got != "Line 1002 1002" {
		t.Errorf("the caller's phone shows %q, want the destination", got)
	}
	body := string(request.Body())
	if directionOfBody(request.Body()) != "inactive" || !strings.Contains(body, "m=audio 9 RTP/AVP 0 8 101\r\n") {
		t.Errorf("the caller was offered\n%s", body)
	}
	for name, want := range map[string]string{
		"Call-Info": "answer-after=0", "Alert-Info": "info=alert-autoanswer", "Answer-Mode": "Auto",
	} {
		if got := sipstack.HeaderValue(request, name); !strings.Contains(got, want) {
			t.Errorf("%s is %q, want %s in it", name, got, want)
		}
	}
	caller.ring(tx)
	caller.pickUp(tx, caller.sdp("inactive"))
	if got := caller.acked(); got != "" {
		t.Errorf("the caller's ACK carries a description (%s)", got)
	}
	b.want("ServiceInitiated 1001 makeCall", "Originated 1001 newCall")

	tx = callee.invited()
	if len(tx.Request().Body()) > 0 {
		t.Errorf("callee was offered %s", tx.Request().Body())
	}
	if got := tx.Request().From().Address.User; got != "1001" {
		t.Errorf("the callee's phone shows %q, want the caller", got)
	}
	callee.ring(tx)
	callee.pickUp(tx, callee.sdp("sendrecv"))
	caller.reinvited("sendrecv", "sendrecv")
	caller.acked()
	if got := callee.acked(); got != "sendrecv" {
		t.Errorf("the callee's ACK answers %q", got)
	}
	b.want("Delivered 1002 newCall", "Established 1002 newCall")

	b.clear("1001")
	caller.ended(sipstack.EndByeReceived)
	callee.ended(sipstack.EndByeReceived)
	b.want("ConnectionCleared 1001 normalClearing", "ConnectionCleared 1002 normalClearing", "CallCleared normalClearing")
}

func TestMakeCallPromptsWithoutHeaders(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	caller := b.phones("1001")[0]
	b.makeCall("1001", "1002", prompt)
	tx := caller.invited()
	for _, name := range []string{"Call-Info", "Alert-Info", "Answer-Mode"} {
		if got := sipstack.HeaderValue(tx.Request(), name); got != "" {
			t.Errorf("%s is %q", name, got)
		}
	}
	caller.ring(tx)
	_ = tx.Reject(486)
	b.want("ServiceInitiated 1001 makeCall", "ConnectionCleared 1001 busy", "CallCleared normalClearing")
}

// TestCallerLeavesHalfWay: the callee has picked up with an offer that the
// caller's phone does not take. The callee gets an inactive answer and a BYE.
func TestCallerLeavesHalfWay(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	caller, callee := phones[0], phones[1]
	b.makeCall("1001", "1002", doNotPrompt)
	caller.pickUp(caller.invited(), caller.sdp("inactive"))
	caller.acked()
	tx := callee.invited()
	callee.pickUp(tx, callee.sdp("sendrecv"))
	reinvite := receive(t, caller.requests, "re-INVITE at the caller")
	_ = reinvite.Reject(488)
	if got := callee.acked(); got != "inactive" {
		t.Errorf("the callee's ACK answers %q, want inactive", got)
	}
	callee.ended(sipstack.EndByeReceived)
	caller.ended(sipstack.EndByeReceived)
	b.want("ServiceInitiated 1001 makeCall", "Originated 1001 newCall", "Delivered 1002 newCall", "Established 1002 newCall",
		"ConnectionCleared 1002 incompatibleDestination", "ConnectionCleared 1001 normalClearing", "CallCleared normalClearing")
}

func TestHoldAndRetrieveByService(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	for _, tt := range []struct{ holding, far *phone }{{phones[0], phones[1]}, {phones[1], phones[0]}} {
		t.Run(tt.holding.number, func(t *testing.T) {
			b.made(phones[0], phones[1])
			outcome := b.hold(tt.holding.number)
			tt.holding.reinvited("inactive", "inactive")
			tt.holding.acked()
			b.succeeded(outcome, "HoldCall")
			tt.far.reinvited("inactive", "inactive")
			tt.far.acked()
			b.want("Held " + tt.holding.number + " normal")

			outcome = b.retrieve(tt.holding.number)
			tt.holding.reinvited("", "sendrecv") // no description: asked for an offer
			tt.far.reinvited("sendrecv", "sendrecv")
			tt.far.acked()
			if got := tt.holding.acked(); got != "sendrecv" {
				t.Errorf("the ACK answers %q", got)
			}
			b.succeeded(outcome, "RetrieveCall")
			b.want("Retrieved " + tt.holding.number + " normal")

			b.clear("1001")
			phones[0].ended(sipstack.EndByeReceived)
			phones[1].ended(sipstack.EndByeReceived)
			b.want("ConnectionCleared 1001 normalClearing", "ConnectionCleared 1002 normalClearing", "CallCleared normalClearing")
		})
	}
}

func TestHoldIsRefusedByThePhone(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.made(phones[0], phones[1])
	outcome := b.hold("1001")
	tx := receive(t, phones[0].requests, "re-INVITE")
	_ = tx.Reject(500)
	err := receive(t, outcome, "HoldCall")
	if answer := ctierr.FromError(err); answer == nil || answer.Value != "resourceBusy" {
		t.Errorf("HoldCall gave %v", err)
	}
	b.quiet()
}

func TestReinviteCrossesThePhones(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	b.established(phones[0], phones[1])
	outcome := b.hold("1001")
	tx := receive(t, phones[0].requests, "re-INVITE")
	_ = tx.Reject(491)
	phones[0].reinvited("inactive", "inactive") // sent again
	phones[0].acked()
	phones[1].reinvited("inactive", "inactive")
	phones[1].acked()
	b.succeeded(outcome, "HoldCall")
	b.want("Held 1001 normal")
}

func TestAnswerByTalk(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	caller := b.phones("1001")[0]
	callee := newPhone(t, "1002", b.server, 4002)
	callee.allow = "hold,talk"
	callee.register(600)
	b.want("BackInService 1002")
	call := caller.dial("1002", caller.sdp("sendrecv"))
	tx := callee.invited()
	callee.ring(tx)
	call.until(t, 180)
	outcome := b.answer("1002")
	talk := receive(t, callee.requests, "NOTIFY")
	if got := string(talk.Request().Method) + " " + sipstack.HeaderValue(talk.Request(), "Event"); got != "NOTIFY talk" {
		t.Errorf("the ringing phone got %s", got)
	}
	_ = talk.Respond(200, "")
	callee.pickUp(tx, callee.sdp("sendrecv"))
	b.succeeded(outcome, "AnswerCall")
	call.until(t, 200)
	_ = call.dialog.Ack(nil, "")
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall", "Established 1002 newCall")
}

func TestAnswerByTalkIsRefused(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_NOTIFY_TALK)
	phones := b.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	tx := phones[1].invited()
	phones[1].ring(tx)
	call.until(t, 180)
	outcome := b.answer("1002")
	talk := receive(t, phones[1].requests, "NOTIFY")
	_ = talk.Reject(481)
	err := receive(t, outcome, "AnswerCall")
	if answer := ctierr.FromError(err); answer == nil || answer.Value != "requestIncompatibleWithDevice" {
		t.Errorf("AnswerCall gave %v", err)
	}
	// The phone rings on and can be picked up.
	phones[1].pickUp(tx, phones[1].sdp("sendrecv"))
	call.until(t, 200)
	_ = call.dialog.Ack(nil, "")
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall", "Established 1002 newCall")
}

func TestAnswerBySendingAgain(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO_ANSWER_HEADER)
	phones := b.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	tx := phones[1].invited()
	phones[1].ring(tx)
	call.until(t, 180)
	outcome := b.answer("1002")
	receive(t, tx.Done(), "CANCEL of the ringing call")
	again := phones[1].invited()
	if got := sipstack.HeaderValue(again.Request(), "Answer-Mode"); got != "Auto" {
		t.Errorf("the second INVITE has Answer-Mode %q", got)
	}
	phones[1].pickUp(again, phones[1].sdp("sendrecv"))
	b.succeeded(outcome, "AnswerCall")
	if answer := call.until(t, 200); !strings.Contains(string(answer.Body()), "m=audio 4002 ") {
		t.Errorf("the caller was answered\n%s", answer.Body())
	}
	_ = call.dialog.Ack(nil, "")
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall", "Established 1002 newCall")
}

func TestAnswerIsImpossible(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	tx := phones[1].invited()
	phones[1].ring(tx)
	call.until(t, 180)
	err := receive(t, b.answer("1002"), "AnswerCall")
	if answer := ctierr.FromError(err); answer == nil || answer.Value != "requestIncompatibleWithDevice" {
		t.Errorf("AnswerCall gave %v", err)
	}
}

func TestClearRingingCall(t *testing.T) {
	b := newBench(t, configv1.AnswerMethod_ANSWER_METHOD_AUTO)
	phones := b.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	tx := phones[1].invited()
	phones[1].ring(tx)
	call.until(t, 180)
	b.clear("1002")
	call.until(t, 486)
	receive(t, tx.Done(), "CANCEL of the ringing call")
	b.want("ServiceInitiated 1001 normal", "Originated 1001 newCall", "Delivered 1002 newCall")
}

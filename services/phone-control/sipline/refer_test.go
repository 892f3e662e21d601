// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// transfers sends a REFER in a dialog of the phone, and gives its answer.
func (p *phone) transfers(dialog *sipstack.Dialog, headers ...string) *sipstack.Response {
	p.t.Helper()
	spec := sipstack.RequestSpec{Method: "REFER"}
	for i := 0; i < len(headers); i += 2 {
		spec.Headers = append(spec.Headers, sipstack.NewHeader(headers[i], headers[i+1]))
	}
	final := make(chan *sipstack.Response, 1)
	spec.OnResponse = func(res *sipstack.Response) {
		if res.StatusCode >= 200 {
			final <- res
		}
	}
	if _, err := dialog.Send(spec); err != nil {
		p.t.Fatal(err)
	}
	return receive(p.t, final, "answer to REFER")
}

// notified waits for the NOTIFY of a transfer.
func (p *phone) notified(code int, state string) {
	p.t.Helper()
	tx := receive(p.t, p.requests, "NOTIFY at phone "+p.number)
	request := tx.Request()
	if request.Method != "NOTIFY" || sipstack.HeaderValue(request, "Event") != "refer" ||
		!strings.HasPrefix(string(request.Body()), fmt.Sprintf("SIP/2.0 %d ", code)) || !strings.HasPrefix(sipstack.HeaderValue(request, "Subscription-State"), state) {
		p.t.Errorf("%s %q with state %q, want %d %s", request.Method, request.Body(), sipstack.HeaderValue(request, "Subscription-State"), code, state)
	}
	_ = tx.Respond(200, "")
}

func TestBlindTransferAtThePhone(t *testing.T) {
	for _, tt := range []struct {
		cause callmodel.Cause
		code  int
	}{{"", 200}, {callmodel.CauseBusy, 486}} {
		s := newScript(t)
		phones := s.phones("1001", "1002")
		s.connected(phones[0], phones[1])
		if res := phones[1].transfers(phones[1].current(), "Refer-To", "<sip:1003@pbx.test;user=phone>"); res.StatusCode != 202 {
			t.Fatalf("REFER is answered %d", res.StatusCode)
		}
		phones[1].notified(100, "active")
		wish := receive(t, s.indications, "wish to transfer").(callmodel.LegRefers)
		if wish.Leg != 2 || wish.To != "1003" || wish.Replaces != 0 {
			t.Errorf("%+v", wish)
		}
		if res := phones[1].transfers(phones[1].current(), "Refer-To", "<sip:1001@pbx.test>"); res.StatusCode != 491 {
			t.Errorf("second REFER is answered %d", res.StatusCode)
		}
		s.do(callmodel.Referred{Refer: wish.Refer, Cause: tt.cause})
		phones[1].notified(tt.code, "terminated")
		if res := phones[1].transfers(phones[1].current(), "Refer-To", "<tel:1001>", "Refer-Sub", "false"); res.StatusCode != 200 {
			t.Errorf("REFER without subscription is answered %d", res.StatusCode)
		}
		wish = receive(t, s.indications, "wish to transfer").(callmodel.LegRefers)
		s.do(callmodel.Referred{Refer: wish.Refer}, callmodel.Release{Leg: 2, Cause: callmodel.CauseTransfer})
		phones[1].ended(sipstack.EndByeReceived)
		s.quiet()
	}
}

func TestTransfersThatCannotBe(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	s.connected(phones[0], phones[1])
	own := phones[0].current().ID()
	for _, tt := range []struct {
		code    int
		headers []string
	}{
		{400, nil},
		{400, []string{"Refer-To", "<sip:1@a>", "Refer-To", "<sip:2@a>"}},
		{400, []string{"Refer-To", "<mailto:1001@pbx.test>"}},
		{400, []string{"Refer-To", "<sip:pbx.test>"}},
		{603, []string{"Refer-To", "<sip:1002@pbx.test?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2>"}},
		{603, []string{"Refer-To", "<sip:1002@pbx.test?Replaces=nobody>"}},
		{603, []string{"Refer-To", "<sip:1002@pbx.test?Replaces=" + url.QueryEscape(own.CallID+";to-tag="+own.RemoteTag+";from-tag="+own.LocalTag) + ">"}},
	} {
		if res := phones[0].transfers(phones[0].current(), tt.headers...); res.StatusCode != tt.code {
			t.Errorf("REFER with %q is answered %d, want %d", tt.headers, res.StatusCode, tt.code)
		}
	}
	s.quiet()
}

// TestAttendedTransferAtThePhone: two calls of a phone, of which one is named by
// the other's REFER. Phones write the tags in either order, and escapes in either
// case.
func TestAttendedTransferAtThePhone(t *testing.T) {
	for _, form := range []string{"%[1]s%%3Bto-tag%%3D%[2]s%%3Bfrom-tag%%3D%[3]s", "%[1]s%%3bfrom-tag%%3d%[2]s%%3bto-tag%%3d%[3]s"} {
		s := newScript(t)
		phones := s.phones("1001", "1002", "1003")
		s.connected(phones[0], phones[1])
		first := phones[0].current()
		call := phones[0].dial("1003", phones[0].sdp("sendrecv"))
		s.want("Dialled 2 1001 1003")
		s.do(callmodel.Adopt{Dialled: 2, Leg: 3}, callmodel.Ring{Leg: 4, Line: "1003", Caller: 3, Shown: callmodel.Party{Number: "1001"}}, mediaOf(3, callmodel.Ringback))
		s.on("LegAnswered 4", together(3, 4)...)
		phones[2].pickUp(phones[2].invited(), phones[2].sdp("sendrecv"))
		call.until(t, 200)
		_ = call.dialog.Ack(nil, "")
		s.want("LegAnswered 4", "MediaSet 3", "MediaSet 4")
		second := call.dialog.ID()
		replaces := fmt.Sprintf(form, url.PathEscape(second.CallID), second.RemoteTag, second.LocalTag)
		if res := phones[0].transfers(first, "Refer-To", "<sip:1003@pbx.test?Replaces="+replaces+">", "Referred-By", "<sip:1001@pbx.test>"); res.StatusCode != 202 {
			t.Fatalf("REFER is answered %d", res.StatusCode)
		}
		phones[0].notified(100, "active")
		wish := receive(t, s.indications, "wish to transfer").(callmodel.LegRefers)
		if wish.Leg != 1 || wish.To != "" || wish.Replaces != 3 {
			t.Errorf("%+v", wish)
		}
		s.do(callmodel.Referred{Refer: wish.Refer}, callmodel.Release{Leg: 1, Cause: callmodel.CauseTransfer},
			callmodel.Release{Leg: 3, Cause: callmodel.CauseTransfer}, with(2, 4), with(4, 2))
		phones[0].notified(200, "terminated")
		asksFor(t, phones[1], phones[2])
		s.want("MediaSet 2", "MediaSet 4")
	}
}

// TestInviteWithReplaces names the leg to be replaced, or is told that there is
// none.
func TestInviteWithReplaces(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002", "1003")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}}, mediaOf(1, callmodel.Ringback))
	early := phones[1].ring(phones[1].invited()).ID()
	call.until(t, 180)
	s.want("LegRinging 2")
	for _, tt := range []struct {
		replaces string
		leg      callmodel.LegID
	}{
		{early.CallID + ";to-tag=" + early.RemoteTag + ";from-tag=" + early.LocalTag + ";early-only", 2},
		{early.CallID + ";to-tag=other;from-tag=" + early.LocalTag, 0},
	} {
		responses := make(chan *sipstack.Response, 16)
		if _, err := phones[2].endpoint.Invite(sipstack.InviteSpec{
			RequestURI: phones[2].uri("1002"), From: sipstack.NameAddr{URI: phones[2].uri("1003")}, To: sipstack.NameAddr{URI: phones[2].uri("1002")},
			Dest: phones[2].flow(), Body: phones[2].sdp("sendrecv"), ContentType: "application/sdp", Handler: phones[2],
			Headers:    []sipstack.Header{sipstack.NewHeader("Replaces", tt.replaces), sipstack.NewHeader("Require", "replaces")},
			OnResponse: func(res *sipstack.Response) { responses <- res }, Credentials: &sipstack.Credentials{Username: "1003", Password: "pw1003"},
		}); err != nil {
			t.Fatal(err)
		}
		if tt.leg == 0 {
			(&outgoing{responses: responses}).until(t, 481)
			s.quiet()
			continue
		}
		dialled := receive(t, s.indications, "call").(callmodel.Dialled)
		if dialled.Replaces != tt.leg {
			t.Errorf("replaces leg %d, want %d", dialled.Replaces, tt.leg)
		}
		s.do(callmodel.RejectDialled{Dialled: dialled.Dialled, Cause: callmodel.CauseBusy})
		(&outgoing{responses: responses}).until(t, 486)
	}
}

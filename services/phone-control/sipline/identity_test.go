// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/dialplan"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// header gives the values of a header as one text.
func header(request *sipstack.Request, name string) string {
	text := ""
	for _, value := range sipstack.HeaderValues(request, name) {
		text += value
	}
	return text
}

// TestIdentityOnTrunk: the trunk is told the number that it knows the line by,
// also where the caller is not to be shown, and who sent the call on.
func TestIdentityOnTrunk(t *testing.T) {
	for name, tt := range map[string]struct {
		ring                                 callmodel.Ring
		from, asserted, privacy, redirection string
	}{
		"shown": {
			callmodel.Ring{Shown: callmodel.Party{Number: "1001"}},
			`"Line 1001" <sip:+49305551001@pbx.test>`, `"Line 1001" <sip:+49305551001@pbx.test>`, "", "",
		},
		"suppressed": {
			callmodel.Ring{Shown: callmodel.Party{Number: "1001", Restricted: true}},
			`"Anonymous" <sip:anonymous@anonymous.invalid>`, `"Line 1001" <sip:+49305551001@pbx.test>`, "id", "",
		},
		"forwarded": {
			callmodel.Ring{Shown: callmodel.Party{Number: "+49771"}, RedirectedBy: "1002", RedirectedFor: callmodel.CauseForwardNoAnswer},
			`<sip:+49771@pbx.test>`, `<sip:+49771@pbx.test>`, "", `"Line 1002" <sip:+49305551002@pbx.test>;reason=no-answer;counter=1`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			peer := withTrunk(t, s, nil)
			planned := make(chan struct{})
			s.work <- func() {
				plan := &configv1.DialPlan{CountryCode: "49", AreaCode: "30", OfficeCode: "555", ExtensionLength: 4}
				target := s.driver.config()
				target.DialPlan = dialplan.New(plan, &configv1.Trunk{E164: true}, func(number string) bool { return len(number) == 4 })
				close(planned)
			}
			receive(t, planned, "dial plan")
			tt.ring.Leg, tt.ring.External = 1, "+4940"
			s.do(tt.ring)
			tx := peer.invited()
			request := tx.Request()
			from := sipstack.NameAddr{DisplayName: request.From().DisplayName, URI: request.From().Address}
			for what, values := range map[string][2]string{
				"From": {from.String(), tt.from}, "P-Asserted-Identity": {header(request, "P-Asserted-Identity"), tt.asserted},
				"Privacy": {header(request, "Privacy"), tt.privacy}, "Diversion": {header(request, "Diversion"), tt.redirection},
			} {
				if values[0] != values[1] {
					t.Errorf("%s is %q, want %q", what, values[0], values[1])
				}
			}
			_ = tx.Reject(486)
			s.want("LegEnded 1 busy")
		})
	}
}

// TestWhoCallsFromTrunk: the caller, and who sent the call here, as far as they
// are told.
func TestWhoCallsFromTrunk(t *testing.T) {
	const gcid = "01234567-89abcdef-01234567-89ABCDEF"
	for name, tt := range map[string]struct {
		from    string
		headers []sipstack.Header
		want    callmodel.Dialled
	}{
		"From":     {"4930123", nil, callmodel.Dialled{From: "4930123"}},
		"asserted": {"1", []sipstack.Header{sipstack.NewHeader("P-Asserted-Identity", "<tel:+4930123>")}, callmodel.Dialled{From: "+4930123"}},
		"suppressed": {
			"anonymous",
			[]sipstack.Header{sipstack.NewHeader("P-Asserted-Identity", "<sip:+4930123@gw.test>"), sipstack.NewHeader("Privacy", "id")},
			callmodel.Dialled{From: "+4930123", Restricted: true},
		},
		"unknown": {"anonymous", nil, callmodel.Dialled{Restricted: true}},
		"redirected": {
			"4930123",
			[]sipstack.Header{
				sipstack.NewHeader("Diversion", `"Desk" <sip:+49401@gw.test>;reason=user-busy;counter=1`),
				sipstack.NewHeader("Diversion", "<sip:+49402@gw.test>;reason=unconditional"),
				sipstack.NewHeader("Cisco-Gcid", gcid),
			},
			callmodel.Dialled{From: "4930123", RedirectedBy: "+49401", GlobalCallID: "0123456789ABCDEF0123456789ABCDEF"},
		},
		"redirected by one unknown": {
			"4930123", []sipstack.Header{sipstack.NewHeader("Diversion", "<sip:+49401@gw.test>;reason=user-busy;privacy=full")},
			callmodel.Dialled{From: "4930123"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			peer := withTrunk(t, s, nil)
			responses := make(chan *sipstack.Response, 16)
			if _, err := peer.endpoint.Invite(sipstack.InviteSpec{
				RequestURI: peer.uri("1001"), From: sipstack.NameAddr{URI: peer.uri(tt.from)}, To: sipstack.NameAddr{URI: peer.uri("1001")},
				Dest: peer.flow(), Headers: tt.headers, Handler: peer, OnResponse: func(res *sipstack.Response) { responses <- res },
			}); err != nil {
				t.Fatal(err)
			}
			tt.want.Dialled, tt.want.Trunk, tt.want.Number = 1, "pstn", "1001"
			if got := receive(t, s.indications, "call of the trunk"); got != callmodel.Input(tt.want) {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			s.do(callmodel.RejectDialled{Dialled: 1, Cause: callmodel.CauseBusy})
			(&outgoing{responses: responses}).until(t, 486)
		})
	}
}

// TestDiversionReason: why a call was sent on, in the words of RFC 5806.
func TestDiversionReason(t *testing.T) {
	for cause, want := range map[callmodel.Cause]string{
		callmodel.CauseForwardImmediate: "unconditional", callmodel.CauseForwardBusy: "user-busy",
		callmodel.CauseForwardNoAnswer: "no-answer", callmodel.CauseForward: "do-not-disturb",
		callmodel.CauseRedirected: "deflection", callmodel.CausePark: "unknown",
	} {
		if got := diversionReason(cause); got != want {
			t.Errorf("%s is %q, want %q", cause, got, want)
		}
	}
}

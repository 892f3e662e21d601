// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"testing"
	"time"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// twoPhones registers both phones of line 1002 and has it rung as leg 1.
func (s *script) twoPhones() (first, second *phone, firstINVITE, secondINVITE *sipstack.ServerTx) {
	s.t.Helper()
	first, second = newPhone(s.t, "1002", s.server, 4001), newPhone(s.t, "1002b", s.server, 4002)
	second.aor = "1002"
	for _, p := range []*phone{first, second} {
		if code := p.register(600); code != 200 {
			s.t.Fatalf("REGISTER of %s was answered %d", p.number, code)
		}
	}
	s.want("ServiceChanged 1002 true")
	s.do(callmodel.Ring{Leg: 1, Line: "1002", Shown: callmodel.Party{Number: "1001"}})
	return first, second, first.invited(), second.invited()
}

func TestFirstPhoneThatIsPickedUp(t *testing.T) {
	s := newScript(t)
	first, second, a, b := s.twoPhones()
	first.ring(a)
	second.ring(b)
	s.want("LegRinging 1")
	second.pickUp(b, second.sdp("inactive"))
	second.acked()
	receive(t, a.Done(), "end of the other phone's INVITE")
	s.want("LegAnswered 1")
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseNormalClearing})
	second.ended(sipstack.EndByeReceived)
	s.quiet()
}

func TestPhonesRefuse(t *testing.T) {
	for _, tt := range []struct {
		name          string
		first, second int
		want          string
	}{
		{"the user's word counts more", 486, 480, "LegEnded 1 busy"},
		{"in any order", 480, 486, "LegEnded 1 busy"},
		{"one for all", 603, 0, "LegEnded 1 callNotAnswered"},
		{"one elsewhere", 302, 0, "LegRedirects 1 1003"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(t)
			first, second, a, b := s.twoPhones()
			first.ring(a)
			second.ring(b)
			s.want("LegRinging 1")
			contact := sipstack.NewHeader("Contact", "<sip:1003@pbx.test>")
			_ = a.Reject(tt.first, sipstack.WithHeader(contact))
			if tt.second != 0 {
				_ = b.Reject(tt.second)
			}
			s.want(tt.want)
			receive(t, b.Done(), "end of the other phone's INVITE")
			s.quiet()
		})
	}
}

// TestSilentPhoneHoldsNobodyUp: a phone that is gone without a word does not
// keep the refusal of the other one.
func TestSilentPhoneHoldsNobodyUp(t *testing.T) {
	s := newScript(t)
	s.work <- func() { s.driver.patience = 10 * time.Millisecond }
	_, _, a, b := s.twoPhones()
	_ = a.Reject(486)
	s.want("LegEnded 1 busy")
	_ = b.Reject(480)
	s.quiet()
}

// TestPhoneStartsAnew: a phone that registers under another contact rings once.
func TestPhoneStartsAnew(t *testing.T) {
	s := newScript(t)
	p := s.phones("1001")[0]
	p.contactUser = "1001-0x55"
	p.regID = "anew"
	if code := p.register(600); code != 200 {
		t.Fatalf("REGISTER was answered %d", code)
	}
	s.do(callmodel.Ring{Leg: 1, Line: "1001", Shown: callmodel.Party{Number: "1002", Restricted: true}})
	tx := p.invited()
	if got := tx.Request().Recipient.User; got != "1001-0x55" {
		t.Errorf("the INVITE went to %s, want the newest contact", got)
	}
	if from, privacy := tx.Request().From(), sipstack.HeaderValue(tx.Request(), "Privacy"); from.Address.User != "anonymous" || privacy != "id" {
		t.Errorf("a caller who is not to be shown has From %s, Privacy %q", from.Address.String(), privacy)
	}
	if got := sipstack.HeaderValue(tx.Request(), "P-Asserted-Identity"); got != "" {
		t.Errorf("and P-Asserted-Identity %s", got)
	}
	p.ring(tx)
	s.want("LegRinging 1")
	_ = tx.Reject(486)
	s.want("LegEnded 1 busy")
	select {
	case <-p.incoming:
		t.Error("the phone was called twice")
	default:
	}
}

// TestOtherPhoneIsPickedUpAfterRefusal: while one phone's refusal waits, the other one
// can still be picked up.
func TestOtherPhoneIsPickedUpAfterRefusal(t *testing.T) {
	s := newScript(t)
	_, second, a, b := s.twoPhones()
	_ = a.Reject(486)
	second.ring(b)
	s.want("LegRinging 1")
	second.pickUp(b, second.sdp("inactive"))
	second.acked()
	s.want("LegAnswered 1")
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseNormalClearing})
	second.ended(sipstack.EndByeReceived)
}

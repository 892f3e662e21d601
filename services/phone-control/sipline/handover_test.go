// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"slices"
	"strings"
	"testing"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// handOver gives the legs of a driver to a new one.
func (s *script) handOver(want ...callmodel.LegID) *script {
	s.t.Helper()
	next := newScript(s.t)
	s.handOverTo(next, want...)
	return next
}

func (s *script) handOverTo(next *script, want ...callmodel.LegID) {
	s.t.Helper()
	done := make(chan struct{})
	var state []byte
	s.work <- func() {
		defer close(done)
		if !s.driver.Quiet() {
			s.t.Error("the driver is not quiet")
		}
		var err error
		if state, err = s.driver.Export(); err != nil {
			s.t.Error(err)
		}
		s.driver.Release()
	}
	receive(s.t, done, "export")
	s.quiet()
	taken := make(chan struct{})
	next.work <- func() {
		defer close(taken)
		legs, err := next.driver.Import(state)
		if err != nil || !slices.Equal(legs, want) {
			s.t.Errorf("legs %v, %v, want %v", legs, err, want)
		}
	}
	receive(s.t, taken, "import")
}

// silent fails the test if anything was sent to the phone.
func (p *phone) silent() {
	p.t.Helper()
	select {
	case tx := <-p.requests:
		p.t.Errorf("phone %s was sent %s", p.number, tx.Request().Method)
	case <-p.acks:
		p.t.Errorf("phone %s was sent ACK", p.number)
	case end := <-p.ends:
		p.t.Errorf("the call of phone %s ended: %v", p.number, end)
	default:
	}
}

// TestCallIsHandedOver hands a call over twice. Phones notice nothing, and the
// next owner holds it, takes it back, and hears what phones do in it.
func TestCallIsHandedOver(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	from, to := phones[0], phones[1]
	s.connected(from, to)

	s = s.handOver(1, 2)
	s.do(mediaOf(1, callmodel.OnHold), mediaOf(2, callmodel.HeldByOther))
	from.reinvited("inactive", "inactive")
	from.acked()
	to.reinvited("inactive", "inactive")
	to.acked()
	s.want("MediaSet 1", "MediaSet 2")

	s = s.handOver(1, 2)
	from.silent()
	to.silent()
	s.do(together(1, 2)...)
	from.reinvited("", "sendrecv")
	to.reinvited("sendrecv", "sendrecv")
	from.acked()
	to.acked()
	s.want("MediaSet 1", "MediaSet 2")

	// The phone heard of the new address with the last re-INVITE.
	s.on("LegHeld 2", mediaOf(2, callmodel.OnHold), mediaOf(1, callmodel.HeldByOther))
	held := make(chan *sipstack.Response, 1)
	go func() { held <- to.reinvite(to.sdp("sendonly")) }()
	from.reinvited("inactive", "inactive")
	from.acked()
	if response := receive(t, held, "answer to hold"); response.StatusCode != 200 {
		t.Fatalf("hold was answered %d", response.StatusCode)
	}
	s.want("LegHeld 2", "MediaSet 2", "MediaSet 1")
	if err := to.current().Bye(); err != nil {
		t.Fatal(err)
	}
	s.want("LegEnded 2 normalClearing")
	s.do(callmodel.Release{Leg: 1, Cause: callmodel.CauseNormalClearing})
	from.ended(sipstack.EndByeReceived)
}

// TestRingingIsNotQuiet: a phone that rings is no moment for a hand-over, and is
// left out of one.
func TestRingingIsNotQuiet(t *testing.T) {
	s := newScript(t)
	phones := s.phones("1001", "1002")
	call := phones[0].dial("1002", phones[0].sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
	s.do(callmodel.Adopt{Dialled: 1, Leg: 1}, callmodel.Ring{Leg: 2, Line: "1002", Caller: 1, Shown: callmodel.Party{Number: "1001"}}, mediaOf(1, callmodel.Ringback))
	phones[1].ring(phones[1].invited())
	call.until(t, 180)
	s.want("LegRinging 2")
	done := make(chan struct{})
	s.work <- func() {
		defer close(done)
		if s.driver.Quiet() {
			t.Error("a phone rings, but the driver is quiet")
		}
		if state, err := s.driver.Export(); err != nil || strings.Contains(string(state), `"ID"`) {
			t.Errorf("exported %s, %v", state, err)
		}
	}
	receive(t, done, "export")
}

func TestLegsThatCannotBeTakenOver(t *testing.T) {
	s := newScript(t)
	for _, state := range []string{`legs`, `{"Version":2}`} {
		done := make(chan struct{})
		s.work <- func() {
			defer close(done)
			if legs, err := s.driver.Import([]byte(state)); err == nil || len(legs) > 0 {
				t.Errorf("%s: %v, %v", state, legs, err)
			}
		}
		receive(t, done, "import")
	}
}

// TestNoNonceIsUsedWhileLeaving: a call that is refused for the hand-over can be
// sent again as it is.
func TestNoNonceIsUsedWhileLeaving(t *testing.T) {
	s := newScript(t)
	caller := s.phones("1001")[0]
	s.leaving.Store(true)
	if res := caller.dial("1002", caller.sdp("sendrecv")).next(t); res.StatusCode != 503 {
		t.Errorf("INVITE was answered %d, want 503", res.StatusCode)
	}
	s.leaving.Store(false)
	caller.dial("1002", caller.sdp("sendrecv"))
	s.want("Dialled 1 1001 1002")
}

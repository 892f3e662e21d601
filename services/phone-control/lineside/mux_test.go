// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/targetconfig"
)

// side notes what it is asked.
type side struct {
	name string
	told *[]string
	// ring is done when a leg is rung.
	ring func(callmodel.Ring)
	busy bool
}

func (s *side) note(format string, args ...any) {
	*s.told = append(*s.told, s.name+" "+fmt.Sprintf(format, args...))
}

func (s *side) Execute(command callmodel.Command) {
	text := strings.TrimPrefix(fmt.Sprintf("%T", command), "callmodel.")
	switch c := command.(type) {
	case callmodel.Ring:
		s.note("%s %d", text, c.Leg)
		if s.ring != nil {
			s.ring(c)
		}
		return
	case callmodel.Adopt:
		text += fmt.Sprintf(" %d", c.Leg)
	case callmodel.Release:
		text += fmt.Sprintf(" %d", c.Leg)
	case callmodel.Answer:
		text += fmt.Sprintf(" %d", c.Leg)
	case callmodel.SetMedia:
		text += fmt.Sprintf(" %d", c.Leg)
	}
	s.note("%s", text)
}

func (s *side) Configure(*targetconfig.Target) { s.note("Configure") }
func (s *side) Registrations() []*phonecontrolv1.Registration {
	return []*phonecontrolv1.Registration{{Line: s.name}}
}
func (s *side) Run(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
func (s *side) Release()                      { s.note("Release all") }
func (s *side) Quiet() bool                   { return !s.busy }
func (s *side) Export() ([]byte, error)       { s.note("Export"); return []byte(s.name), nil }
func (s *side) Import(state []byte) ([]callmodel.LegID, error) {
	s.note("Import %s", state)
	return []callmodel.LegID{7}, nil
}
func (s *side) Changed(line string, _ subscription.Kind) {
	s.note("Changed %s", line)
}
func (s *side) Desk(callmodel.DeviceID) (*desk.Phone, bool) { return nil, false }
func (s *side) DeskChanged(callmodel.DeviceID)              { s.note("DeskChanged") }
func (s *side) PressButton(callmodel.DeviceID, string) *callmodel.Error {
	s.note("PressButton")
	return nil
}
func (s *side) ResetPhone(string, bool) *callmodel.Error {
	s.note("ResetPhone")
	return nil
}

const firstSkinny = 1000

// both is a Mux whose lines 1 have SIP phones, 2 Skinny phones, and 3 both.
func both() (m *Mux, sip, skinny *side, told *[]string) {
	told = &[]string{}
	m = NewMux(func(input callmodel.Input) {
		*told = append(*told, strings.TrimPrefix(fmt.Sprintf("%T%v", input, input), "callmodel."))
	}, firstSkinny)
	sip, skinny = &side{name: "sip", told: told}, &side{name: "skinny", told: told}
	m.Serve(sip, skinny)
	for _, line := range []callmodel.DeviceID{"1", "3"} {
		m.FromSIP(callmodel.ServiceChanged{Device: line, InService: true})
	}
	for _, line := range []callmodel.DeviceID{"2", "3"} {
		m.FromSkinny(callmodel.ServiceChanged{Device: line, InService: true})
	}
	*told = nil
	return m, sip, skinny, told
}

func expect(t *testing.T, told *[]string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, *told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	*told = nil
}

func TestCommandsGoToTheSideOfTheLeg(t *testing.T) {
	t.Parallel()
	m, _, _, told := both()
	m.Execute(callmodel.Ring{Leg: 1, Line: "1"})
	m.Execute(callmodel.Ring{Leg: 2, Line: "2"})
	m.Execute(callmodel.Ring{Leg: 3, External: "5551"})
	m.Execute(callmodel.Ring{Leg: 4, Line: "nobody's"})
	m.Execute(callmodel.Ring{Leg: 5, Line: "3", AutoAnswer: true})
	m.Execute(callmodel.Adopt{Dialled: 7, Leg: 6})
	m.Execute(callmodel.Adopt{Dialled: firstSkinny, Leg: 7})
	expect(t, told, "sip Ring 1", "skinny Ring 2", "sip Ring 3", "sip Ring 4", "skinny Ring 5", "sip Adopt 6", "skinny Adopt 7")
	for leg := range callmodel.LegID(8) {
		m.Execute(callmodel.SetMedia{Leg: leg})
	}
	expect(t, told, "sip SetMedia 1", "skinny SetMedia 2", "sip SetMedia 3", "sip SetMedia 4", "skinny SetMedia 5", "sip SetMedia 6", "skinny SetMedia 7")
	m.Execute(callmodel.RejectDialled{Dialled: firstSkinny + 1})
	m.Execute(callmodel.RejectDialled{Dialled: 8})
	m.Execute(callmodel.Referred{})
	m.Execute(callmodel.Release{Leg: 2})
	m.Execute(callmodel.Release{Leg: 2})
	m.FromSIP(callmodel.LegEnded{Leg: 1, Cause: callmodel.CauseBusy})
	m.Execute(callmodel.SetMedia{Leg: 1})
	expect(t, told, "skinny RejectDialled", "sip RejectDialled", "sip Referred", "skinny Release 2", "LegEnded{1 busy}")
}

func TestALineWithPhonesOnBothSides(t *testing.T) {
	t.Parallel()
	m, _, _, told := both()
	m.Execute(callmodel.Ring{Leg: 1, Line: "3"})
	m.FromSkinny(callmodel.LegRinging{Leg: 1})
	m.FromSIP(callmodel.LegRinging{Leg: 1})
	expect(t, told, "sip Ring 1", "skinny Ring 1", "LegRinging{1}")
	m.FromSkinny(callmodel.LegAnswered{Leg: 1})
	m.Execute(callmodel.SetMedia{Leg: 1})
	expect(t, told, "sip Release 1", "LegAnswered{1}", "skinny SetMedia 1")

	m.Execute(callmodel.Ring{Leg: 2, Line: "3"})
	m.FromSkinny(callmodel.LegEnded{Leg: 2, Cause: callmodel.CauseBusy})
	expect(t, told, "sip Ring 2", "skinny Ring 2")
	m.FromSIP(callmodel.LegEnded{Leg: 2, Cause: callmodel.CauseDestOutOfOrder})
	expect(t, told, "LegEnded{2 busy}")

	m.Execute(callmodel.Ring{Leg: 3, Line: "3"})
	m.FromSIP(callmodel.LegEnded{Leg: 3, Cause: callmodel.CauseDestOutOfOrder})
	m.FromSkinny(callmodel.LegAnswered{Leg: 3})
	m.Execute(callmodel.Release{Leg: 3})
	expect(t, told, "sip Ring 3", "skinny Ring 3", "LegAnswered{3}", "skinny Release 3")

	m.Execute(callmodel.Ring{Leg: 4, Line: "3"})
	m.FromSIP(callmodel.LegRedirects{Leg: 4, To: "9"})
	expect(t, told, "sip Ring 4", "skinny Ring 4", "skinny Release 4", "LegRedirects{4 9}")

	m.Execute(callmodel.Ring{Leg: 5, Line: "3"})
	m.Execute(callmodel.Answer{Leg: 5})
	m.Execute(callmodel.Release{Leg: 5})
	m.Execute(callmodel.Release{Leg: 5})
	expect(t, told, "sip Ring 5", "skinny Ring 5", "skinny Answer 5", "sip Release 5", "skinny Release 5")
}

// What a side tells while it is still being asked comes in order.
func TestASideThatAnswersAtOnce(t *testing.T) {
	t.Parallel()
	m, sip, skinny, told := both()
	sip.ring = func(c callmodel.Ring) { m.FromSIP(callmodel.LegRedirects{Leg: c.Leg, To: "9"}) }
	m.Execute(callmodel.Ring{Leg: 1, Line: "3"})
	expect(t, told, "sip Ring 1", "skinny Release 1", "LegRedirects{1 9}")
	sip.ring = func(c callmodel.Ring) {
		m.FromSIP(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseDestOutOfOrder})
	}
	skinny.ring = func(c callmodel.Ring) {
		m.FromSkinny(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseDestOutOfOrder})
	}
	m.Execute(callmodel.Ring{Leg: 2, Line: "3"})
	expect(t, told, "sip Ring 2", "skinny Ring 2", "LegEnded{2 destOutOfOrder}")
}

func TestService(t *testing.T) {
	t.Parallel()
	m, _, _, told := both()
	m.FromSIP(callmodel.ServiceChanged{Device: "3"})
	expect(t, told)
	m.Execute(callmodel.Ring{Leg: 1, Line: "3"})
	m.FromSkinny(callmodel.ServiceChanged{Device: "3"})
	m.FromSkinny(callmodel.ServiceChanged{Device: "4", InService: true})
	m.FromSIP(callmodel.ServiceChanged{Device: "4", InService: true})
	expect(t, told, "skinny Ring 1", "ServiceChanged{3 false}", "ServiceChanged{4 true}")
}

func TestBothSidesAreOne(t *testing.T) {
	t.Parallel()
	m, _, _, told := both()
	m.Configure(nil)
	m.Changed("1", subscription.KindCalls)
	m.DeskChanged("2")
	_ = m.PressButton("2", "hold")
	_ = m.ResetPhone("SEP000000000001", true)
	m.Release()
	expect(t, told, "sip Configure", "skinny Configure", "sip Changed 1", "skinny Changed 1", "skinny DeskChanged",
		"skinny PressButton", "skinny ResetPhone", "sip Release all", "skinny Release all")
	if got := m.Registrations(); len(got) != 2 || got[0].GetLine() != "sip" || got[1].GetLine() != "skinny" {
		t.Errorf("registrations %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
}

// TestHandOver: legs of SIP phones are handed over, when nothing is under way on
// either side.
func TestHandOver(t *testing.T) {
	t.Parallel()
	m, sip, skinny, told := both()
	for _, busy := range []*side{sip, skinny} {
		busy.busy = true
		if m.Quiet() {
			t.Errorf("%s is busy, but both are quiet", busy.name)
		}
		busy.busy = false
	}
	if state, err := m.Export(); !m.Quiet() || err != nil || string(state) != "sip" {
		t.Errorf("exported %s, %v", state, err)
	}
	if legs, err := m.Import([]byte("state")); err != nil || len(legs) != 1 {
		t.Errorf("imported %v, %v", legs, err)
	}
	m.Execute(callmodel.Answer{Leg: 7})
	expect(t, told, "sip Export", "sip Import state", "sip Answer 7")
}

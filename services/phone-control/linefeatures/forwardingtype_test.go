// SPDX-License-Identifier: Apache-2.0

package linefeatures

import (
	"strings"
	"testing"

	configv1 "offhook.dev/proto/offhook/config/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// TestEveryTypeActs sets each type alone, and asks for what it is to do.
func TestEveryTypeActs(t *testing.T) {
	seen := make(map[string]bool)
	for _, kind := range forwardingTypes {
		name := string(kind.name)
		if !kind.name.Known() || seen[name] {
			t.Errorf("%s is no type, or is there twice", name)
		}
		seen[name] = true
		s := New("cme")
		s.Configure(Config{Lines: []*configv1.Line{{Number: "1001"}, {Number: "1002"}}})
		if _, changed, refusal := s.SetForwarding("1001", Forwarding{Type: name, Active: true, To: "1002"}); refusal != nil || !changed {
			t.Fatalf("SetForwarding %s: changed %t, refusal %v", name, changed, refusal)
		}
		for when := callmodel.ForwardImmediate; when <= callmodel.ForwardDoNotDisturb; when++ {
			for _, external := range []bool{false, true} {
				want := when == kind.when && (kind.from == anyCall || external == strings.HasSuffix(name, "Ext"))
				to, by, ok := s.Redirect("1001", when, external)
				if ok != want || ok && (to != "1002" || by != name) {
					t.Errorf("%s alone: condition %d, external %t: %q by %q, %t", name, when, external, to, by, ok)
				}
				if rings, ok := s.NoAnswerRings("1001", external); ok && (rings != defaultRings || kind.when != callmodel.ForwardNoAnswer) {
					t.Errorf("%s rings %d times", name, rings)
				}
			}
		}
	}
	if len(seen) != 12 {
		t.Errorf("there are %d types, want 12", len(seen))
	}
}

func TestEmptyTypeIsForwardImmediate(t *testing.T) {
	s := New("cme")
	s.Configure(Config{Lines: []*configv1.Line{{Number: "1001"}, {Number: "1002"}}})
	now, _, refusal := s.SetForwarding("1001", Forwarding{Active: true, To: "1002"})
	if refusal != nil || now.Type != "forwardImmediate" {
		t.Errorf("SetForwarding without a type set %+v, refusal %v", now, refusal)
	}
}

func TestUnknownLineHasNothingSet(t *testing.T) {
	s := New("cme")
	if got := describe(s, "1999"); got != "dnd=false hidden=false messages={false 0 0}\n" {
		t.Errorf("an unknown line is %s", got)
	}
	if s.Forwardings("1999") != nil || s.Agents("1999") != nil || s.Record("1999") != nil {
		t.Error("an unknown line has settings")
	}
	if refusal := s.Check("1999"); refusal == nil || refusal.Value != "invalidDeviceID" {
		t.Errorf("Check of an unknown line gives %v", refusal)
	}
}

func TestAgentsOfALineAreBounded(t *testing.T) {
	s := New("cme")
	s.Configure(Config{Lines: []*configv1.Line{{Number: "1001"}}})
	for i := range maxAgents {
		if _, refusal := s.SetAgentState("1001", string(rune('a'+i)), "", "loggedOn"); refusal != nil {
			t.Fatal(refusal)
		}
	}
	if _, refusal := s.SetAgentState("1001", "z", "", "loggedOn"); refusal == nil || refusal.Value != "resourceLimitExceeded" {
		t.Errorf("one agent too many: %v", refusal)
	}
}

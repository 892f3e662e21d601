// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"offhook.dev/operator/api/v1alpha1"
)

func TestTargetDefaults(t *testing.T) {
	empty := &v1alpha1.CMETarget{}
	empty.SetDefaults()
	want := v1alpha1.CMETargetSpec{
		SIP: v1alpha1.TargetSIP{Realm: "offhook"},
		Driver: v1alpha1.TargetDriver{Type: v1alpha1.DriverSIPLine, SIPLine: &v1alpha1.SIPLineDriver{
			MinRegistrationExpiry: duration(time.Minute), DefaultRegistrationExpiry: duration(10 * time.Minute), MaxRegistrationExpiry: duration(time.Hour),
			NoAnswerTimeout: duration(3 * time.Minute), PromptTimeout: duration(30 * time.Second),
		}},
		CSTA:  v1alpha1.TargetCSTA{Mode: v1alpha1.CSTAModeAdvanced, SessionExpires: duration(30 * time.Minute), MinSE: duration(90 * time.Second)},
		Media: v1alpha1.TargetMedia{MusicOnHold: v1alpha1.MusicOnHoldNone, ConferenceParties: new(int32(16))},
		Features: v1alpha1.TargetFeatures{
			ParkTimeout: duration(3 * time.Minute), RouteTimeout: duration(5 * time.Second), RingDuration: duration(6 * time.Second),
			MaxRedirections: new(int32(8)), CallBackTimeout: duration(time.Hour), FailedTime: duration(2 * time.Second),
		},
		Limits: v1alpha1.TargetLimits{Sessions: new(int32(10000)), MonitorsPerLine: new(int32(1000)), CallsPerLine: new(int32(4)), Calls: new(int32(10000))},
	}
	if diff := cmp.Diff(want, empty.Spec); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}

	for realm, domains := range map[string][]string{"offhook": {"*"}, "office.test": {"*", "office.test", "other.test"}} {
		target := &v1alpha1.CMETarget{Spec: v1alpha1.CMETargetSpec{SIP: v1alpha1.TargetSIP{Domains: domains}}}
		target.SetDefaults()
		if target.Spec.SIP.Realm != realm {
			t.Errorf("realm of %v is %q, not %q", domains, target.Spec.SIP.Realm, realm)
		}
	}
}

func TestDefaultsKeepWhatIsSet(t *testing.T) {
	target := &v1alpha1.CMETarget{}
	target.Spec.SIP = v1alpha1.TargetSIP{Domains: []string{"office.test"}, Realm: "r"}
	target.Spec.Driver = v1alpha1.TargetDriver{Type: v1alpha1.DriverSimulated, Simulated: &v1alpha1.SimulatedDriver{
		AutoAnswer: new(false), AnswerAfter: duration(1), NoAnswerTimeout: duration(2), PromptTimeout: duration(3),
	}}
	target.Spec.CSTA = v1alpha1.TargetCSTA{Mode: v1alpha1.CSTAModeBasic, SessionExpires: duration(4), MinSE: duration(5)}
	target.Spec.Limits = v1alpha1.TargetLimits{Sessions: new(int32(1)), MonitorsPerLine: new(int32(2)), CallsPerLine: new(int32(3)), Calls: new(int32(4))}
	target.Spec.DialPlan = &v1alpha1.DialPlan{Rules: []v1alpha1.DialRule{{Action: v1alpha1.DialBlock}}}
	target.Spec.Trunk = &v1alpha1.Trunk{Name: "n", MaxCalls: new(int32(1)), Auth: &v1alpha1.TrunkAuth{PasswordSecretRef: v1alpha1.SecretKeyReference{Key: "k"}}}
	target.Spec.Media = v1alpha1.TargetMedia{MusicOnHold: v1alpha1.MusicOnHoldMusic, ConferenceParties: new(int32(3))}
	target.Spec.Features = v1alpha1.TargetFeatures{
		ParkTimeout: duration(1), RouteTimeout: duration(2), RingDuration: duration(3), MaxRedirections: new(int32(4)), CallBackTimeout: duration(5), FailedTime: duration(6),
	}
	target.Spec.SessionManagers = []v1alpha1.SessionManager{{Keepalive: duration(7)}}
	line := &v1alpha1.Line{}
	line.Spec.Kind = v1alpha1.LineRouteing
	line.Spec.Forwarding = []v1alpha1.Forwarding{{Type: v1alpha1.ForwardNoAns, RingCount: new(int32(9))}, {Type: v1alpha1.ForwardBusy}}
	line.Spec.Watch, line.Spec.Control, line.Spec.CallLimit = new(false), new(false), new(int32(9))
	line.Spec.Devices = []v1alpha1.LineDevice{{Name: "desk"}, phone("soft", "u")}
	line.Spec.Devices[1].SIP.Answer, line.Spec.Devices[1].SIP.PasswordSecretRef.Key = v1alpha1.AnswerNone, "k"
	user := &v1alpha1.CTIUser{}
	user.Spec.User, user.Spec.PasswordSecretRef.Key = "u", "k"
	user.Spec.Limits = v1alpha1.UserLimits{Sessions: new(int32(1)), Monitors: new(int32(2))}

	defaulted, lineDefaulted, userDefaulted := target.DeepCopy(), line.DeepCopy(), user.DeepCopy()
	defaulted.SetDefaults()
	lineDefaulted.SetDefaults()
	userDefaulted.SetDefaults()
	if diff := cmp.Diff([]any{target, line, user}, []any{defaulted, lineDefaulted, userDefaulted}); diff != "" {
		t.Errorf("defaults replaced what was set (-want +got):\n%s", diff)
	}
}

func TestSuiteDefaults(t *testing.T) {
	target := &v1alpha1.CMETarget{Spec: v1alpha1.CMETargetSpec{
		DialPlan:        &v1alpha1.DialPlan{Rules: []v1alpha1.DialRule{{Pattern: "9T"}}},
		Trunk:           &v1alpha1.Trunk{Auth: &v1alpha1.TrunkAuth{}},
		SessionManagers: []v1alpha1.SessionManager{{RegisterID: "app1"}},
	}}
	target.SetDefaults()
	line := &v1alpha1.Line{Spec: v1alpha1.LineSpec{Forwarding: []v1alpha1.Forwarding{{Type: v1alpha1.ForwardNoAnsExt}, {Type: v1alpha1.ForwardBusy}}}}
	line.SetDefaults()
	want := []any{
		v1alpha1.DialRule{Pattern: "9T", Action: v1alpha1.DialRoute},
		v1alpha1.Trunk{Name: "trunk", MaxCalls: new(int32(30)), Auth: &v1alpha1.TrunkAuth{PasswordSecretRef: v1alpha1.SecretKeyReference{Key: "password"}}},
		v1alpha1.SessionManager{RegisterID: "app1", Keepalive: duration(5 * time.Minute)},
		v1alpha1.LineStation,
		[]v1alpha1.Forwarding{{Type: v1alpha1.ForwardNoAnsExt, RingCount: new(int32(3))}, {Type: v1alpha1.ForwardBusy}},
	}
	got := []any{target.Spec.DialPlan.Rules[0], *target.Spec.Trunk, target.Spec.SessionManagers[0], line.Spec.Kind, line.Spec.Forwarding}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestLineAndUserDefaults(t *testing.T) {
	line := &v1alpha1.Line{Spec: v1alpha1.LineSpec{Number: "1001", Devices: []v1alpha1.LineDevice{phone("desk", "")}}}
	line.SetDefaults()
	sip := line.Spec.Devices[0].SIP
	if !*line.Spec.Watch || !*line.Spec.Control || line.Spec.CallLimit != nil || sip.Username != "1001" || sip.Answer != v1alpha1.AnswerAuto || sip.PasswordSecretRef.Key != "password" {
		t.Errorf("defaulted line is %+v with phone %+v", line.Spec, *sip)
	}
	user := &v1alpha1.CTIUser{Name: "alice"}
	user.SetDefaults()
	if user.Spec.User != "alice" || user.Spec.PasswordSecretRef.Key != "password" || *user.Spec.Limits.Sessions != 10 || *user.Spec.Limits.Monitors != 1000 {
		t.Errorf("defaulted user is %+v", user.Spec)
	}
}

func TestValidateChangesNothing(t *testing.T) {
	line := &v1alpha1.Line{Spec: v1alpha1.LineSpec{Devices: []v1alpha1.LineDevice{phone("desk", "")}}}
	before := line.DeepCopy()
	line.Validate()
	if diff := cmp.Diff(before, line); diff != "" {
		t.Errorf("Validate changed the line:\n%s", diff)
	}
}

func TestKindsOfScheme(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{v1alpha1.KindCMETarget, v1alpha1.KindLine, v1alpha1.KindCTIUser} {
		for _, name := range []string{kind, kind + "List"} {
			object, err := scheme.New(v1alpha1.SchemeGroupVersion().WithKind(name))
			if err != nil {
				t.Errorf("make %s: %v", name, err)
				continue
			}
			if object.DeepCopyObject() == nil {
				t.Errorf("%s has no deep copy", name)
			}
		}
	}
}

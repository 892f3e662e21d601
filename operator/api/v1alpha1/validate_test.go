// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"offhook.dev/operator/api/v1alpha1"
)

func target(change func(*v1alpha1.CMETargetSpec)) field.ErrorList {
	t := &v1alpha1.CMETarget{Name: "office"}
	t.Spec.SIP.Domains = []string{"office.test", "192.0.2.1", "2001:db8::1", "*"}
	change(&t.Spec)
	return t.Validate()
}

func line(change func(*v1alpha1.LineSpec)) field.ErrorList {
	l := &v1alpha1.Line{Name: "desk"}
	l.Spec = v1alpha1.LineSpec{Target: "office", Number: "+1425*9#A", Devices: []v1alpha1.LineDevice{phone("desk", "")}}
	change(&l.Spec)
	return l.Validate()
}

func phone(name, username string) v1alpha1.LineDevice {
	return v1alpha1.LineDevice{Name: name, SIP: &v1alpha1.SIPDevice{
		Username: username, PasswordSecretRef: v1alpha1.SecretKeyReference{Name: "phones"},
	}}
}

func user(change func(*v1alpha1.CTIUserSpec)) field.ErrorList {
	u := &v1alpha1.CTIUser{Name: "alice"}
	u.Spec.PasswordSecretRef.Name = "users"
	u.Spec.Lines = []v1alpha1.LineGrant{{Target: "office", Number: "1001", Rights: []v1alpha1.Right{"monitor", "control"}}}
	change(&u.Spec)
	return u.Validate()
}

func duration(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

func TestValidate(t *testing.T) {
	cases := []faultCase{
		{"target", target(func(*v1alpha1.CMETargetSpec) {}), nil},
		{"line", line(func(*v1alpha1.LineSpec) {}), nil},
		{"user", user(func(*v1alpha1.CTIUserSpec) {}), nil},

		{"no domain", target(func(s *v1alpha1.CMETargetSpec) { s.SIP.Domains = nil }), []string{"FieldValueRequired spec.sip.domains"}},
		{"port in domain", target(func(s *v1alpha1.CMETargetSpec) {
			s.SIP.Domains = []string{"office.test:5060", "[::1]", "fe80::1%eth0", ""}
		}), []string{
			"FieldValueInvalid spec.sip.domains[0]", "FieldValueInvalid spec.sip.domains[1]", "FieldValueInvalid spec.sip.domains[2]", "FieldValueInvalid spec.sip.domains[3]",
		}},
		{"one domain twice", target(func(s *v1alpha1.CMETargetSpec) {
			s.SIP.Domains = []string{"a.test", "A.test", "2001:db8:0::1", "2001:db8::1"}
		}), []string{
			"FieldValueDuplicate spec.sip.domains[1]", "FieldValueDuplicate spec.sip.domains[3]",
		}},
		{"many domains", target(func(s *v1alpha1.CMETargetSpec) {
			s.SIP.Domains = nil
			for i := range 65 {
				s.SIP.Domains = append(s.SIP.Domains, "site-"+strconv.Itoa(i)+".test")
			}
		}), []string{"FieldValueTooMany spec.sip.domains"}},
		{"realm", target(func(s *v1alpha1.CMETargetSpec) { s.SIP.Realm = "a\"b" }), []string{"FieldValueInvalid spec.sip.realm"}},
		{"long realm", target(func(s *v1alpha1.CMETargetSpec) { s.SIP.Realm = strings.Repeat("r", 254) }), []string{"FieldValueTooLong spec.sip.realm"}},
		{"driver", target(func(s *v1alpha1.CMETargetSpec) { s.Driver.Type = "sccp" }), []string{"FieldValueNotSupported spec.driver.type"}},
		{"two drivers", target(func(s *v1alpha1.CMETargetSpec) { s.Driver.Simulated = &v1alpha1.SimulatedDriver{} }), []string{"FieldValueForbidden spec.driver.simulated"}},
		{"other driver's settings", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver = v1alpha1.TargetDriver{Type: "simulated", SIPLine: &v1alpha1.SIPLineDriver{}}
		}), []string{"FieldValueForbidden spec.driver.sipLine"}},
		{"registration bounds crossed", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver.SIPLine = &v1alpha1.SIPLineDriver{MinRegistrationExpiry: duration(2 * time.Hour)}
		}), []string{"FieldValueInvalid spec.driver.sipLine.maxRegistrationExpiry"}},
		{"default outside the bounds", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver.SIPLine = &v1alpha1.SIPLineDriver{DefaultRegistrationExpiry: duration(time.Second)}
		}), []string{"FieldValueInvalid spec.driver.sipLine.defaultRegistrationExpiry"}},
		{"simulated times", target(func(s *v1alpha1.CMETargetSpec) {
			s.Driver = v1alpha1.TargetDriver{Type: "simulated", Simulated: &v1alpha1.SimulatedDriver{
				AnswerAfter: duration(-1), NoAnswerTimeout: duration(0), PromptTimeout: duration(time.Hour),
			}}
		}), []string{
			"FieldValueInvalid spec.driver.simulated.answerAfter", "FieldValueInvalid spec.driver.simulated.noAnswerTimeout", "FieldValueInvalid spec.driver.simulated.promptTimeout",
		}},
		{"session timers", target(func(s *v1alpha1.CMETargetSpec) {
			s.CSTA = v1alpha1.TargetCSTA{Mode: "expert", SessionExpires: duration(2 * time.Minute), MinSE: duration(3 * time.Minute)}
		}), []string{
			"FieldValueNotSupported spec.csta.mode", "FieldValueInvalid spec.csta.sessionExpires",
		}},
		{"min-SE under RFC 4028's", target(func(s *v1alpha1.CMETargetSpec) { s.CSTA.MinSE = duration(time.Minute) }), []string{"FieldValueInvalid spec.csta.minSE"}},
		{"limits", target(func(s *v1alpha1.CMETargetSpec) {
			s.Limits = v1alpha1.TargetLimits{Sessions: new(int32(0)), MonitorsPerLine: new(int32(-1)), CallsPerLine: new(int32(101)), Calls: new(int32(1_000_001))}
		}), []string{
			"FieldValueInvalid spec.limits.sessions", "FieldValueInvalid spec.limits.monitorsPerLine", "FieldValueInvalid spec.limits.callsPerLine", "FieldValueInvalid spec.limits.calls",
		}},

		{"no target", line(func(s *v1alpha1.LineSpec) { s.Target = "" }), []string{"FieldValueRequired spec.target"}},
		{"number", line(func(s *v1alpha1.LineSpec) { s.Number = "10 01" }), []string{"FieldValueInvalid spec.number"}},
		{"name in umlauts", line(func(s *v1alpha1.LineSpec) { s.DisplayName = strings.Repeat("ü", 64) }), nil},
		{"long name", line(func(s *v1alpha1.LineSpec) { s.DisplayName = strings.Repeat("u", 65) }), []string{"FieldValueInvalid spec.displayName"}},
		{"name on two lines", line(func(s *v1alpha1.LineSpec) { s.DisplayName = "a\r\nb" }), []string{"FieldValueInvalid spec.displayName"}},
		{"call limit", line(func(s *v1alpha1.LineSpec) { s.CallLimit = new(int32(0)) }), []string{"FieldValueInvalid spec.callLimit"}},
		{"two phones", line(func(s *v1alpha1.LineSpec) { s.Devices = append(s.Devices, phone("soft", "1001-soft")) }), nil},
		{"two phones with one user name", line(func(s *v1alpha1.LineSpec) { s.Devices = append(s.Devices, phone("soft", "")) }), []string{"FieldValueInvalid spec.devices[1].sip.username"}},
		{"two phones with one name", line(func(s *v1alpha1.LineSpec) { s.Devices = append(s.Devices, phone("desk", "x")) }), []string{"FieldValueDuplicate spec.devices[1].name"}},
		{"phone names", line(func(s *v1alpha1.LineSpec) { s.Devices = []v1alpha1.LineDevice{phone("", "a"), phone("a/b", "b")} }), []string{
			"FieldValueRequired spec.devices[0].name", "FieldValueInvalid spec.devices[1].name",
		}},
		{"phone without settings", line(func(s *v1alpha1.LineSpec) { s.Devices[0].SIP = nil }), []string{"FieldValueRequired spec.devices[0].sip"}},
		{"phone's user name", line(func(s *v1alpha1.LineSpec) { s.Devices[0].SIP.Username = "a:b" }), []string{"FieldValueInvalid spec.devices[0].sip.username"}},
		{"answer", line(func(s *v1alpha1.LineSpec) { s.Devices[0].SIP.Answer = "shout" }), []string{"FieldValueNotSupported spec.devices[0].sip.answer"}},
		{"secret", line(func(s *v1alpha1.LineSpec) {
			s.Devices[0].SIP.PasswordSecretRef = v1alpha1.SecretKeyReference{Key: "a/b"}
		}), []string{
			"FieldValueRequired spec.devices[0].sip.passwordSecretRef.name", "FieldValueInvalid spec.devices[0].sip.passwordSecretRef.key",
		}},
		{"eleven phones", line(func(s *v1alpha1.LineSpec) {
			for name := range strings.SplitSeq("bcdefghijk", "") {
				s.Devices = append(s.Devices, phone(name, name))
			}
		}), []string{"FieldValueTooMany spec.devices"}},

		{"user with domain", user(func(s *v1alpha1.CTIUserSpec) { s.User = "alice@office.test" }), []string{"FieldValueInvalid spec.user"}},
		{"user with control character", user(func(s *v1alpha1.CTIUserSpec) { s.User = "al\x00ice" }), []string{"FieldValueInvalid spec.user"}},
		{"no lines", user(func(s *v1alpha1.CTIUserSpec) { s.Lines = nil }), []string{"FieldValueRequired spec.lines"}},
		{"line twice", user(func(s *v1alpha1.CTIUserSpec) { s.Lines = append(s.Lines, s.Lines[0]) }), []string{"FieldValueDuplicate spec.lines[1]"}},
		{"empty grant", user(func(s *v1alpha1.CTIUserSpec) { s.Lines = []v1alpha1.LineGrant{{}} }), []string{
			"FieldValueRequired spec.lines[0].target", "FieldValueInvalid spec.lines[0].number", "FieldValueRequired spec.lines[0].rights",
		}},
		{"rights", user(func(s *v1alpha1.CTIUserSpec) { s.Lines[0].Rights = []v1alpha1.Right{"monitor", "monitor", "admin"} }), []string{
			"FieldValueDuplicate spec.lines[0].rights[1]", "FieldValueNotSupported spec.lines[0].rights[2]",
		}},
		{"user's limits", user(func(s *v1alpha1.CTIUserSpec) {
			s.Limits = v1alpha1.UserLimits{Sessions: new(int32(0)), Monitors: new(int32(0))}
		}), []string{
			"FieldValueInvalid spec.limits.sessions", "FieldValueInvalid spec.limits.monitors",
		}},
	}
	checkFaults(t, cases)
}

// faultCase is an object's faults, and the type and field of each wanted one.
type faultCase = struct {
	name   string
	faults field.ErrorList
	want   []string
}

func checkFaults(t *testing.T, cases []faultCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, fault := range c.faults {
				got = append(got, string(fault.Type)+" "+fault.Field)
				if fault.Type != field.ErrorTypeDuplicate && fault.Detail == "" && fault.Type != field.ErrorTypeTooMany {
					t.Errorf("%s does not say what to do", fault)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, c.faults)
			}
		})
	}
}

func TestValidateNames(t *testing.T) {
	for name, good := range map[string]bool{"": false, "branch-1": true, "branch.1": true, "Branch": false, "a/b": false} {
		u := &v1alpha1.CTIUser{Name: name}
		u.Spec.User = "alice"
		named := false
		for _, fault := range u.Validate() {
			named = named || fault.Field == "metadata.name"
		}
		if named == good {
			t.Errorf("metadata.name %q: refused %v", name, named)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	"offhook.dev/operator/api/v1alpha1"
)

func TestValidateTargetSuite(t *testing.T) {
	trunk := func(change func(*v1alpha1.Trunk)) func(*v1alpha1.CMETargetSpec) {
		return func(s *v1alpha1.CMETargetSpec) {
			s.Trunk = &v1alpha1.Trunk{URI: "sip:gateway.example.com"}
			change(s.Trunk)
		}
	}
	rules := func(rules ...v1alpha1.DialRule) func(*v1alpha1.CMETargetSpec) {
		return func(s *v1alpha1.CMETargetSpec) { s.DialPlan = &v1alpha1.DialPlan{Rules: rules} }
	}
	manager := func(managers ...v1alpha1.SessionManager) func(*v1alpha1.CMETargetSpec) {
		return func(s *v1alpha1.CMETargetSpec) { s.SessionManagers = managers }
	}
	checkFaults(t, []faultCase{
		{"dial plan", target(func(s *v1alpha1.CMETargetSpec) {
			s.DialPlan = &v1alpha1.DialPlan{
				CountryCode: "1", AreaCode: "425", OfficeCode: "555", ExternalPrefix: "9", InternationalPrefix: "011", NationalPrefix: "1", ExtensionLength: new(int32(4)),
				Rules: []v1alpha1.DialRule{{Pattern: "9T", Strip: 1}, {Pattern: "0900T", Action: v1alpha1.DialBlock}, {Pattern: "+1425555....", Strip: 8}, {Pattern: "T", Prefix: "+49", Action: v1alpha1.DialTrunk}},
			}
		}), nil},
		{"area code without country", target(func(s *v1alpha1.CMETargetSpec) { s.DialPlan = &v1alpha1.DialPlan{AreaCode: "425"} }), []string{"FieldValueRequired spec.dialPlan.countryCode"}},
		{"codes", target(func(s *v1alpha1.CMETargetSpec) {
			s.DialPlan = &v1alpha1.DialPlan{CountryCode: "+1", AreaCode: "a", OfficeCode: "5 5", ExternalPrefix: "+", InternationalPrefix: "x", NationalPrefix: "123456789", ExtensionLength: new(int32(16))}
		}), []string{
			"FieldValueInvalid spec.dialPlan.countryCode", "FieldValueInvalid spec.dialPlan.areaCode", "FieldValueInvalid spec.dialPlan.officeCode",
			"FieldValueInvalid spec.dialPlan.externalPrefix", "FieldValueInvalid spec.dialPlan.internationalPrefix", "FieldValueInvalid spec.dialPlan.nationalPrefix",
			"FieldValueInvalid spec.dialPlan.extensionLength",
		}},
		{"patterns", target(rules(v1alpha1.DialRule{}, v1alpha1.DialRule{Pattern: "9T1"}, v1alpha1.DialRule{Pattern: "9[1-2]"})), []string{
			"FieldValueInvalid spec.dialPlan.rules[0].pattern", "FieldValueInvalid spec.dialPlan.rules[1].pattern", "FieldValueInvalid spec.dialPlan.rules[2].pattern",
		}},
		{"strip more than there is", target(rules(v1alpha1.DialRule{Pattern: "9T", Strip: 2}, v1alpha1.DialRule{Pattern: "9", Strip: -1})), []string{
			"FieldValueInvalid spec.dialPlan.rules[0].strip", "FieldValueInvalid spec.dialPlan.rules[1].strip",
		}},
		{"block that rewrites", target(rules(v1alpha1.DialRule{Pattern: "9T", Strip: 1, Action: v1alpha1.DialBlock}, v1alpha1.DialRule{Pattern: "8", Action: "drop", Prefix: "a"})), []string{
			"FieldValueForbidden spec.dialPlan.rules[0].action", "FieldValueInvalid spec.dialPlan.rules[1].prefix", "FieldValueNotSupported spec.dialPlan.rules[1].action",
		}},
		{"many rules", target(func(s *v1alpha1.CMETargetSpec) {
			s.DialPlan = &v1alpha1.DialPlan{}
			for range 257 {
				s.DialPlan.Rules = append(s.DialPlan.Rules, v1alpha1.DialRule{Pattern: "9"})
			}
		}), []string{"FieldValueTooMany spec.dialPlan.rules"}},

		{"trunk", target(trunk(func(k *v1alpha1.Trunk) {
			k.URI = "sips:[2001:db8::1]:5061;transport=tls"
			k.AcceptFrom = []string{"192.0.2.0/24", "2001:db8::1", "192.0.2.9"}
			k.Auth = &v1alpha1.TrunkAuth{Username: "office@carrier.example", PasswordSecretRef: v1alpha1.SecretKeyReference{Name: "carrier"}}
		})), nil},
		{"trunk without URI", target(trunk(func(k *v1alpha1.Trunk) { k.URI = "" })), []string{"FieldValueInvalid spec.trunk.uri"}},
		{"trunk with user", target(trunk(func(k *v1alpha1.Trunk) { k.URI = "sip:me@gateway.example.com" })), []string{"FieldValueInvalid spec.trunk.uri"}},
		{"trunk with odd port", target(trunk(func(k *v1alpha1.Trunk) { k.URI = "sip:gateway.example.com:65536" })), []string{"FieldValueInvalid spec.trunk.uri"}},
		{"trunk with odd literal", target(trunk(func(k *v1alpha1.Trunk) { k.URI = "sip:[1.2.3.4]" })), []string{"FieldValueInvalid spec.trunk.uri"}},
		{"trunk over SCTP", target(trunk(func(k *v1alpha1.Trunk) { k.URI = "sip:gateway.example.com;transport=sctp" })), []string{"FieldValueInvalid spec.trunk.uri"}},
		{"networks", target(trunk(func(k *v1alpha1.Trunk) {
			k.AcceptFrom = []string{"gateway", "192.0.2.1/24", "192.0.2.0/24", "192.0.2.0/24", "fe80::1%eth0"}
		})), []string{
			"FieldValueInvalid spec.trunk.acceptFrom[0]", "FieldValueInvalid spec.trunk.acceptFrom[1]", "FieldValueDuplicate spec.trunk.acceptFrom[3]", "FieldValueInvalid spec.trunk.acceptFrom[4]",
		}},
		{"trunk's rest", target(trunk(func(k *v1alpha1.Trunk) {
			k.Name, k.MaxCalls, k.E164, k.Auth = "My trunk", new(int32(0)), true, &v1alpha1.TrunkAuth{}
		})), []string{
			"FieldValueInvalid spec.trunk.name", "FieldValueInvalid spec.trunk.auth.username", "FieldValueRequired spec.trunk.auth.passwordSecretRef.name",
			"FieldValueInvalid spec.trunk.maxCalls", "FieldValueInvalid spec.trunk.e164",
		}},

		{"media", target(func(s *v1alpha1.CMETargetSpec) {
			s.Media = v1alpha1.TargetMedia{MusicOnHold: "jazz", ConferenceParties: new(int32(2))}
		}), []string{"FieldValueNotSupported spec.media.musicOnHold", "FieldValueInvalid spec.media.conferenceParties"}},
		{"features", target(func(s *v1alpha1.CMETargetSpec) {
			s.Features = v1alpha1.TargetFeatures{
				ParkSlots: []string{"701", "701", "7 1"}, ParkTimeout: duration(0), RouteTimeout: duration(time.Millisecond), RingDuration: duration(time.Minute),
				MaxRedirections: new(int32(0)), CallBackTimeout: duration(time.Second), FailedTime: duration(-1),
			}
		}), []string{
			"FieldValueDuplicate spec.features.parkSlots[1]", "FieldValueInvalid spec.features.parkSlots[2]", "FieldValueInvalid spec.features.parkTimeout",
			"FieldValueInvalid spec.features.routeTimeout", "FieldValueInvalid spec.features.ringDuration", "FieldValueInvalid spec.features.maxRedirections",
			"FieldValueInvalid spec.features.callBackTimeout", "FieldValueInvalid spec.features.failedTime",
		}},
		{"session managers", target(manager(v1alpha1.SessionManager{RegisterID: "app1", User: "crm", Keepalive: duration(time.Hour), CTIAware: true}, v1alpha1.SessionManager{RegisterID: strings.Repeat("a", 30), User: "crm"})), nil},
		{"session managers' faults", target(manager(
			v1alpha1.SessionManager{RegisterID: "app-1", User: "crm"}, v1alpha1.SessionManager{RegisterID: strings.Repeat("a", 31), User: "CRM"},
			v1alpha1.SessionManager{RegisterID: "app1", Keepalive: duration(time.Second)}, v1alpha1.SessionManager{RegisterID: "app1", User: "crm"},
		)), []string{
			"FieldValueInvalid spec.sessionManagers[0].registerID", "FieldValueInvalid spec.sessionManagers[1].registerID", "FieldValueInvalid spec.sessionManagers[1].user",
			"FieldValueRequired spec.sessionManagers[2].user", "FieldValueInvalid spec.sessionManagers[2].keepalive", "FieldValueDuplicate spec.sessionManagers[3].registerID",
		}},
	})
}

func TestValidateLineSuite(t *testing.T) {
	checkFaults(t, []faultCase{
		{"station", line(func(s *v1alpha1.LineSpec) {
			s.PickupGroup, s.RemoteNumbers = "support_1", []string{"+491701234567"}
			s.Forwarding = []v1alpha1.Forwarding{{Type: "forwardImmExt", ForwardDN: "1002"}, {Type: "forwardNoAns", ForwardDN: "+14255550100", RingCount: new(int32(4))}}
		}), nil},
		{"routeing line", line(func(s *v1alpha1.LineSpec) { s.Kind, s.DefaultRoute, s.Devices = v1alpha1.LineRouteing, "1002", nil }), nil},
		{"routeing line without default", line(func(s *v1alpha1.LineSpec) { s.Kind, s.Devices = v1alpha1.LineRouteing, nil }), nil},
		{"routeing line with a phone", line(func(s *v1alpha1.LineSpec) { s.Kind = v1alpha1.LineRouteing }), []string{"FieldValueForbidden spec.devices"}},
		{"routeing line to itself", line(func(s *v1alpha1.LineSpec) {
			s.Kind, s.Devices, s.DefaultRoute = v1alpha1.LineRouteing, nil, s.Number
		}), []string{"FieldValueInvalid spec.defaultRoute"}},
		{"default route of a routeing line", line(func(s *v1alpha1.LineSpec) {
			s.Kind, s.Devices, s.DefaultRoute = v1alpha1.LineRouteing, nil, "1 2"
		}), []string{"FieldValueInvalid spec.defaultRoute"}},
		{"default route of a station", line(func(s *v1alpha1.LineSpec) { s.DefaultRoute = "1002" }), []string{"FieldValueForbidden spec.defaultRoute"}},
		{"kind", line(func(s *v1alpha1.LineSpec) { s.Kind = "queue" }), []string{"FieldValueNotSupported spec.kind"}},
		{"pickup group", line(func(s *v1alpha1.LineSpec) { s.PickupGroup = "the team" }), []string{"FieldValueInvalid spec.pickupGroup"}},
		{"forwarding", line(func(s *v1alpha1.LineSpec) {
			s.Forwarding = []v1alpha1.Forwarding{
				{Type: "forwardBusy", ForwardDN: s.Number}, {Type: "forwardBusy", ForwardDN: "1002"}, {Type: "always", ForwardDN: ""},
				{Type: "forwardImmediate", ForwardDN: "1002", RingCount: new(int32(2))}, {Type: "forwardNoAns", ForwardDN: "1002", RingCount: new(int32(0))},
			}
		}), []string{
			"FieldValueInvalid spec.forwarding[0].forwardDN", "FieldValueDuplicate spec.forwarding[1].type", "FieldValueNotSupported spec.forwarding[2].type",
			"FieldValueInvalid spec.forwarding[2].forwardDN", "FieldValueForbidden spec.forwarding[3].ringCount", "FieldValueInvalid spec.forwarding[4].ringCount",
		}},
		{"remote numbers", line(func(s *v1alpha1.LineSpec) {
			s.Number, s.RemoteNumbers = "1001", []string{"mobile", "1001", "+49170", "+49170"}
		}), []string{
			"FieldValueInvalid spec.remoteNumbers[0]", "FieldValueInvalid spec.remoteNumbers[1]", "FieldValueDuplicate spec.remoteNumbers[3]",
		}},
		{"many remote numbers", line(func(s *v1alpha1.LineSpec) {
			for i := range 9 {
				s.RemoteNumbers = append(s.RemoteNumbers, "+4917"+string(rune('0'+i)))
			}
		}), []string{"FieldValueTooMany spec.remoteNumbers"}},
	})
}

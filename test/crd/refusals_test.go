// SPDX-License-Identifier: Apache-2.0

package crd

import (
	"maps"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"offhook.dev/operator/api/v1alpha1"
)

// refusal is a manifest that is refused, and what it is told.
type refusal struct {
	kind, spec string
	// old is the spec before, for a change that is refused.
	old  string
	want string
	// only says why manifests of a folder are not refused for the same.
	only string
}

const immutable = "a folder has no history"

func refusals() map[string]refusal {
	target := func(spec, want string) refusal {
		return refusal{kind: "CMETarget", spec: "{sip: {domains: [a]}, " + spec + "}", want: want}
	}
	line := func(spec, want string) refusal {
		return refusal{kind: "Line", spec: "{target: t, number: '1001', " + spec + "}", want: want}
	}
	user := func(spec, want string) refusal {
		return refusal{kind: "CTIUser", spec: "{passwordSecretRef: {name: s}, " + spec + "}", want: want}
	}
	grant := "lines: [{target: t, number: '1', rights: [monitor]}]"
	return map[string]refusal{
		"no domain":               {kind: "CMETarget", spec: "{sip: {domains: []}}", want: "spec.sip.domains: Invalid value: 0: spec.sip.domains in body should have at least 1 items"},
		"domain with port":        {kind: "CMETarget", spec: "{sip: {domains: ['a:5060']}}", want: "write a host name, an address without port and brackets, or *"},
		"domain twice":            {kind: "CMETarget", spec: "{sip: {domains: [a.example, A.example]}}", want: "a domain is listed twice; upper and lower case are the same"},
		"realm with quotes":       {kind: "CMETarget", spec: `{sip: {domains: [a], realm: 'a"b'}}`, want: "spec.sip.realm in body should match"},
		"driver unknown":          target("driver: {type: h323}", `supported values: "sipLine", "simulated", "skinny"`),
		"driver of another type":  target("driver: {type: skinny, sipLine: {}}", "sipLine goes with type sipLine; remove sipLine or change type"),
		"simulated of another":    target("driver: {simulated: {}}", "simulated goes with type simulated; remove simulated or change type"),
		"skinny beside simulated": target("driver: {type: simulated, skinny: {}}", "Skinny phones go with type skinny or sipLine; remove skinny or change type"),
		"skinny's time-outs":      target("driver: {skinny: {promptTimeout: 10s}}", "with type sipLine write those of sipLine"),
		"skinny's keepalive":      target("driver: {skinny: {keepalive: 1s}}", "must be from 5s to 10m"),
		"skinny's digits":         target("driver: {skinny: {interdigitTimeout: 3m}}", "must be from 1s to 2m"),
		"expiry too short":        target("driver: {sipLine: {minRegistrationExpiry: 0s}}", "must be from 1s to 24h"),
		"expiry too long":         target("driver: {sipLine: {maxRegistrationExpiry: 200h}}", "must be from 1s to 168h"),
		"expiries crossed":        target("driver: {sipLine: {maxRegistrationExpiry: 30s, defaultRegistrationExpiry: 30s}}", "maxRegistrationExpiry (default 1h) must not be shorter than minRegistrationExpiry (default 60s)"),
		"default expiry outside":  target("driver: {sipLine: {defaultRegistrationExpiry: 2h}}", "defaultRegistrationExpiry (default 10m) must be from minRegistrationExpiry (default 60s) to maxRegistrationExpiry (default 1h)"),
		"ringing too long":        target("driver: {sipLine: {noAnswerTimeout: 1h}}", "must be from 1s to 10m"),
		"answer too late":         target("driver: {type: simulated, simulated: {answerAfter: 2h}}", "must be from 0s to 1h"),
		"mode unknown":            target("csta: {mode: full}", `supported values: "advanced", "basic"`),
		"minSE too short":         target("csta: {minSE: 1m}", "must be from 90s to 1h"),
		"session timer too long":  target("csta: {sessionExpires: 48h}", "must be from 90s to 24h"),
		"session timer crossed":   target("csta: {sessionExpires: 2m, minSE: 3m}", "sessionExpires (default 30m) must not be shorter than minSE (default 90s)"),
		"area without country":    target("dialPlan: {areaCode: '425'}", "areaCode and officeCode need countryCode"),
		"strip of blocked":        target("dialPlan: {rules: [{pattern: '9', strip: 1, action: block}]}", "action block refuses the number; remove strip and prefix"),
		"strip too long":          target("dialPlan: {rules: [{pattern: 9T, strip: 2}]}", "strip takes off more characters than the pattern has at least"),
		"pattern":                 target("dialPlan: {rules: [{pattern: '9[2-9]'}]}", "spec.dialPlan.rules[0].pattern in body should match"),
		"trunk in E.164":          target("trunk: {uri: 'sip:gw.example', e164: true}", "trunk.e164 needs dialPlan.countryCode"),
		"trunk's URI":             target("trunk: {uri: 'gw.example'}", "spec.trunk.uri in body should match"),
		"trunk from a name":       target("trunk: {uri: 'sip:gw.example', acceptFrom: [gw.example]}", "write an address or a network: 192.0.2.1 or 192.0.2.0/24"),
		"trunk from host bits":    target("trunk: {uri: 'sip:gw.example', acceptFrom: [192.0.2.1/24]}", "a network has bits beside its prefix; write 192.0.2.0/24, or the address alone"),
		"conference of two":       target("media: {conferenceParties: 2}", "should be greater than or equal to 3"),
		"music unknown":           target("media: {musicOnHold: jazz}", `supported values: "none", "silence", "music"`),
		"park slot twice":         target("features: {parkSlots: ['701', '701']}", `Duplicate value: "701"`),
		"park time-out":           target("features: {parkTimeout: 0s}", "must be from 1s to 24h"),
		"route time-out":          target("features: {routeTimeout: 1h}", "must be from 100ms to 5m"),
		"ring":                    target("features: {ringDuration: 1m}", "must be from 1s to 30s"),
		"callback time-out":       target("features: {callBackTimeout: 1s}", "must be from 1m to 168h"),
		"failed time":             target("features: {failedTime: 1h}", "must be from 0s to 5m"),
		"keepalive":               target("sessionManagers: [{registerID: app, user: u, keepalive: 1s}]", "must be from 1m to 1h"),
		"register-id twice":       target("sessionManagers: [{registerID: app, user: u}, {registerID: app, user: v}]", "Duplicate value"),
		"sessions":                target("limits: {sessions: 0}", "should be greater than or equal to 1"),
		"no such field":           {kind: "CMETarget", spec: "{sip: {domains: [a]}, limit: {}}", want: "unknown field", only: "it is refused when it is read"},

		"target changed":        {kind: "Line", old: "{target: t, number: '1001'}", spec: "{target: u, number: '1001'}", want: "target can't be changed; delete the Line and create it anew", only: immutable},
		"number changed":        {kind: "Line", old: "{target: t, number: '1001'}", spec: "{target: t, number: '1002'}", want: "number can't be changed; delete the Line and create it anew", only: immutable},
		"number":                {kind: "Line", spec: "{target: t, number: '10 01'}", want: "spec.number in body should match"},
		"no target":             {kind: "Line", spec: "{target: '', number: '1001'}", want: "spec.target in body should be at least 1 chars long"},
		"name on two lines":     line(`displayName: "a\nb"`, "spec.displayName in body should match"),
		"route of a station":    line("defaultRoute: '1002'", "defaultRoute goes with kind routeing"),
		"routeing with phones":  line("kind: routeing, devices: [{name: desk, sip: {passwordSecretRef: {name: s}}}]", "a line of kind routeing has no phones; remove devices"),
		"route to itself":       line("kind: routeing, defaultRoute: '1001'", "defaultRoute is the line itself; name another number"),
		"forwarding to itself":  line("forwarding: [{type: forwardBusy, forwardDN: '1001'}]", "forwardDN is the line itself; name another number"),
		"rings of busy":         line("forwarding: [{type: forwardBusy, forwardDN: '1002', ringCount: 3}]", "ringCount goes with forwardNoAns, forwardNoAnsInt and forwardNoAnsExt"),
		"forwarding twice":      line("forwarding: [{type: forwardBusy, forwardDN: '1002'}, {type: forwardBusy, forwardDN: '1003'}]", "Duplicate value"),
		"remote itself":         line("remoteNumbers: ['1001']", "a remote number is the line itself; name a phone outside"),
		"pickup group":          line("pickupGroup: two words", "spec.pickupGroup in body should match"),
		"calls":                 line("callLimit: 101", "should be less than or equal to 100"),
		"phone of no kind":      line("devices: [{name: desk}]", "a phone is either a SIP phone or a Skinny phone; write one of sip and skinny"),
		"phone of two kinds":    line("devices: [{name: desk, sip: {passwordSecretRef: {name: s}}, skinny: {mac: 0011.2233.4455}}]", "write one of sip and skinny"),
		"device twice":          line("devices: [{name: a, sip: {passwordSecretRef: {name: s}}}, {name: a, sip: {username: b, passwordSecretRef: {name: s}}}]", "Duplicate value"),
		"user name twice":       line("devices: [{name: a, sip: {passwordSecretRef: {name: s}}}, {name: b, sip: {username: '1001', passwordSecretRef: {name: s}}}]", "two SIP phones have the same user name; give each its own sip.username"),
		"Secret's name":         line("devices: [{name: a, sip: {passwordSecretRef: {name: Not_A_Name}}}]", "passwordSecretRef.name in body should match"),
		"MAC":                   line("devices: [{name: a, skinny: {mac: '12'}}]", "skinny.mac in body should match"),
		"button of the line":    line("devices: [{name: a, skinny: {mac: 0011.2233.4455, buttons: [{button: 1, type: doNotDisturb}]}}]", "buttons names the button of the line; give each button one meaning"),
		"speed dial to nowhere": line("devices: [{name: a, skinny: {mac: 0011.2233.4455, buttons: [{button: 2, type: speedDial}]}}]", "number goes with speedDial and blfSpeedDial, which need one"),

		"user changed":       {kind: "CTIUser", old: "{user: a, passwordSecretRef: {name: s}, " + grant + "}", spec: "{user: b, passwordSecretRef: {name: s}, " + grant + "}", want: "user can't be changed; delete the CTIUser and create it anew", only: immutable},
		"user added":         {kind: "CTIUser", old: "{passwordSecretRef: {name: s}, " + grant + "}", spec: "{user: b, passwordSecretRef: {name: s}, " + grant + "}", want: "user can't be changed; delete the CTIUser and create it anew", only: immutable},
		"user name":          user("user: 'a b', "+grant, "spec.user in body should match"),
		"no lines":           user("", "list the lines the user may monitor or control, in lines or by lineSelectors"),
		"empty lines":        user("lines: []", "list the lines the user may monitor or control, in lines or by lineSelectors"),
		"no rights":          user("lines: [{target: t, number: '1', rights: []}]", "rights in body should have at least 1 items"),
		"right":              user("lines: [{target: t, number: '1', rights: [listen]}]", `supported values: "monitor", "control"`),
		"line twice":         user("lines: [{target: t, number: '1', rights: [monitor]}, {target: t, number: '1', rights: [control]}]", "Duplicate value"),
		"no rights by label": user("lineSelectors: [{target: t, selector: {}, rights: []}]", "rights in body should have at least 1 items"),
		"sessions of a user": user(grant+", limits: {sessions: 0}", "should be greater than or equal to 1"),
	}
}

func manifest(t *testing.T, kind, spec string) map[string]any {
	t.Helper()
	return object(t, "apiVersion: cti.offhook.dev/v1alpha1\nkind: "+kind+"\nmetadata: {name: x}\nspec: "+spec+"\n")
}

func TestBadManifestsAreRefused(t *testing.T) {
	known := kinds(t)
	for name, test := range refusals() {
		t.Run(name, func(t *testing.T) {
			var old map[string]any
			if test.old != "" {
				var faults field.ErrorList
				if old, faults = known[test.kind].apply(t, manifest(t, test.kind, test.old), nil); len(faults) > 0 {
					t.Fatalf("before: %s", texts(faults))
				}
			}
			_, faults := known[test.kind].apply(t, manifest(t, test.kind, test.spec), old)
			if got := texts(faults); !strings.Contains(got, test.want) {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// Every rule has a manifest that breaks it.
func TestEveryRuleIsTested(t *testing.T) {
	var wanted []string
	for test := range maps.Values(refusals()) {
		wanted = append(wanted, test.want)
	}
	for name, definition := range kinds(t) {
		for _, message := range ruleMessages(definition.structural) {
			if message == "" {
				t.Errorf("a rule of %s has no message", name)
			}
			tested := false
			for _, want := range wanted {
				tested = tested || strings.Contains(message, want) || strings.Contains(want, message)
			}
			if !tested {
				t.Errorf("%s: no manifest breaks the rule %q", name, message)
			}
		}
	}
}

// What the API server refuses, the folder and the operator refuse too.
func TestValidateRefusesTheSame(t *testing.T) {
	for name, test := range refusals() {
		if test.only != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			if faults := validate(t, manifest(t, test.kind, test.spec)); len(faults) == 0 {
				t.Error("Validate accepts it")
			}
		})
	}
}

func validate(t *testing.T, object map[string]any) field.ErrorList {
	t.Helper()
	var typed interface{ Validate() field.ErrorList }
	switch object["kind"] {
	case "CMETarget":
		typed = &v1alpha1.CMETarget{}
	case "Line":
		typed = &v1alpha1.Line{}
	default:
		typed = &v1alpha1.CTIUser{}
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, typed); err != nil {
		t.Fatal(err)
	}
	return typed.Validate()
}

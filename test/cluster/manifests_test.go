// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"strings"
	"testing"
	"time"

	"offhook.dev/csta"
)

// smallOffice has three lines, each with a phone.
var smallOffice = `apiVersion: cti.offhook.dev/v1alpha1
kind: CMETarget
metadata: {name: small}
spec:
  sip: {domains: [small.test]}
` + lineOne + lineTwo + smallLine("1003") + `---
apiVersion: cti.offhook.dev/v1alpha1
kind: CTIUser
metadata: {name: alice-crm}
spec:
  passwordSecretRef: {name: alice-crm}
  lines:
    - {target: small, number: "1001", rights: [monitor, control]}
    - {target: small, number: "1002", rights: [monitor, control]}
---
apiVersion: v1
kind: Secret
metadata: {name: alice-crm}
stringData: {password: pw-alice}
---
apiVersion: v1
kind: Secret
metadata: {name: small-phones}
stringData: {"1001": pw-1001, "1002": pw-1002, "1003": pw-1003}
`

var lineOne, lineTwo = smallLine("1001"), smallLine("1002")

// smallLine is a line of the small office with its phone.
func smallLine(number string) string {
	return strings.ReplaceAll(`---
apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: line-NUMBER}
spec:
  target: small
  number: "NUMBER"
  devices: [{name: desk, sip: {passwordSecretRef: {name: small-phones, key: "NUMBER"}}}]
`, "NUMBER", number)
}

// smallDomain is the domain of the small office.
const smallDomain = "small.test"

// condition waits until a condition of an object has a reason.
func (i *installation) condition(object, kind, reason string) string {
	return i.Await(time.Minute, object+" has "+kind+" "+reason, func(text string) bool { return strings.HasPrefix(text, reason+" ") },
		"kubectl", "get", object, "-o", `jsonpath={.status.conditions[?(@.type=="`+kind+`")].reason} {.status.conditions[?(@.type=="`+kind+`")].message}`)
}

// badManifests: what is wrong is said at once by the API server or, where only all
// objects together tell, by a condition. What runs goes on.
func badManifests(t *testing.T, i *installation, _ *manual) {
	for _, bad := range []struct{ manifest, says string }{
		{strings.Replace(lineOne, `number: "1001"`, `number: "1009"`, 1), "number"},
		{strings.Replace(lineOne, `number: "1001"`, `number: ten`, 1), "number"},
		{strings.Replace(lineOne, "target: small", "target: small\n  colour: red", 1), "colour"},
		{"apiVersion: cti.offhook.dev/v1alpha1\nkind: CMETarget\nmetadata: {name: bad}\nspec: {sip: {domains: [bad.test]}, trunk: {uri: 'sip:gw.example', e164: true}}\n", "countryCode"},
	} {
		if said := i.ApplyRefused(bad.manifest); !strings.Contains(said, bad.says) {
			t.Errorf("the refusal does not speak of %s: %s", bad.says, said)
		}
	}
	version := i.JSONPath("cmetarget/small", "{.status.configVersion}")
	if version == "" {
		t.Fatal("the target tells no configVersion")
	}
	i.Apply(strings.Replace(lineOne, "{name: small-phones, key: \"1001\"}", "{name: nowhere}", 1))
	i.condition("line/line-1001", "ResolvedRefs", "SecretNotFound")
	i.Apply(strings.ReplaceAll(lineTwo, "line-1002", "line-twice"))
	i.condition("line/line-twice", "Accepted", "Conflict")
	i.Apply(strings.NewReplacer("line-1002", "line-lost", "target: small", "target: nowhere").Replace(lineTwo))
	i.condition("line/line-lost", "ResolvedRefs", "TargetNotFound")
	if now := i.JSONPath("cmetarget/small", "{.status.configVersion}"); now != version {
		t.Errorf("the running configuration went from %s to %s", version, now)
	}
	i.softPhone(t, smallDomain, "1001", "pw-1001", "udp")
	i.Line("kubectl delete line line-twice line-lost")
	i.Apply(lineOne)
	i.condition("line/line-1001", "ResolvedRefs", "ResolvedRefs")
}

// changes take effect while applications are at work: a password, a line that goes,
// and a target that is deleted in use.
func changes(t *testing.T, i *installation, _ *manual) {
	i.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: alice-crm}\nstringData: {password: another}\n")
	var application *application
	i.Await(time.Minute, "the new password counts", func(string) bool {
		opened, err := i.tryOpen(t, smallDomain, "tcp", "alice-crm", "another", "1002")
		application = opened
		return err == nil
	}, "kubectl", "get", "ctiuser", "alice-crm")

	// The user's right on the line goes with it, and so does its monitor.
	i.Line("kubectl delete line line-1002")
	select {
	case message := <-application.Messages():
		if _, ok := message.(*csta.MonitorStop); !ok {
			t.Errorf("the application was sent %s, want MonitorStop", message.Element())
		}
	case <-application.Ended():
	case <-time.After(patience):
		t.Error("the monitor of a line that was deleted goes on")
	}
	i.condition("ctiuser/alice-crm", "ResolvedRefs", "LineNotFound")

	// One session holds the target up until the operator's drain time-out.
	holder, err := i.tryOpen(t, smallDomain, "tcp", "alice-crm", "another", "1001")
	if err != nil {
		t.Fatal(err)
	}
	i.Line("kubectl delete cmetarget small --wait=false")
	i.condition("cmetarget/small", "Ready", "Draining")
	if _, err := i.tryOpen(t, smallDomain, "tcp", "alice-crm", "another", "1001"); err == nil {
		t.Error("a target that drains takes a session")
	}
	i.Line("kubectl wait --for=delete cmetarget/small --timeout=90s")
	select {
	case <-holder.Ended():
	case <-time.After(patience):
		t.Error("a session of a target that is gone goes on")
	}
	i.Line("kubectl delete lines,ctiusers,secrets line-1001 line-1003 alice-crm small-phones --ignore-not-found")
}

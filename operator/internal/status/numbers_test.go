// SPDX-License-Identifier: Apache-2.0

package status

import (
	"reflect"
	"testing"
	"time"

	"offhook.dev/operator/api/v1alpha1"
	"offhook.dev/operator/internal/dataplane"
)

func TestHostOfContact(t *testing.T) {
	for contact, want := range map[string]string{
		"sip:1001@192.0.2.7:5060;transport=tcp": "192.0.2.7", "sips:1001@phone.example": "phone.example",
		"sip:1001@[2001:db8::1]:5060": "2001:db8::1", "<sip:a@192.0.2.7>": "192.0.2.7", "192.0.2.9:2000": "192.0.2.9",
		"192.0.2.9": "192.0.2.9", "": "", "sip:192.0.2.7": "192.0.2.7",
	} {
		if got := host(contact); got != want {
			t.Errorf("host of %q: %q, want %q", contact, got, want)
		}
	}
}

func TestLineIsCountedFromTheReport(t *testing.T) {
	line := &v1alpha1.Line{Spec: v1alpha1.LineSpec{Number: "1001"}}
	expires := time.Now().Add(time.Hour)
	report := &dataplane.Report{Lines: map[string]dataplane.LineReport{"1001": {
		InService: true, Calls: 2, DoNotDisturb: true, MessageWaiting: true, Forwarding: map[string]string{"forwardBusy": "1002"},
		Devices: []dataplane.DeviceReport{{Name: "desk", Contact: "sip:1001@192.0.2.7", Protocol: "SIP", Expires: expires}},
	}}}
	var status v1alpha1.LineStatus
	countLine(&status, line, report)
	if !status.InService || status.Calls != 2 || !status.DoNotDisturb || !status.MessageWaiting || len(status.Forwarding) != 1 || len(status.Devices) != 1 {
		t.Errorf("status %+v", status)
	}
	before := *status.DeepCopy()
	report.Lines["1001"].Devices[0].Expires = expires.Add(20 * time.Second)
	countLine(&status, line, report)
	countLine(&status, line, nil)
	if !reflect.DeepEqual(before, status) {
		t.Errorf("status %+v is another, %+v before", status, before)
	}
	report.Lines["1001"].Devices[0].Expires = expires.Add(20 * time.Minute)
	countLine(&status, line, report)
	if status.Devices[0].Expires.Equal(before.Devices[0].Expires) {
		t.Error("a registration that was renewed is not written")
	}
	delete(report.Lines, "1001")
	countLine(&status, line, report)
	if status.InService || len(status.Devices) != 0 || status.RegisteredDevices != 0 {
		t.Errorf("status of a line without phones: %+v", status)
	}
}

func TestTargetAndUserAreCounted(t *testing.T) {
	status := v1alpha1.CMETargetStatus{Calls: 7}
	countTarget(&status, &dataplane.Target{Owner: "pc-0", Applied: "v1", Sessions: 3, Monitors: 4})
	if status.Owner != "pc-0" || status.Sessions != 3 || status.Monitors != 4 || status.Calls != 7 {
		t.Errorf("without a report: %+v", status)
	}
	countTarget(&status, &dataplane.Target{Refusal: "no", Report: &dataplane.Report{Calls: 2, PhonesRegistered: 5, LinesInService: 6, LastError: "x", Lines: map[string]dataplane.LineReport{"1": {}}}})
	if status.Calls != 2 || status.PhonesRegistered != 5 || status.LinesInService != 6 || status.Lines != 1 || status.LastError != "no" {
		t.Errorf("with a report: %+v", status)
	}
	var user v1alpha1.CTIUserStatus
	seen := time.Now()
	countUser(&user, dataplane.User{Sessions: 1, Monitors: 2, LastSeen: seen})
	before := user.LastSeen
	countUser(&user, dataplane.User{})
	if user.Sessions != 0 || user.LastSeen != before || before == nil {
		t.Errorf("user %+v", user)
	}
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/csta"
)

// holdByHand: the user of one phone holds and resumes.
func holdByHand(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)
	l.phone1001.WaitRTPFlows()

	l.phone1002.Hold()
	first.expect("Held 1/1002 connected keyOperation")
	second.expect("Held 1/1002 hold keyOperation")
	l.phone1001.WaitRTPStops()
	l.phone1002.WaitRTPStops()

	l.phone1002.Resume()
	first.expect("Retrieved 1/1002 connected keyOperation")
	second.expect("Retrieved 1/1002 connected keyOperation")
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()

	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// holdAtTheCalledPhone: an application holds at the phone that was called, and
// its user talks on after the retrieve.
func holdAtTheCalledPhone(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)

	held := a.connection(1, "1002")
	if err := a.HoldCall(bounded(t), held); err != nil {
		t.Fatal(err)
	}
	first.expect("Held 1/1002 connected normal")
	second.expect("Held 1/1002 hold normal")
	l.phone1001.WaitRTPStops()
	l.phone1002.WaitRTPStops()
	refused(t, a.HoldCall(bounded(t), held), "stateIncompatibility", "invalidConnectionState")

	if err := a.RetrieveCall(bounded(t), held); err != nil {
		t.Fatal(err)
	}
	first.expect("Retrieved 1/1002 connected normal")
	second.expect("Retrieved 1/1002 connected normal")
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()
	refused(t, a.RetrieveCall(bounded(t), held), "stateIncompatibility", "invalidConnectionState")

	// Without a call id: the device has one connection.
	if err := a.ClearConnection(bounded(t), csta.ConnectionID{DeviceID: csta.DeviceID{Text: "1002"}}); err != nil {
		t.Fatal(err)
	}
	l.phone1001.WaitFor("CALL_CLOSED")
	l.phone1002.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1002 connected normalClearing", "ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// snapshot: what a device's calls are, in the middle of them.
func snapshot(t *testing.T, l *lab) {
	a := l.alice(t)
	states := func(device string) string {
		t.Helper()
		calls, err := a.SnapshotDevice(bounded(t), device)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, call := range calls {
			text += call.ConnectionIdentifier.DeviceID.Text
			if compound := call.LocalCallState.CompoundCallState; compound != nil {
				for _, state := range compound.LocalConnectionState {
					text += " " + string(state)
				}
			}
			if call.EndpointDevice != nil {
				text += " with " + call.EndpointDevice.Device.Text
			}
		}
		return text
	}
	expect := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, []string{states("1001"), states("1002")}); diff != "" {
			t.Errorf("snapshots of 1001 and 1002 (-want +got):\n%s", diff)
		}
	}
	expect("", "")
	m := a.monitor("1002")
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	m.expect("Delivered 1/1002 alerting newCall 1001>1002")
	expect("1001 connected alerting with 1002", "1002 alerting connected with 1001")
	l.phone1002.Accept()
	m.expect("Established 1/1002 connected newCall 1001>1002")
	expect("1001 connected connected with 1002", "1002 connected connected with 1001")
	l.phone1001.Hold()
	m.expect("Held 1/1001 connected keyOperation")
	expect("1001 hold connected with 1002", "1002 connected hold with 1001")
	l.phone1001.Hangup()
	m.expect("ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1002 null normalClearing")
	expect("", "")
	_, err := a.SnapshotDevice(bounded(t), "4711")
	refused(t, err, "operation", "invalidDeviceID")
	a.quiet(m)
}

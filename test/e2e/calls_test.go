// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// callByHand: people dial, answer and hang up; audio goes directly from phone to
// phone.
func callByHand(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)

	l.phone1002.Hangup()
	l.phone1001.WaitFor("CALL_CLOSED")
	first.expect(
		"ConnectionCleared 1/1002 connected normalClearing",
		"ConnectionCleared 1/1001 null normalClearing",
	)
	second.expect("ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// makeCallHoldRetrieveClear: an application controls a call of phones that can't
// be told to pick up: their users do.
func makeCallHoldRetrieveClear(t *testing.T, l *lab) {
	a := l.alice(t)
	m := a.monitor("1001")
	connection := a.makeCall("1001", "1002", false)
	if connection.DeviceID.Text != "1001" {
		t.Errorf("MakeCallResponse names device %q", connection.DeviceID.Text)
	}
	m.expect("ServiceInitiated 1/1001 initiated makeCall")
	if a.call(1) != connection.CallID {
		t.Errorf("MakeCallResponse names call %s, the event %s", connection.CallID, a.call(1))
	}
	l.phone1001.WaitFor("CALL_INCOMING")
	l.phone1001.Accept()
	l.phone1001.WaitFor("CALL_ESTABLISHED")
	m.expect("Originated 1/1001 connected newCall 1001>1002", "Delivered 1/1002 connected newCall 1001>1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1002.Accept()
	l.phone1002.WaitFor("CALL_ESTABLISHED")
	m.expect("Established 1/1002 connected newCall 1001>1002")
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()

	if err := a.HoldCall(bounded(t), connection); err != nil {
		t.Fatal(err)
	}
	m.expect("Held 1/1001 hold normal")
	l.phone1001.WaitRTPStops()
	l.phone1002.WaitRTPStops()

	if err := a.RetrieveCall(bounded(t), connection); err != nil {
		t.Fatal(err)
	}
	m.expect("Retrieved 1/1001 connected normal")
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()

	if err := a.ClearConnection(bounded(t), connection); err != nil {
		t.Fatal(err)
	}
	m.expect("ConnectionCleared 1/1001 null normalClearing")
	l.phone1001.WaitFor("CALL_CLOSED")
	l.phone1002.WaitFor("CALL_CLOSED")
	a.quiet(m)

	want := []string{
		"RequestSystemStatusResponse", "MonitorStartResponse",
		"MakeCallResponse", "ServiceInitiatedEvent", "OriginatedEvent", "DeliveredEvent", "EstablishedEvent",
		"HoldCallResponse", "HeldEvent", "RetrieveCallResponse", "RetrievedEvent",
		"ClearConnectionResponse", "ConnectionClearedEvent", "MonitorStopResponse",
	}
	if diff := cmp.Diff(want, a.wire.elements()); diff != "" {
		t.Errorf("order on the connection, responses before their events (-want +got):\n%s", diff)
	}
}

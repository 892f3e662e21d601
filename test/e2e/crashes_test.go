// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"testing"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/test/e2e/system"
)

// TestCrashes kills services in the middle of their work: the others and what is
// kept in NATS carry sessions, monitors and registrations over.
func TestCrashes(t *testing.T) {
	forEachForm(t, func(t *testing.T, form system.Form) {
		if form == system.OneProcess {
			t.Skip("one process crashes as a whole")
		}
		l := newLab(t, form)
		l.scenario(t, "csta-session", sessionServiceCrashes)
		l.scenario(t, "monitor", monitorServiceCrashes)
		l.scenario(t, "sip-edge", edgeCrashes)
		l.scenario(t, "phone-control", phoneControlCrashes)
	})
}

// sessionServiceCrashes: the session goes on with its monitors.
func sessionServiceCrashes(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)
	l.Kill("csta-session")
	l.phone1002.Hold()
	first.expect("Held 1/1002 connected keyOperation")
	second.expect("Held 1/1002 hold keyOperation")
	l.StartAgain(t, "csta-session")
	// Until the edge has found it again, services are refused with 503.
	eventually(t, "service of csta-session", func() (struct{}, bool) {
		err := a.ClearConnection(bounded(t), a.connection(1, "1001"))
		var refusal *cstaclient.SIPError
		if err != nil && (!errors.As(err, &refusal) || refusal.Status != 503) {
			t.Fatal(err)
		}
		return struct{}{}, err == nil
	})
	l.phone1002.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1001 hold normalClearing", "ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// monitorServiceCrashes: an application whose events may be lost is told, and its
// monitors go on.
func monitorServiceCrashes(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)
	l.Kill("monitor")
	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	l.StartAgain(t, "monitor")
	// What happened a moment ago comes late; there may have been more.
	first.expect("ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1002 null normalClearing")
	a.toldOfLostEvents()
	if calls, err := a.SnapshotDevice(bounded(t), "1001"); err != nil || len(calls) > 0 {
		t.Errorf("snapshot: %v, %v, want no call", calls, err)
	}
	l.talk()
	caller, called = talking("2")
	first.expect(caller...)
	second.expect(called...)
	l.phone1001.Hangup()
	first.expect("ConnectionCleared 2/1001 null normalClearing")
	second.expect("ConnectionCleared 2/1001 connected normalClearing", "ConnectionCleared 2/1002 null normalClearing")
	a.quiet(first, second)
}

// edgeCrashes: the phones' call and the application's session go on. Of what
// happens at once the application gets the events, or is told that they are lost.
func edgeCrashes(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)
	l.Kill("sip-edge")
	l.phone1001.WaitRTPFlows()
	l.StartAgain(t, "sip-edge")
	if err := a.HoldCall(bounded(t), a.connection(1, "1001")); err != nil {
		t.Fatal(err)
	}
	l.phone1002.WaitRTPStops()
	eventually(t, "event, or word of its loss", func() (struct{}, bool) {
		return struct{}{}, a.wire.has("messagesLost") || a.came(first) && a.came(second)
	})

	first, second = a.monitorBoth()
	if err := a.RetrieveCall(bounded(t), a.connection(1, "1001")); err != nil {
		t.Fatal(err)
	}
	first.expect("Retrieved 1/1001 connected normal")
	second.expect("Retrieved 1/1001 connected normal")
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()
	l.phone1002.Hangup()
	l.phone1001.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1002 connected normalClearing", "ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// phoneControlCrashes: phones need not register again to make the next call;
// the call that was up is the phones' own, and is in no snapshot any more.
func phoneControlCrashes(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)
	l.Kill("phone-control")
	l.phone1001.WaitRTPFlows()
	l.StartAgain(t, "phone-control")
	l.phone1001.WaitRTPFlows()
	// The next owner doesn't know the call, and says so.
	first.expect("ConnectionCleared 1/1001 null switchingFunctionTerminated", "BackInService 1001")
	second.expect("ConnectionCleared 1/1001 connected switchingFunctionTerminated",
		"ConnectionCleared 1/1002 null switchingFunctionTerminated", "BackInService 1002")
	calls := eventually(t, "snapshot of phone-control", func() ([]csta.SnapshotDeviceResponseInfo, bool) {
		calls, err := a.SnapshotDevice(bounded(t), "1001")
		return calls, err == nil
	})
	if len(calls) > 0 {
		t.Errorf("snapshot: %v, want no call", calls)
	}
	for _, phone := range []interface {
		Hangup()
		WaitIdle()
	}{l.phone1001, l.phone1002} {
		phone.Hangup()
		phone.WaitIdle()
	}
	l.phone1001.Forget()
	l.phone1002.Forget()
	l.talk()
	caller, called = talking("2")
	first.expect(caller...)
	second.expect(called...)
	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 2/1001 null normalClearing")
	second.expect("ConnectionCleared 2/1001 connected normalClearing", "ConnectionCleared 2/1002 null normalClearing")
	a.quiet(first, second)
}

// toldOfLostEvents waits for System Status messagesLost.
func (a *application) toldOfLostEvents() {
	a.t.Helper()
	eventually(a.t, "System Status messagesLost", func() (struct{}, bool) { return struct{}{}, a.wire.has("messagesLost") })
}

// came reports whether an event of the monitor waits to be expected.
func (a *application) came(m *monitor) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return len(a.events[m.id]) > 0
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"offhook.dev/services/cstaclient"
)

// closedWith checks the reason that a phone reports for the end of its call.
func closedWith(t *testing.T, report, want string) {
	t.Helper()
	if !strings.HasPrefix(report, want) {
		t.Errorf("the phone reports the end of its call with %q, want %q", report, want)
	}
}

// answerCallImpossible: the phone has no way to be told; the call goes on
// ringing.
func answerCallImpossible(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	refused(t, a.AnswerCall(bounded(t), cstaclient.Connection("", "1002")), "stateIncompatibility", "noCallToAnswer")
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	caller, called := talking("1")
	second.expect(called[0])
	refused(t, a.AnswerCall(bounded(t), a.connection(1, "1002")), "operation", "requestIncompatibleWithDevice")
	calls, err := a.SnapshotDevice(bounded(t), "1002")
	if err != nil || len(calls) != 1 || l.phone1002.Calls() != 1 {
		t.Errorf("after the refusal: snapshot %v, %v, and %d calls at the phone; want it to ring on", calls, err, l.phone1002.Calls())
	}
	l.phone1002.Accept()
	first.expect(caller...)
	second.expect(called[1])
	l.phone1002.Hangup()
	l.phone1001.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1002 connected normalClearing", "ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// calleeRejects: the called user presses the key that rejects.
func calleeRejects(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1002.Hangup()
	closedWith(t, l.phone1001.WaitFor("CALL_CLOSED").Param, "486")
	caller, called := talking("1")
	first.expect(append(caller[:3],
		"Failed 1/1002 connected busy 1001>1002",
		"ConnectionCleared 1/1002 connected busy",
		"ConnectionCleared 1/1001 null busy")...)
	second.expect(called[0], "Failed 1/1002 fail busy 1001>1002", "ConnectionCleared 1/1002 null busy")
	a.quiet(first, second)
}

// callerAbandons: the caller hangs up while the other phone rings.
func callerAbandons(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	caller, called := talking("1")
	first.expect(caller[:3]...)
	second.expect(called[0])
	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1001 alerting normalClearing", "ConnectionCleared 1/1002 null callCancelled")
	a.quiet(first, second)
}

// noAnswer: nobody picks up until the target's noAnswerTimeout is over.
func noAnswer(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	closedWith(t, l.phone1001.WaitFor("CALL_CLOSED").Param, "480")
	l.phone1002.WaitFor("CALL_CLOSED")
	caller, called := talking("1")
	first.expect(append(caller[:3],
		"Failed 1/1002 connected callNotAnswered 1001>1002",
		"ConnectionCleared 1/1002 connected callNotAnswered",
		"ConnectionCleared 1/1001 null callNotAnswered")...)
	second.expect(called[0], "Failed 1/1002 fail callNotAnswered 1001>1002", "ConnectionCleared 1/1002 null callNotAnswered")
	a.quiet(first, second)
}

// promptNotPickedUp: MakeCall rings the caller's phone, and nobody picks up.
func promptNotPickedUp(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	connection := a.makeCall("1001", "1002", true)
	l.phone1001.WaitFor("CALL_INCOMING")
	l.phone1001.WaitFor("CALL_CLOSED")
	first.expect("ServiceInitiated 1/1001 initiated makeCall", "ConnectionCleared 1/1001 null callNotAnswered")
	refused(t, a.ClearConnection(bounded(t), connection), "operation", "invalidCallID")
	a.quiet(first, second)
}

// promptCleared: the application takes the call back before anyone picks up.
func promptCleared(t *testing.T, l *lab) {
	a := l.alice(t)
	m := a.monitor("1001")
	connection := a.makeCall("1001", "1002", true)
	l.phone1001.WaitFor("CALL_INCOMING")
	if err := a.ClearConnection(bounded(t), connection); err != nil {
		t.Fatal(err)
	}
	l.phone1001.WaitFor("CALL_CLOSED")
	m.expect("ServiceInitiated 1/1001 initiated makeCall", "ConnectionCleared 1/1001 null normalClearing")
	a.quiet(m)
}

// unreachable: numbers that can't be called, each with its cause and with what
// the caller's phone is told.
func unreachable(t *testing.T, l *lab) {
	a := l.alice(t)
	m := a.monitor("1001")
	for i, c := range []struct{ number, cause, status string }{
		{"4711", "numberUnallocated", "404"},
		{"1003", "destOutOfOrder", "480"}, // no phone is registered
		{"1004", "doNotDisturb", "480"},
		{"1001", "busy", "486"},
	} {
		n := string(rune('1' + i))
		l.phone1001.Dial(c.number)
		closedWith(t, l.phone1001.WaitFor("CALL_CLOSED").Param, c.status)
		m.expect(
			"ServiceInitiated "+n+"/1001 initiated normal",
			"Originated "+n+"/1001 connected newCall 1001>"+c.number,
			"Failed "+n+"/"+c.number+" connected "+c.cause+" 1001>"+c.number,
			"ConnectionCleared "+n+"/1001 null "+c.cause,
		)
	}
	_, err := a.MakeCall(bounded(t), "1003", "1001", false)
	refused(t, err, "systemResourceAvailibility", "callingDeviceOutOfService")
	a.quiet(m)
}

// busyLine: a line with a call limit of one, on a phone over TCP, is in a call.
func busyLine(t *testing.T, l *lab) {
	a := open(t, l.System, "alice", "1005")
	tcp, second := a.monitor("1005"), a.monitor("1002")
	l.phone1005.Dial("1001")
	l.phone1001.WaitFor("CALL_INCOMING")
	l.phone1001.Accept()
	l.phone1005.WaitFor("CALL_ESTABLISHED")
	l.phone1005.WaitRTPFlows()
	l.phone1001.WaitRTPFlows()
	tcp.expect(
		"ServiceInitiated 1/1005 initiated normal",
		"Originated 1/1005 connected newCall 1005>1001",
		"Delivered 1/1001 connected newCall 1005>1001",
		"Established 1/1001 connected newCall 1005>1001",
	)

	l.phone1002.Dial("1005")
	closedWith(t, l.phone1002.WaitFor("CALL_CLOSED").Param, "486")
	second.expect(
		"ServiceInitiated 2/1002 initiated normal",
		"Originated 2/1002 connected newCall 1002>1005",
		"Failed 2/1005 connected busy 1002>1005",
		"ConnectionCleared 2/1002 null busy",
	)

	held := a.connection(1, "1005")
	if err := a.HoldCall(bounded(t), held); err != nil {
		t.Fatal(err)
	}
	l.phone1005.WaitRTPStops()
	l.phone1001.WaitRTPStops()
	if err := a.RetrieveCall(bounded(t), held); err != nil {
		t.Fatal(err)
	}
	l.phone1005.WaitRTPFlows()
	l.phone1001.Hangup()
	l.phone1005.WaitFor("CALL_CLOSED")
	tcp.expect(
		"Held 1/1005 hold normal", "Retrieved 1/1005 connected normal",
		"ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1005 null normalClearing",
	)

	// Now that it is idle it is called.
	l.phone1002.Dial("1005")
	l.phone1005.WaitFor("CALL_INCOMING")
	l.phone1005.Accept()
	l.phone1002.WaitFor("CALL_ESTABLISHED")
	l.phone1002.WaitRTPFlows()
	l.phone1005.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	tcp.expect(
		"Delivered 3/1005 alerting newCall 1002>1005", "Established 3/1005 connected newCall 1002>1005",
		"ConnectionCleared 3/1005 null normalClearing",
	)
	second.expect(
		"ServiceInitiated 3/1002 initiated normal",
		"Originated 3/1002 connected newCall 1002>1005",
		"Delivered 3/1005 connected newCall 1002>1005", "Established 3/1005 connected newCall 1002>1005",
		"ConnectionCleared 3/1005 connected normalClearing", "ConnectionCleared 3/1002 null normalClearing",
	)
	a.quiet(tcp, second)
}

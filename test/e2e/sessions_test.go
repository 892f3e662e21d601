// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"regexp"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	sessionv1 "offhook.dev/proto/offhook/session/v1"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/sipstack"
)

// refusedSessions: who may not open a session, and what is said.
func refusedSessions(t *testing.T, l *lab) {
	for _, c := range []struct {
		name, user, password, line string
		status                     int
	}{
		{"wrong password", "alice", "secret-bob", "1001", 407},
		{"unknown user", "mallory", "secret-mallory", "1001", 407},
		{"no right on the line", "carol", "secret-carol", "1001", 403},
		{"unknown line", "alice", "secret-alice", "4711", 404},
	} {
		_, err := dial(t, l.System, cstaclient.SessionOptions{User: c.user, Password: c.password, Line: c.line}, "tcp")
		var refusal *cstaclient.SIPError
		if !errors.As(err, &refusal) || refusal.Status != c.status || refusal.Local {
			t.Errorf("%s: %v, want %d from the server", c.name, err, c.status)
		}
	}
}

// monitorOnly: a user who may watch but not control.
func monitorOnly(t *testing.T, l *lab) {
	bob := open(t, l.System, "bob", "1001")
	first, second := bob.monitorBoth()
	_, err := bob.MakeCall(bounded(t), "1001", "1002", false)
	refused(t, err, "operation", "privilegeViolationCallingDevice")
	_, err = bob.MonitorStart(bounded(t), "1003")
	refused(t, err, "operation", "privilegeViolationSpecifiedDevice")
	_, err = bob.SnapshotDevice(bounded(t), "1003")
	refused(t, err, "operation", "privilegeViolationSpecifiedDevice")
	l.talk()
	caller, called := talking("1")
	first.expect(caller...)
	second.expect(called...)
	connection := bob.connection(1, "1001")
	for _, err := range []error{
		bob.HoldCall(bounded(t), connection), bob.RetrieveCall(bounded(t), connection),
		bob.AnswerCall(bounded(t), connection), bob.ClearConnection(bounded(t), connection),
	} {
		refused(t, err, "operation", "privilegeViolationSpecifiedDevice")
	}
	l.phone1001.WaitRTPFlows()
	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	first.expect("ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1002 null normalClearing")
	bob.quiet(first, second)
}

// deviceTexts: devices come back byte for byte as the application writes them.
func deviceTexts(t *testing.T, l *lab) {
	const own, other = "tel:1001;phone-context=dialstring", "tel:1002;phone-context=dialstring"
	a, err := dial(t, l.System, cstaclient.SessionOptions{User: "alice", Password: "secret-alice", Line: own, Domain: "offhook.test"}, "tcp")
	if err != nil {
		t.Fatal(err)
	}
	m := a.monitor(own)
	if connection := a.makeCall(own, other, true); connection.DeviceID.Text != own {
		t.Errorf("MakeCallResponse names %q", connection.DeviceID.Text)
	}
	l.phone1001.WaitFor("CALL_INCOMING")
	l.phone1001.Accept()
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1002.Accept()
	l.phone1002.WaitFor("CALL_ESTABLISHED")
	m.expect(
		"ServiceInitiated 1/"+own+" initiated makeCall",
		"Originated 1/"+own+" connected newCall "+own+">"+other,
		"Delivered 1/"+other+" connected newCall "+own+">"+other,
		"Established 1/"+other+" connected newCall "+own+">"+other,
	)
	if _, err := a.SnapshotDevice(bounded(t), own); err != nil {
		t.Error(err)
	}
	l.phone1002.Hangup()
	m.expect("ConnectionCleared 1/"+other+" connected normalClearing", "ConnectionCleared 1/"+own+" null normalClearing")

	device := regexp.MustCompile(`<(?:deviceID|deviceIdentifier)>([^<]*)<`)
	seen := 0
	for _, body := range a.wire.bodies() {
		for _, match := range device.FindAllStringSubmatch(body, -1) {
			seen++
			if match[1] != own && match[1] != other {
				t.Errorf("device %q in %s", match[1], body)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d devices on the wire", seen)
	}
	a.quiet(m)
}

// refresh: a re-INVITE keeps the session with its monitors.
func refresh(t *testing.T, l *lab) {
	a := l.alice(t)
	first, second := a.monitorBoth()
	caller, called := talking("1")
	if err := a.Refresh(bounded(t)); err != nil {
		t.Fatal(err)
	}
	l.talk()
	first.expect(caller...)
	second.expect(called...)
	if err := a.Refresh(bounded(t)); err != nil {
		t.Fatal(err)
	}
	l.phone1001.Hangup()
	first.expect("ConnectionCleared 1/1001 null normalClearing")
	second.expect("ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1002 null normalClearing")
	a.quiet(first, second)
}

// sameUserTwice: a second session of the user on the line is served beside the
// first.
func sameUserTwice(t *testing.T, l *lab) {
	one, two := l.alice(t), l.alice(t)
	watches := []*monitor{one.monitor("1002"), two.monitor("1002")}
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	for _, m := range watches {
		m.expect("Delivered 1/1002 alerting newCall 1001>1002",
			"ConnectionCleared 1/1001 alerting normalClearing", "ConnectionCleared 1/1002 null callCancelled")
		m.quiet(m)
	}
}

// clearSession: the administrator ends one session of two.
func clearSession(t *testing.T, l *lab) {
	cleared, kept := l.alice(t), open(t, l.System, "bob", "1002")
	watch := kept.monitor("1002")
	cleared.monitor("1002")
	connection, err := grpc.NewClient(l.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	sessions := sessionv1.NewSessionServiceClient(connection)
	list, err := sessions.ListSessions(bounded(t), &sessionv1.ListSessionsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	of := func(user string) *sessionv1.Session {
		at := slices.IndexFunc(list.GetSessions(), func(s *sessionv1.Session) bool { return s.GetUser() == user })
		if at < 0 || len(list.GetSessions()) != 2 {
			t.Fatalf("no session of %s, or too many: %v", user, list)
		}
		return list.GetSessions()[at]
	}
	if s := of("bob"); s.GetLine() != "1002" || s.GetTarget() != "lab" || s.GetMonitors() != 1 {
		t.Errorf("bob's session: %v", s)
	}
	if _, err := sessions.ClearSession(bounded(t), &sessionv1.ClearSessionRequest{SessionId: of("alice").GetSessionId()}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-cleared.Ended():
	case <-bounded(t).Done():
		t.Fatal("the cleared session goes on")
	}
	if cleared.Cause() != sipstack.EndByeReceived {
		t.Errorf("the session ended by %v, want a BYE of the server", cleared.Cause())
	}
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1001.Hangup()
	watch.expect("Delivered 1/1002 alerting newCall 1001>1002",
		"ConnectionCleared 1/1001 alerting normalClearing", "ConnectionCleared 1/1002 null callCancelled")
	kept.quiet(watch)
}

// overUDP: an application over UDP gets its events in order, too.
func overUDP(t *testing.T, l *lab) {
	a, err := dial(t, l.System, cstaclient.SessionOptions{User: "alice", Password: "secret-alice", Line: "1001"}, "udp")
	if err != nil {
		t.Fatal(err)
	}
	first, second := a.monitorBoth()
	l.talk()
	l.phone1001.Hangup()
	l.phone1002.WaitFor("CALL_CLOSED")
	caller, called := talking("1")
	first.expect(append(caller, "ConnectionCleared 1/1001 null normalClearing")...)
	second.expect(append(called, "ConnectionCleared 1/1001 connected normalClearing", "ConnectionCleared 1/1002 null normalClearing")...)
	a.quiet(first, second)
}

// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"

	"offhook.dev/services/cstaclient"
)

// manifestsChange: a line and a user's right on it come and go while the system
// runs; a manifest that is wrong changes nothing.
func manifestsChange(t *testing.T, l *lab) {
	l.Write(t, "line-1006.yaml", line("1006", ""))
	l.Write(t, "user-dave.yaml", user("dave", "1006", "monitor, control"))
	dave := eventually(t, "a session on the new line", func() (*application, bool) {
		a, err := dial(t, l.System, cstaclient.SessionOptions{User: "dave", Password: "secret-dave", Line: "1006"}, "tcp")
		return a, err == nil
	})
	eventually(t, "the new line at its phones' service", func() (struct{}, bool) {
		_, err := dave.MakeCall(bounded(t), "1006", "1001", false)
		var negative *cstaclient.ServiceError
		return struct{}{}, errors.As(err, &negative) && negative.Value == "callingDeviceOutOfService"
	})
	m := dave.monitor("1006")
	phone1006 := l.launch(t, 3, "1006", "udp")
	phone1006.WaitRegistered()
	m.expect("BackInService 1006")
	l.phone1001.Dial("1006")
	phone1006.WaitFor("CALL_INCOMING")
	phone1006.Hangup()
	l.phone1001.WaitFor("CALL_CLOSED")
	m.expect("Delivered 1/1006 alerting newCall 1001>1006", "Failed 1/1006 fail busy 1001>1006", "ConnectionCleared 1/1006 null busy")

	right := manifests()["target.yaml"]
	l.WriteRefused(t, "target.yaml", strings.Replace(right, "noAnswerTimeout: 4s", "noAnswerTimeout: 4h", 1), "noAnswerTimeout")
	l.WriteRefused(t, "target.yaml", right+"  colour: green\n", "colour")
	l.phone1001.Dial("1006")
	phone1006.WaitFor("CALL_INCOMING")
	l.phone1001.Hangup()
	phone1006.WaitFor("CALL_CLOSED")
	m.expect("Delivered 2/1006 alerting newCall 1001>1006",
		"ConnectionCleared 2/1001 alerting normalClearing", "ConnectionCleared 2/1006 null callCancelled")
	l.Write(t, "target.yaml", right)

	// The user's right goes, and with it the session.
	l.Write(t, "user-dave.yaml", user("dave", "1003", "monitor"))
	select {
	case <-dave.Ended():
	case <-bounded(t).Done():
		t.Fatal("the session goes on without a right")
	}
}

// eventually tries until it succeeds: configuration reaches the services one
// after the other.
func eventually[T any](t *testing.T, what string, try func() (T, bool)) T {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		value, done := try()
		if done {
			return value
		}
		select {
		case <-again.C:
		case <-deadline.C:
			t.Fatalf("no %s after %s", what, patience)
		}
	}
}

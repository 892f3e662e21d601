// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/services/cstaclient"
	"offhook.dev/services/offhookctl/command"
	"offhook.dev/test/e2e/system"
)

func TestOffhookctl(t *testing.T) {
	forEachForm(t, func(t *testing.T, form system.Form) {
		l := newLab(t, form)
		l.scenario(t, "questions", ctlQuestions)
		l.scenario(t, "call", ctlCall)
		l.scenario(t, "monitor and administrator", ctlMonitor)
		l.scenario(t, "exit codes", ctlExitCodes)
		l.scenario(t, "completion", ctlCompletion)
	})
}

// offhookctl prepares the command as alice, unless more settings say otherwise.
func offhookctl(t *testing.T, l *lab, settings []string, arguments ...string) *exec.Cmd {
	t.Helper()
	run := exec.CommandContext(t.Context(), binaries.Path("offhookctl"), arguments...)
	run.Env = append(os.Environ(), "OFFHOOK_SERVER="+l.SIP, "OFFHOOK_ADMIN="+l.GRPC, "OFFHOOK_USER=alice", "OFFHOOK_PASSWORD=secret-alice")
	run.Env = append(run.Env, settings...)
	return run
}

// ctl runs the command to its success and gives what it prints.
func ctl(t *testing.T, l *lab, arguments ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	run := offhookctl(t, l, nil, arguments...)
	run.Stdout, run.Stderr = &out, &complaints
	if err := run.Run(); err != nil {
		t.Fatalf("offhookctl %s: %v\n%s%s", strings.Join(arguments, " "), err, out.String(), complaints.String())
	}
	return strings.TrimSpace(out.String())
}

// ctlJSON runs the command with -o json.
func ctlJSON[T any](t *testing.T, l *lab, arguments ...string) T {
	t.Helper()
	var value T
	text := ctl(t, l, append(arguments, "-o", "json")...)
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("offhookctl %s printed %s: %v", strings.Join(arguments, " "), text, err)
	}
	return value
}

func ctlQuestions(t *testing.T, l *lab) {
	if got := ctl(t, l, "status", "1001"); got != "system status normal" {
		t.Errorf("status: %q", got)
	}
	if got := ctl(t, l, "status", "1001", "--transport", "udp"); got != "system status normal" {
		t.Errorf("status over UDP: %q", got)
	}
	features := ctlJSON[map[string][]string](t, l, "features", "1001")
	want := []string{
		"alternateCall", "answerCall", "callBack", "clearCall", "clearConnection", "conferenceCall", "consultationCall",
		"deflectCall", "dialDigits", "directedPickupCall", "groupPickupCall", "holdCall", "joinCall", "makeCall", "parkCall",
		"reconnectCall", "retrieveCall", "singleStepConference", "singleStepTransfer", "transferCall",
	}
	if diff := cmp.Diff(want, features["call control"]); diff != "" {
		t.Errorf("call control services (-want +got):\n%s", diff)
	}
	if got := ctl(t, l, "snapshot", "1001"); got != "no calls at 1001" {
		t.Errorf("snapshot: %q", got)
	}
	if got := ctl(t, l, "snapshot", "1001", "-o", "xml"); !strings.Contains(got, "<snapshotData></snapshotData>") && !strings.Contains(got, "<snapshotData/>") {
		t.Errorf("snapshot in XML: %q", got)
	}
}

type ctlCallJSON struct {
	CallID   string   `json:"callID"`
	DeviceID string   `json:"deviceID"`
	States   []string `json:"states"`
	Endpoint string   `json:"endpoint"`
}

func ctlCall(t *testing.T, l *lab) {
	made := ctlJSON[ctlCallJSON](t, l, "call", "1001", "1002")
	l.phone1001.WaitFor("CALL_INCOMING")
	l.phone1001.Accept()
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1002.Accept()
	l.phone1002.WaitFor("CALL_ESTABLISHED")
	l.phone1001.WaitRTPFlows()

	expect := func(states ...string) {
		t.Helper()
		want := []ctlCallJSON{{CallID: made.CallID, DeviceID: "1001", States: states, Endpoint: "1002"}}
		if diff := cmp.Diff(want, ctlJSON[[]ctlCallJSON](t, l, "snapshot", "1001")); diff != "" {
			t.Errorf("snapshot (-want +got):\n%s", diff)
		}
	}
	expect("connected", "connected")
	ctl(t, l, "hold", "1001")
	l.phone1001.WaitRTPStops()
	l.phone1002.WaitRTPStops()
	expect("hold", "connected")
	ctl(t, l, "retrieve", "1001", "--call", made.CallID)
	l.phone1001.WaitRTPFlows()
	l.phone1002.WaitRTPFlows()
	ctl(t, l, "clear", "1002")
	l.phone1001.WaitFor("CALL_CLOSED")
	l.phone1002.WaitFor("CALL_CLOSED")
}

type ctlSessions struct {
	Sessions []struct {
		SessionID string `json:"sessionId"`
		User      string `json:"user"`
		Line      string `json:"line"`
		Monitors  int    `json:"monitors"`
	} `json:"sessions"`
}

// ctlMonitor watches a line, and ends the watching session as administrator.
func ctlMonitor(t *testing.T, l *lab) {
	watching := offhookctl(t, l, nil, "monitor", "1002", "-o", "json")
	out, err := watching.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints bytes.Buffer
	watching.Stderr = &complaints
	if err := watching.Start(); err != nil {
		t.Fatal(err)
	}
	id := eventually(t, "session with a monitor in offhookctl sessions", func() (string, bool) {
		for _, session := range ctlJSON[ctlSessions](t, l, "sessions").Sessions {
			if session.User == "alice" && session.Line == "1002" && session.Monitors == 1 {
				return session.SessionID, true
			}
		}
		return "", false
	})
	if got := ctl(t, l, "sessions"); !strings.HasPrefix(got, "SESSION") || !strings.Contains(got, id) {
		t.Errorf("sessions: %s", got)
	}
	l.phone1001.Dial("1002")
	l.phone1002.WaitFor("CALL_INCOMING")
	l.phone1002.Hangup()
	l.phone1001.WaitFor("CALL_CLOSED")

	events := bufio.NewScanner(out)
	for _, want := range []cstaclient.Summary{
		{Event: "Delivered", Device: "1002", Calling: "1001", Called: "1002", LocalState: "alerting", Cause: "newCall"},
		{Event: "Failed", Device: "1002", Calling: "1001", Called: "1002", LocalState: "fail", Cause: "busy"},
		{Event: "ConnectionCleared", Device: "1002", LocalState: "null", Cause: "busy"},
	} {
		var got cstaclient.Summary
		if !events.Scan() {
			t.Fatalf("the monitor ended before %s: %s", want.Event, complaints.String())
		}
		if err := json.Unmarshal(events.Bytes(), &got); err != nil {
			t.Fatalf("event %s: %v", events.Text(), err)
		}
		got.Monitor, got.CallID = "", ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
	}
	ctl(t, l, "clear-session", id[:8])
	if events.Scan() {
		t.Errorf("the monitor goes on: %s", events.Text())
	}
	if code := exitCode(t, watching.Wait()); code != command.ExitFailed || !strings.Contains(complaints.String(), "the server ended the session") {
		t.Errorf("monitor ended with %d: %s", code, complaints.String())
	}
}

func ctlExitCodes(t *testing.T, l *lab) {
	for _, c := range []struct {
		name      string
		settings  []string
		arguments []string
		code      int
		says      string
	}{
		{"wrong password", []string{"OFFHOOK_PASSWORD=guess"}, []string{"status", "1001"}, command.ExitDenied, "wrong user or password"},
		{"no right", []string{"OFFHOOK_USER=carol", "OFFHOOK_PASSWORD=secret-carol"}, []string{"status", "1001"}, command.ExitDenied, "no right on that line"},
		{"may only monitor", []string{"OFFHOOK_USER=bob", "OFFHOOK_PASSWORD=secret-bob"}, []string{"call", "1001", "1002"}, command.ExitRefused, "lacks the right"},
		{"unknown line", nil, []string{"status", "4711"}, command.ExitRefused, "no such line"},
		{"no call", nil, []string{"hold", "1001"}, command.ExitRefused, "no call"},
		{"unknown command", nil, []string{"dance", "1001"}, command.ExitUsage, "dance"},
		{"no line", nil, []string{"status"}, command.ExitUsage, "line"},
		{"no server", []string{"OFFHOOK_SERVER=" + l.Network.IP(97) + ":5060"}, []string{"status", "1001"}, command.ExitUnreachable, "check --server"},
		{"no administrator's address", []string{"OFFHOOK_ADMIN=" + l.Network.IP(97) + ":9090"}, []string{"sessions"}, command.ExitUnreachable, "check --admin"},
		{"unknown session", nil, []string{"clear-session", "00000000"}, command.ExitRefused, "not found"},
	} {
		run := offhookctl(t, l, c.settings, c.arguments...)
		text, err := run.CombinedOutput()
		if code := exitCode(t, err); code != c.code || !strings.Contains(string(text), c.says) {
			t.Errorf("%s: exit code %d, want %d, and %q in: %s", c.name, code, c.code, c.says, text)
		}
	}
}

// ctlCompletion: the script is one that bash accepts, and knows the commands.
func ctlCompletion(t *testing.T, l *lab) {
	script := ctl(t, l, "completion", "bash")
	bash := exec.CommandContext(t.Context(), "bash")
	bash.Stdin = strings.NewReader(script + "\nCOMP_WORDS=(offhookctl cl) COMP_CWORD=1; _offhookctl; echo ${COMPREPLY[@]}\n")
	text, err := bash.CombinedOutput()
	if got := strings.TrimSpace(string(text)); err != nil || got != "clear clear-session" {
		t.Errorf("bash completes cl to %q, %v", got, err)
	}
	check := exec.CommandContext(t.Context(), "bash", "-n")
	check.Stdin = strings.NewReader(script)
	if text, err := check.CombinedOutput(); err != nil {
		t.Errorf("bash -n: %v\n%s", err, text)
	}
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return 0
}

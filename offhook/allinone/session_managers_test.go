// SPDX-License-Identifier: Apache-2.0

package allinone_test

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
	"github.com/prometheus/client_golang/prometheus"

	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
)

// manager registers as app1 with alice's password.
type manager struct {
	t      *testing.T
	conn   net.Conn
	reader *textproto.Reader
	cseq   int
}

// request sends a request and returns the status and headers of the next
// response, whatever it answers.
func (m *manager) request(method, callID string, headers ...string) (string, textproto.MIMEHeader) {
	m.t.Helper()
	m.send(method, callID, headers...)
	_ = m.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	status, err := m.reader.ReadLine()
	if err != nil {
		m.t.Fatalf("%s: %v", method, err)
	}
	header, err := m.reader.ReadMIMEHeader()
	if err != nil {
		m.t.Fatal(err)
	}
	return status, header
}

func (m *manager) send(method, callID string, headers ...string) {
	m.t.Helper()
	m.cseq++
	uri := "sip:app1@127.0.0.1"
	if method == "OPTIONS" {
		uri = "sip:127.0.0.1"
	}
	lines := append([]string{
		method + " " + uri + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/TCP %s;branch=z9hG4bK-%s-%d", m.conn.LocalAddr(), callID, m.cseq),
		"From: <sip:app1@127.0.0.1>;tag=m", "To: <sip:app1@127.0.0.1>", "Call-ID: " + callID, fmt.Sprintf("CSeq: %d %s", m.cseq, method),
		"Max-Forwards: 70", "Contact: <sip:app1@" + m.conn.LocalAddr().String() + ";transport=tcp>",
	}, headers...)
	if _, err := m.conn.Write([]byte(strings.Join(lines, "\r\n") + "\r\nContent-Length: 0\r\n\r\n")); err != nil {
		m.t.Fatal(err)
	}
}

// credentials answer the challenge that a REGISTER gets.
func (m *manager) credentials(callID string) string {
	m.t.Helper()
	status, header := m.request("REGISTER", callID)
	values := header["Proxy-Authenticate"]
	if len(values) == 0 {
		m.t.Fatalf("REGISTER: %s, want a challenge", status)
	}
	challenge, err := digest.ParseChallenge(values[len(values)-1])
	if err != nil {
		m.t.Fatal(err)
	}
	credentials, err := digest.Digest(challenge, digest.Options{
		Method: "REGISTER", URI: "sip:app1@127.0.0.1", Username: "alice", Password: "alice-secret", Count: 1,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return "Proxy-Authorization: " + credentials.String()
}

func (m *manager) register(callID string) {
	m.t.Helper()
	if status, header := m.request("REGISTER", callID, m.credentials(callID)); !strings.HasPrefix(status, "SIP/2.0 200") || header.Get("Expires") != "120" {
		m.t.Fatalf("REGISTER: %s for %s s, want 200 for 120 s", status, header.Get("Expires"))
	}
}

// TestSessionManager registers, opens one session, monitors two lines in it and
// controls them; its keepalive is answered as long as the session lasts.
func TestSessionManager(t *testing.T) {
	folder := allinonetest.Quickstart(t)
	name := filepath.Join(folder, "target.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "  sessionManagers:\n    - {registerID: app1, user: alice, keepalive: 2m, ctiAware: true}\n"...)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	process := allinonetest.Start(t, allinonetest.Options(folder))
	server := process.Server("tcp")
	for _, number := range []string{"1001", "1002"} {
		phone(t, softphone.Settings{Number: number, Password: "pw" + number, Registrar: server, Transport: "tcp"})
	}
	conn, err := net.Dial("tcp", server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	app := &manager{t: t, conn: conn, reader: textproto.NewReader(bufio.NewReader(conn))}
	app.register("run-1")
	app.register("run-1") // before the session

	client, err := cstaclient.New(t.Context(), cstaclient.Options{Server: server})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	session, err := client.Open(t.Context(), cstaclient.SessionOptions{User: "alice", Password: "alice-secret", Line: "sip:app1@127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	monitors := make(map[string]bool)
	for _, number := range []string{"1001", "1002"} {
		started, err := session.MonitorStart(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		monitors[string(started)] = true
	}
	if _, err := session.MakeCall(t.Context(), "1001", "1002", false); err != nil {
		t.Fatal(err)
	}
	for limit := time.After(10 * time.Second); len(monitors) > 0; {
		select {
		case event := <-session.Events():
			if summary := cstaclient.Summarize(event); summary.Event == "Delivered" {
				delete(monitors, string(summary.Monitor))
			}
		case <-limit:
			t.Fatalf("no Delivered event for monitors %v", monitors)
		}
	}
	app.register("run-1")
	if err := session.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	app.send("REGISTER", "run-1", app.credentials("run-1"))
	for limit := time.After(10 * time.Second); !unanswered(t, process); {
		select {
		case <-limit:
			t.Fatal("the keepalive was not left unanswered")
		case <-time.After(5 * time.Millisecond):
		}
	}
	if status, header := app.request("OPTIONS", "probe"); header.Get("Call-Id") != "probe" {
		t.Errorf("%s to %s, want the answer to OPTIONS only", status, header.Get("Cseq"))
	}
	app.register("run-2") // the application starts anew
}

// unanswered tells whether a keepalive was left unanswered.
func unanswered(t *testing.T, process *allinonetest.Process) bool {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(process.Metrics())
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "offhook_edge_session_manager_requests_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetValue() == "unanswered" && metric.GetCounter().GetValue() == 1 {
					return true
				}
			}
		}
	}
	return false
}

// SPDX-License-Identifier: Apache-2.0

package allinone_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"offhook.dev/offhook/allinone"
	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
)

// phone runs a software phone until the test ends, and waits for its
// registration.
func phone(t *testing.T, settings softphone.Settings) (*softphone.Phone, <-chan softphone.Report) {
	t.Helper()
	reports := make(chan softphone.Report, 100)
	settings.Domain, settings.Report = "127.0.0.1", func(report softphone.Report) { reports <- report }
	settings.AutoAnswer, settings.RemoteControl = true, true
	phone, err := softphone.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- phone.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	await(t, reports, softphone.Registered)
	return phone, reports
}

func await(t *testing.T, reports <-chan softphone.Report, kind softphone.ReportKind) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case report := <-reports:
			if report.Kind == kind {
				return
			}
		case <-limit:
			t.Fatalf("no report %q", kind)
		}
	}
}

func awaitEvent(t *testing.T, session *cstaclient.Session, name string) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for {
		select {
		case event := <-session.Events():
			if event == nil {
				t.Fatalf("the session ended before %s", name)
			}
			if cstaclient.Summarize(event).Event == name {
				return
			}
		case <-limit:
			t.Fatalf("no %s event", name)
		}
	}
}

func TestSessionOverEachTransport(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	for _, transport := range []string{"tcp", "udp"} {
		t.Run(transport, func(t *testing.T) {
			server := process.Server(transport)
			for _, number := range []string{"1001", "1002"} {
				phone(t, softphone.Settings{Number: number, Password: "pw" + number, Registrar: server, Transport: transport})
			}
			ctx := t.Context()
			client, err := cstaclient.New(ctx, cstaclient.Options{Server: server, Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			session, err := client.Open(ctx, cstaclient.SessionOptions{User: "alice", Password: "alice-secret", Line: "1001"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := session.MonitorStart(ctx, "1001"); err != nil {
				t.Fatal(err)
			}
			connection, err := session.MakeCall(ctx, "1001", "1002", false)
			if err != nil {
				t.Fatal(err)
			}
			awaitEvent(t, session, "Delivered")
			if err := session.AnswerCall(ctx, cstaclient.Connection("", "1002")); err != nil {
				t.Fatal(err)
			}
			awaitEvent(t, session, "Established")
			if err := session.HoldCall(ctx, connection); err != nil {
				t.Fatal(err)
			}
			awaitEvent(t, session, "Held")
			if err := session.RetrieveCall(ctx, connection); err != nil {
				t.Fatal(err)
			}
			awaitEvent(t, session, "Retrieved")
			if calls, err := session.SnapshotDevice(ctx, "1001"); err != nil || len(calls) != 1 {
				t.Errorf("the snapshot has %d calls, error %v", len(calls), err)
			}
			if err := session.ClearConnection(ctx, connection); err != nil {
				t.Fatal(err)
			}
			awaitEvent(t, session, "ConnectionCleared")
			if err := session.Close(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDrainEndsSessions(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	client, err := cstaclient.New(t.Context(), cstaclient.Options{Server: process.Server("tcp")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	session, err := client.Open(t.Context(), cstaclient.SessionOptions{User: "alice", Password: "alice-secret", Line: "1001"})
	if err != nil {
		t.Fatal(err)
	}
	process.Stop(t)
	select {
	case <-session.Ended():
	case <-time.After(10 * time.Second):
		t.Error("the session was not ended")
	}
}

func TestRestartOnItsData(t *testing.T) {
	options := allinonetest.Options(allinonetest.Quickstart(t))
	options.DataDir = t.TempDir()
	for range 2 {
		process := allinonetest.Start(t, options)
		phone(t, softphone.Settings{Number: "1001", Password: "pw1001", Registrar: process.Server("udp")})
		process.Stop(t)
	}
}

func TestNewLineCanRegisterAtOnce(t *testing.T) {
	manifests := allinonetest.Quickstart(t)
	process := allinonetest.Start(t, allinonetest.Options(manifests))
	line := `apiVersion: cti.offhook.dev/v1alpha1
kind: Line
metadata: {name: new}
spec:
  target: quickstart
  number: "1009"
  devices: [{name: desk, sip: {passwordSecretRef: {name: phone-1009}}}]
---
apiVersion: v1
kind: Secret
metadata: {name: phone-1009}
stringData: {password: pw1009}
`
	if err := os.WriteFile(filepath.Join(manifests, "new.yaml"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	phone(t, softphone.Settings{Number: "1009", Password: "pw1009", Registrar: process.Server("udp")})
}

func TestAdminTellsReadiness(t *testing.T) {
	options := allinonetest.Options(allinonetest.Quickstart(t))
	options.Admin, options.GRPC = freePort(t), freePort(t)
	allinonetest.Start(t, options)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for path, want := range map[string]string{"/livez": "ok", "/readyz": "ok", "/metrics": "offhook_"} {
		response, err := client.Get("http://" + options.Admin + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %.80q", path, response.StatusCode, body)
		}
	}
	if connection, err := net.Dial("tcp", options.GRPC); err != nil {
		t.Error(err)
	} else {
		_ = connection.Close()
	}
}

// freePort is an address that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func TestStartFaultsSayWhatToDo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	address := taken.Addr().String()
	tests := map[string]struct {
		change func(*allinone.Options)
		want   string
	}{
		"SIP port in use":    {func(o *allinone.Options) { o.SIP = append(o.SIP, "tcp:"+address) }, "choose other addresses with --sip"},
		"no SIP listener":    {func(o *allinone.Options) { o.SIP = []string{"5060"} }, "--sip"},
		"admin port in use":  {func(o *allinone.Options) { o.Admin = address }, "choose another address with --admin"},
		"gRPC port in use":   {func(o *allinone.Options) { o.GRPC = address }, "choose another address with --grpc"},
		"gRPC for all hosts": {func(o *allinone.Options) { o.GRPC = "0.0.0.0:0" }, "not a loopback address"},
		"no manifests":       {func(o *allinone.Options) { o.Manifests = t.TempDir() }, "no .yaml or .yml file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			options := allinonetest.Options(allinonetest.Quickstart(t))
			test.change(&options)
			process, err := allinone.New(t.Context(), options)
			if err == nil {
				err = process.Run(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestCloseWithoutRun(t *testing.T) {
	process, err := allinone.New(t.Context(), allinonetest.Options(allinonetest.Quickstart(t)))
	if err != nil {
		t.Fatal(err)
	}
	addresses := process.SIPAddresses()
	if err := process.Close(); err != nil {
		t.Error(err)
	}
	for _, address := range addresses {
		if address.Network() == "tcp" {
			if listener, err := net.Listen("tcp", address.String()); err != nil {
				t.Error(fmt.Errorf("the listener is still open: %w", err))
			} else {
				_ = listener.Close()
			}
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
	"offhook.dev/services/cstaclient/cstatest"
)

var update = flag.Bool("update", false, "write golden files")

// golden compares with testdata/NAME.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// output is a writer for several goroutines that tells of each write.
type output struct {
	mutex   sync.Mutex
	text    bytes.Buffer
	written chan struct{}
}

func newOutput() *output { return &output{written: make(chan struct{}, 1000)} }

func (o *output) Write(text []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	select {
	case o.written <- struct{}{}:
	default:
	}
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// phones answers services as a server with lines 1001 and 1002 does.
func phones(request csta.Message) (int, csta.Message) {
	connection := cstaclient.Connection("c1", "1001")
	switch request := request.(type) {
	case *csta.RequestSystemStatus:
		return 200, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal}
	case *csta.MonitorStart:
		return 200, &csta.MonitorStartResponse{MonitorCrossRefID: "1"}
	case *csta.MakeCall:
		if request.CalledDirectoryNumber.Text == "9999" {
			return 200, csta.NewError("invalidCalledDeviceID")
		}
		return 200, &csta.MakeCallResponse{CallingDevice: connection}
	case *csta.AnswerCall:
		if request.CallToBeAnswered.DeviceID.Text == "1002" {
			return 200, csta.NewError("noCallToAnswer")
		}
		return 200, &csta.AnswerCallResponse{}
	case *csta.HoldCall:
		return 200, &csta.HoldCallResponse{}
	case *csta.RetrieveCall:
		return 200, &csta.RetrieveCallResponse{}
	case *csta.ClearConnection:
		return 200, &csta.ClearConnectionResponse{}
	case *csta.SnapshotDevice:
		answer := &csta.SnapshotDeviceResponse{}
		answer.CrossRefIDorSnapshotData.SnapshotData = &csta.SnapshotDeviceItems{}
		if request.SnapshotObject.Text == "1001" {
			answer.CrossRefIDorSnapshotData.SnapshotData.SnapshotDeviceResponseInfo = []csta.SnapshotDeviceResponseInfo{{ConnectionIdentifier: connection}}
		}
		return 200, answer
	}
	return more(request)
}

// more answers the services of the complete suite.
func more(request csta.Message) (int, csta.Message) {
	connection := cstaclient.Connection("c2", "1001")
	other := new(cstaclient.Connection("c3", "1003"))
	list := []csta.ConnectionListItem{{NewConnection: other, Endpoint: &csta.Endpoint{DeviceID: &other.DeviceID}}}
	switch request := request.(type) {
	case *csta.ConsultationCall:
		return 200, &csta.ConsultationCallResponse{InitiatedCall: connection}
	case *csta.TransferCall:
		return 200, &csta.TransferCallResponse{TransferredCall: *other, Connections: list}
	case *csta.SingleStepTransferCall:
		return 200, &csta.SingleStepTransferCallResponse{TransferredCall: *other}
	case *csta.ConferenceCall:
		return 200, &csta.ConferenceCallResponse{ConferenceCall: connection}
	case *csta.SingleStepConferenceCall:
		if request.ParticipationType != csta.ParticipationTypeSilent {
			return 200, csta.NewError("invalidParticipationType")
		}
		return 200, &csta.SingleStepConferenceCallResponse{ConferencedCall: *other}
	case *csta.ParkCall:
		return 200, &csta.ParkCallResponse{ParkedTo: new(cstaclient.Connection("c1", "701"))}
	case *csta.GroupPickupCall:
		return 200, &csta.GroupPickupCallResponse{PickedCall: connection}
	case *csta.DirectedPickupCall:
		return 200, &csta.DirectedPickupCallResponse{PickedCall: connection}
	case *csta.GenerateDigits:
		if request.CharactersToSend == "9999" {
			return 200, csta.NewError("toneCharacterOutOfRange")
		}
	case *csta.GetDoNotDisturb:
		return 200, &csta.GetDoNotDisturbResponse{DoNotDisturbOn: true}
	case *csta.GetMessageWaitingIndicator:
		return 200, &csta.GetMessageWaitingIndicatorResponse{MessageWaitingOn: true}
	case *csta.GetAutoAnswer:
		return 200, &csta.GetAutoAnswerResponse{}
	case *csta.GetCallerIDStatus:
		return 200, &csta.GetCallerIDStatusResponse{CallerIDProvided: true}
	case *csta.GetForwarding:
		response := &csta.GetForwardingResponse{ForwardingList: []csta.ForwardListItem{}}
		if request.Device.Text == "1001" {
			response.ForwardingList = append(response.ForwardingList, csta.ForwardListItem{
				ForwardingType: csta.ForwardingTypeForwardNoAns, ForwardStatus: true, ForwardDN: &csta.DeviceID{Text: "1003"}, RingCount: new(3),
			})
		}
		return 200, response
	case *csta.SnapshotCall:
		response := &csta.SnapshotCallResponse{CallLinkageData: &csta.CallLinkageData{GlobalCallData: csta.GlobalCallData{
			GlobalCallLinkageID: csta.GlobalCallLinkageID{GloballyUniqueCallLinkageID: "0123456789ABCDEF0123456789ABCDEF"},
		}}}
		response.CrossRefIDorSnapshotData.SnapshotData = &csta.SnapshotCallItems{SnapshotCallResponseInfo: []csta.SnapshotCallResponseInfo{{
			DeviceOnCall: csta.Subject(csta.DeviceID{Text: "1001"}), LocalConnectionInfo: csta.LocalConnectionStateConnected,
			ServicesPermitted: &csta.ServicesPermitted{CallControlServices: csta.Flags{{Name: "holdCall", Value: true}}},
		}}}
		return 200, response
	case *csta.GetLogicalDeviceInformation:
		return 200, &csta.GetLogicalDeviceInformationResponse{
			DeviceCategory: csta.DeviceCategoryStation, AppearanceType: "basicStandard", MaxActiveCalls: new(4), LogDevServList: csta.NewCapabilityList("setForwarding"),
		}
	case *csta.GetPhysicalDeviceInformation:
		if request.Device.Text == "1002" {
			return 200, csta.NewError("deviceOutOfService")
		}
		return 200, &csta.GetPhysicalDeviceInformationResponse{
			DeviceCategory: csta.DeviceCategoryStation, HasLogicalElement: true, DeviceModelName: "baresip", PhysDevServList: csta.NewCapabilityList("setMessageWaitingIndicator"),
		}
	case *csta.MakeCallResponse, *csta.GetCSTAFeatures:
		return 200, csta.NewError(csta.OperationServiceNotSupported)
	}
	if response := csta.NewMessage(request.Element() + "Response"); response != nil {
		return 200, response
	}
	return 200, csta.NewError(csta.OperationServiceNotSupported)
}

type result struct {
	code     int
	out, err string
}

// run runs a command against a server as alice, or as the arguments say.
func run(ctx context.Context, t *testing.T, input string, arguments ...string) result {
	t.Helper()
	out, errors := newOutput(), newOutput()
	code := Main(arguments, "test", &Environment{Context: ctx, In: strings.NewReader(input), Out: out, Err: errors})
	return result{code, out.String(), errors.String()}
}

func as(server *cstatest.Server, arguments ...string) []string {
	return append([]string{"--server", server.TCP, "--user", cstatest.User, "--password", cstatest.Password}, arguments...)
}

func TestOutputs(t *testing.T) {
	var all strings.Builder
	for _, arguments := range [][]string{
		{"status", "1001"}, {"call", "1001", "1002"}, {"call", "1001", "1002", "--prompt"}, {"answer", "1001"}, {"hold", "1001"}, {"retrieve", "1001", "--call", "c1"},
		{"clear", "1001"}, {"snapshot", "1001"}, {"snapshot", "1002"},
		{"consult", "1001", "1003"}, {"alternate", "1001"}, {"reconnect", "1001", "--held", "c1", "--active", "c2"},
		{"transfer", "1001"}, {"transfer", "1001", "1003"}, {"conference", "1001"}, {"conference", "1001", "1003", "--silent"},
		{"deflect", "1001", "1003"}, {"park", "1001"}, {"park", "1001", "701"}, {"pickup", "1001"}, {"pickup", "1001", "1003"},
		{"call-back", "1001"}, {"call-back", "1001", "--cancel"}, {"digits", "1001", "12#"}, {"digits", "1001", "12", "--dial"},
		{"dnd", "1001"}, {"dnd", "1001", "on"}, {"mwi", "1001"}, {"mwi", "1001", "off"}, {"auto-answer", "1001"}, {"auto-answer", "1001", "on"},
		{"caller-id", "1001"}, {"caller-id", "1001", "off"}, {"forward", "1001"}, {"forward", "1002"}, {"forward", "1001", "1003"},
		{"forward", "1001", "1003", "--type", "forwardNoAns", "--rings", "3"}, {"forward", "1001", "--off"},
		{"snapshot-call", "1001"}, {"info", "1001"}, {"info", "1002"},
	} {
		server := cstatest.Start(t, cstatest.Options{Invoke: phones})
		for _, format := range []string{"text", "json", "xml"} {
			command := append(arguments, "-o", format)
			got := run(t.Context(), t, "", as(server, command...)...)
			all.WriteString("$ offhookctl " + strings.Join(command, " ") + "\n" + got.out + got.err)
			if got.code != ExitOK {
				t.Errorf("%s: exit code %d", strings.Join(command, " "), got.code)
			}
		}
	}
	golden(t, "outputs.txt", all.String())
}

func TestFaults(t *testing.T) {
	for _, name := range []string{"OFFHOOK_USER", "OFFHOOK_PASSWORD", "OFFHOOK_SERVER", "OFFHOOK_ADMIN"} {
		t.Setenv(name, "")
		_ = os.Unsetenv(name)
	}
	server := cstatest.Start(t, cstatest.Options{Invoke: phones, Open: func(csta.Message) (int, csta.Message) {
		return 200, &csta.RequestSystemStatusResponse{SystemStatus: csta.SystemStatusNormal}
	}})
	refusing := cstatest.Start(t, cstatest.Options{Open: func(csta.Message) (int, csta.Message) { return 404, nil }})
	denying := cstatest.Start(t, cstatest.Options{Open: func(csta.Message) (int, csta.Message) { return 403, nil }})
	silent := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) { return 0, nil }})
	tests := []struct {
		name      string
		arguments []string
		code      int
		says      string
	}{
		{"negative", as(server, "answer", "1002"), ExitRefused, "AnswerCall: stateIncompatibility noCallToAnswer\n  no call rings at that line"},
		{"not dialled", as(server, "call", "1001", "9999"), ExitRefused, "invalidCalledDeviceID\n  that number can't be called"},
		{"no hint", as(server, "digits", "1001", "9999"), ExitRefused, "toneCharacterOutOfRange"},
		{"odd state", as(server, "dnd", "1001", "perhaps"), ExitUsage, "must be one of"},
		{"odd forwarding", as(server, "forward", "1001", "1002", "--type", "never"), ExitUsage, "must be one of"},
		{"no destination", as(server, "deflect", "1001"), ExitUsage, "<to>"},
		{"not offered", as(server, "features", "1001"), ExitRefused, "serviceNotSupported\n  the server doesn't offer"},
		{"no command", nil, ExitUsage, "see offhookctl --help"},
		{"odd command", []string{"dance"}, ExitUsage, "dance"},
		{"no line", as(server, "answer"), ExitUsage, "<line>"},
		{"odd output", as(server, "status", "1001", "-o", "yaml"), ExitUsage, "must be one of"},
		{"no user", []string{"--server", server.TCP, "status", "1001"}, ExitUsage, "--user"},
		{"odd address", []string{"--server", "nowhere", "-u", "alice", "status", "1001"}, ExitUsage, "host:port"},
		{"no password file", []string{"--server", server.TCP, "-u", "alice", "--password-file", "absent", "status", "1001"}, ExitUsage, "absent"},
		{"xml of sessions", []string{"sessions", "-o", "xml"}, ExitUsage, "-o json"},
		{"wrong password", []string{"--server", server.TCP, "-u", "alice", "--password", "guess", "status", "1001"}, ExitDenied, "check --user"},
		{"no right", as(denying, "status", "1001"), ExitDenied, "spec.lines"},
		{"no such line", as(refusing, "status", "1009"), ExitRefused, "no such line or domain"},
		{"no server", []string{"--server", "127.0.0.1:1", "-u", "alice", "status", "1001"}, ExitUnreachable, "can't be reached"},
		{"no answer", as(silent, "status", "1001", "--timeout", "50ms"), ExitUnreachable, "give more --timeout"},
		{"no administrator", []string{"--admin", "127.0.0.1:1", "sessions"}, ExitUnreachable, "check --admin"},
		{"no CA", []string{"--admin", "127.0.0.1:1", "--admin-ca", "main_test.go", "sessions"}, ExitFailed, "no certificate"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := run(t.Context(), t, "", test.arguments...)
			if got.code != test.code || !strings.Contains(got.err, test.says) || got.out != "" {
				t.Errorf("exit code %d, want %d; out %q, err %q, want %q in it", got.code, test.code, got.out, got.err, test.says)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: phones})
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(cstatest.Password+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"--server", server.TCP, "--user", cstatest.User}
	for name, test := range map[string]struct {
		input     string
		arguments []string
		code      int
	}{
		"file":           {"", []string{"--password-file", file}, ExitOK},
		"standard input": {cstatest.Password + "\n", []string{"--password-file", "-"}, ExitOK},
		"wrong input":    {"guess\n", []string{"--password-file", "-"}, ExitDenied},
		"endless input":  {strings.Repeat("x", 2000), []string{"--password-file", "-"}, ExitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			arguments := slices.Concat(base, test.arguments, []string{"status", "1001"})
			if got := run(t.Context(), t, test.input, arguments...); got.code != test.code {
				t.Errorf("exit code %d: %s", got.code, got.err)
			}
		})
	}
	t.Run("environment", func(t *testing.T) {
		t.Setenv("OFFHOOK_PASSWORD", cstatest.Password)
		if got := run(t.Context(), t, "", append(base, "status", "1001")...); got.code != ExitOK {
			t.Errorf("exit code %d: %s", got.code, got.err)
		}
	})
}

var clock = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d\d\d`)

func TestCallIsFollowedToItsEnd(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: phones})
	go func() {
		dialog := <-server.Dialogs
		connection := cstaclient.Connection("c1", "1001")
		other := cstaclient.Connection("c1", "1002")
		server.Send(t, dialog, &csta.EstablishedEvent{MonitorCrossRefID: "1", EstablishedConnection: other, LocalConnectionInfo: "connected", Cause: "normal"})
		server.Send(t, dialog, &csta.ConnectionClearedEvent{MonitorCrossRefID: "1", DroppedConnection: other, Cause: "normalClearing"})
		server.Send(t, dialog, &csta.ConnectionClearedEvent{MonitorCrossRefID: "1", DroppedConnection: connection, Cause: "normalClearing"})
	}()
	got := run(t.Context(), t, "", as(server, "call", "1001", "1002", "--wait")...)
	if got.code != ExitOK {
		t.Errorf("exit code %d: %s", got.code, got.err)
	}
	golden(t, "call_wait.txt", clock.ReplaceAllString(got.out, "TIME        "))
}

func TestMonitorEndsWithTheSession(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: phones})
	out, errors := newOutput(), newOutput()
	code := make(chan int, 1)
	go func() {
		code <- Main(as(server, "monitor", "1001", "-o", "json"), "test", &Environment{Context: t.Context(), In: strings.NewReader(""), Out: out, Err: errors})
	}()
	dialog := server.Dialog(t)
	server.Send(t, dialog, &csta.HeldEvent{MonitorCrossRefID: "1", HeldConnection: cstaclient.Connection("c1", "1001"), LocalConnectionInfo: "hold", Cause: "normal"})
	<-server.Answers
	<-out.written
	if err := dialog.Bye(); err != nil {
		t.Fatal(err)
	}
	if got := <-code; got != ExitFailed {
		t.Errorf("exit code %d: %s", got, errors)
	}
	want := `{"event":"Held","monitorCrossRefID":"1","callID":"c1","deviceID":"1001","localConnectionInfo":"hold","cause":"normal"}` + "\n"
	if out.String() != want {
		t.Errorf("out %s", out)
	}
}

func TestMonitorEndsWhenInterrupted(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: phones})
	ctx, interrupt := context.WithCancel(t.Context())
	out, errors := newOutput(), newOutput()
	code := make(chan int, 1)
	go func() {
		code <- Main(as(server, "monitor", "1001", "--trace-sip"), "test", &Environment{Context: ctx, In: strings.NewReader(""), Out: out, Err: errors})
	}()
	for !strings.Contains(errors.String(), "watching 1001 as monitor 1") {
		<-errors.written
	}
	interrupt()
	if got := <-code; got != ExitOK {
		t.Errorf("exit code %d: %s", got, errors)
	}
	if !strings.Contains(errors.String(), "INVITE sip:1001@") {
		t.Error("no SIP was traced")
	}
	if strings.Contains(errors.String(), cstatest.Password) {
		t.Error("the trace has the password")
	}
	<-server.Ended
}

func TestHintsAreOfKnownErrors(t *testing.T) {
	for value := range serviceHints {
		if _, known := csta.Category(csta.ErrorValue(value)); !known {
			t.Errorf("%s is no error of ECMA-323", value)
		}
	}
}

func TestDevicesAreListed(t *testing.T) {
	server := cstatest.Start(t, cstatest.Options{Invoke: func(csta.Message) (int, csta.Message) {
		return 200, &csta.GetSwitchingFunctionDevicesResponse{ServiceCrossRefID: "x1"}
	}})
	go func() {
		dialog := <-server.Dialogs
		server.Send(t, dialog, &csta.SwitchingFunctionDevices{ServiceCrossRefID: "x1", DeviceList: []csta.DeviceID{{Text: "1001"}}})
		server.Send(t, dialog, &csta.SwitchingFunctionDevices{ServiceCrossRefID: "x1", LastSegment: true, DeviceList: []csta.DeviceID{{Text: "1002"}}})
	}()
	if got := run(t.Context(), t, "", as(server, "devices", "1001")...); got.code != ExitOK || got.out != "1001\n1002\n" {
		t.Errorf("exit code %d, out %q, err %q", got.code, got.out, got.err)
	}
}

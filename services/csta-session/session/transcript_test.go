// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/datadriven"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	sessionv1 "offhook.dev/proto/offhook/session/v1"

	"offhook.dev/services/csta-session/sessionstore/storetest"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/directory"
	"offhook.dev/services/targetconfig"
)

// TestTranscripts runs testdata/*.txt: requests of edges in, bodies and the
// calls that they caused out. Rewrite them with go test -rewrite.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				answer := w.run(t, d)
				synctest.Wait()
				lines := w.tape.take()
				if d.Cmd != "invoke" {
					// What is done in the background has no order.
					slices.Sort(lines)
				}
				if answer != "" {
					lines = append([]string{answer}, lines...)
				}
				if len(lines) == 0 {
					return "ok\n"
				}
				return strings.Join(lines, "\n") + "\n"
			})
		})
	})
}

// world is a server with everything around it.
type world struct {
	tape    *tape
	targets *targetconfig.Static
	phones  *fakePhoneControl
	monitor *fakeMonitor
	edge    *fakeEdge
	server  *Server
}

func newWorld(t *testing.T) *world {
	tape := &tape{}
	w := &world{
		tape:    tape,
		targets: targetconfig.NewStatic(&targetconfig.Snapshot{}),
		phones:  &fakePhoneControl{tape: tape, answers: map[string]string{}},
		monitor: &fakeMonitor{tape: tape},
		edge:    &fakeEdge{tape: tape},
	}
	ids := 0
	w.server = New(Options{
		Sessions: storetest.New(),
		Clients:  directory.Fixed{PhoneControlClient: w.phones.client(), MonitorClient: w.monitor, EdgeClient: w.edge},
		Targets:  w.targets,
		NewID:    func() string { ids++; return fmt.Sprintf("id%d", ids) },
		Logger:   newLogger(tape),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	synctest.Wait()
	if err := w.server.Ready(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) run(t *testing.T, d *datadriven.TestData) string {
	ctx := t.Context()
	switch d.Cmd {
	case "config":
		w.configure(t, d.Input)
		return ""
	case "drain":
		return faultOr(w.server.Drain(ctx), "")
	case "open":
		return w.open(ctx, d)
	case "refresh":
		response, err := w.server.RefreshSession(ctx, &sessionv1.RefreshSessionRequest{
			SessionId: arg(d, "id"), Body: body(d), Edge: arg(d, "edge"), ExpiresSeconds: number(t, d, "expires"),
		})
		return faultOr(err, string(response.GetBody()))
	case "invoke":
		response, err := w.server.InvokeService(ctx, &sessionv1.InvokeServiceRequest{SessionId: arg(d, "id"), Body: body(d)})
		return faultOr(err, string(response.GetBody()))
	case "end":
		_, err := w.server.EndSession(ctx, &sessionv1.EndSessionRequest{
			SessionId: arg(d, "id"), Reason: sessionv1.EndReason(sessionv1.EndReason_value["END_REASON_"+strings.ToUpper(arg(d, "reason"))]),
		})
		return faultOr(err, "")
	case "clear":
		_, err := w.server.ClearSession(ctx, &sessionv1.ClearSessionRequest{SessionId: arg(d, "id")})
		return faultOr(err, "")
	case "list":
		response, err := w.server.ListSessions(ctx, &sessionv1.ListSessionsRequest{Target: arg(d, "target")})
		var lines []string
		for _, session := range response.GetSessions() {
			lines = append(lines, text(session))
		}
		return faultOr(err, strings.Join(lines, "\n"))
	case "advance":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(by)
		return ""
	case "phones":
		w.programPhones(d)
		return ""
	case "monitors":
		w.monitor.err = programmed(arg(d, "error"))
		return ""
	case "edge":
		w.edge.probe, w.edge.gone = arg(d, "probe"), d.HasArg("gone")
		return ""
	case "tell":
		request := &sessionv1.TellRouteingRequest{}
		if err := prototext.Unmarshal([]byte(d.Input), request); err != nil {
			t.Fatal(err)
		}
		_, err := w.server.TellRouteing(ctx, request)
		return faultOr(err, "")
	case "find":
		response, err := w.server.FindSessions(ctx, &sessionv1.FindSessionsRequest{User: arg(d, "user"), Target: arg(d, "target")})
		return faultOr(err, fmt.Sprintf("sessions %d", response.GetSessions()))
	}
	t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
	return ""
}

func (w *world) open(ctx context.Context, d *datadriven.TestData) string {
	with := func(key, otherwise string) string {
		if value := arg(d, key); value != "" {
			return value
		}
		return otherwise
	}
	to := with("to", "sip:1001@lab.example")
	response, err := w.server.OpenSession(ctx, &sessionv1.OpenSessionRequest{
		SessionId: arg(d, "id"), Edge: with("edge", "edge-1"), User: with("user", "alice"), Target: arg(d, "target"),
		From: "sip:alice@lab.example", To: to, RequestUri: with("uri", to), CallId: with("call-id", "call-"+arg(d, "id")),
		Contact: arg(d, "contact"), Peer: "tcp:192.0.2.1:5060", UserAgent: "test", Instance: arg(d, "instance"), Body: body(d),
	})
	return faultOr(err, fmt.Sprintf("%s\nexpires %d min-se %d lost %d", response.GetBody(),
		response.GetSessionExpiresSeconds(), response.GetMinSeSeconds(), len(response.GetMessagesLostBody())))
}

// programPhones sets what phone-control answers: error=category/value, hang,
// or the response of a method, SnapshotDevice unless named, as prototext input.
func (w *world) programPhones(d *datadriven.TestData) {
	w.phones.err = programmed(arg(d, "error"))
	w.phones.hang = d.HasArg("hang")
	if d.Input != "" {
		w.phones.answers[cmp.Or(arg(d, "method"), "SnapshotDevice")] = d.Input
	}
}

// programmed is an error as it comes over gRPC.
func programmed(text string) error {
	if text == "" {
		return nil
	}
	category, value, _ := strings.Cut(text, "/")
	return ctierr.New(category, value, "").GRPCStatus().Err()
}

// configure reads lines of the forms
//
//	target NAME [domain=D] [basic] [bare] [park=N] [office=1-425-555-4] [drain] [sessions=N] [monitors=N] [expires=D]
//	line NUMBER [nowatch] [nocontrol] [group=G] [routeing] [remote=N]
//	manager REGISTER-ID USER
//	user NAME [sessions=N] [monitors=N] NUMBER:RIGHTS...   (m monitor, c control)
func (w *world) configure(t *testing.T, input string) {
	var configs []*configv1.TargetConfig
	for line := range strings.Lines(input) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		if words[0] == "target" {
			configs = append(configs, readTarget(t, words[1], words[2:]))
			continue
		}
		config := configs[len(configs)-1]
		switch words[0] {
		case "line":
			config.Lines = append(config.Lines, readLine(words))
		case "manager":
			config.SessionManagers = append(config.SessionManagers, &configv1.SessionManager{RegisterId: words[1], User: words[2]})
		case "user":
			config.Users = append(config.Users, readUser(words[1], words[2:]))
		}
	}
	snapshot, err := targetconfig.Build([32]byte{}, configs...)
	if err != nil {
		t.Fatal(err)
	}
	w.targets.Set(snapshot)
}

func readTarget(t *testing.T, name string, words []string) *configv1.TargetConfig {
	config := &configv1.TargetConfig{
		Target: name, Sip: &configv1.SIP{Realm: name}, Limits: &configv1.Limits{}, Csta: &configv1.CSTA{},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
	}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		count, _ := strconv.ParseUint(value, 10, 32)
		switch key {
		case "domain":
			config.Sip.Domains = append(config.Sip.Domains, value)
		case "basic":
			config.Csta.Mode = configv1.Mode_MODE_BASIC
		case "bare":
			config.Csta.SuppressDeviceIdConversion = true
		case "office": // country-area-office-length
			parts := strings.Split(value, "-")
			length, _ := strconv.Atoi(parts[3])
			config.DialPlan = &configv1.DialPlan{CountryCode: parts[0], AreaCode: parts[1], OfficeCode: parts[2], ExtensionLength: uint32(length)}
		case "park":
			config.Features = &configv1.Features{ParkSlots: []string{value}}
		case "drain":
			config.Drain = true
		case "sessions":
			config.Limits.Sessions = uint32(count)
		case "monitors":
			config.Limits.MonitorsPerLine = uint32(count)
		case "expires":
			expires, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			config.Csta.SessionExpires = durationpb.New(expires)
		}
	}
	return config
}

func readLine(words []string) *configv1.Line {
	line := &configv1.Line{
		Name: "line-" + words[1], Number: words[1],
		Watch: !slices.Contains(words, "nowatch"), Control: !slices.Contains(words, "nocontrol"),
	}
	for _, word := range words[2:] {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "group":
			line.PickupGroup = value
		case "remote":
			line.RemoteNumbers = append(line.RemoteNumbers, value)
		case "routeing":
			line.Kind = configv1.LineKind_LINE_KIND_ROUTEING
		}
	}
	return line
}

func readUser(name string, words []string) *configv1.CTIUser {
	user := &configv1.CTIUser{Name: name, User: name}
	for _, word := range words {
		key, value, isLimit := strings.Cut(word, "=")
		count, _ := strconv.ParseUint(value, 10, 32)
		switch {
		case isLimit && key == "sessions":
			user.MaxSessions = uint32(count)
		case isLimit && key == "monitors":
			user.MaxMonitors = uint32(count)
		default:
			number, rights, _ := strings.Cut(word, ":")
			user.Lines = append(user.Lines, &configv1.LineRights{
				Number: number, Monitor: strings.Contains(rights, "m"), Control: strings.Contains(rights, "c"),
			})
		}
	}
	return user
}

func arg(d *datadriven.TestData, key string) string {
	for _, a := range d.CmdArgs {
		if a.Key == key && len(a.Vals) > 0 {
			return strings.Join(a.Vals, ",")
		}
	}
	return ""
}

func number(t *testing.T, d *datadriven.TestData, key string) uint32 {
	value := arg(d, key)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(n)
}

// body is the input, or the bytes of the argument hex.
func body(d *datadriven.TestData) []byte {
	if text := arg(d, "hex"); text != "" {
		raw, err := hex.DecodeString(text)
		if err != nil {
			panic(err)
		}
		return raw
	}
	return []byte(d.Input)
}

func faultOr(err error, answer string) string {
	if err != nil {
		return "fault " + status.Code(err).String() + ": " + status.Convert(err).Message()
	}
	return answer
}

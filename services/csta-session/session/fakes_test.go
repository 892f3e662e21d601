// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	edgev1 "offhook.dev/proto/offhook/edge/v1"
	monitorv1 "offhook.dev/proto/offhook/monitor/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// tape records what the server did, in the words of the transcripts.
type tape struct {
	mu    sync.Mutex
	lines []string
}

func (t *tape) write(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

func (t *tape) take() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines
	t.lines = nil
	return lines
}

func (t *tape) call(service, method string, request proto.Message) {
	t.write("%s %s %s", service, method, text(request))
}

// text is prototext without its random spaces.
func text(message proto.Message) string {
	return strings.ReplaceAll(prototext.MarshalOptions{}.Format(message), "  ", " ")
}

// logTape is a slog.Handler that writes to a tape, without time.
type logTape struct {
	tape  *tape
	attrs string
}

func (l logTape) Enabled(context.Context, slog.Level) bool { return true }
func (l logTape) WithGroup(string) slog.Handler            { return l }
func (l logTape) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, attr := range attrs {
		l.attrs += fmt.Sprintf(" %s=%s", attr.Key, attr.Value)
	}
	return l
}

func (l logTape) Handle(_ context.Context, record slog.Record) error {
	if record.Level < slog.LevelInfo {
		return nil
	}
	attrs := l.attrs
	record.Attrs(func(attr slog.Attr) bool {
		attrs += fmt.Sprintf(" %s=%s", attr.Key, attr.Value)
		return true
	})
	l.tape.write("log %s: %s%s", record.Level, record.Message, attrs)
	return nil
}

func newLogger(t *tape) *slog.Logger { return slog.New(logTape{tape: t}) }

// fakePhoneControl is a connection to a phone-control that answers as the
// transcript says: with programmed responses by method, in prototext.
type fakePhoneControl struct {
	tape    *tape
	err     error
	hang    bool
	answers map[string]string
	calls   int
}

func (f *fakePhoneControl) client() phonecontrolv1.PhoneControlServiceClient {
	return phonecontrolv1.NewPhoneControlServiceClient(f)
}

func (f *fakePhoneControl) Invoke(ctx context.Context, path string, in, out any, _ ...grpc.CallOption) error {
	method := path[strings.LastIndexByte(path, '/')+1:]
	f.tape.call("phone-control", method, in.(proto.Message))
	if request, ok := in.(*phonecontrolv1.MakeCallRequest); ok {
		f.calls++
		out.(*phonecontrolv1.MakeCallResponse).CallingDevice = &ctiv1.ConnectionID{
			CallId: fmt.Sprintf("c%d", f.calls), DeviceId: request.GetCallingDevice(),
		}
	}
	if f.hang {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	if f.err != nil {
		return f.err
	}
	if answer, ok := f.answers[method]; ok {
		return prototext.Unmarshal([]byte(answer), out.(proto.Message))
	}
	return nil
}

func (f *fakePhoneControl) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "no streams")
}

// fakeMonitor keeps monitors by session.
type fakeMonitor struct {
	monitorv1.MonitorServiceClient
	tape *tape
	err  error

	mu       sync.Mutex
	started  int
	monitors []*monitorv1.Monitor
}

func (f *fakeMonitor) StartMonitor(_ context.Context, in *monitorv1.StartMonitorRequest, _ ...grpc.CallOption) (*monitorv1.StartMonitorResponse, error) {
	f.tape.call("monitor", "StartMonitor", in)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started++
	crossRef := fmt.Sprintf("m%d", f.started)
	f.monitors = append(f.monitors, &monitorv1.Monitor{
		SessionId: in.GetSessionId(), MonitorCrossRefId: crossRef, Target: in.GetTarget(), DeviceId: in.GetDeviceId(), CallId: in.GetCallId(),
	})
	return &monitorv1.StartMonitorResponse{MonitorCrossRefId: crossRef}, f.err
}

func (f *fakeMonitor) StopMonitor(_ context.Context, in *monitorv1.StopMonitorRequest, _ ...grpc.CallOption) (*monitorv1.StopMonitorResponse, error) {
	f.tape.call("monitor", "StopMonitor", in)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.monitors = slices.DeleteFunc(f.monitors, func(m *monitorv1.Monitor) bool {
		return m.GetSessionId() == in.GetSessionId() && m.GetMonitorCrossRefId() == in.GetMonitorCrossRefId()
	})
	return &monitorv1.StopMonitorResponse{}, f.err
}

func (f *fakeMonitor) ChangeMonitorFilter(_ context.Context, in *monitorv1.ChangeMonitorFilterRequest, _ ...grpc.CallOption) (*monitorv1.ChangeMonitorFilterResponse, error) {
	f.tape.call("monitor", "ChangeMonitorFilter", in)
	return &monitorv1.ChangeMonitorFilterResponse{}, f.err
}

func (f *fakeMonitor) EndSession(_ context.Context, in *monitorv1.EndSessionRequest, _ ...grpc.CallOption) (*monitorv1.EndSessionResponse, error) {
	f.tape.call("monitor", "EndSession", in)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.monitors = slices.DeleteFunc(f.monitors, func(m *monitorv1.Monitor) bool { return m.GetSessionId() == in.GetSessionId() })
	return &monitorv1.EndSessionResponse{}, nil
}

func (f *fakeMonitor) SetDeviceText(_ context.Context, in *monitorv1.SetDeviceTextRequest, _ ...grpc.CallOption) (*monitorv1.SetDeviceTextResponse, error) {
	f.tape.call("monitor", "SetDeviceText", in)
	return &monitorv1.SetDeviceTextResponse{}, nil
}

func (f *fakeMonitor) ListMonitors(_ context.Context, in *monitorv1.ListMonitorsRequest, _ ...grpc.CallOption) (*monitorv1.ListMonitorsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	response := &monitorv1.ListMonitorsResponse{}
	for _, monitor := range f.monitors {
		if in.GetSessionId() == "" || in.GetSessionId() == monitor.GetSessionId() {
			response.Monitors = append(response.Monitors, monitor)
		}
	}
	return response, nil
}

// fakeEdge holds dialogs that are alive unless said otherwise.
type fakeEdge struct {
	edgev1.EdgeServiceClient
	tape  *tape
	probe string
	gone  bool // it holds no dialog
}

func (f *fakeEdge) Deliver(_ context.Context, in *edgev1.DeliverRequest, _ ...grpc.CallOption) (*edgev1.DeliverResponse, error) {
	f.tape.call("edge", "Deliver", in)
	if f.gone {
		return &edgev1.DeliverResponse{UnknownSessions: []string{in.GetRecipients()[0].GetSessionId()}}, nil
	}
	return &edgev1.DeliverResponse{}, nil
}

func (f *fakeEdge) EndDialog(_ context.Context, in *edgev1.EndDialogRequest, _ ...grpc.CallOption) (*edgev1.EndDialogResponse, error) {
	f.tape.call("edge", "EndDialog", in)
	return &edgev1.EndDialogResponse{}, nil
}

func (f *fakeEdge) ProbeDialog(_ context.Context, in *edgev1.ProbeDialogRequest, _ ...grpc.CallOption) (*edgev1.ProbeDialogResponse, error) {
	f.tape.call("edge", "ProbeDialog", in)
	switch f.probe {
	case "dead":
		return &edgev1.ProbeDialogResponse{}, nil
	case "unknown":
		return nil, status.Error(codes.NotFound, "no such dialog")
	case "unreachable":
		return nil, status.Error(codes.Unavailable, "edge is not live")
	}
	return &edgev1.ProbeDialogResponse{Alive: true}, nil
}

// silentPhones answer at once and record nothing.
type silentPhones struct {
	phonecontrolv1.PhoneControlServiceClient
}

func (silentPhones) SnapshotDevice(context.Context, *phonecontrolv1.SnapshotDeviceRequest, ...grpc.CallOption) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	return &phonecontrolv1.SnapshotDeviceResponse{}, nil
}

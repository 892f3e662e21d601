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

// fakePhoneControl answers as the transcript says.
type fakePhoneControl struct {
	phonecontrolv1.PhoneControlServiceClient
	tape     *tape
	err      error
	hang     bool
	snapshot *phonecontrolv1.SnapshotDeviceResponse
	calls    int
}

func (f *fakePhoneControl) answer(ctx context.Context, method string, request proto.Message) error {
	f.tape.call("phone-control", method, request)
	if f.hang {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	return f.err
}

func (f *fakePhoneControl) MakeCall(ctx context.Context, in *phonecontrolv1.MakeCallRequest, _ ...grpc.CallOption) (*phonecontrolv1.MakeCallResponse, error) {
	f.calls++
	return &phonecontrolv1.MakeCallResponse{CallingDevice: &ctiv1.ConnectionID{
		CallId: fmt.Sprintf("c%d", f.calls), DeviceId: in.GetCallingDevice(),
	}}, f.answer(ctx, "MakeCall", in)
}

func (f *fakePhoneControl) AnswerCall(ctx context.Context, in *phonecontrolv1.AnswerCallRequest, _ ...grpc.CallOption) (*phonecontrolv1.AnswerCallResponse, error) {
	return &phonecontrolv1.AnswerCallResponse{}, f.answer(ctx, "AnswerCall", in)
}

func (f *fakePhoneControl) ClearConnection(ctx context.Context, in *phonecontrolv1.ClearConnectionRequest, _ ...grpc.CallOption) (*phonecontrolv1.ClearConnectionResponse, error) {
	return &phonecontrolv1.ClearConnectionResponse{}, f.answer(ctx, "ClearConnection", in)
}

func (f *fakePhoneControl) HoldCall(ctx context.Context, in *phonecontrolv1.HoldCallRequest, _ ...grpc.CallOption) (*phonecontrolv1.HoldCallResponse, error) {
	return &phonecontrolv1.HoldCallResponse{}, f.answer(ctx, "HoldCall", in)
}

func (f *fakePhoneControl) RetrieveCall(ctx context.Context, in *phonecontrolv1.RetrieveCallRequest, _ ...grpc.CallOption) (*phonecontrolv1.RetrieveCallResponse, error) {
	return &phonecontrolv1.RetrieveCallResponse{}, f.answer(ctx, "RetrieveCall", in)
}

func (f *fakePhoneControl) SnapshotDevice(ctx context.Context, in *phonecontrolv1.SnapshotDeviceRequest, _ ...grpc.CallOption) (*phonecontrolv1.SnapshotDeviceResponse, error) {
	return f.snapshot, f.answer(ctx, "SnapshotDevice", in)
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
		SessionId: in.GetSessionId(), MonitorCrossRefId: crossRef, Target: in.GetTarget(), DeviceId: in.GetDeviceId(),
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
}

func (f *fakeEdge) Deliver(_ context.Context, in *edgev1.DeliverRequest, _ ...grpc.CallOption) (*edgev1.DeliverResponse, error) {
	f.tape.call("edge", "Deliver", in)
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

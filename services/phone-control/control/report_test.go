// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/targetconfig"
)

func report(t *testing.T, f *fixture, request *phonecontrolv1.ReportTargetRequest) *phonecontrolv1.ReportTargetResponse {
	t.Helper()
	request.Target = "cme"
	response, err := f.ReportTarget(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestReportTellsHowLinesAre(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002", "1003")
	f.events(t, 3)
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	f.events(t, 4)
	ctx := t.Context()
	if _, err := f.SetDoNotDisturb(ctx, &phonecontrolv1.SetDoNotDisturbRequest{Target: "cme", Device: "1003", DoNotDisturbOn: true}); err != nil {
		t.Fatal(err)
	}
	for kind, active := range map[string]bool{"forwardBusy": true, "forwardNoAns": false} {
		if _, err := f.SetForwarding(ctx, &phonecontrolv1.SetForwardingRequest{
			Target: "cme", Device: "1003", ForwardingType: kind, ActivateForward: active, ForwardDn: "1001",
		}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.SetMessageWaitingIndicator(ctx, &phonecontrolv1.SetMessageWaitingIndicatorRequest{Target: "cme", Device: "1001", MessageWaitingOn: true}); err != nil {
		t.Fatal(err)
	}
	phone := func(line string) []*phonecontrolv1.DeviceReport {
		return []*phonecontrolv1.DeviceReport{{Contact: "simulated:" + line, UserAgent: "simulated", Protocol: "SIP"}}
	}
	want := &phonecontrolv1.ReportTargetResponse{
		Target: "cme", Replica: "pc-0", ConfigVersion: f.source.Snapshot().Targets()[0].Version,
		PhonesRegistered: 3, LinesInService: 3, Lines: 3, Calls: 1,
		LineReports: []*phonecontrolv1.LineReport{
			{Number: "1001", InService: true, Devices: phone("1001"), MessageWaiting: true, Calls: 1},
			{Number: "1002", InService: true, Devices: phone("1002"), Calls: 1},
			{Number: "1003", InService: true, Devices: phone("1003"), DoNotDisturb: true, Forwarding: map[string]string{"forwardBusy": "1001"}},
		},
	}
	if diff := cmp.Diff(want, report(t, f, &phonecontrolv1.ReportTargetRequest{}), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestReportComesInPages(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002", "1003", "1004", "1005")
	f.events(t, 5)
	var numbers []string
	token, pages := "", 0
	for {
		page := report(t, f, &phonecontrolv1.ReportTargetRequest{PageToken: token, PageSize: 2})
		if pages++; page.GetLines() != 5 || page.GetPhonesRegistered() != 5 {
			t.Errorf("page %d is of %d lines and %d phones", pages, page.GetLines(), page.GetPhonesRegistered())
		}
		for _, line := range page.GetLineReports() {
			numbers = append(numbers, line.GetNumber())
		}
		if pages == 1 { // a line that goes leaves no gap, and none comes twice
			f.source.Set(snapshotOf(t, atOnce(), "1001", "1003", "1004", "1005", "1006"))
			f.events(t, 1)
			f.source.Set(snapshotOf(t, atOnce(), "1001", "1002", "1003", "1004", "1005"))
			f.events(t, 1)
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"1001", "1002", "1003", "1004", "1005"}, numbers); diff != "" || pages != 3 {
		t.Errorf("%d pages\n%s", pages, diff)
	}
	if beyond := report(t, f, &phonecontrolv1.ReportTargetRequest{PageToken: "9999"}); len(beyond.GetLineReports()) != 0 || beyond.GetNextPageToken() != "" {
		t.Errorf("beyond the last line: %v", beyond)
	}
}

func TestReportTellsOfLostEvents(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2)
	if got := report(t, f, &phonecontrolv1.ReportTargetRequest{}).GetLastError(); got != "" {
		t.Errorf("last error is %q before there was one", got)
	}
	f.loop.Due(func() { f.writer.err = errors.New("the stream is full") })
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	f.events(t, 4)
	if got := report(t, f, &phonecontrolv1.ReportTargetRequest{}).GetLastError(); got == "" {
		t.Error("lost events are not told")
	}
}

func TestReportOfATargetThatIsNotOwned(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001")
	_, err := f.ReportTarget(context.Background(), &phonecontrolv1.ReportTargetRequest{Target: "elsewhere"})
	if _, ok := ctierr.AsNotOwner(err); !ok {
		t.Errorf("ReportTarget gave %v", err)
	}
}

func TestReportNamesPhonesAsTheirLineDoes(t *testing.T) {
	line := &targetconfig.Line{Devices: []*targetconfig.Device{
		{Device: &configv1.Device{Name: "desk", Username: "1001-desk"}},
		{Device: &configv1.Device{Name: "wall", Skinny: &configv1.SkinnyPhone{DeviceName: "SEP001122334455"}}},
	}}
	for registered, want := range map[string]string{"1001-desk": "desk", "SEP001122334455": "wall", "SEP0000AAAA0000": "SEP0000AAAA0000"} {
		if got := nameOf(line, &phonecontrolv1.Registration{DeviceName: registered}); got != want {
			t.Errorf("%s is named %q, want %q", registered, got, want)
		}
	}
}

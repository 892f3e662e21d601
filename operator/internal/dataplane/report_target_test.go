// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"testing"

	"google.golang.org/grpc"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/directory"
	"offhook.dev/services/link"
)

// reporter gives a report of two pages.
type reporter struct {
	phonecontrolv1.UnimplementedPhoneControlServiceServer
	endless bool
}

func (r reporter) ReportTarget(_ context.Context, request *phonecontrolv1.ReportTargetRequest) (*phonecontrolv1.ReportTargetResponse, error) {
	reply := &phonecontrolv1.ReportTargetResponse{
		Target: request.GetTarget(), ConfigVersion: "v1", PhonesRegistered: 2, LinesInService: 1, Lines: 2, Calls: 3, LastError: "none",
	}
	if request.GetPageToken() == "" || r.endless {
		reply.NextPageToken = "1001"
		reply.LineReports = []*phonecontrolv1.LineReport{{Number: "1001", InService: true, Calls: 2, Forwarding: map[string]string{"forwardBusy": "1002"}, Devices: []*phonecontrolv1.DeviceReport{
			{Name: "desk", Contact: "sip:1001@192.0.2.7", ExpiresSeconds: 60, Protocol: "SIP"},
		}}}
		return reply, nil
	}
	reply.LineReports = []*phonecontrolv1.LineReport{{Number: "1002", DoNotDisturb: true, MessageWaiting: true}}
	return reply, nil
}

func clientsOf(server phonecontrolv1.PhoneControlServiceServer) directory.Clients {
	direct := link.Direct(func(registrar grpc.ServiceRegistrar) {
		phonecontrolv1.RegisterPhoneControlServiceServer(registrar, server)
	})
	return directory.Fixed{PhoneControlClient: phonecontrolv1.NewPhoneControlServiceClient(direct)}
}

func TestReportIsReadPageByPage(t *testing.T) {
	report, err := reportTarget(t.Context(), clientsOf(reporter{}), office("v1", false))
	if err != nil {
		t.Fatal(err)
	}
	first, second := report.Lines["1001"], report.Lines["1002"]
	if report.Calls != 3 || report.PhonesRegistered != 2 || report.ConfigVersion != "v1" || report.LastError != "none" || len(report.Lines) != 2 {
		t.Errorf("report %+v", report)
	}
	if !first.InService || first.Calls != 2 || first.Forwarding["forwardBusy"] != "1002" || len(first.Devices) != 1 || first.Devices[0].Expires.IsZero() {
		t.Errorf("line 1001 %+v", first)
	}
	if second.InService || !second.DoNotDisturb || !second.MessageWaiting {
		t.Errorf("line 1002 %+v", second)
	}
}

func TestAReportWithoutEndIsRefused(t *testing.T) {
	if report, err := reportTarget(t.Context(), clientsOf(reporter{endless: true}), office("v1", false)); err == nil {
		t.Errorf("report %+v", report)
	}
}

func TestAnOwnerWithoutReportsIsAskedOtherwise(t *testing.T) {
	report, err := reportTarget(t.Context(), clientsOf(phones{}), office("v1", true))
	if err != nil || report.Calls != 1 || report.PhonesRegistered != 2 {
		t.Errorf("report %+v, %v", report, err)
	}
}

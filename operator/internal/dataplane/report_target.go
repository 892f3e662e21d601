// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/directory"
)

const (
	// linesOfPage are asked for at a time, of maxPages at most.
	linesOfPage = 1000
	maxPages    = 1000
)

var errEndless = errors.New("the report has no end")

// reportTarget asks the owner of a target for its report.
func reportTarget(ctx context.Context, clients directory.Clients, config *configv1.TargetConfig) (*Report, error) {
	client := clients.PhoneControl(config.GetTarget())
	report := &Report{Lines: make(map[string]LineReport)}
	token := ""
	for range maxPages {
		at := time.Now()
		page, err := client.ReportTarget(ctx, &phonecontrolv1.ReportTargetRequest{Target: config.GetTarget(), PageToken: token, PageSize: linesOfPage})
		if status.Code(err) == codes.Unimplemented {
			return reportRegistrations(ctx, clients, config)
		}
		if err != nil {
			return nil, fmt.Errorf("report target: %w", err)
		}
		report.ConfigVersion, report.LastError = page.GetConfigVersion(), page.GetLastError()
		report.PhonesRegistered, report.LinesInService = int(page.GetPhonesRegistered()), int(page.GetLinesInService())
		report.Calls = int(page.GetCalls())
		for _, line := range page.GetLineReports() {
			report.Lines[line.GetNumber()] = readLine(line, at)
		}
		if token = page.GetNextPageToken(); token == "" {
			return report, nil
		}
	}
	return nil, errEndless
}

func readLine(line *phonecontrolv1.LineReport, at time.Time) LineReport {
	read := LineReport{
		InService: line.GetInService(), DoNotDisturb: line.GetDoNotDisturb(), MessageWaiting: line.GetMessageWaiting(),
		Calls: int(line.GetCalls()), Forwarding: line.GetForwarding(),
	}
	for _, device := range line.GetDevices() {
		phone := DeviceReport{Name: device.GetName(), Contact: device.GetContact(), UserAgent: device.GetUserAgent(), Protocol: device.GetProtocol()}
		if seconds := device.GetExpiresSeconds(); seconds > 0 {
			phone.Expires = at.Add(time.Duration(seconds) * time.Second)
		}
		read.Devices = append(read.Devices, phone)
	}
	return read
}

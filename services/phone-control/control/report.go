// SPDX-License-Identifier: Apache-2.0

package control

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sort"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// Bounds of a page of ReportTarget.
const (
	defaultReportPage = 500
	maxReportPage     = 1000
	maxReportDevices  = 10
)

// ReportTarget implements PhoneControlService. A page is of one moment between
// two steps of the target.
func (s *Server) ReportTarget(ctx context.Context, r *phonecontrolv1.ReportTargetRequest) (*phonecontrolv1.ReportTargetResponse, error) {
	size := int(min(r.GetPageSize(), maxReportPage))
	if size == 0 {
		size = defaultReportPage
	}
	return query(ctx, s, "ReportTarget", r.GetTarget(), func(t *target) (*phonecontrolv1.ReportTargetResponse, *callmodel.Error) {
		return t.report(r.GetPageToken(), size), nil
	})
}

// report tells how the target is, with a page of the lines whose numbers come
// after a number.
func (t *target) report(after string, size int) *phonecontrolv1.ReportTargetResponse {
	phones := phonesByLine(t.driver.Registrations())
	response := &phonecontrolv1.ReportTargetResponse{
		Target: t.name, Replica: t.options.Replica.GetId(), ConfigVersion: t.config.Version,
		Lines: count(len(t.config.Lines)), Calls: count(t.model.Calls()), LastError: t.lost,
	}
	for _, line := range t.config.Lines {
		response.PhonesRegistered += count(len(phones[line.GetNumber()]))
		if t.model.InService(callmodel.DeviceID(line.GetNumber())) {
			response.LinesInService++
		}
	}
	// Lines are sorted by number.
	first := sort.Search(len(t.config.Lines), func(i int) bool { return t.config.Lines[i].GetNumber() > after })
	if after == "" {
		first = 0
	}
	page := t.config.Lines[first:]
	if len(page) > size {
		page = page[:size]
		response.NextPageToken = page[size-1].GetNumber()
	}
	for _, line := range page {
		response.LineReports = append(response.LineReports, t.reportLine(line, phones[line.GetNumber()]))
	}
	return response
}

func (t *target) reportLine(line *targetconfig.Line, phones []*phonecontrolv1.Registration) *phonecontrolv1.LineReport {
	device := callmodel.DeviceID(line.GetNumber())
	settings := t.features.settings
	report := &phonecontrolv1.LineReport{
		Number: line.GetNumber(), InService: t.model.InService(device), Calls: count(len(t.model.LineCalls(device))),
		DoNotDisturb: settings.DoNotDisturb(device), MessageWaiting: settings.MessageWaiting(device).On,
	}
	for _, forwarding := range settings.Forwardings(device) {
		if !forwarding.Active {
			continue
		}
		if report.Forwarding == nil {
			report.Forwarding = make(map[string]string)
		}
		report.Forwarding[forwarding.Type] = forwarding.To
	}
	for _, phone := range phones[:min(len(phones), maxReportDevices)] {
		protocol := "SIP"
		if phone.GetProtocolVersion() > 0 {
			protocol = "Skinny"
		}
		report.Devices = append(report.Devices, &phonecontrolv1.DeviceReport{
			Name: nameOf(line, phone), Contact: phone.GetContact(), UserAgent: phone.GetUserAgent(),
			ExpiresSeconds: phone.GetExpiresSeconds(), Protocol: protocol,
		})
	}
	return report
}

// nameOf gives the line's name of a phone.
func nameOf(line *targetconfig.Line, phone *phonecontrolv1.Registration) string {
	for _, device := range line.Devices {
		registers := device.GetUsername()
		if device.GetSkinny() != nil {
			registers = device.GetSkinny().GetDeviceName()
		}
		if registers == phone.GetDeviceName() {
			return device.GetName()
		}
	}
	return phone.GetDeviceName()
}

// phonesByLine sorts a line's phones by name and contact, so that equal reports
// are equal.
func phonesByLine(registrations []*phonecontrolv1.Registration) map[string][]*phonecontrolv1.Registration {
	phones := make(map[string][]*phonecontrolv1.Registration)
	for _, phone := range registrations {
		phones[phone.GetLine()] = append(phones[phone.GetLine()], phone)
	}
	for _, list := range phones {
		slices.SortFunc(list, func(a, b *phonecontrolv1.Registration) int {
			return cmp.Or(cmp.Compare(a.GetDeviceName(), b.GetDeviceName()), cmp.Compare(a.GetContact(), b.GetContact()))
		})
	}
	return phones
}

// count is a length as the wire has it.
func count(n int) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) } // #nosec G115 -- bounded

// SPDX-License-Identifier: Apache-2.0

package dataplane

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/directory"
)

// snapshotsAtOnce is how many lines are asked for their calls at a time.
const snapshotsAtOnce = 16

// reportRegistrations makes a report of an owner that gives none, of a version
// before: of its registrations and, of a target in drain, of its lines' calls.
func reportRegistrations(ctx context.Context, clients directory.Clients, config *configv1.TargetConfig) (*Report, error) {
	client := clients.PhoneControl(config.GetTarget())
	begin := time.Now()
	reply, err := client.ListRegistrations(ctx, &phonecontrolv1.ListRegistrationsRequest{Target: config.GetTarget()})
	if err != nil {
		return nil, fmt.Errorf("list registrations: %w", err)
	}
	report := &Report{Lines: make(map[string]LineReport), Calls: CallsUnknown}
	for _, registration := range reply.GetRegistrations() {
		line := report.Lines[registration.GetLine()]
		line.InService = true
		device := DeviceReport{
			Name: registration.GetDeviceName(), Contact: registration.GetContact(), UserAgent: registration.GetUserAgent(), Protocol: "SIP",
		}
		if registration.GetProtocolVersion() > 0 {
			device.Protocol = "Skinny"
		}
		if seconds := registration.GetExpiresSeconds(); seconds > 0 {
			device.Expires = begin.Add(time.Duration(seconds) * time.Second)
		}
		line.Devices = append(line.Devices, device)
		report.Lines[registration.GetLine()] = line
	}
	report.PhonesRegistered, report.LinesInService = len(reply.GetRegistrations()), len(report.Lines)
	if !config.GetDrain() {
		return report, nil
	}
	report.Calls, err = countCalls(ctx, client, config)
	return report, err
}

// countCalls counts the calls that lines have a part in.
func countCalls(ctx context.Context, client phonecontrolv1.PhoneControlServiceClient, config *configv1.TargetConfig) (int, error) {
	var mu sync.Mutex
	calls := make(map[string]struct{})
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(snapshotsAtOnce)
	for _, line := range config.GetLines() {
		group.Go(func() error {
			reply, err := client.SnapshotDevice(ctx, &phonecontrolv1.SnapshotDeviceRequest{Target: config.GetTarget(), SnapshotObject: line.GetNumber()})
			if err != nil {
				return fmt.Errorf("snapshot line %s: %w", line.GetNumber(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, connection := range reply.GetConnections() {
				calls[connection.GetConnection().GetCallId()] = struct{}{}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return CallsUnknown, err //nolint:wrapcheck // wrapped where it arose
	}
	return len(calls), nil
}

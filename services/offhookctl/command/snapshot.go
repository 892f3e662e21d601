// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"strings"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// Snapshot is `offhookctl snapshot`.
type Snapshot struct {
	Line string `arg:"" help:"The line."`
}

// Run implements the command.
func (s *Snapshot) Run(c *Connection, env *Environment) error {
	return c.once(env, s.Line, func(ctx context.Context, session *cstaclient.Session) error {
		calls, err := session.SnapshotDevice(ctx, s.Line)
		if err != nil {
			return err
		}
		response := &csta.SnapshotDeviceResponse{}
		response.CrossRefIDorSnapshotData.SnapshotData = &csta.SnapshotDeviceItems{SnapshotDeviceResponseInfo: calls}
		values := make([]map[string]any, 0, len(calls))
		var text strings.Builder
		for _, call := range calls {
			value := map[string]any{"callID": call.ConnectionIdentifier.CallID, "deviceID": call.ConnectionIdentifier.DeviceID.Text}
			fmt.Fprintf(&text, "call %s", call.ConnectionIdentifier.CallID)
			if call.LocalCallState.CompoundCallState != nil {
				states := call.LocalCallState.CompoundCallState.LocalConnectionState
				value["states"] = states
				fmt.Fprintf(&text, "  %v", states)
			}
			if call.EndpointDevice != nil {
				value["endpoint"] = call.EndpointDevice.Device.Text
				fmt.Fprintf(&text, "  with %s", call.EndpointDevice.Device.Text)
			}
			text.WriteByte('\n')
			values = append(values, value)
		}
		if len(calls) == 0 {
			text.WriteString("no calls at " + s.Line + "\n")
		}
		return c.print(env, values, response, strings.TrimSuffix(text.String(), "\n"))
	})
}

// Features is `offhookctl features`.
type Features struct {
	Line string `arg:"" help:"A line the user has rights on."`
}

// Run implements the command.
func (f *Features) Run(c *Connection, env *Environment) error {
	return c.once(env, f.Line, func(ctx context.Context, session *cstaclient.Session) error {
		features, err := session.GetCSTAFeatures(ctx)
		if err != nil {
			return err
		}
		services, events := features.SupportedServices, features.SupportedEvents
		lists := []struct {
			Name string
			List csta.CapabilityList
		}{
			{"capability exchange", services.CapExchangeServList}, {"system status", services.SystemStatServList},
			{"monitoring", services.MonitoringServList}, {"snapshot", services.SnapshotServList},
			{"call control", services.CallControlServList}, {"call associated", services.CallAssociatedServList},
			{"routeing", services.RouteingServList}, {"physical device", services.PhysDevServList},
			{"logical device", services.LogicalServList},
			{"call control events", events.CallControlEvtsList}, {"call associated events", events.CallAssociatedEvtsList},
			{"physical device events", events.PhysDevEvtsList}, {"logical device events", events.LogicalEvtsList},
			{"device maintenance events", events.DeviceMaintEvtsList},
		}
		values := make(map[string][]string)
		var text strings.Builder
		for _, list := range lists {
			if len(list.List) > 0 {
				values[list.Name] = list.List.Names()
				fmt.Fprintf(&text, "%-26s %s\n", list.Name, strings.Join(list.List.Names(), ", "))
			}
		}
		return c.print(env, values, features, strings.TrimSuffix(text.String(), "\n"))
	})
}

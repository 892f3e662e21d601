// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// Info is `offhookctl info`.
type Info struct {
	Line string `arg:"" help:"The line."`
}

// Run implements the command: the line, and its phone where it has one.
func (i *Info) Run(c *Connection, env *Environment) error {
	return c.once(env, i.Line, func(ctx context.Context, session *cstaclient.Session) error {
		logical, err := session.GetLogicalDeviceInformation(ctx, i.Line)
		if err != nil {
			return err
		}
		physical, err := session.GetPhysicalDeviceInformation(ctx, i.Line)
		if refusal := new(cstaclient.ServiceError); errors.As(err, &refusal) {
			physical, err = nil, nil // no phone is there
		}
		if err != nil {
			return err
		}
		value := map[string]any{"line": i.Line, "category": logical.DeviceCategory, "services": logical.LogDevServList.Names()}
		var text strings.Builder
		row := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&text, "%-16s %s\n", name, value)
			}
		}
		row("category", string(logical.DeviceCategory))
		number := func(key, name string, count *int) {
			if count != nil {
				value[key] = *count
				row(name, fmt.Sprint(*count))
			}
		}
		number("maxActiveCalls", "active calls", logical.MaxActiveCalls)
		number("maxHeldCalls", "held calls", logical.MaxHeldCalls)
		number("maxDevicesInConf", "in conference", logical.MaxDevicesInConf)
		row("line services", strings.Join(logical.LogDevServList.Names(), ", "))
		if physical != nil {
			value["phone"] = map[string]any{
				"model": physical.DeviceModelName, "services": physical.PhysDevServList.Names(), "events": physical.PhysDevEvtsList.Names(),
			}
			row("phone", physical.DeviceModelName)
			row("phone services", strings.Join(physical.PhysDevServList.Names(), ", "))
		}
		if err := c.print(env, value, logical, strings.TrimSuffix(text.String(), "\n")); err != nil || physical == nil || c.Output != "xml" {
			return err
		}
		return c.print(env, nil, physical, "")
	})
}

// Devices is `offhookctl devices`.
type Devices struct {
	Line string `arg:"" help:"A line the user has rights on."`
}

// Run implements the command.
func (d *Devices) Run(c *Connection, env *Environment) error {
	return c.once(env, d.Line, func(ctx context.Context, session *cstaclient.Session) error {
		devices, err := session.GetSwitchingFunctionDevices(ctx)
		if err != nil {
			return err
		}
		names := make([]string, len(devices))
		for i, device := range devices {
			names[i] = device.Text
		}
		return c.print(env, names, &csta.SwitchingFunctionDevices{LastSegment: true, DeviceList: devices}, strings.Join(names, "\n"))
	})
}

// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"google.golang.org/grpc"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
)

// Phones is `offhookctl phones`.
type Phones struct {
	Target string `arg:"" help:"The CMETarget."`
}

// Run implements the command.
func (p *Phones) Run(c *Connection, env *Environment) error {
	return c.administer(env, func(ctx context.Context, connection *grpc.ClientConn) error {
		client := phonecontrolv1.NewPhoneControlServiceClient(connection)
		answer, err := client.ListRegistrations(ctx, &phonecontrolv1.ListRegistrationsRequest{Target: p.Target})
		if err != nil {
			return fmt.Errorf("list phones: %w", err)
		}
		if c.Output == "json" {
			return writeMessage(env, answer)
		}
		table := tabwriter.NewWriter(env.Out, 0, 4, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "LINE\tDEVICE\tMODEL\tVERSION\tCONTACT")
		for _, phone := range answer.GetRegistrations() {
			version := ""
			if phone.GetProtocolVersion() > 0 {
				version = fmt.Sprintf("SCCP %d", phone.GetProtocolVersion())
			}
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", phone.GetLine(), phone.GetDeviceName(), phone.GetUserAgent(), version, phone.GetContact())
		}
		return table.Flush()
	})
}

// ResetPhone is `offhookctl reset-phone`.
type ResetPhone struct {
	Target  string `arg:"" help:"The CMETarget."`
	Device  string `arg:"" help:"Name that the phone registered with, such as SEP001122334455; see offhookctl phones."`
	Restart bool   `help:"Register anew only, without starting from the beginning."`
}

// Run implements the command.
func (r *ResetPhone) Run(c *Connection, env *Environment) error {
	return c.administer(env, func(ctx context.Context, connection *grpc.ClientConn) error {
		client := phonecontrolv1.NewPhoneControlServiceClient(connection)
		request := &phonecontrolv1.ResetPhoneRequest{Target: r.Target, DeviceName: r.Device, Restart: r.Restart}
		if _, err := client.ResetPhone(ctx, request); err != nil {
			return fmt.Errorf("reset phone: %w", err)
		}
		if c.Output == "json" {
			return json.NewEncoder(env.Out).Encode(map[string]string{"reset": r.Device})
		}
		_, err := fmt.Fprintln(env.Out, "reset", r.Device)
		return err
	})
}

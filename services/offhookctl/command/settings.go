// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"strings"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// setting is a feature of a line that is on or off.
type setting struct {
	Line  string `arg:"" help:"The line."`
	State string `arg:"" optional:"" enum:"on,off,status" default:"status" help:"on, off, or status (default)."`
}

// feature is how a setting is read and changed, and its messages.
type feature struct {
	name     string
	get      func(*cstaclient.Session, context.Context, string) (bool, error)
	set      func(*cstaclient.Session, context.Context, string, bool) error
	status   func(on bool) csta.Message
	response csta.Message
}

func (s setting) run(c *Connection, env *Environment, f feature) error {
	return c.once(env, s.Line, func(ctx context.Context, session *cstaclient.Session) error {
		if s.State == "status" {
			on, err := f.get(session, ctx, s.Line)
			if err != nil {
				return err
			}
			return c.print(env, map[string]any{"line": s.Line, f.name: on}, f.status(on), s.Line+" "+f.name+" "+onOff(on))
		}
		on := s.State == "on"
		if err := f.set(session, ctx, s.Line, on); err != nil {
			return err
		}
		return c.print(env, map[string]any{"line": s.Line, f.name: on}, f.response, s.Line+" "+f.name+" "+onOff(on))
	})
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// DoNotDisturb is `offhookctl dnd`.
type DoNotDisturb struct{ setting }

// Run implements the command.
func (d *DoNotDisturb) Run(c *Connection, env *Environment) error {
	return d.run(c, env, feature{
		"doNotDisturb", (*cstaclient.Session).GetDoNotDisturb, (*cstaclient.Session).SetDoNotDisturb,
		func(on bool) csta.Message { return &csta.GetDoNotDisturbResponse{DoNotDisturbOn: on} }, &csta.SetDoNotDisturbResponse{},
	})
}

// MessageWaiting is `offhookctl mwi`.
type MessageWaiting struct{ setting }

// Run implements the command.
func (m *MessageWaiting) Run(c *Connection, env *Environment) error {
	return m.run(c, env, feature{
		"messageWaiting", (*cstaclient.Session).GetMessageWaitingIndicator, (*cstaclient.Session).SetMessageWaitingIndicator,
		func(on bool) csta.Message { return &csta.GetMessageWaitingIndicatorResponse{MessageWaitingOn: on} }, &csta.SetMessageWaitingIndicatorResponse{},
	})
}

// AutoAnswer is `offhookctl auto-answer`.
type AutoAnswer struct{ setting }

// Run implements the command.
func (a *AutoAnswer) Run(c *Connection, env *Environment) error {
	return a.run(c, env, feature{
		"autoAnswer", (*cstaclient.Session).GetAutoAnswer, (*cstaclient.Session).SetAutoAnswer,
		func(on bool) csta.Message { return &csta.GetAutoAnswerResponse{AutoAnswerOn: on} }, &csta.SetAutoAnswerResponse{},
	})
}

// CallerID is `offhookctl caller-id`.
type CallerID struct{ setting }

// Run implements the command.
func (i *CallerID) Run(c *Connection, env *Environment) error {
	return i.run(c, env, feature{
		"callerID", (*cstaclient.Session).GetCallerIDStatus, (*cstaclient.Session).SetCallerIDStatus,
		func(on bool) csta.Message { return &csta.GetCallerIDStatusResponse{CallerIDProvided: on} }, &csta.SetCallerIDStatusResponse{},
	})
}

// Forward is `offhookctl forward`.
type Forward struct {
	Line  string `arg:"" help:"The line."`
	To    string `arg:"" optional:"" help:"Number to forward to; without it and --off, the settings are listed."`
	Type  string `help:"What is forwarded: all calls, on busy, on no answer, or on do not disturb; Int and Ext for calls from inside or outside only." default:"forwardImmediate" enum:"forwardImmediate,forwardBusy,forwardNoAns,forwardDND,forwardBusyInt,forwardBusyExt,forwardNoAnsInt,forwardNoAnsExt,forwardImmInt,forwardImmExt,forwardDNDInt,forwardDNDExt"`
	Rings int    `help:"Rings before a call counts as not answered."`
	Off   bool   `help:"Forward no more."`
}

// Run implements the command.
func (f *Forward) Run(c *Connection, env *Environment) error {
	return c.once(env, f.Line, func(ctx context.Context, session *cstaclient.Session) error {
		if f.To == "" && !f.Off {
			return f.list(ctx, c, env, session)
		}
		request := &csta.SetForwarding{
			Device: csta.DeviceID{Text: f.Line}, ForwardingType: csta.ForwardingType(f.Type), ActivateForward: !f.Off,
		}
		done := f.Type + " off"
		if f.To != "" {
			request.ForwardDN = &csta.DeviceID{Text: f.To}
			done = f.Type + " " + onOff(!f.Off) + " to " + f.To
		}
		if f.Rings > 0 {
			request.RingCount = &f.Rings
		}
		if err := session.SetForwarding(ctx, request); err != nil {
			return err
		}
		return c.did(env, f.Line, done, &csta.SetForwardingResponse{})
	})
}

func (f *Forward) list(ctx context.Context, c *Connection, env *Environment, session *cstaclient.Session) error {
	items, err := session.GetForwarding(ctx, f.Line)
	if err != nil {
		return err
	}
	values := make([]map[string]any, 0, len(items))
	var text strings.Builder
	for _, item := range items {
		value := map[string]any{"forwardingType": item.ForwardingType, "forwardStatus": item.ForwardStatus}
		fmt.Fprintf(&text, "%-18s %s", item.ForwardingType, onOff(item.ForwardStatus))
		if item.ForwardDN != nil {
			value["forwardDN"] = item.ForwardDN.Text
			fmt.Fprintf(&text, " to %s", item.ForwardDN.Text)
		}
		if item.RingCount != nil {
			value["ringCount"] = *item.RingCount
			fmt.Fprintf(&text, " after %d rings", *item.RingCount)
		}
		text.WriteByte('\n')
		values = append(values, value)
	}
	if len(items) == 0 {
		text.WriteString("nothing forwarded at " + f.Line + "\n")
	}
	return c.print(env, values, &csta.GetForwardingResponse{ForwardingList: items}, strings.TrimSuffix(text.String(), "\n"))
}

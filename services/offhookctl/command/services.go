// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// Status is `offhookctl status`.
type Status struct {
	Line string `arg:"" help:"A line the user has rights on."`
}

// Run implements the command.
func (s *Status) Run(c *Connection, env *Environment) error {
	return c.once(env, s.Line, func(ctx context.Context, session *cstaclient.Session) error {
		status, err := session.RequestSystemStatus(ctx)
		if err != nil {
			return err
		}
		return c.print(env, map[string]string{"systemStatus": string(status)}, &csta.RequestSystemStatusResponse{SystemStatus: status}, "system status "+string(status))
	})
}

// Call is `offhookctl call`.
type Call struct {
	From   string `arg:"" help:"Line whose phone rings first."`
	To     string `arg:"" help:"Number to call."`
	Prompt bool   `help:"Let FROM's phone ring until its user picks up, and don't ask it to answer by itself."`
	Wait   bool   `help:"Print the call's events until it has ended."`
}

// Run implements the command.
func (m *Call) Run(c *Connection, env *Environment) error {
	return c.inSession(env, m.From, func(ctx context.Context, session *cstaclient.Session) error {
		asking, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		if m.Wait {
			if _, err := session.MonitorStart(asking, m.From); err != nil {
				return err
			}
		}
		connection, err := session.MakeCall(asking, m.From, m.To, m.Prompt)
		if err != nil {
			return err
		}
		if err := c.print(env, connectionJSON(connection), &csta.MakeCallResponse{CallingDevice: connection}, "call "+string(connection.CallID)+" from "+connection.DeviceID.Text); err != nil {
			return err
		}
		if !m.Wait {
			return nil
		}
		return c.follow(ctx, env, session, func(event cstaclient.Summary) bool {
			if event.Event == "Transfered" {
				return event.LocalState == csta.LocalConnectionStateNull
			}
			return event.CallID == connection.CallID && event.Device == connection.DeviceID.Text && event.Event == "ConnectionCleared"
		})
	})
}

// target is a line, and a call where the line has more than one.
type target struct {
	Line string `arg:"" help:"The line."`
	Call string `help:"Call id, where the line has more than one call." name:"call"`
}

func (t target) connection() csta.ConnectionID {
	return cstaclient.Connection(csta.CallID(t.Call), t.Line)
}

type service func(*cstaclient.Session, context.Context, csta.ConnectionID) error

func (t target) run(c *Connection, env *Environment, done string, response csta.Message, invoke service) error {
	return c.once(env, t.Line, func(ctx context.Context, session *cstaclient.Session) error {
		if err := invoke(session, ctx, t.connection()); err != nil {
			return err
		}
		return c.print(env, map[string]string{"line": t.Line, "result": done}, response, t.Line+" "+done)
	})
}

// Answer is `offhookctl answer`.
type Answer struct{ target }

// Run implements the command.
func (a *Answer) Run(c *Connection, env *Environment) error {
	return a.run(c, env, "answered", &csta.AnswerCallResponse{}, (*cstaclient.Session).AnswerCall)
}

// Hold is `offhookctl hold`.
type Hold struct{ target }

// Run implements the command.
func (h *Hold) Run(c *Connection, env *Environment) error {
	return h.run(c, env, "held", &csta.HoldCallResponse{}, (*cstaclient.Session).HoldCall)
}

// Retrieve is `offhookctl retrieve`.
type Retrieve struct{ target }

// Run implements the command.
func (r *Retrieve) Run(c *Connection, env *Environment) error {
	return r.run(c, env, "retrieved", &csta.RetrieveCallResponse{}, (*cstaclient.Session).RetrieveCall)
}

// Clear is `offhookctl clear`.
type Clear struct{ target }

// Run implements the command.
func (l *Clear) Run(c *Connection, env *Environment) error {
	return l.run(c, env, "cleared", &csta.ClearConnectionResponse{}, (*cstaclient.Session).ClearConnection)
}

// Monitor is `offhookctl monitor`.
type Monitor struct {
	Line string `arg:"" help:"The line to watch."`
}

// Run implements the command: it ends when interrupted or when the session ends.
func (m *Monitor) Run(c *Connection, env *Environment) error {
	return c.inSession(env, m.Line, func(ctx context.Context, session *cstaclient.Session) error {
		asking, cancel := context.WithTimeout(ctx, c.Timeout)
		defer cancel()
		monitor, err := session.MonitorStart(asking, m.Line)
		if err != nil {
			return err
		}
		if c.Output == "text" {
			_, _ = fmt.Fprintf(env.Err, "watching %s as monitor %s; end with Ctrl-C\n", m.Line, monitor)
		}
		return c.follow(ctx, env, session, func(cstaclient.Summary) bool { return false })
	})
}

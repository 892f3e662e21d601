// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"strings"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

// twoCalls is a line with a held and an active call.
type twoCalls struct {
	Line   string `arg:"" help:"The line."`
	Held   string `help:"Id of the held call, where there is more than one."`
	Active string `help:"Id of the active call, where there is more than one."`
}

func (t twoCalls) connections() (held, active csta.ConnectionID) {
	return cstaclient.Connection(csta.CallID(t.Held), t.Line), cstaclient.Connection(csta.CallID(t.Active), t.Line)
}

// did prints what was done at a line.
func (c *Connection) did(env *Environment, line, done string, response csta.Message) error {
	return c.print(env, map[string]string{"line": line, "result": done}, response, line+" "+done)
}

// Consult is `offhookctl consult`.
type Consult struct {
	target
	To string `arg:"" help:"Number to call meanwhile."`
}

// Run implements the command.
func (o *Consult) Run(c *Connection, env *Environment) error {
	return c.once(env, o.Line, func(ctx context.Context, session *cstaclient.Session) error {
		made, err := session.ConsultationCall(ctx, o.connection(), o.To)
		if err != nil {
			return err
		}
		return c.print(env, connectionJSON(made), &csta.ConsultationCallResponse{InitiatedCall: made}, "call "+string(made.CallID)+" from "+made.DeviceID.Text)
	})
}

// Alternate is `offhookctl alternate`.
type Alternate struct{ twoCalls }

// Run implements the command.
func (a *Alternate) Run(c *Connection, env *Environment) error {
	return c.once(env, a.Line, func(ctx context.Context, session *cstaclient.Session) error {
		held, active := a.connections()
		if err := session.AlternateCall(ctx, held, active); err != nil {
			return err
		}
		return c.did(env, a.Line, "swapped", &csta.AlternateCallResponse{})
	})
}

// Reconnect is `offhookctl reconnect`.
type Reconnect struct{ twoCalls }

// Run implements the command.
func (r *Reconnect) Run(c *Connection, env *Environment) error {
	return c.once(env, r.Line, func(ctx context.Context, session *cstaclient.Session) error {
		held, active := r.connections()
		if err := session.ReconnectCall(ctx, held, active); err != nil {
			return err
		}
		return c.did(env, r.Line, "reconnected", &csta.ReconnectCallResponse{})
	})
}

// Transfer is `offhookctl transfer`.
type Transfer struct {
	twoCalls
	To string `arg:"" optional:"" help:"Number to send the active call to; without it the held and the active call are connected."`
}

// Run implements the command.
func (t *Transfer) Run(c *Connection, env *Environment) error {
	return c.once(env, t.Line, func(ctx context.Context, session *cstaclient.Session) error {
		held, active := t.connections()
		if t.To != "" {
			response, err := session.SingleStepTransferCall(ctx, active, t.To)
			if err != nil {
				return err
			}
			return c.print(env, connectionJSON(response.TransferredCall), response, t.Line+" transferred to "+t.To)
		}
		response, err := session.TransferCall(ctx, held, active)
		if err != nil {
			return err
		}
		return c.print(env, connectionJSON(response.TransferredCall), response, t.Line+" transferred, now call "+string(response.TransferredCall.CallID))
	})
}

// Conference is `offhookctl conference`.
type Conference struct {
	twoCalls
	Device string `arg:"" optional:"" help:"Device to add to the active call; without it the held and the active call become one."`
	Silent bool   `help:"DEVICE hears, and is not heard."`
}

// Run implements the command.
func (o *Conference) Run(c *Connection, env *Environment) error {
	return c.once(env, o.Line, func(ctx context.Context, session *cstaclient.Session) error {
		held, active := o.connections()
		if o.Device == "" {
			response, err := session.ConferenceCall(ctx, held, active)
			if err != nil {
				return err
			}
			return c.print(env, connectionJSON(response.ConferenceCall), response, o.Line+" in conference, now call "+string(response.ConferenceCall.CallID))
		}
		participation := csta.ParticipationTypeActive
		if o.Silent {
			participation = csta.ParticipationTypeSilent
		}
		joined, err := session.SingleStepConferenceCall(ctx, active, o.Device, participation)
		if err != nil {
			return err
		}
		return c.print(env, connectionJSON(joined), &csta.SingleStepConferenceCallResponse{ConferencedCall: joined}, o.Line+" in conference with "+o.Device)
	})
}

// Deflect is `offhookctl deflect`.
type Deflect struct {
	target
	To string `arg:"" help:"Number to send the ringing call to."`
}

// Run implements the command.
func (d *Deflect) Run(c *Connection, env *Environment) error {
	return d.run(c, env, "deflected to "+d.To, &csta.DeflectCallResponse{}, func(session *cstaclient.Session, ctx context.Context, connection csta.ConnectionID) error {
		return session.DeflectCall(ctx, connection, d.To)
	})
}

// Park is `offhookctl park`.
type Park struct {
	target
	Slot string `arg:"" optional:"" help:"Number to park at; a free slot without it."`
}

// Run implements the command.
func (p *Park) Run(c *Connection, env *Environment) error {
	return c.once(env, p.Line, func(ctx context.Context, session *cstaclient.Session) error {
		parked, err := session.ParkCall(ctx, p.connection(), p.Slot)
		if err != nil {
			return err
		}
		return c.print(env, connectionJSON(parked), &csta.ParkCallResponse{ParkedTo: &parked}, p.Line+" parked at "+parked.DeviceID.Text)
	})
}

// Pickup is `offhookctl pickup`.
type Pickup struct {
	Line string `arg:"" help:"The line that picks up."`
	From string `arg:"" optional:"" help:"Line that rings, or slot where the call is parked; without it, a call of the line's pickup group."`
	Call string `help:"Call id, where FROM has more than one call." name:"call"`
}

// Run implements the command.
func (p *Pickup) Run(c *Connection, env *Environment) error {
	return c.once(env, p.Line, func(ctx context.Context, session *cstaclient.Session) error {
		if p.From == "" {
			picked, err := session.GroupPickupCall(ctx, p.Line)
			if err != nil {
				return err
			}
			return c.print(env, connectionJSON(picked), &csta.GroupPickupCallResponse{PickedCall: picked}, p.Line+" picked up call "+string(picked.CallID))
		}
		picked, err := session.DirectedPickupCall(ctx, cstaclient.Connection(csta.CallID(p.Call), p.From), p.Line)
		if err != nil {
			return err
		}
		return c.print(env, connectionJSON(picked), &csta.DirectedPickupCallResponse{PickedCall: picked}, p.Line+" picked up call "+string(picked.CallID)+" from "+p.From)
	})
}

// CallBack is `offhookctl call-back`.
type CallBack struct {
	target
	Cancel bool `help:"Cancel the line's call backs."`
}

// Run implements the command.
func (b *CallBack) Run(c *Connection, env *Environment) error {
	if b.Cancel {
		return b.run(c, env, "waits for no call back", &csta.CancelCallBackResponse{}, func(session *cstaclient.Session, ctx context.Context, _ csta.ConnectionID) error {
			return session.CancelCallBack(ctx, b.Line, "")
		})
	}
	return b.run(c, env, "is called back", &csta.CallBackResponse{}, (*cstaclient.Session).CallBack)
}

// Digits is `offhookctl digits`.
type Digits struct {
	target
	Digits string `arg:"" help:"0-9, *, #, A-D, and a comma for a pause."`
	Dial   bool   `help:"Dial them, in a call that has no number yet, and don't send tones."`
}

// Run implements the command.
func (d *Digits) Run(c *Connection, env *Environment) error {
	if d.Dial {
		return d.run(c, env, "dialled "+d.Digits, &csta.DialDigitsResponse{}, func(session *cstaclient.Session, ctx context.Context, connection csta.ConnectionID) error {
			return session.DialDigits(ctx, connection, d.Digits)
		})
	}
	return d.run(c, env, "sent "+d.Digits, &csta.GenerateDigitsResponse{}, func(session *cstaclient.Session, ctx context.Context, connection csta.ConnectionID) error {
		return session.GenerateDigits(ctx, connection, d.Digits)
	})
}

// SnapshotCall is `offhookctl snapshot-call`.
type SnapshotCall struct{ target }

// Run implements the command.
func (s *SnapshotCall) Run(c *Connection, env *Environment) error {
	return c.once(env, s.Line, func(ctx context.Context, session *cstaclient.Session) error {
		response, err := session.SnapshotCall(ctx, s.connection())
		if err != nil {
			return err
		}
		value := map[string]any{}
		var text strings.Builder
		if linkage := response.CallLinkageData; linkage != nil {
			id := linkage.GlobalCallData.GlobalCallLinkageID.GloballyUniqueCallLinkageID
			value["globalCallID"] = id
			text.WriteString("global call id " + id + "\n")
		}
		var parties []map[string]any
		if data := response.CrossRefIDorSnapshotData.SnapshotData; data != nil {
			for _, party := range data.SnapshotCallResponseInfo {
				device := party.DeviceOnCall.Device.Text
				parties = append(parties, map[string]any{"device": device, "localConnectionInfo": party.LocalConnectionInfo})
				text.WriteString(device + "  " + string(party.LocalConnectionInfo))
				if may := allowed(party.ServicesPermitted); may != "" {
					text.WriteString("  may " + may)
				}
				text.WriteByte('\n')
			}
		}
		value["parties"] = parties
		return c.print(env, value, response, strings.TrimSuffix(text.String(), "\n"))
	})
}

// allowed lists what may be done on a connection.
func allowed(services *csta.ServicesPermitted) string {
	if services == nil {
		return ""
	}
	var names []string
	for _, group := range []csta.Flags{services.CallControlServices, services.CallAssociatedServices} {
		for _, flag := range group {
			if flag.Value {
				names = append(names, flag.Name)
			}
		}
	}
	return strings.Join(names, ", ")
}

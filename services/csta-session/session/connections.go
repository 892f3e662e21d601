// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/deviceid"
)

// connection reads a connection of a line that the user may control. A device
// alone stands for its only matching connection, a call alone for that of the
// session's line.
func (s *Server) connection(ctx context.Context, c *call, id csta.ConnectionID, as role) (*ctiv1.ConnectionID, error) {
	c.callID = string(id.CallID)
	if id.CallID == "" && id.DeviceID.Text == "" {
		return nil, ctierr.Operation(string(as.connection), "connection names neither call nor device")
	}
	if id.DeviceID.Text == "" && c.session.GetLine() == "" {
		return s.onlyParty(ctx, c, string(id.CallID), as)
	}
	found, err := c.lineWith(mayControl, id.DeviceID.Text, as)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, found.number, found.written)
	return &ctiv1.ConnectionID{CallId: string(id.CallID), DeviceId: found.number}, nil
}

// onlyParty is the connection of the only party of a call that the user may
// control: what a call alone stands for in a session without a line.
func (s *Server) onlyParty(ctx context.Context, c *call, callID string, as role) (*ctiv1.ConnectionID, error) {
	snapshot, err := c.phones.SnapshotCall(ctx, &phonecontrolv1.SnapshotCallRequest{
		Target: c.target.Name, SnapshotObject: &ctiv1.ConnectionID{CallId: callID},
	})
	if err != nil {
		return nil, err
	}
	var only *ctiv1.ConnectionID
	for _, party := range snapshot.GetParties() {
		line, ok := c.target.Line(party.GetConnection().GetDeviceId())
		if !ok || !rightsOn(c.user, line).Control {
			continue
		}
		if only != nil {
			return nil, ctierr.Operation(string(as.connection), "call %s has more than one party that the user may control", callID)
		}
		only = &ctiv1.ConnectionID{CallId: callID, DeviceId: line.GetNumber()}
	}
	if only == nil {
		return nil, ctierr.Operation(string(as.denied), "call %s has no party that the user may control", callID)
	}
	c.line = only.GetDeviceId()
	return only, nil
}

// connections reads the held and the active connection of a service about two
// calls of one line. The audit log tells the active one.
func (s *Server) connections(ctx context.Context, c *call, held, active csta.ConnectionID) (heldCall, activeCall *ctiv1.ConnectionID, err error) {
	if heldCall, err = s.connection(ctx, c, held, roleHeld); err != nil {
		return nil, nil, err
	}
	if activeCall, err = s.connection(ctx, c, active, roleActive); err != nil {
		return nil, nil, err
	}
	if heldCall.GetDeviceId() != activeCall.GetDeviceId() {
		return nil, nil, ctierr.Operation(string(csta.OperationNotSameDevice), "held call is at %s, active call at %s",
			heldCall.GetDeviceId(), activeCall.GetDeviceId())
	}
	return heldCall, activeCall, nil
}

// farConnection reads a connection that is cleared. Besides those of lines
// that the user may control, it may be that of a party outside in a call in
// which the user controls a line: a member of a conference.
func (s *Server) farConnection(ctx context.Context, c *call, id csta.ConnectionID) (*ctiv1.ConnectionID, error) {
	if id.CallID == "" || id.DeviceID.Text == "" || lineOf(c.target, id.DeviceID.Text) != nil {
		return s.connection(ctx, c, id, roleSubject)
	}
	c.callID = string(id.CallID)
	far, err := deviceid.Parse(id.DeviceID.Text)
	if err != nil {
		return nil, ctierr.Operation(string(csta.OperationInvalidDeviceID), "cannot read %q", id.DeviceID.Text)
	}
	snapshot, err := c.phones.SnapshotCall(ctx, &phonecontrolv1.SnapshotCallRequest{
		Target: c.target.Name, SnapshotObject: &ctiv1.ConnectionID{CallId: string(id.CallID)},
	})
	if err != nil {
		return nil, err
	}
	for _, party := range snapshot.GetParties() {
		if party.GetConnection().GetDeviceId() != far.Number {
			continue
		}
		own, err := c.partyWith(mayControl, snapshot, roleSubject)
		if err != nil {
			return nil, err
		}
		c.line = own
		return party.GetConnection(), nil
	}
	return nil, ctierr.Operation(string(csta.OperationInvalidDeviceID), "%s is no party of call %s", far.Number, id.CallID)
}

// partyWith finds a line in a call on which the user has a right, the
// session's own first.
func (c *call) partyWith(need right, snapshot *phonecontrolv1.SnapshotCallResponse, as role) (string, error) {
	found := ""
	for _, party := range snapshot.GetParties() {
		number := party.GetConnection().GetDeviceId()
		line, ok := c.target.Line(number)
		if !ok || !need.allowedBy(rightsOn(c.user, line)) {
			continue
		}
		if found == "" || number == c.session.GetLine() {
			found = number
		}
	}
	if found == "" {
		return "", ctierr.Operation(string(as.denied), "user %s has no right on a party of call %s", c.session.GetUser(), snapshot.GetCallId())
	}
	return found, nil
}

// callOf finds the call that a connection identifier means, where the user has
// a right on one of its parties: by the call, by the device's only connection,
// or by both. The snapshot tells the parties.
func (s *Server) callOf(ctx context.Context, c *call, id csta.ConnectionID, need right, as role) (*phonecontrolv1.SnapshotCallResponse, error) {
	c.callID = string(id.CallID)
	object := &ctiv1.ConnectionID{CallId: string(id.CallID)}
	switch {
	case id.DeviceID.Text != "":
		found, err := c.lineWith(need, id.DeviceID.Text, as)
		if err != nil {
			return nil, err
		}
		s.learn(ctx, c, found.number, found.written)
		object.DeviceId = found.number
	case id.CallID == "":
		return nil, ctierr.Operation(string(as.connection), "connection names neither call nor device")
	}
	snapshot, err := c.phones.SnapshotCall(ctx, &phonecontrolv1.SnapshotCallRequest{Target: c.target.Name, SnapshotObject: object})
	if err != nil {
		return nil, err
	}
	if object.GetDeviceId() == "" {
		if c.line, err = c.partyWith(need, snapshot, as); err != nil {
			return nil, err
		}
	}
	c.callID = snapshot.GetCallId()
	return snapshot, nil
}

// connectionID writes a connection as the client names it. Own is the device
// that the request named, written as it was there.
func (c *call) connectionID(connection *ctiv1.ConnectionID, own device) csta.ConnectionID {
	text := own.text
	if number := connection.GetDeviceId(); number != "" && (number != own.number || text == "") {
		text = c.names().Write(number)
	}
	return csta.ConnectionID{CallID: csta.CallID(connection.GetCallId()), DeviceID: csta.DeviceID{Text: text}}
}

// connectionList writes the connections after a transfer or conference.
func (c *call) connectionList(items []*ctiv1.ConnectionListItem) []csta.ConnectionListItem {
	if len(items) == 0 {
		return nil
	}
	list := make([]csta.ConnectionListItem, 0, len(items))
	for _, item := range items {
		entry := csta.ConnectionListItem{}
		if id := item.GetNewConnection(); id != nil {
			entry.NewConnection = new(c.connectionID(id, device{}))
		}
		if id := item.GetOldConnection(); id != nil {
			entry.OldConnection = new(c.connectionID(id, device{}))
		}
		if number := item.GetEndpoint(); number != "" {
			entry.Endpoint = &csta.Endpoint{DeviceID: &csta.DeviceID{Text: c.names().Write(number)}}
		} else {
			entry.Endpoint = &csta.Endpoint{NotKnown: true}
		}
		list = append(list, entry)
	}
	return list
}

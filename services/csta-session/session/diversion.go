// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"slices"
	"strings"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/deviceid"
)

// Services that bring a call to another device.

func diversionServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.CallControlServList }
	return map[string]service{
		"DeflectCall":        {serve: typed(deflectCall), list: list, capability: "deflectCall", audit: true},
		"DirectedPickupCall": {serve: typed(directedPickupCall), list: list, capability: "directedPickupCall", audit: true},
		"GroupPickupCall":    {serve: typed(groupPickupCall), list: list, capability: "groupPickupCall", audit: true},
		"ParkCall":           {serve: typed(parkCall), list: list, capability: "parkCall", audit: true},
		"CallBack":           {serve: typed(callBack), list: list, capability: "callBack", audit: true},
	}
}

func deflectCall(ctx context.Context, s *Server, c *call, request *csta.DeflectCall) (csta.Message, error) {
	diverted, err := s.connection(ctx, c, request.CallToBeDiverted, roleDivert)
	if err != nil {
		return nil, err
	}
	if len(request.NewDestination) > 1 {
		return nil, ctierr.Operation(string(csta.OperationParameterNotSupported), "more than one new destination")
	}
	text := ""
	if len(request.NewDestination) == 1 {
		text = request.NewDestination[0].Text
	}
	destination, err := c.dialled(text, csta.OperationInvalidDestinationDeviceID)
	if err != nil {
		return nil, err
	}
	c.called = destination
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, destination, text)
	_, err = c.phones.DeflectCall(ctx, &phonecontrolv1.DeflectCallRequest{
		Target: c.target.Name, CallToBeDiverted: diverted, NewDestination: destination, CorrelatorData: correlator, UserData: user,
	})
	return &csta.DeflectCallResponse{}, err
}

func directedPickupCall(ctx context.Context, s *Server, c *call, request *csta.DirectedPickupCall) (csta.Message, error) {
	requesting, err := c.lineWith(mayControl, request.RequestingDevice.Text, roleSubject)
	if err != nil {
		return nil, err
	}
	picked, err := s.toBePickedUp(ctx, c, request.CallToBePickedUp, requesting)
	c.line = requesting.number
	if err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, requesting.number, requesting.written)
	answer, err := c.phones.DirectedPickupCall(ctx, &phonecontrolv1.DirectedPickupCallRequest{
		Target: c.target.Name, CallToBePickedUp: picked, RequestingDevice: requesting.number, CorrelatorData: correlator, UserData: user,
	})
	if err != nil {
		return nil, err
	}
	return &csta.DirectedPickupCallResponse{PickedCall: c.connectionID(answer.GetPickedCall(), requesting)}, nil
}

// toBePickedUp is a connection at another line: one that the user may monitor
// or control, or one in the pickup group of the line that picks up. A call
// alone is that of its alerting or parked party. Parked calls are anyone's.
func (s *Server) toBePickedUp(ctx context.Context, c *call, id csta.ConnectionID, requesting device) (*ctiv1.ConnectionID, error) {
	c.callID = string(id.CallID)
	text := id.DeviceID.Text
	if text == "" {
		if id.CallID == "" {
			return nil, ctierr.Operation(string(csta.OperationInvalidConnectionID), "connection names neither call nor device")
		}
		found, err := s.waitingParty(ctx, c, string(id.CallID))
		if err != nil {
			return nil, err
		}
		text = found
	}
	line := lineOf(c.target, text)
	if line == nil {
		slot := c.parkSlot(text)
		if slot == "" {
			return nil, ctierr.Operation(string(csta.OperationInvalidPickUpDeviceID), "no line or park slot %s", text)
		}
		return &ctiv1.ConnectionID{CallId: string(id.CallID), DeviceId: slot}, nil
	}
	if group := requesting.line.GetPickupGroup(); group == "" || group != line.GetPickupGroup() {
		if err := c.permit(mayEither, line, rolePickUp); err != nil {
			return nil, err
		}
	}
	s.learn(ctx, c, line.GetNumber(), id.DeviceID.Text)
	return &ctiv1.ConnectionID{CallId: string(id.CallID), DeviceId: line.GetNumber()}, nil
}

// waitingParty is the party of a call that can be picked up.
func (s *Server) waitingParty(ctx context.Context, c *call, callID string) (string, error) {
	snapshot, err := c.phones.SnapshotCall(ctx, &phonecontrolv1.SnapshotCallRequest{
		Target: c.target.Name, SnapshotObject: &ctiv1.ConnectionID{CallId: callID},
	})
	if err != nil {
		return "", err
	}
	waiting := ""
	for _, party := range snapshot.GetParties() {
		state := party.GetLocalConnectionState()
		if state != ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_ALERTING && state != ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_QUEUED {
			continue
		}
		if waiting != "" {
			return "", ctierr.Operation(string(csta.OperationInvalidConnectionID), "call %s waits at more than one device", callID)
		}
		waiting = party.GetConnection().GetDeviceId()
	}
	if waiting == "" {
		return "", ctierr.State(string(csta.StateIncompatibilityInvalidConnectionState), "call %s waits at no device", callID)
	}
	return waiting, nil
}

// parkSlot finds a number among the target's park slots.
func (c *call) parkSlot(text string) string {
	parsed, err := deviceid.Parse(text)
	if err != nil || !slices.Contains(c.target.Config.GetFeatures().GetParkSlots(), parsed.Number) {
		return ""
	}
	return parsed.Number
}

// groupPickupCall picks up in the line's own group, or in another one that has
// a line on which the user has a right.
func groupPickupCall(ctx context.Context, s *Server, c *call, request *csta.GroupPickupCall) (csta.Message, error) {
	destination, err := c.lineWith(mayControl, request.NewDestination.Text, roleSubject)
	if err != nil {
		return nil, err
	}
	group := ""
	if request.PickGroup != nil {
		group = strings.TrimSpace(request.PickGroup.Text)
	}
	if err := c.mayPickUpIn(group, destination); err != nil {
		return nil, err
	}
	correlator, user, err := callData(request.CorrelatorData, request.UserData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, destination.number, destination.written)
	answer, err := c.phones.GroupPickupCall(ctx, &phonecontrolv1.GroupPickupCallRequest{
		Target: c.target.Name, NewDestination: destination.number, PickGroup: group, CorrelatorData: correlator, UserData: user,
	})
	if err != nil {
		return nil, err
	}
	return &csta.GroupPickupCallResponse{PickedCall: c.connectionID(answer.GetPickedCall(), destination)}, nil
}

func (c *call) mayPickUpIn(group string, destination device) error {
	if group == "" || group == destination.line.GetPickupGroup() {
		return nil
	}
	lines := c.target.PickupGroup(group)
	if len(lines) == 0 {
		return ctierr.Operation(string(csta.OperationInvalidPickUpDeviceID), "no pickup group %s", group)
	}
	for _, line := range lines {
		if c.permit(mayEither, line, rolePickUp) == nil {
			return nil
		}
	}
	return c.permit(mayEither, lines[0], rolePickUp)
}

// parkCall parks at a slot or line; without one, at a free slot.
func parkCall(ctx context.Context, s *Server, c *call, request *csta.ParkCall) (csta.Message, error) {
	parking, err := s.connection(ctx, c, request.Parking, rolePark)
	if err != nil {
		return nil, err
	}
	to := ""
	if text := request.ParkTo.Text; text != "" {
		if to, err = c.dialled(text, csta.OperationInvalidParkToDeviceID); err != nil {
			return nil, err
		}
	}
	c.called = to
	correlator, err := correlatorData(request.CorrelatorData)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, to, request.ParkTo.Text)
	answer, err := c.phones.ParkCall(ctx, &phonecontrolv1.ParkCallRequest{
		Target: c.target.Name, Parking: parking, ParkTo: to, CorrelatorData: correlator,
	})
	if err != nil {
		return nil, err
	}
	response := &csta.ParkCallResponse{}
	if parked := answer.GetParkedTo(); parked != nil {
		response.ParkedTo = new(c.connectionID(parked, device{number: to, text: request.ParkTo.Text}))
	}
	return response, nil
}

// callBack asks to be called back when the called party of a call that is busy
// or not answered is free.
func callBack(ctx context.Context, s *Server, c *call, request *csta.CallBack) (csta.Message, error) {
	connection, err := s.connection(ctx, c, request.CallbackConnection, roleSubject)
	if err != nil {
		return nil, err
	}
	answer, err := c.phones.CallBack(ctx, &phonecontrolv1.CallBackRequest{Target: c.target.Name, CallbackConnection: connection})
	if err != nil {
		return nil, err
	}
	response := &csta.CallBackResponse{}
	if number := answer.GetTargetDevice(); number != "" {
		response.TargetDevice = &csta.DeviceID{Text: c.names().Write(number)}
	}
	return response, nil
}

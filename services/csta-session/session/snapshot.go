// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
	"offhook.dev/services/monitor/eventxml"
)

func snapshotServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.SnapshotServList }
	return map[string]service{
		"SnapshotDevice": {serve: typed(snapshotDevice), list: list, capability: "snapshotDevice"},
		"SnapshotCall":   {serve: typed(snapshotCall), list: list, capability: "snapshotCall"},
	}
}

func snapshotDevice(ctx context.Context, s *Server, c *call, request *csta.SnapshotDevice) (csta.Message, error) {
	object, err := c.lineWith(mayMonitor, request.SnapshotObject.Text, roleSubject)
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, object.number, object.written)
	answer, err := c.phones.SnapshotDevice(ctx, &phonecontrolv1.SnapshotDeviceRequest{
		Target: c.target.Name, SnapshotObject: object.number,
	})
	if err != nil {
		return nil, err
	}
	names := c.names()
	data := make([]csta.SnapshotDeviceResponseInfo, 0, len(answer.GetConnections()))
	for _, connection := range answer.GetConnections() {
		data = append(data, c.snapshotInfo(connection, object, names))
	}
	return &csta.SnapshotDeviceResponse{CrossRefIDorSnapshotData: csta.SnapshotDeviceResult{
		SnapshotData: &csta.SnapshotDeviceItems{SnapshotDeviceResponseInfo: data},
	}}, nil
}

func (c *call) snapshotInfo(connection *phonecontrolv1.SnapshotConnection, object device, names deviceid.Names) csta.SnapshotDeviceResponseInfo {
	states := make([]csta.LocalConnectionState, 0, 1+len(connection.GetOtherConnectionStates()))
	states = append(states, snapshotState(connection.GetLocalConnectionState()))
	for _, state := range connection.GetOtherConnectionStates() {
		states = append(states, snapshotState(state))
	}
	info := csta.SnapshotDeviceResponseInfo{
		ConnectionIdentifier: c.connectionID(connection.GetConnection(), object),
		LocalCallState:       csta.LocalCallState{CompoundCallState: &csta.CompoundCallState{LocalConnectionState: states}},
		ServicesPermitted:    c.permitted(object.number, connection.GetServicesPermitted()),
	}
	if number := connection.GetEndpointDevice(); number != "" {
		endpoint := csta.Subject(csta.DeviceID{Text: names.Write(number)})
		if connection.GetEndpointRestricted() && !c.mayKnow(number) {
			endpoint = csta.SubjectDeviceID{Kind: csta.PartyRestricted}
		}
		info.EndpointDevice = &endpoint
	}
	return info
}

// mayKnow reports whether the user may see a party that does not want to be
// known: it may monitor the line.
func (c *call) mayKnow(number string) bool {
	line, known := c.target.Line(number)
	return known && mayMonitor.allowedBy(rightsOn(c.user, line))
}

// snapshotState is the word of a state; a connection of unknown state is null.
func snapshotState(state ctiv1.LocalConnectionState) csta.LocalConnectionState {
	if word := eventxml.StateWord(state); word != "" {
		return word
	}
	return csta.LocalConnectionStateNull
}

// snapshotCall is served where the user may monitor a party of the call.
func snapshotCall(ctx context.Context, s *Server, c *call, request *csta.SnapshotCall) (csta.Message, error) {
	answer, err := s.callOf(ctx, c, request.SnapshotObject, mayMonitor, roleSubject)
	if err != nil {
		return nil, err
	}
	hidden := answer.GetRestrictedDevice()
	if c.mayKnow(hidden) {
		hidden = ""
	}
	subject := func(number string) csta.SubjectDeviceID {
		if hidden != "" && number == hidden {
			return csta.SubjectDeviceID{Kind: csta.PartyRestricted}
		}
		return c.subject(number)
	}
	data := make([]csta.SnapshotCallResponseInfo, 0, len(answer.GetParties()))
	for _, party := range answer.GetParties() {
		number := party.GetConnection().GetDeviceId()
		identifier := c.connectionID(party.GetConnection(), device{})
		if hidden != "" && number == hidden {
			identifier.DeviceID = csta.DeviceID{}
		}
		data = append(data, csta.SnapshotCallResponseInfo{
			DeviceOnCall:        subject(number),
			CallIdentifier:      &identifier,
			LocalConnectionInfo: snapshotState(party.GetLocalConnectionState()),
			ServicesPermitted:   c.permitted(number, party.GetServicesPermitted()),
		})
	}
	response := &csta.SnapshotCallResponse{
		CrossRefIDorSnapshotData: csta.SnapshotCallResult{SnapshotData: &csta.SnapshotCallItems{SnapshotCallResponseInfo: data}},
		CallingDevice:            new(subject(answer.GetCallingDevice())),
		CalledDevice:             new(subject(answer.GetCalledDevice())),
		CallLinkageData:          c.linkage(answer.GetGlobalCallId()),
	}
	if !c.basic() {
		response.CorrelatorData = storedCorrelator(answer.GetCorrelatorData())
	}
	return response, nil
}

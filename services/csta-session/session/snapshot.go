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
		info.EndpointDevice = &endpoint
	}
	return info
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
	data := make([]csta.SnapshotCallResponseInfo, 0, len(answer.GetParties()))
	for _, party := range answer.GetParties() {
		number := party.GetConnection().GetDeviceId()
		data = append(data, csta.SnapshotCallResponseInfo{
			DeviceOnCall:        c.subject(number),
			CallIdentifier:      new(c.connectionID(party.GetConnection(), device{})),
			LocalConnectionInfo: snapshotState(party.GetLocalConnectionState()),
			ServicesPermitted:   c.permitted(number, party.GetServicesPermitted()),
		})
	}
	response := &csta.SnapshotCallResponse{
		CrossRefIDorSnapshotData: csta.SnapshotCallResult{SnapshotData: &csta.SnapshotCallItems{SnapshotCallResponseInfo: data}},
		CallingDevice:            new(c.subject(answer.GetCallingDevice())),
		CalledDevice:             new(c.subject(answer.GetCalledDevice())),
		CallLinkageData:          c.linkage(answer.GetGlobalCallId()),
	}
	if !c.basic() {
		response.CorrelatorData = storedCorrelator(answer.GetCorrelatorData())
	}
	return response, nil
}

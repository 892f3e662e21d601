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

func snapshotDevice(ctx context.Context, s *Server, c *call, message csta.Message) (csta.Message, error) {
	object, err := c.monitored(message.(*csta.SnapshotDevice).SnapshotObject.Text, string(csta.OperationInvalidDeviceID))
	if err != nil {
		return nil, err
	}
	s.learn(ctx, c, object.number, object.written)
	answer, err := s.options.Clients.PhoneControl(c.target.Name).SnapshotDevice(ctx, &phonecontrolv1.SnapshotDeviceRequest{
		Target: c.target.Name, SnapshotObject: object.number,
	})
	if err != nil {
		return nil, err
	}
	names := namesOf(c.session)
	data := make([]csta.SnapshotDeviceResponseInfo, 0, len(answer.GetConnections()))
	for _, connection := range answer.GetConnections() {
		data = append(data, snapshotInfo(connection, object, names))
	}
	return &csta.SnapshotDeviceResponse{CrossRefIDorSnapshotData: csta.SnapshotDeviceResult{
		SnapshotData: &csta.SnapshotDeviceItems{SnapshotDeviceResponseInfo: data},
	}}, nil
}

func snapshotInfo(connection *phonecontrolv1.SnapshotConnection, object device, names deviceid.Names) csta.SnapshotDeviceResponseInfo {
	text := object.text
	if number := connection.GetConnection().GetDeviceId(); number != object.number {
		text = names.Write(number)
	}
	states := make([]csta.LocalConnectionState, 0, 1+len(connection.GetOtherConnectionStates()))
	states = append(states, snapshotState(connection.GetLocalConnectionState()))
	for _, state := range connection.GetOtherConnectionStates() {
		states = append(states, snapshotState(state))
	}
	info := csta.SnapshotDeviceResponseInfo{
		ConnectionIdentifier: csta.ConnectionID{
			CallID: csta.CallID(connection.GetConnection().GetCallId()), DeviceID: csta.DeviceID{Text: text},
		},
		LocalCallState: csta.LocalCallState{CompoundCallState: &csta.CompoundCallState{LocalConnectionState: states}},
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

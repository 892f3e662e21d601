// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"context"
	"fmt"

	"offhook.dev/csta"
)

// invoke sends a request and expects a response of one type.
func invoke[Response csta.Message](ctx context.Context, s *Session, request csta.Message) (Response, error) {
	var none Response
	answer, err := s.Invoke(ctx, request)
	if err != nil {
		return none, err
	}
	response, ok := answer.(Response)
	if !ok {
		return none, fmt.Errorf("%s was answered with %s", request.Element(), answer.Element())
	}
	return response, nil
}

// Connection is the connection of a device in a call.
func Connection(call csta.CallID, device string) csta.ConnectionID {
	return csta.ConnectionID{CallID: call, DeviceID: csta.DeviceID{Text: device}}
}

// RequestSystemStatus asks the server how it is.
func (s *Session) RequestSystemStatus(ctx context.Context) (csta.SystemStatusValue, error) {
	response, err := invoke[*csta.RequestSystemStatusResponse](ctx, s, &csta.RequestSystemStatus{})
	if err != nil {
		return "", err
	}
	return response.SystemStatus, nil
}

// GetCSTAFeatures asks what the server can do.
func (s *Session) GetCSTAFeatures(ctx context.Context) (*csta.GetCSTAFeaturesResponse, error) {
	return invoke[*csta.GetCSTAFeaturesResponse](ctx, s, &csta.GetCSTAFeatures{})
}

// MonitorStart starts a device monitor; its events come on Events.
func (s *Session) MonitorStart(ctx context.Context, device string) (csta.MonitorCrossRefID, error) {
	request := &csta.MonitorStart{}
	request.MonitorObject.DeviceObject = &csta.DeviceID{Text: device}
	response, err := invoke[*csta.MonitorStartResponse](ctx, s, request)
	if err != nil {
		return "", err
	}
	return response.MonitorCrossRefID, nil
}

// MonitorStop ends a monitor.
func (s *Session) MonitorStop(ctx context.Context, monitor csta.MonitorCrossRefID) error {
	_, err := invoke[*csta.MonitorStopResponse](ctx, s, &csta.MonitorStop{MonitorCrossRefID: monitor})
	return err
}

// SnapshotDevice lists the calls at a device.
func (s *Session) SnapshotDevice(ctx context.Context, device string) ([]csta.SnapshotDeviceResponseInfo, error) {
	response, err := invoke[*csta.SnapshotDeviceResponse](ctx, s, &csta.SnapshotDevice{SnapshotObject: csta.DeviceID{Text: device}})
	if err != nil {
		return nil, err
	}
	if response.CrossRefIDorSnapshotData.SnapshotData == nil {
		return nil, nil
	}
	return response.CrossRefIDorSnapshotData.SnapshotData.SnapshotDeviceResponseInfo, nil
}

// MakeCall calls a number from a device. With prompt the caller's phone rings
// until its user picks up; without, it is asked to go off hook by itself.
func (s *Session) MakeCall(ctx context.Context, calling, called string, prompt bool) (csta.ConnectionID, error) {
	request := &csta.MakeCall{
		CallingDevice: csta.DeviceID{Text: calling}, CalledDirectoryNumber: csta.DeviceID{Text: called},
		AutoOriginate: csta.AutoOriginateDoNotPrompt,
	}
	if prompt {
		request.AutoOriginate = csta.AutoOriginatePrompt
	}
	response, err := invoke[*csta.MakeCallResponse](ctx, s, request)
	if err != nil {
		return csta.ConnectionID{}, err
	}
	return response.CallingDevice, nil
}

// AnswerCall answers a ringing connection.
func (s *Session) AnswerCall(ctx context.Context, connection csta.ConnectionID) error {
	_, err := invoke[*csta.AnswerCallResponse](ctx, s, &csta.AnswerCall{CallToBeAnswered: connection})
	return err
}

// ClearConnection takes a connection out of its call.
func (s *Session) ClearConnection(ctx context.Context, connection csta.ConnectionID) error {
	_, err := invoke[*csta.ClearConnectionResponse](ctx, s, &csta.ClearConnection{ConnectionToBeCleared: connection})
	return err
}

// HoldCall puts a connection on hold.
func (s *Session) HoldCall(ctx context.Context, connection csta.ConnectionID) error {
	_, err := invoke[*csta.HoldCallResponse](ctx, s, &csta.HoldCall{CallToBeHeld: connection})
	return err
}

// RetrieveCall connects a held connection again.
func (s *Session) RetrieveCall(ctx context.Context, connection csta.ConnectionID) error {
	_, err := invoke[*csta.RetrieveCallResponse](ctx, s, &csta.RetrieveCall{CallToBeRetrieved: connection})
	return err
}

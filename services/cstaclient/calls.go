// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"context"

	"offhook.dev/csta"
)

// ClearCall ends a call with all its connections.
func (s *Session) ClearCall(ctx context.Context, connection csta.ConnectionID) error {
	_, err := invoke[*csta.ClearCallResponse](ctx, s, &csta.ClearCall{CallToBeCleared: connection})
	return err
}

// ConsultationCall holds a call and makes another from the same device. Without
// a number, DialDigits brings it.
func (s *Session) ConsultationCall(ctx context.Context, existing csta.ConnectionID, consulted string) (csta.ConnectionID, error) {
	response, err := invoke[*csta.ConsultationCallResponse](ctx, s, &csta.ConsultationCall{
		ExistingCall: existing, ConsultedDevice: csta.DeviceID{Text: consulted},
	})
	if err != nil {
		return csta.ConnectionID{}, err
	}
	return response.InitiatedCall, nil
}

// AlternateCall swaps a held and an active call.
func (s *Session) AlternateCall(ctx context.Context, held, active csta.ConnectionID) error {
	_, err := invoke[*csta.AlternateCallResponse](ctx, s, &csta.AlternateCall{HeldCall: held, ActiveCall: active})
	return err
}

// ReconnectCall clears the active call and retrieves the held one.
func (s *Session) ReconnectCall(ctx context.Context, held, active csta.ConnectionID) error {
	_, err := invoke[*csta.ReconnectCallResponse](ctx, s, &csta.ReconnectCall{HeldCall: held, ActiveCall: active})
	return err
}

// TransferCall connects the parties of a held and an active call.
func (s *Session) TransferCall(ctx context.Context, held, active csta.ConnectionID) (*csta.TransferCallResponse, error) {
	return invoke[*csta.TransferCallResponse](ctx, s, &csta.TransferCall{HeldCall: held, ActiveCall: active})
}

// SingleStepTransferCall sends the other party of a call to a number.
func (s *Session) SingleStepTransferCall(ctx context.Context, active csta.ConnectionID, to string) (*csta.SingleStepTransferCallResponse, error) {
	return invoke[*csta.SingleStepTransferCallResponse](ctx, s, &csta.SingleStepTransferCall{
		ActiveCall: active, TransferredTo: csta.DeviceID{Text: to},
	})
}

// ConferenceCall makes one call of a held and an active one.
func (s *Session) ConferenceCall(ctx context.Context, held, active csta.ConnectionID) (*csta.ConferenceCallResponse, error) {
	return invoke[*csta.ConferenceCallResponse](ctx, s, &csta.ConferenceCall{HeldCall: held, ActiveCall: active})
}

// SingleStepConferenceCall adds a device to a call; a silent one hears only.
func (s *Session) SingleStepConferenceCall(ctx context.Context, active csta.ConnectionID, joining string, participation csta.ParticipationType) (csta.ConnectionID, error) {
	response, err := invoke[*csta.SingleStepConferenceCallResponse](ctx, s, &csta.SingleStepConferenceCall{
		ActiveCall: active, DeviceToJoin: csta.DeviceID{Text: joining}, ParticipationType: participation,
	})
	if err != nil {
		return csta.ConnectionID{}, err
	}
	return response.ConferencedCall, nil
}

// JoinCall puts a device into a call.
func (s *Session) JoinCall(ctx context.Context, active csta.ConnectionID, joining string, participation csta.ParticipationType) (csta.ConnectionID, error) {
	response, err := invoke[*csta.JoinCallResponse](ctx, s, &csta.JoinCall{
		ActiveCall: active, JoiningDevice: csta.DeviceID{Text: joining}, ParticipationType: participation,
	})
	if err != nil {
		return csta.ConnectionID{}, err
	}
	return response.ConferencedCall, nil
}

// DeflectCall sends a ringing call to another number.
func (s *Session) DeflectCall(ctx context.Context, diverted csta.ConnectionID, to string) error {
	_, err := invoke[*csta.DeflectCallResponse](ctx, s, &csta.DeflectCall{
		CallToBeDiverted: diverted, NewDestination: csta.Destinations{{Text: to}},
	})
	return err
}

// DirectedPickupCall brings a call that rings, or is parked, to a device.
func (s *Session) DirectedPickupCall(ctx context.Context, picked csta.ConnectionID, requesting string) (csta.ConnectionID, error) {
	response, err := invoke[*csta.DirectedPickupCallResponse](ctx, s, &csta.DirectedPickupCall{
		CallToBePickedUp: picked, RequestingDevice: csta.DeviceID{Text: requesting},
	})
	if err != nil {
		return csta.ConnectionID{}, err
	}
	return response.PickedCall, nil
}

// GroupPickupCall brings a call that rings in a device's group to the device.
func (s *Session) GroupPickupCall(ctx context.Context, device string) (csta.ConnectionID, error) {
	response, err := invoke[*csta.GroupPickupCallResponse](ctx, s, &csta.GroupPickupCall{NewDestination: csta.DeviceID{Text: device}})
	if err != nil {
		return csta.ConnectionID{}, err
	}
	return response.PickedCall, nil
}

// ParkCall parks a call at a number, or where it is free.
func (s *Session) ParkCall(ctx context.Context, parking csta.ConnectionID, to string) (csta.ConnectionID, error) {
	response, err := invoke[*csta.ParkCallResponse](ctx, s, &csta.ParkCall{Parking: parking, ParkTo: csta.DeviceID{Text: to}})
	if err != nil || response.ParkedTo == nil {
		return csta.ConnectionID{}, err
	}
	return *response.ParkedTo, nil
}

// CallBack asks to be called when the called party of a call that is busy, or
// does not answer, is free.
func (s *Session) CallBack(ctx context.Context, connection csta.ConnectionID) error {
	_, err := invoke[*csta.CallBackResponse](ctx, s, &csta.CallBack{CallbackConnection: connection})
	return err
}

// CancelCallBack cancels call backs of a device; all where target is empty.
func (s *Session) CancelCallBack(ctx context.Context, originating, target string) error {
	_, err := invoke[*csta.CancelCallBackResponse](ctx, s, &csta.CancelCallBack{
		OriginatingDevice: csta.DeviceID{Text: originating}, TargetDevice: csta.DeviceID{Text: target},
	})
	return err
}

// DialDigits dials in a call that has no number yet.
func (s *Session) DialDigits(ctx context.Context, connection csta.ConnectionID, digits string) error {
	_, err := invoke[*csta.DialDigitsResponse](ctx, s, &csta.DialDigits{DiallingConnection: connection, DiallingSequence: digits})
	return err
}

// GenerateDigits sends DTMF to the other party.
func (s *Session) GenerateDigits(ctx context.Context, connection csta.ConnectionID, digits string) error {
	_, err := invoke[*csta.GenerateDigitsResponse](ctx, s, &csta.GenerateDigits{
		ConnectionToSendDigits: connection, DigitMode: csta.DigitModeDTMF, CharactersToSend: digits,
	})
	return err
}

// SnapshotCall lists the parties of a call.
func (s *Session) SnapshotCall(ctx context.Context, object csta.ConnectionID) (*csta.SnapshotCallResponse, error) {
	return invoke[*csta.SnapshotCallResponse](ctx, s, &csta.SnapshotCall{SnapshotObject: object})
}

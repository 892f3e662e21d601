// SPDX-License-Identifier: Apache-2.0

package cstaclient

import (
	"context"
	"fmt"

	"offhook.dev/csta"
)

// GetDoNotDisturb tells whether a device takes no calls.
func (s *Session) GetDoNotDisturb(ctx context.Context, device string) (bool, error) {
	response, err := invoke[*csta.GetDoNotDisturbResponse](ctx, s, &csta.GetDoNotDisturb{Device: csta.DeviceID{Text: device}})
	if err != nil {
		return false, err
	}
	return response.DoNotDisturbOn, nil
}

// SetDoNotDisturb makes a device take no calls, or take them again.
func (s *Session) SetDoNotDisturb(ctx context.Context, device string, on bool) error {
	_, err := invoke[*csta.SetDoNotDisturbResponse](ctx, s, &csta.SetDoNotDisturb{Device: csta.DeviceID{Text: device}, DoNotDisturbOn: on})
	return err
}

// GetForwarding lists the forwarding settings of a device.
func (s *Session) GetForwarding(ctx context.Context, device string) ([]csta.ForwardListItem, error) {
	response, err := invoke[*csta.GetForwardingResponse](ctx, s, &csta.GetForwarding{Device: csta.DeviceID{Text: device}})
	if err != nil {
		return nil, err
	}
	return response.ForwardingList, nil
}

// SetForwarding changes a forwarding setting as the request says.
func (s *Session) SetForwarding(ctx context.Context, request *csta.SetForwarding) error {
	_, err := invoke[*csta.SetForwardingResponse](ctx, s, request)
	return err
}

// GetMessageWaitingIndicator tells whether a device's lamp shows a message.
func (s *Session) GetMessageWaitingIndicator(ctx context.Context, device string) (bool, error) {
	response, err := invoke[*csta.GetMessageWaitingIndicatorResponse](ctx, s, &csta.GetMessageWaitingIndicator{Device: csta.DeviceID{Text: device}})
	if err != nil {
		return false, err
	}
	return response.MessageWaitingOn, nil
}

// SetMessageWaitingIndicator switches a device's message lamp.
func (s *Session) SetMessageWaitingIndicator(ctx context.Context, device string, on bool) error {
	_, err := invoke[*csta.SetMessageWaitingIndicatorResponse](ctx, s, &csta.SetMessageWaitingIndicator{
		Device: csta.DeviceID{Text: device}, MessageWaitingOn: on,
	})
	return err
}

// GetAutoAnswer tells whether a device answers by itself.
func (s *Session) GetAutoAnswer(ctx context.Context, device string) (bool, error) {
	response, err := invoke[*csta.GetAutoAnswerResponse](ctx, s, &csta.GetAutoAnswer{Device: csta.DeviceID{Text: device}})
	if err != nil {
		return false, err
	}
	return response.AutoAnswerOn, nil
}

// SetAutoAnswer makes a device answer by itself, at once, or no more.
func (s *Session) SetAutoAnswer(ctx context.Context, device string, on bool) error {
	_, err := invoke[*csta.SetAutoAnswerResponse](ctx, s, &csta.SetAutoAnswer{Device: csta.DeviceID{Text: device}, AutoAnswerOn: on})
	return err
}

// GetCallerIDStatus tells whether a device shows its number to those it calls.
func (s *Session) GetCallerIDStatus(ctx context.Context, device string) (bool, error) {
	response, err := invoke[*csta.GetCallerIDStatusResponse](ctx, s, &csta.GetCallerIDStatus{Device: csta.DeviceID{Text: device}})
	if err != nil {
		return false, err
	}
	return response.CallerIDProvided, nil
}

// SetCallerIDStatus makes a device show its number to those it calls, or not.
func (s *Session) SetCallerIDStatus(ctx context.Context, device string, provided bool) error {
	_, err := invoke[*csta.SetCallerIDStatusResponse](ctx, s, &csta.SetCallerIDStatus{Device: csta.DeviceID{Text: device}, CallerIDProvided: provided})
	return err
}

// GetLogicalDeviceInformation tells what a line can do.
func (s *Session) GetLogicalDeviceInformation(ctx context.Context, device string) (*csta.GetLogicalDeviceInformationResponse, error) {
	return invoke[*csta.GetLogicalDeviceInformationResponse](ctx, s, &csta.GetLogicalDeviceInformation{Device: csta.DeviceID{Text: device}})
}

// GetPhysicalDeviceInformation tells what a phone can do.
func (s *Session) GetPhysicalDeviceInformation(ctx context.Context, device string) (*csta.GetPhysicalDeviceInformationResponse, error) {
	return invoke[*csta.GetPhysicalDeviceInformationResponse](ctx, s, &csta.GetPhysicalDeviceInformation{Device: csta.DeviceID{Text: device}})
}

// GetSwitchingFunctionDevices lists the devices that the user has a right on.
// It reads Messages until the list is complete, and drops what else comes
// there.
func (s *Session) GetSwitchingFunctionDevices(ctx context.Context) ([]csta.DeviceID, error) {
	response, err := invoke[*csta.GetSwitchingFunctionDevicesResponse](ctx, s, &csta.GetSwitchingFunctionDevices{})
	if err != nil {
		return nil, err
	}
	var devices []csta.DeviceID
	for {
		select {
		case message, open := <-s.messages:
			if !open {
				return nil, ErrEnded
			}
			part, ok := message.(*csta.SwitchingFunctionDevices)
			if !ok || part.ServiceCrossRefID != response.ServiceCrossRefID {
				continue
			}
			if devices = append(devices, part.DeviceList...); part.LastSegment {
				return devices, nil
			}
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the list of devices: %w", ctx.Err())
		}
	}
}

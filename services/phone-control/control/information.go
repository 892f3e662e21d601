// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"slices"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
)

// GetLogicalDevice implements PhoneControlService.
func (s *Server) GetLogicalDevice(ctx context.Context, r *phonecontrolv1.GetLogicalDeviceRequest) (*phonecontrolv1.GetLogicalDeviceResponse, error) {
	return query(ctx, s, "GetLogicalDevice", r.GetTarget(), func(t *target) (*phonecontrolv1.GetLogicalDeviceResponse, *callmodel.Error) {
		line, known := t.config.Line(r.GetDevice())
		if !known {
			return nil, errNoLine()
		}
		if line.GetKind() == configv1.LineKind_LINE_KIND_ROUTEING {
			return &phonecontrolv1.GetLogicalDeviceResponse{Category: "routeingDevice"}, nil
		}
		set := settings(t.config)
		calls := uint32(max(1, set.MaxCallsPerLine))
		if line.GetCallLimit() > 0 {
			calls = line.GetCallLimit()
		}
		parties := uint32(defaultConferenceParties)
		if set.MaxParties > 0 {
			parties = uint32(set.MaxParties)
		}
		return &phonecontrolv1.GetLogicalDeviceResponse{
			Category: "station", MaxActiveCalls: calls, MaxHeldCalls: calls, MaxDevicesInConference: parties,
			HasPhysicalElement: slices.ContainsFunc(t.driver.Registrations(), func(phone *phonecontrolv1.Registration) bool {
				return phone.GetLine() == r.GetDevice()
			}),
		}, nil
	})
}

// defaultConferenceParties is the call model's.
const defaultConferenceParties = 16

// GetPhysicalDevice implements PhoneControlService.
func (s *Server) GetPhysicalDevice(ctx context.Context, r *phonecontrolv1.GetPhysicalDeviceRequest) (*phonecontrolv1.GetPhysicalDeviceResponse, error) {
	return query(ctx, s, "GetPhysicalDevice", r.GetTarget(), func(t *target) (*phonecontrolv1.GetPhysicalDeviceResponse, *callmodel.Error) {
		if _, known := t.config.Line(r.GetDevice()); !known {
			return nil, errNoLine()
		}
		response := &phonecontrolv1.GetPhysicalDeviceResponse{
			Services: []string{"getMessageWaitingIndicator", "setMessageWaitingIndicator"}, Events: []string{"messageWaiting"},
		}
		for _, phone := range t.driver.Registrations() {
			if phone.GetLine() == r.GetDevice() {
				response.DeviceModel = phone.GetUserAgent()
			}
		}
		phone, refusal := t.desk(r.GetDevice())
		if refusal != nil {
			return response, nil // it has a message lamp and no more
		}
		layout := phone.Layout()
		response.DeviceModel = layout.Model
		if layout.Microphone {
			response.Services = append(response.Services, "getMicrophoneMute", "setMicrophoneMute")
			response.Events = append(response.Events, "microphoneMute")
		}
		if layout.Speaker {
			response.Services = append(response.Services, "getSpeakerMute", "setSpeakerMute", "getSpeakerVolume", "setSpeakerVolume")
			response.Events = append(response.Events, "speakerMute", "speakerVolume")
		}
		if layout.Rows > 0 {
			response.Displays = 1
			response.Services = append(response.Services, "getDisplay", "setDisplay")
			response.Events = append(response.Events, "displayUpdated")
		}
		if len(layout.Buttons) > 0 {
			response.Buttons, response.ButtonLabels = uint32(len(layout.Buttons)), layout.Buttons
			response.Services = append(response.Services, "buttonPress")
			response.Events = append(response.Events, "buttonPress")
		}
		if len(layout.Lamps) > 0 {
			response.Lamps = uint32(len(layout.Lamps))
			response.Services = append(response.Services, "getLampInfo", "getLampMode", "setLampMode")
			response.Events = append(response.Events, "lampMode")
			for _, lamp := range layout.Lamps {
				response.LampLabels = append(response.LampLabels, lamp.Label)
			}
		}
		slices.Sort(response.Services)
		slices.Sort(response.Events)
		return response, nil
	})
}

func errNoLine() *callmodel.Error {
	return &callmodel.Error{Category: "operation", Value: "invalidDeviceID", Detail: "no such line"}
}

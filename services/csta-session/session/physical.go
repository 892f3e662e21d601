// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"

	"offhook.dev/csta"
	"offhook.dev/services/ctierr"
)

const (
	// auditory is the one microphone and speaker of a phone, unless the
	// application names it otherwise.
	auditory = "1"
	// display is the one display of a phone.
	display = "1"
	// volumeStep is one step of the speaker's volume, from 0 to 100.
	volumeStep = 10
	// maxDisplayed bounds the text of SetDisplay.
	maxDisplayed = 1024
)

// physicalServices are what is on the desk. What a phone has not is refused by
// phone-control, which knows it.
func physicalServices() map[string]service {
	list := func(l *csta.SupportedServices) *csta.CapabilityList { return &l.PhysDevServList }
	return map[string]service{
		"GetMessageWaitingIndicator": {
			serve: ofDevice(mayMonitor, func(r *csta.GetMessageWaitingIndicator) csta.DeviceID { return r.Device }, getMessageWaitingIndicator),
			list:  list, capability: "getMessageWaitingIndicator",
		},
		"SetMessageWaitingIndicator": {
			serve: ofDevice(mayControl, func(r *csta.SetMessageWaitingIndicator) csta.DeviceID { return r.Device }, setMessageWaitingIndicator),
			list:  list, capability: "setMessageWaitingIndicator", audit: true,
		},
		"GetMicrophoneMute": {
			serve: ofDevice(mayMonitor, func(r *csta.GetMicrophoneMute) csta.DeviceID { return r.Device }, getMicrophoneMute),
			list:  list, capability: "getMicrophoneMute",
		},
		"SetMicrophoneMute": {
			serve: ofDevice(mayControl, func(r *csta.SetMicrophoneMute) csta.DeviceID { return r.Device }, setMicrophoneMute),
			list:  list, capability: "setMicrophoneMute", audit: true,
		},
		"GetSpeakerMute": {
			serve: ofDevice(mayMonitor, func(r *csta.GetSpeakerMute) csta.DeviceID { return r.Device }, getSpeakerMute),
			list:  list, capability: "getSpeakerMute",
		},
		"SetSpeakerMute": {
			serve: ofDevice(mayControl, func(r *csta.SetSpeakerMute) csta.DeviceID { return r.Device }, setSpeakerMute),
			list:  list, capability: "setSpeakerMute", audit: true,
		},
		"GetSpeakerVolume": {
			serve: ofDevice(mayMonitor, func(r *csta.GetSpeakerVolume) csta.DeviceID { return r.Device }, getSpeakerVolume),
			list:  list, capability: "getSpeakerVolume",
		},
		"SetSpeakerVolume": {
			serve: ofDevice(mayControl, func(r *csta.SetSpeakerVolume) csta.DeviceID { return r.Device }, setSpeakerVolume),
			list:  list, capability: "setSpeakerVolume", audit: true,
		},
		"GetDisplay": {
			serve: ofDevice(mayMonitor, func(r *csta.GetDisplay) csta.DeviceID { return r.Device }, getDisplay),
			list:  list, capability: "getDisplay",
		},
		"SetDisplay": {
			serve: ofDevice(mayControl, func(r *csta.SetDisplay) csta.DeviceID { return r.Device }, setDisplay),
			list:  list, capability: "setDisplay", audit: true,
		},
		"ButtonPress": {
			serve: ofDevice(mayControl, func(r *csta.ButtonPress) csta.DeviceID { return r.Device }, buttonPress),
			list:  list, capability: "buttonPress", audit: true,
		},
		"GetLampMode": {
			serve: ofDevice(mayMonitor, func(r *csta.GetLampMode) csta.DeviceID { return r.Device }, getLampMode),
			list:  list, capability: "getLampMode",
		},
		"SetLampMode": {
			serve: ofDevice(mayControl, func(r *csta.SetLampMode) csta.DeviceID { return r.Device }, setLampMode),
			list:  list, capability: "setLampMode", audit: true,
		},
		"GetLampInformation": {
			serve: ofDevice(mayMonitor, func(r *csta.GetLampInformation) csta.DeviceID { return r.Device }, getLampInformation),
			list:  list, capability: "getLampInfo",
		},
	}
}

func getMessageWaitingIndicator(ctx context.Context, c *call, number string, _ *csta.GetMessageWaitingIndicator) (csta.Message, error) {
	answer, err := c.phones.GetMessageWaitingIndicator(ctx, &phonecontrolv1.GetMessageWaitingIndicatorRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetMessageWaitingIndicatorResponse{
		MessageWaitingOn: answer.GetMessageWaitingOn(), LampIsPresent: new(answer.GetLampIsPresent()),
	}, nil
}

// setMessageWaitingIndicator lights the lamp; which device has the message
// makes no difference to it.
func setMessageWaitingIndicator(ctx context.Context, c *call, number string, request *csta.SetMessageWaitingIndicator) (csta.Message, error) {
	_, err := c.phones.SetMessageWaitingIndicator(ctx, &phonecontrolv1.SetMessageWaitingIndicatorRequest{
		Target: c.target.Name, Device: number, MessageWaitingOn: request.MessageWaitingOn,
	})
	return &csta.SetMessageWaitingIndicatorResponse{}, err
}

func getMicrophoneMute(ctx context.Context, c *call, number string, request *csta.GetMicrophoneMute) (csta.Message, error) {
	answer, err := c.phones.GetMicrophoneMute(ctx, &phonecontrolv1.GetMicrophoneMuteRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetMicrophoneMuteResponse{MicrophoneMuteList: []csta.MicrophoneMuteItem{{
		AuditoryApparatus: cmp.Or(request.AuditoryApparatus, auditory), MicrophoneMuteOn: answer.GetMicrophoneMuteOn(),
	}}}, nil
}

func setMicrophoneMute(ctx context.Context, c *call, number string, request *csta.SetMicrophoneMute) (csta.Message, error) {
	_, err := c.phones.SetMicrophoneMute(ctx, &phonecontrolv1.SetMicrophoneMuteRequest{
		Target: c.target.Name, Device: number, MicrophoneMuteOn: request.MicrophoneMuteOn,
	})
	return &csta.SetMicrophoneMuteResponse{}, err
}

func getSpeakerMute(ctx context.Context, c *call, number string, request *csta.GetSpeakerMute) (csta.Message, error) {
	answer, err := c.phones.GetSpeakerMute(ctx, &phonecontrolv1.GetSpeakerMuteRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetSpeakerMuteResponse{SpeakerMuteList: []csta.SpeakerMuteItem{{
		AuditoryApparatus: cmp.Or(request.AuditoryApparatus, auditory), SpeakerMuteOn: answer.GetSpeakerMuteOn(),
	}}}, nil
}

func setSpeakerMute(ctx context.Context, c *call, number string, request *csta.SetSpeakerMute) (csta.Message, error) {
	_, err := c.phones.SetSpeakerMute(ctx, &phonecontrolv1.SetSpeakerMuteRequest{
		Target: c.target.Name, Device: number, SpeakerMuteOn: request.SpeakerMuteOn,
	})
	return &csta.SetSpeakerMuteResponse{}, err
}

func getSpeakerVolume(ctx context.Context, c *call, number string, request *csta.GetSpeakerVolume) (csta.Message, error) {
	answer, err := c.phones.GetSpeakerVolume(ctx, &phonecontrolv1.GetSpeakerVolumeRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetSpeakerVolumeResponse{SpeakerVolumeList: []csta.SpeakerVolumeItem{{
		AuditoryApparatus: cmp.Or(request.AuditoryApparatus, auditory), SpeakerVolume: &csta.Volume{VolAbsolute: new(int(answer.GetSpeakerVolume()))},
	}}}, nil
}

func setSpeakerVolume(ctx context.Context, c *call, number string, request *csta.SetSpeakerVolume) (csta.Message, error) {
	volume, err := c.volume(ctx, number, request.SpeakerVolume)
	if err != nil {
		return nil, err
	}
	_, err = c.phones.SetSpeakerVolume(ctx, &phonecontrolv1.SetSpeakerVolumeRequest{
		Target: c.target.Name, Device: number, SpeakerVolume: volume,
	})
	return &csta.SetSpeakerVolumeResponse{}, err
}

// volume is what a request asks for, from 0 to 100; a step is one from the
// volume that there is.
func (c *call) volume(ctx context.Context, number string, asked csta.Volume) (uint32, error) {
	step := volumeStep
	switch {
	case asked.VolAbsolute != nil && within(asked.VolAbsolute, 100):
		return uint32(*asked.VolAbsolute), nil
	case asked.VolAbsolute == nil && asked.VolInc == "increment":
	case asked.VolAbsolute == nil && asked.VolInc == "decrement":
		step = -step
	default:
		return 0, ctierr.Operation(string(csta.OperationSpeakerVolumeOutOfRange), "speakerVolume is not from 0 to 100, increment or decrement")
	}
	answer, err := c.phones.GetSpeakerVolume(ctx, &phonecontrolv1.GetSpeakerVolumeRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return 0, err
	}
	return uint32(min(max(int(answer.GetSpeakerVolume())+step, 0), 100)), nil
}

func getDisplay(ctx context.Context, c *call, number string, _ *csta.GetDisplay) (csta.Message, error) {
	answer, err := c.phones.GetDisplay(ctx, &phonecontrolv1.GetDisplayRequest{Target: c.target.Name, Device: number})
	if err != nil {
		return nil, err
	}
	return &csta.GetDisplayResponse{DisplayList: []csta.DisplayListItem{{
		DisplayID: display, LogicalRows: int(answer.GetRows()), LogicalColumns: int(answer.GetColumns()),
		ContentsOfDisplay: answer.GetContentsOfDisplay(),
	}}}, nil
}

func setDisplay(ctx context.Context, c *call, number string, request *csta.SetDisplay) (csta.Message, error) {
	switch {
	case len(request.ContentsOfDisplay) > maxDisplayed:
		return nil, ctierr.Operation(string(csta.OperationInvalidParameterValue), "%d characters to display", len(request.ContentsOfDisplay))
	case request.Offset != nil && *request.Offset != 0:
		return nil, ctierr.Operation(string(csta.OperationParameterNotSupported), "offset %d", *request.Offset)
	case !within(request.PhysicalBaseRowNumber, maxDisplayed) || !within(request.PhysicalBaseColumnNumber, maxDisplayed):
		return nil, ctierr.Operation(string(csta.OperationValueOutOfRange), "row or column of the display")
	}
	_, err := c.phones.SetDisplay(ctx, &phonecontrolv1.SetDisplayRequest{
		Target: c.target.Name, Device: number, ContentsOfDisplay: request.ContentsOfDisplay,
		Row: valueOf(request.PhysicalBaseRowNumber), Column: valueOf(request.PhysicalBaseColumnNumber),
	})
	return &csta.SetDisplayResponse{}, err
}

func buttonPress(ctx context.Context, c *call, number string, request *csta.ButtonPress) (csta.Message, error) {
	if request.Button == "" {
		return nil, ctierr.Operation(string(csta.OperationInvalidButtonIdentifier), "no button")
	}
	_, err := c.phones.ButtonPress(ctx, &phonecontrolv1.ButtonPressRequest{Target: c.target.Name, Device: number, Button: request.Button})
	return &csta.ButtonPressResponse{}, err
}

func getLampMode(ctx context.Context, c *call, number string, request *csta.GetLampMode) (csta.Message, error) {
	answer, err := c.phones.GetLampMode(ctx, &phonecontrolv1.GetLampModeRequest{Target: c.target.Name, Device: number, Lamp: request.Lamp})
	if err != nil {
		return nil, err
	}
	list := make([]csta.LampModeItem, 0, len(answer.GetLampModes()))
	for _, lamp := range answer.GetLampModes() {
		list = append(list, csta.LampModeItem{Lamp: lamp.GetLamp(), LampMode: csta.LampMode(lamp.GetLampMode())})
	}
	return &csta.GetLampModeResponse{LampModeList: list, Lamp: request.Lamp}, nil
}

func setLampMode(ctx context.Context, c *call, number string, request *csta.SetLampMode) (csta.Message, error) {
	switch {
	case request.Lamp == "":
		return nil, ctierr.Operation(string(csta.OperationInvalidLampID), "no lamp")
	case !request.LampMode.Known() || request.LampMode == csta.LampModeUnknown:
		return nil, ctierr.Operation(string(csta.OperationLampModeOutOfRange), "lampMode %q", request.LampMode)
	}
	_, err := c.phones.SetLampMode(ctx, &phonecontrolv1.SetLampModeRequest{
		Target: c.target.Name, Device: number, Lamp: request.Lamp, LampMode: string(request.LampMode),
	})
	return &csta.SetLampModeResponse{}, err
}

// getLampInformation tells the lamps whose modes phone-control knows.
func getLampInformation(ctx context.Context, c *call, number string, request *csta.GetLampInformation) (csta.Message, error) {
	answer, err := c.phones.GetLampMode(ctx, &phonecontrolv1.GetLampModeRequest{Target: c.target.Name, Device: number, Lamp: request.Lamp})
	if err != nil {
		return nil, err
	}
	list := make([]csta.LampItem, 0, len(answer.GetLampModes()))
	for _, lamp := range answer.GetLampModes() {
		list = append(list, csta.LampItem{Lamp: lamp.GetLamp(), LampLabel: lamp.GetLabel()})
	}
	return &csta.GetLampInformationResponse{LampList: list}, nil
}

// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
)

// desks is a driver whose phones have more on the desk than a message lamp.
type desks interface {
	// Desk is what a line's phone has on the desk; false: nothing that can be
	// reached. On the target's goroutine.
	Desk(line callmodel.DeviceID) (*desk.Phone, bool)
}

// realDesks is a driver whose phones show what was set, and whose buttons do
// what they do when a user presses them. On the target's goroutine.
type realDesks interface {
	// DeskChanged tells that something was set at a line's phone.
	DeskChanged(line callmodel.DeviceID)
	// PressButton presses a button of a line's phone, which has it.
	PressButton(line callmodel.DeviceID, button string) *callmodel.Error
}

// desk finds what a line's phone has on the desk. On the target's goroutine.
func (t *target) desk(line string) (*desk.Phone, *callmodel.Error) {
	if _, known := t.config.Line(line); !known {
		return nil, errNoLine()
	}
	if driver, ok := t.driver.(desks); ok {
		if phone, ok := driver.Desk(callmodel.DeviceID(line)); ok {
			return phone, nil
		}
	}
	return nil, errNoSuchPart
}

// errNoSuchPart refuses what a phone has no part for that could be reached.
var errNoSuchPart = &callmodel.Error{
	Category: "operation", Value: "requestIncompatibleWithDevice", Detail: "the phone offers no such control",
}

// atDesk does something at a line's phone; what it gives is told to monitors.
func atDesk[Response any](
	ctx context.Context, s *Server, service, name, line string,
	do func(*target, *desk.Phone) (*Response, *ctiv1.Event, *callmodel.Error),
) (*Response, error) {
	return query(ctx, s, service, name, func(t *target) (*Response, *callmodel.Error) {
		phone, refusal := t.desk(line)
		if refusal != nil {
			return nil, refusal
		}
		response, event, refusal := do(t, phone)
		if refusal != nil {
			return nil, refusal
		}
		if event != nil {
			if driver, ok := t.driver.(realDesks); ok {
				driver.DeskChanged(callmodel.DeviceID(line))
			}
			t.tell(line, event)
		}
		return response, nil
	})
}

// SetMicrophoneMute implements PhoneControlService.
func (s *Server) SetMicrophoneMute(ctx context.Context, r *phonecontrolv1.SetMicrophoneMuteRequest) (*phonecontrolv1.SetMicrophoneMuteResponse, error) {
	return atDesk(ctx, s, "SetMicrophoneMute", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.SetMicrophoneMuteResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.Layout().Microphone {
			return nil, nil, errNoSuchPart
		}
		p.MicrophoneMuted = r.GetMicrophoneMuteOn()
		return &phonecontrolv1.SetMicrophoneMuteResponse{}, &ctiv1.Event{Event: &ctiv1.Event_MicrophoneMute{
			MicrophoneMute: &ctiv1.MicrophoneMute{InvokingDevice: r.GetDevice(), MicrophoneMuteOn: p.MicrophoneMuted},
		}}, nil
	})
}

// GetMicrophoneMute implements PhoneControlService.
func (s *Server) GetMicrophoneMute(ctx context.Context, r *phonecontrolv1.GetMicrophoneMuteRequest) (*phonecontrolv1.GetMicrophoneMuteResponse, error) {
	return atDesk(ctx, s, "GetMicrophoneMute", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.GetMicrophoneMuteResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.Layout().Microphone {
			return nil, nil, errNoSuchPart
		}
		return &phonecontrolv1.GetMicrophoneMuteResponse{MicrophoneMuteOn: p.MicrophoneMuted}, nil, nil
	})
}

// SetSpeakerMute implements PhoneControlService.
func (s *Server) SetSpeakerMute(ctx context.Context, r *phonecontrolv1.SetSpeakerMuteRequest) (*phonecontrolv1.SetSpeakerMuteResponse, error) {
	return atDesk(ctx, s, "SetSpeakerMute", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.SetSpeakerMuteResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.Layout().Speaker {
			return nil, nil, errNoSuchPart
		}
		p.SpeakerMuted = r.GetSpeakerMuteOn()
		return &phonecontrolv1.SetSpeakerMuteResponse{}, &ctiv1.Event{Event: &ctiv1.Event_SpeakerMute{
			SpeakerMute: &ctiv1.SpeakerMute{InvokingDevice: r.GetDevice(), SpeakerMuteOn: p.SpeakerMuted},
		}}, nil
	})
}

// GetSpeakerMute implements PhoneControlService.
func (s *Server) GetSpeakerMute(ctx context.Context, r *phonecontrolv1.GetSpeakerMuteRequest) (*phonecontrolv1.GetSpeakerMuteResponse, error) {
	return atDesk(ctx, s, "GetSpeakerMute", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.GetSpeakerMuteResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.Layout().Speaker {
			return nil, nil, errNoSuchPart
		}
		return &phonecontrolv1.GetSpeakerMuteResponse{SpeakerMuteOn: p.SpeakerMuted}, nil, nil
	})
}

// maxVolume of a speaker.
const maxVolume = 100

// SetSpeakerVolume implements PhoneControlService.
func (s *Server) SetSpeakerVolume(ctx context.Context, r *phonecontrolv1.SetSpeakerVolumeRequest) (*phonecontrolv1.SetSpeakerVolumeResponse, error) {
	return atDesk(ctx, s, "SetSpeakerVolume", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.SetSpeakerVolumeResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.Layout().Speaker {
			return nil, nil, errNoSuchPart
		}
		if r.GetSpeakerVolume() > maxVolume {
			return nil, nil, &callmodel.Error{Category: "operation", Value: "speakerVolumeOutOfRange", Detail: "0 to 100"}
		}
		p.Volume = int(r.GetSpeakerVolume())
		return &phonecontrolv1.SetSpeakerVolumeResponse{}, &ctiv1.Event{Event: &ctiv1.Event_SpeakerVolume{
			SpeakerVolume: &ctiv1.SpeakerVolume{InvokingDevice: r.GetDevice(), SpeakerVolume: r.GetSpeakerVolume()},
		}}, nil
	})
}

// GetSpeakerVolume implements PhoneControlService.
func (s *Server) GetSpeakerVolume(ctx context.Context, r *phonecontrolv1.GetSpeakerVolumeRequest) (*phonecontrolv1.GetSpeakerVolumeResponse, error) {
	return atDesk(ctx, s, "GetSpeakerVolume", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.GetSpeakerVolumeResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.Layout().Speaker {
			return nil, nil, errNoSuchPart
		}
		return &phonecontrolv1.GetSpeakerVolumeResponse{SpeakerVolume: uint32(p.Volume)}, nil, nil
	})
}

// SetDisplay implements PhoneControlService.
func (s *Server) SetDisplay(ctx context.Context, r *phonecontrolv1.SetDisplayRequest) (*phonecontrolv1.SetDisplayResponse, error) {
	return atDesk(ctx, s, "SetDisplay", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.SetDisplayResponse, *ctiv1.Event, *callmodel.Error) {
		if refusal := p.SetDisplay(r.GetContentsOfDisplay(), int(r.GetRow()), int(r.GetColumn())); refusal != nil {
			return nil, nil, refusal
		}
		layout := p.Layout()
		return &phonecontrolv1.SetDisplayResponse{}, &ctiv1.Event{Event: &ctiv1.Event_DisplayUpdated{
			DisplayUpdated: &ctiv1.DisplayUpdated{
				Device: r.GetDevice(), Rows: uint32(layout.Rows), Columns: uint32(layout.Columns), ContentsOfDisplay: p.Display(),
			},
		}}, nil
	})
}

// GetDisplay implements PhoneControlService.
func (s *Server) GetDisplay(ctx context.Context, r *phonecontrolv1.GetDisplayRequest) (*phonecontrolv1.GetDisplayResponse, error) {
	return atDesk(ctx, s, "GetDisplay", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.GetDisplayResponse, *ctiv1.Event, *callmodel.Error) {
		layout := p.Layout()
		return &phonecontrolv1.GetDisplayResponse{
			ContentsOfDisplay: p.Display(), Rows: uint32(layout.Rows), Columns: uint32(layout.Columns),
		}, nil, nil
	})
}

// ButtonPress implements PhoneControlService.
func (s *Server) ButtonPress(ctx context.Context, r *phonecontrolv1.ButtonPressRequest) (*phonecontrolv1.ButtonPressResponse, error) {
	return atDesk(ctx, s, "ButtonPress", r.GetTarget(), r.GetDevice(), func(t *target, p *desk.Phone) (*phonecontrolv1.ButtonPressResponse, *ctiv1.Event, *callmodel.Error) {
		if !p.HasButton(r.GetButton()) {
			return nil, nil, &callmodel.Error{Category: "operation", Value: "invalidButtonIdentifier", Detail: "the phone has no such button"}
		}
		if driver, ok := t.driver.(realDesks); ok {
			if refusal := driver.PressButton(callmodel.DeviceID(r.GetDevice()), r.GetButton()); refusal != nil {
				return nil, nil, refusal
			}
		}
		return &phonecontrolv1.ButtonPressResponse{}, &ctiv1.Event{Event: &ctiv1.Event_ButtonPress{
			ButtonPress: &ctiv1.ButtonPress{Device: r.GetDevice(), Button: r.GetButton()},
		}}, nil
	})
}

// SetLampMode implements PhoneControlService.
func (s *Server) SetLampMode(ctx context.Context, r *phonecontrolv1.SetLampModeRequest) (*phonecontrolv1.SetLampModeResponse, error) {
	return atDesk(ctx, s, "SetLampMode", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.SetLampModeResponse, *ctiv1.Event, *callmodel.Error) {
		if refusal := p.SetLamp(r.GetLamp(), r.GetLampMode()); refusal != nil {
			return nil, nil, refusal
		}
		return &phonecontrolv1.SetLampModeResponse{}, &ctiv1.Event{Event: &ctiv1.Event_LampMode{
			LampMode: &ctiv1.LampMode{Device: r.GetDevice(), Lamp: r.GetLamp(), LampMode: r.GetLampMode()},
		}}, nil
	})
}

// GetLampMode implements PhoneControlService.
func (s *Server) GetLampMode(ctx context.Context, r *phonecontrolv1.GetLampModeRequest) (*phonecontrolv1.GetLampModeResponse, error) {
	return atDesk(ctx, s, "GetLampMode", r.GetTarget(), r.GetDevice(), func(_ *target, p *desk.Phone) (*phonecontrolv1.GetLampModeResponse, *ctiv1.Event, *callmodel.Error) {
		lamps, refusal := p.Lamps(r.GetLamp())
		if refusal != nil {
			return nil, nil, refusal
		}
		response := &phonecontrolv1.GetLampModeResponse{}
		for _, lamp := range lamps {
			response.LampModes = append(response.LampModes, &phonecontrolv1.LampMode{Lamp: lamp.ID, LampMode: lamp.Mode, Label: lamp.Label})
		}
		return response, nil, nil
	})
}

// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// deviceMessage writes the events of physical devices and of maintenance; nil
// for others.
func (c *common) deviceMessage() csta.Event {
	switch e := c.event.GetEvent().(type) {
	case *ctiv1.Event_MessageWaiting:
		return &csta.MessageWaitingEvent{
			TargetDevice: c.subject(e.MessageWaiting.GetTargetDevice()), MessageWaitingOn: e.MessageWaiting.GetMessageWaitingOn(),
		}
	case *ctiv1.Event_MicrophoneMute:
		return &csta.MicrophoneMuteEvent{
			InvokingDevice: c.subject(e.MicrophoneMute.GetInvokingDevice()), MicrophoneMuteOn: e.MicrophoneMute.GetMicrophoneMuteOn(),
		}
	case *ctiv1.Event_SpeakerMute:
		return &csta.SpeakerMuteEvent{
			InvokingDevice: c.subject(e.SpeakerMute.GetInvokingDevice()), SpeakerMuteOn: e.SpeakerMute.GetSpeakerMuteOn(),
		}
	case *ctiv1.Event_SpeakerVolume:
		volume := int(e.SpeakerVolume.GetSpeakerVolume())
		return &csta.SpeakerVolumeEvent{
			InvokingDevice: c.subject(e.SpeakerVolume.GetInvokingDevice()), SpeakerVolume: &csta.Volume{VolAbsolute: &volume},
		}
	case *ctiv1.Event_DisplayUpdated:
		return &csta.DisplayUpdatedEvent{
			Device:      c.subject(e.DisplayUpdated.GetDevice()),
			LogicalRows: int(e.DisplayUpdated.GetRows()), LogicalColumns: int(e.DisplayUpdated.GetColumns()),
			ContentsOfDisplay: e.DisplayUpdated.GetContentsOfDisplay(),
		}
	case *ctiv1.Event_ButtonPress:
		return &csta.ButtonPressEvent{Device: c.subject(e.ButtonPress.GetDevice()), Button: e.ButtonPress.GetButton()}
	case *ctiv1.Event_LampMode:
		return &csta.LampModeEvent{
			Device: c.subject(e.LampMode.GetDevice()), Lamp: e.LampMode.GetLamp(),
			LampMode: csta.LampMode(e.LampMode.GetLampMode()),
		}
	case *ctiv1.Event_BackInService:
		return &csta.BackInServiceEvent{
			Device: c.subject(e.BackInService.GetDevice()), Cause: csta.EventCause(c.event.GetCause()),
		}
	case *ctiv1.Event_OutOfService:
		return &csta.OutOfServiceEvent{
			Device: c.subject(e.OutOfService.GetDevice()), Cause: csta.EventCause(c.event.GetCause()),
		}
	}
	return nil
}

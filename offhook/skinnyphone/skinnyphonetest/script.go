// SPDX-License-Identifier: Apache-2.0

package skinnyphonetest

import (
	"net/netip"

	"offhook.dev/services/skinny"
)

// prompt is the text of a call in the form of the version.
func prompt(d *Desk, text string, of skinny.Call) skinny.Message {
	return d.Version().Form(&skinny.DisplayPromptStatus{Text: text, Call: of})
}

// Rings is what a call agent sends for a call that comes in.
func (d *Desk) Rings(of skinny.Call) {
	informs := d.Version().Form(&skinny.CallInfo{
		Calling: skinny.Party{Name: "Bob", Number: "1002"}, Called: skinny.Party{Name: "Ada", Number: "1001"},
		Call: of, Type: skinny.CallInbound,
	})
	d.Send(
		&skinny.CallState{State: skinny.StateRingIn, Call: of}, informs,
		&skinny.SelectSoftKeys{Call: of, Set: skinny.KeysRingIn, Mask: skinny.AllSoftKeys}, prompt(d, skinny.PhraseFrom.Text()+"1002", of),
		&skinny.SetLamp{Stimulus: skinny.StimulusLine, Instance: of.Line, Mode: skinny.LampBlink},
		&skinny.SetRinger{Mode: skinny.RingInside, Duration: skinny.RingNormal, Call: of},
	)
}

// Connects is what it sends when that is answered.
func (d *Desk) Connects(of skinny.Call) {
	d.Send(
		&skinny.SetRinger{Mode: skinny.RingOff, Duration: skinny.RingNormal, Call: of}, &skinny.SetSpeakerMode{Mode: skinny.SwitchOn},
		&skinny.SetLamp{Stimulus: skinny.StimulusLine, Instance: of.Line, Mode: skinny.LampOn},
		&skinny.CallState{State: skinny.StateOffHook, Call: of}, &skinny.ActivateCallPlane{Line: of.Line},
		&skinny.StopTone{Call: of}, &skinny.CallState{State: skinny.StateConnected, Call: of},
		&skinny.SelectSoftKeys{Call: of, Set: skinny.KeysConnected, Mask: skinny.AllSoftKeys &^ (1 << 4)}, // no Park
	)
}

// Ends takes a call off the phone.
func (d *Desk) Ends(of skinny.Call) {
	d.Send(
		&skinny.CallState{State: skinny.StateOnHook, Call: of}, &skinny.SetLamp{Stimulus: skinny.StimulusLine, Instance: of.Line, Mode: skinny.LampOff},
		&skinny.ClearPromptStatus{Call: of}, &skinny.SelectSoftKeys{Call: of, Set: skinny.KeysOnHook, Mask: skinny.AllSoftKeys},
		&skinny.SetSpeakerMode{Mode: skinny.SwitchOff}, &skinny.SetRinger{Mode: skinny.RingOff, Duration: skinny.RingNormal},
		&skinny.StopTone{}, &skinny.DeactivateCallPlane{},
	)
}

// GoesOffHook is what a call agent sends when a user is to dial.
func (d *Desk) GoesOffHook(of skinny.Call) {
	d.Send(
		&skinny.SetSpeakerMode{Mode: skinny.SwitchOn}, &skinny.CallState{State: skinny.StateOffHook, Call: of},
		&skinny.SelectSoftKeys{Call: of, Set: skinny.KeysOffHook, Mask: skinny.AllSoftKeys},
		&skinny.StartTone{Tone: skinny.ToneInsideDial, Call: of},
	)
}

// RingsOut tells a phone that the number it dialled rings.
func (d *Desk) RingsOut(of skinny.Call, number string) {
	d.Send(
		&skinny.StopTone{Call: of}, &skinny.DialedNumber{Number: number, Call: of}, &skinny.CallState{State: skinny.StateProceed, Call: of},
		&skinny.CallInfo{Call: of, Type: skinny.CallOutbound, Calling: skinny.Party{Number: "1001"}, Called: skinny.Party{Number: number}},
		&skinny.CallState{State: skinny.StateRingOut, Call: of}, &skinny.StartTone{Tone: skinny.ToneAlerting, Call: of},
		&skinny.SelectSoftKeys{Call: of, Set: skinny.KeysRingOut, Mask: skinny.AllSoftKeys},
	)
}

// Typed gives the next digits of the keypad.
func (d *Desk) Typed(n int) string {
	digits := make([]byte, n)
	for i := range digits {
		digits[i], _ = Next[*skinny.KeypadButton](d).Key.Digit()
	}
	return string(digits)
}

// Channel has the phone take and send RTP, from and to an audio stream.
func (d *Desk) Channel(name skinny.Stream, codec skinny.Capability, to netip.AddrPort) *skinny.OpenReceiveChannelAck {
	d.Send(&skinny.OpenReceiveChannel{Stream: name, PacketTime: 20, Codec: codec, TelephoneEvent: 101})
	ack := Next[*skinny.OpenReceiveChannelAck](d)
	d.Send(&skinny.StartMediaTransmission{Stream: name, Address: to.Addr(), Port: to.Port(), PacketTime: 20, Codec: codec, TelephoneEvent: 101})
	return ack
}

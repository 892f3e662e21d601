// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
	"offhook.dev/services/skinny"
)

// deskLayout is what the phone has on the desk.
func (s *station) deskLayout() desk.Layout {
	layout := desk.Layout{Model: "Cisco " + s.model.Name, Microphone: true, Rows: min(s.model.Rows, 1), Columns: s.model.Columns}
	for key := range skinny.KeypadKey(16) {
		if digit, ok := key.Digit(); ok && (digit < 'A' || digit > 'D') {
			layout.Buttons = append(layout.Buttons, string(digit))
		}
	}
	for _, p := range s.lines {
		id := "line" + strconv.Itoa(int(p.instance))
		layout.Buttons = append(layout.Buttons, id)
		layout.Lamps = append(layout.Lamps, desk.Lamp{ID: id, Label: string(p.line.number), Mode: lampOff})
	}
	for _, b := range s.buttons {
		if b.config != nil && b.kind == skinny.StimulusSpeedDial {
			layout.Buttons = append(layout.Buttons, "speedDial"+strconv.Itoa(int(b.instance)))
		}
	}
	layout.Buttons = append(layout.Buttons, slices.Sorted(maps.Keys(deskKeys()))...)
	layout.Lamps = append(layout.Lamps, desk.Lamp{ID: messageLamp, Label: "Messages", Mode: lampOff})
	return layout
}

// messageLamp is the lamp of the handset; lampOff an ECMA-323 LampMode.
const (
	messageLamp = "message"
	lampOff     = "off"
)

// deskKeys are the keys that ButtonPress has beside digits, lines and speed
// dials.
func deskKeys() map[string]skinny.SoftKey {
	return map[string]skinny.SoftKey{
		"redial": skinny.KeyRedial, "newCall": skinny.KeyNewCall, "hold": skinny.KeyHold, "transfer": skinny.KeyTransfer,
		"forwardAll": skinny.KeyForwardAll, "endCall": skinny.KeyEndCall, "resume": skinny.KeyResume, "answer": skinny.KeyAnswer,
		"conference": skinny.KeyConference, "park": skinny.KeyPark, "groupPickUp": skinny.KeyGroupPickUp,
		"doNotDisturb": skinny.KeyDoNotDisturb,
	}
}

// deskOf is the phone that desk services of a line mean: the first.
func (d *Driver) deskOf(number callmodel.DeviceID) (place, bool) {
	if l, ok := d.lines[number]; ok && len(l.at) > 0 {
		return l.at[0], true
	}
	return place{}, false
}

// Desk is what a line's phone has on the desk.
func (d *Driver) Desk(number callmodel.DeviceID) (*desk.Phone, bool) {
	p, ok := d.deskOf(number)
	if !ok {
		return nil, false
	}
	return p.station.desk, true
}

// DeskChanged shows at a line's phone what was set.
func (d *Driver) DeskChanged(number callmodel.DeviceID) {
	p, ok := d.deskOf(number)
	if !ok {
		return
	}
	s := p.station
	if muted := s.desk.MicrophoneMuted; muted != s.muted {
		s.muted = muted
		mode := skinny.SwitchOn
		if muted {
			mode = skinny.SwitchOff
		}
		s.send(&skinny.SetMicroMode{Mode: mode})
	}
	if text := s.desk.Display(); text != s.text {
		s.text = text
		if text == "" {
			s.send(&skinny.ClearNotify{})
		} else {
			s.notifyFor(text, 0)
		}
	}
	lamps, _ := s.desk.Lamps("")
	for _, lamp := range lamps {
		if mode, was := lampModeOf(lamp.Mode), s.shownLamps[lamp.ID]; was != mode && (was != 0 || mode != skinny.LampOff) {
			s.shownLamps[lamp.ID] = mode
			stimulus, instance := skinny.StimulusVoiceMail, uint32(0)
			if n, isLine := strings.CutPrefix(lamp.ID, "line"); isLine {
				number, _ := strconv.Atoi(n)
				stimulus, instance = skinny.StimulusLine, uint32(number)
			}
			s.lamp(stimulus, instance, mode)
		}
	}
}

// lampModeOf is an ECMA-323 LampMode as the phone has it.
func lampModeOf(mode string) skinny.LampMode {
	switch mode {
	case "steady":
		return skinny.LampOn
	case "wink":
		return skinny.LampWink
	case "flutter":
		return skinny.LampFlash
	case "brokenFlutter":
		return skinny.LampBlink
	}
	return skinny.LampOff
}

// PressButton does what a button of a line's phone does when its user presses
// it.
func (d *Driver) PressButton(number callmodel.DeviceID, name string) *callmodel.Error {
	p, ok := d.deskOf(number)
	if !ok {
		return &callmodel.Error{Category: "stateIncompatibility", Value: "invalidDeviceState", Detail: "the phone is not registered"}
	}
	s := p.station
	var id skinny.Call
	if s.active != nil {
		at, _ := s.placeOf(s.active.line)
		id = s.active.id(at)
	}
	if key, ok := deskKeys()[name]; ok {
		s.softKey(key, id)
		return nil
	}
	if n, isLine := strings.CutPrefix(name, "line"); isLine {
		instance, _ := strconv.Atoi(n)
		s.lineKey(uint32(instance))
		return nil
	}
	if n, isSpeedDial := strings.CutPrefix(name, "speedDial"); isSpeedDial {
		instance, _ := strconv.Atoi(n)
		s.speedDial(skinny.StimulusSpeedDial, uint32(instance))
		return nil
	}
	if key, ok := skinny.KeyOf(name[0]); ok {
		s.keypad(key, id)
	}
	return nil
}

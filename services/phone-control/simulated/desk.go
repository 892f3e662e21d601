// SPDX-License-Identifier: Apache-2.0

package simulated

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
)

// layout of all simulated phones.
func layout() desk.Layout {
	return desk.Layout{
		Model: "simulated", Microphone: true, Speaker: true, Rows: 2, Columns: 24,
		Buttons: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#", "hold", "transfer", "conference", "speaker", "mute"},
		Lamps:   []desk.Lamp{{ID: "1", Label: "Line", Mode: "off"}, {ID: "2", Label: "Message", Mode: "off"}},
	}
}

// Desk is what a line's phone has on the desk.
func (d *Driver) Desk(line callmodel.DeviceID) (*desk.Phone, bool) {
	if !d.has(line) {
		return nil, false
	}
	p, ok := d.desks[line]
	if !ok {
		p = desk.New(layout())
		d.desks[line] = p
	}
	return p, true
}

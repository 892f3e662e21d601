// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"slices"

	"offhook.dev/services/phone-control/callmodel"
)

// line is a directory number with the stations that have it.
type line struct {
	number callmodel.DeviceID
	// at are the stations in the order in which they came.
	at    []place
	calls []*call
}

// place is a line's button at a station.
type place struct {
	station *station
	line    *line
	// instance of the button among the line buttons, from 1.
	instance uint32
	silent   bool
}

// line finds or makes the line of a number.
func (d *Driver) line(number callmodel.DeviceID) *line {
	l, ok := d.lines[number]
	if !ok {
		l = &line{number: number}
		d.lines[number] = l
	}
	return l
}

// join puts a station's button at the line, which may come into service by it.
func (d *Driver) join(p place) {
	p.line.at = append(p.line.at, p)
	if len(p.line.at) == 1 {
		d.loop.Indicate(callmodel.ServiceChanged{Device: p.line.number, InService: true})
	}
}

// part takes a station off the line.
func (d *Driver) part(l *line, s *station) {
	l.at = slices.DeleteFunc(l.at, func(p place) bool { return p.station == s })
	if len(l.at) > 0 {
		return
	}
	d.loop.Indicate(callmodel.ServiceChanged{Device: l.number, InService: false})
	if len(l.calls) == 0 {
		delete(d.lines, l.number)
	}
}

// displayName is that of a line of the target; empty: none.
func (d *Driver) displayName(number callmodel.DeviceID) string {
	if l, ok := d.config.Line(string(number)); ok {
		return l.GetDisplayName()
	}
	return ""
}

// ended takes a call away.
func (l *line) ended(c *call) {
	l.calls = slices.DeleteFunc(l.calls, func(other *call) bool { return other == c })
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"slices"
	"time"
)

// setLines replaces the configuration. Lines that stay keep their calls and
// whether they are in service.
func (m *Model) setLines(in SetLines) {
	m.config = in
	m.config.setDefaults()
	lines := make(map[DeviceID]*line, len(in.Lines))
	for _, configured := range in.Lines {
		if _, twice := lines[configured.Number]; twice {
			continue
		}
		l, known := m.lines[configured.Number]
		if !known {
			l = &line{}
		}
		l.Line = configured
		if l.MaxCalls == 0 {
			l.MaxCalls = max(in.MaxCallsPerLine, 1)
		}
		lines[configured.Number] = l
		delete(m.lines, configured.Number)
	}
	gone := m.lines
	m.lines = lines
	// In the order of numbers, so that equal inputs give equal outputs.
	numbers := make([]DeviceID, 0, len(gone))
	for number := range gone {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		for connections := gone[number].connections; len(connections) > 0; connections = gone[number].connections {
			m.leave(connections[len(connections)-1], CauseMaintenance, CauseMaintenance)
		}
	}
	m.linesGone()
}

func (in *SetLines) setDefaults() {
	for _, d := range [...]struct {
		value *time.Duration
		zero  time.Duration
	}{
		{&in.RingDuration, defaultRingDuration},
		{&in.RouteTimeout, defaultRouteTimeout},
		{&in.ParkTimeout, defaultParkTimeout},
		{&in.CallBackTimeout, defaultCallBackTimeout},
		{&in.FailedTime, defaultFailedTime},
	} {
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if in.MaxRedirections == 0 {
		in.MaxRedirections = defaultMaxRedirections
	}
	if in.MaxParties == 0 {
		in.MaxParties = defaultMaxParties
	}
}

// linesGone lets go of what was asked for lines that are no more.
func (m *Model) linesGone() {
	for _, b := range append([]*callBack(nil), m.callBacks...) {
		if m.lines[b.originating] == nil || m.lines[b.target] == nil {
			m.dropCallBack(b)
		}
	}
	m.registrationsGone()
}

func (m *Model) serviceChanged(in ServiceChanged) {
	l, known := m.lines[in.Device]
	if !known || l.inService == in.InService {
		return
	}
	l.inService = in.InService
	if l.AlwaysInService {
		return
	}
	kind := OutOfService
	if in.InService {
		kind = BackInService
	}
	m.do(&Event{Kind: kind, Device: in.Device, Reported: []Reported{{Device: in.Device}}})
}

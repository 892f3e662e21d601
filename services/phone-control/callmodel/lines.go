// SPDX-License-Identifier: Apache-2.0

package callmodel

import "slices"

// setLines replaces the configuration. Lines that stay keep their calls and
// whether they are in service.
func (m *Model) setLines(in SetLines) {
	m.config = in
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
			m.release(connections[len(connections)-1], CauseMaintenance)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package callmodel

// InService tells whether calls can come to a line: one of its phones is there,
// it needs none, or applications route its calls.
func (m *Model) InService(device DeviceID) bool {
	l, known := m.lines[device]
	return known && (l.inService || l.AlwaysInService || l.Routeing)
}

// SPDX-License-Identifier: Apache-2.0

package lineside

import "offhook.dev/services/phone-control/callmodel"

// Quiet implements control.HandingOver.
func (m *Mux) Quiet() bool { return m.sip.Quiet() && m.skinny.Quiet() }

// Export implements control.HandingOver: the legs of SIP phones. Those of Skinny
// phones end with their connections.
func (m *Mux) Export() ([]byte, error) { return m.sip.Export() }

// Import implements control.HandingOver.
func (m *Mux) Import(state []byte) ([]callmodel.LegID, error) {
	legs, err := m.sip.Import(state)
	for _, id := range legs {
		m.owners[id] = m.sip
	}
	return legs, err
}

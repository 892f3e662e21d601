// SPDX-License-Identifier: Apache-2.0

package csta

import "testing"

// TestAllocationBudget keeps reading and writing within their budgets.
func TestAllocationBudget(t *testing.T) {
	body, event := makeCallBody(t), deliveredEvent()
	eventBody := Append(nil, event, Edition3)
	reused := make([]byte, 0, 4096)
	tests := []struct {
		name   string
		budget float64
		run    func()
	}{
		{"read MakeCall", 4, func() { _, _ = Read(body, ReadOptions{}) }},
		{"read DeliveredEvent", 2, func() { _, _ = Read(eventBody, ReadOptions{}) }},
		{"append to nil", 1, func() { Append(nil, event, Edition3) }},
		{"append to a used buffer", 0, func() { reused = Append(reused[:0], event, Edition3) }},
		{"append an event for many", 0, func() { reused, _ = AppendEvent(reused[:0], event, Edition3) }},
	}
	for _, test := range tests {
		if got := testing.AllocsPerRun(200, test.run); got > test.budget {
			t.Errorf("%s: %.0f allocations, budget %.0f", test.name, got, test.budget)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestConfigValidation(t *testing.T) {
	config := NewDefaultConfig()
	if err := config.Validate(); err != nil {
		t.Errorf("default configuration: %v", err)
	}
	config.MaxSessionMonitors, config.MaxLineMonitors, config.MaxEdgeQueue, config.DeliverTimeout = 0, 0, -3, 0
	const want = "maxSessionMonitors: 0 is not at least 1\nmaxLineMonitors: 0 is not at least 1\n" +
		"maxEdgeQueue: -3 is not at least 1\ndeliverTimeout: must be above zero"
	if err := config.Validate(); err == nil || err.Error() != want {
		t.Errorf("faults are\n%v\nwant\n%s", err, want)
	}
}

// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestConfigValidation(t *testing.T) {
	config := NewDefaultConfig()
	if err := config.Validate(); err != nil {
		t.Errorf("default configuration: %v", err)
	}
	config.MaxTargetSessions, config.MaxUserSessions, config.ServiceTimeout = 0, -1, 0
	const want = "maxTargetSessions: 0 is not at least 1\nmaxUserSessions: -1 is not at least 1\nserviceTimeout: must be above zero"
	if err := config.Validate(); err == nil || err.Error() != want {
		t.Errorf("faults are\n%v\nwant\n%s", err, want)
	}
}

// SPDX-License-Identifier: Apache-2.0

package skinny

import "testing"

func TestDeviceTypeOf(t *testing.T) {
	for deviceType, model := range models() {
		if got, ok := DeviceTypeOf(model.Name); !ok || got != deviceType {
			t.Errorf("model %s is device type %d, %v; want %d", model.Name, got, ok, deviceType)
		}
	}
	if got, ok := DeviceTypeOf("cipc"); !ok || got != DeviceIPCommunicator {
		t.Errorf("cipc is device type %d, %v", got, ok)
	}
	if got, ok := DeviceTypeOf("1234"); ok {
		t.Errorf("1234 is device type %d", got)
	}
}

// SPDX-License-Identifier: Apache-2.0

package skinny

import "strings"

// DeviceTypeOf is the device type of a model by its name, such as "7970", case
// aside.
func DeviceTypeOf(model string) (DeviceType, bool) {
	for deviceType, m := range models() {
		if strings.EqualFold(m.Name, model) {
			return deviceType, true
		}
	}
	return 0, false
}

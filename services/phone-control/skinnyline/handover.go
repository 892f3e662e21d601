// SPDX-License-Identifier: Apache-2.0

package skinnyline

import "offhook.dev/services/phone-control/callmodel"

// Quiet implements control.HandingOver: no phone is in a call. The connections of
// Skinny phones end with this replica, and their calls with them, so a hand-over
// waits for their end as long as it may.
func (d *Driver) Quiet() bool { return len(d.legs) == 0 }

// Export implements control.HandingOver: there is nothing that another replica
// could go on with.
func (d *Driver) Export() ([]byte, error) { return nil, nil }

// Import implements control.HandingOver.
func (d *Driver) Import([]byte) ([]callmodel.LegID, error) { return nil, nil }

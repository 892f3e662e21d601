// SPDX-License-Identifier: Apache-2.0

package sipline

import "offhook.dev/services/phone-control/callmodel"

// ringTrunk calls a number on the target's trunk.
func (d *Driver) ringTrunk(l *leg, _ callmodel.Ring) { l.failLater(503) }

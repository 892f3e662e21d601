// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// refer handles a REFER of the phone.
func (l *leg) refer(tx *sipstack.ServerTx) {
	// 603 leaves the call up and tells the user at once.
	_ = tx.Reject(603)
}

// referred ends a transfer that a phone asked for.
func (d *Driver) referred(callmodel.Referred) {}

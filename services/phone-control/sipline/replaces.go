// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// replacedLeg is the leg that a new INVITE is to take the place of (RFC 3891);
// zero where it has no Replaces.
func (d *Driver) replacedLeg(*sipstack.Request) callmodel.LegID { return 0 }

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// replacedLeg is the leg that a new INVITE is to take the place of (RFC 3891);
// zero where it has no Replaces. False: there is no such leg, which the phone is
// to be told.
func (d *Driver) replacedLeg(request *sipstack.Request) (callmodel.LegID, bool) {
	text := sipstack.HeaderValue(request, "Replaces")
	if text == "" {
		return 0, true
	}
	l := d.legOf(text)
	if l == nil {
		return 0, false
	}
	return l.id, true
}

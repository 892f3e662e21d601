// SPDX-License-Identifier: Apache-2.0

package session

import (
	"strings"

	configv1 "offhook.dev/proto/offhook/config/v1"
)

// extensionOf is the extension in a full number of the target's own office, as
// its dial plan says: "1001" of "+14255551001", "0014255551001" and
// "04255551001". Empty: it is none.
func extensionOf(plan *configv1.DialPlan, number string) string {
	country, office := plan.GetCountryCode(), plan.GetAreaCode()+plan.GetOfficeCode()
	if country == "" {
		return ""
	}
	rest, full := strings.CutPrefix(number, "+"+country+office)
	if prefix := plan.GetInternationalPrefix(); !full && prefix != "" {
		rest, full = strings.CutPrefix(number, prefix+country+office)
	}
	if prefix := plan.GetNationalPrefix(); !full && prefix != "" && office != "" {
		rest, full = strings.CutPrefix(number, prefix+office)
	}
	length := int(plan.GetExtensionLength())
	if !full || rest == "" || length > 0 && len(rest) != length {
		return ""
	}
	return rest
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// diversionReason is the reason of a Diversion header.
func diversionReason(why callmodel.Cause) string {
	for _, entry := range diversionReasons {
		if entry.why == why {
			return entry.reason
		}
	}
	return "unknown"
}

var diversionReasons = [...]struct {
	why    callmodel.Cause
	reason string
}{
	{callmodel.CauseForwardImmediate, "unconditional"},
	{callmodel.CauseForwardBusy, "user-busy"},
	{callmodel.CauseForwardNoAnswer, "no-answer"},
	{callmodel.CauseForward, "do-not-disturb"},
	{callmodel.CauseRedirected, "deflection"},
}

// redirectingNumber is who sent a call from outside here last: the topmost
// Diversion. Empty: nobody, or one who stays unknown.
func redirectingNumber(request *sipstack.Request) string {
	values := sipstack.ListValues(request, "Diversion")
	if len(values) == 0 {
		return ""
	}
	by, err := sipstack.ParseNameAddr(values[0])
	if err != nil || isAnonymous(&by.URI) {
		return ""
	}
	switch strings.ToLower(by.Params["privacy"]) {
	case "full", "uri":
		return ""
	}
	return dialledNumber(&by.URI)
}

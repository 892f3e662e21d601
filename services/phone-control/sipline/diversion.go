// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"strings"

	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/sipstack"
)

// diversionReason is the reason of a Diversion header (RFC 5806 4).
func diversionReason(why callmodel.Cause) string {
	switch why {
	case callmodel.CauseForwardImmediate:
		return "unconditional"
	case callmodel.CauseForwardBusy:
		return "user-busy"
	case callmodel.CauseForwardNoAnswer:
		return "no-answer"
	case callmodel.CauseForward:
		return "do-not-disturb"
	case callmodel.CauseRedirected:
		return "deflection"
	}
	return "unknown"
}

// redirectingNumber is who sent a call from outside here last: the topmost
// Diversion (RFC 5806 6.2). Empty: nobody, or one who stays unknown.
func redirectingNumber(request *sipstack.Request) string {
	for _, value := range sipstack.ListValues(request, "Diversion") {
		by, err := sipstack.ParseNameAddr(value)
		if err != nil || isAnonymous(&by.URI) {
			return ""
		}
		switch strings.ToLower(by.Params["privacy"]) {
		case "full", "uri":
			return ""
		}
		return dialledNumber(&by.URI)
	}
	return ""
}

// SPDX-License-Identifier: Apache-2.0

package sipline

import "offhook.dev/services/phone-control/callmodel"

// causeOf is the cause of a call that a phone refused with a SIP status code,
// or could not be reached with. Codes without an entry go by their class; 2xx
// stands for a phone that hung up.
func causeOf(code int) callmodel.Cause {
	for _, entry := range statusCauses {
		if entry.code == code {
			return entry.cause
		}
	}
	switch code / 100 {
	case 2:
		return callmodel.CauseNormalClearing
	case 3:
		return "redirected"
	case 5:
		return callmodel.CauseDestOutOfOrder
	}
	return "destNotObtainable"
}

// statusOf is the SIP status code that tells a phone why its call ends.
func statusOf(cause callmodel.Cause) int {
	for _, entry := range causeStatuses {
		if entry.cause == cause {
			return entry.code
		}
	}
	return 480
}

// statusCauses: 603 is the key that rejects a ringing call at some phones (at
// others it gives 486, which can't be told from busy).
var statusCauses = [...]struct {
	code  int
	cause callmodel.Cause
}{
	{403, callmodel.CauseBlocked},
	{404, callmodel.CauseNumberUnallocated},
	{408, "destNotObtainable"},
	{410, "numberChanged"},
	{415, "incompatibleDestination"},
	{430, "destNotObtainable"},
	{480, "destNotObtainable"},
	{484, "invalidNumberFormat"},
	{486, callmodel.CauseBusy},
	{487, callmodel.CauseCallCancelled},
	{488, "incompatibleDestination"},
	{600, callmodel.CauseBusy},
	{603, callmodel.CauseCallNotAnswered},
	{604, callmodel.CauseNumberUnallocated},
	{606, "incompatibleDestination"},
}

var causeStatuses = [...]struct {
	cause callmodel.Cause
	code  int
}{
	{callmodel.CauseBusy, 486},
	{callmodel.CauseDoNotDisturb, 480},
	{callmodel.CauseCallNotAnswered, 480},
	{"destNotObtainable", 480},
	{callmodel.CauseDestOutOfOrder, 480},
	{callmodel.CauseNumberUnallocated, 404},
	{"numberChanged", 410},
	{"invalidNumberFormat", 484},
	{"incompatibleDestination", 488},
	{callmodel.CauseBlocked, 403},
	{callmodel.CauseResources, 503},
	{callmodel.CauseMaintenance, 503},
	{callmodel.CauseCallCancelled, 487},
	{callmodel.CauseNormalClearing, 603},
}

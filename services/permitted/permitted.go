// SPDX-License-Identifier: Apache-2.0

// Package permitted writes services_permitted, the bit mask of
// cti.v1.PermittedService, as ECMA-323's servicesPermitted. It never decides
// what is permitted.
package permitted

import (
	"math/bits"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
)

// names are the children of callControlServices by bit, in alphabetical order;
// GenerateDigits stands in callAssociatedServices.
var names = [...]string{
	ctiv1.PermittedService_PERMITTED_SERVICE_ALTERNATE_CALL:              "alternateCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_ANSWER_CALL:                 "answerCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_CALL_BACK:                   "callBack",
	ctiv1.PermittedService_PERMITTED_SERVICE_CLEAR_CALL:                  "clearCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_CLEAR_CONNECTION:            "clearConnection",
	ctiv1.PermittedService_PERMITTED_SERVICE_CONFERENCE_CALL:             "conferenceCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_CONSULTATION_CALL:           "consultationCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_DEFLECT_CALL:                "deflectCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_DIAL_DIGITS:                 "dialDigits",
	ctiv1.PermittedService_PERMITTED_SERVICE_DIRECTED_PICKUP_CALL:        "directedPickupCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_GROUP_PICKUP_CALL:           "groupPickupCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_HOLD_CALL:                   "holdCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_JOIN_CALL:                   "joinCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_PARK_CALL:                   "parkCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_RECONNECT_CALL:              "reconnectCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_RETRIEVE_CALL:               "retrieveCall",
	ctiv1.PermittedService_PERMITTED_SERVICE_SINGLE_STEP_CONFERENCE_CALL: "singleStepConference",
	ctiv1.PermittedService_PERMITTED_SERVICE_SINGLE_STEP_TRANSFER_CALL:   "singleStepTransfer",
	ctiv1.PermittedService_PERMITTED_SERVICE_TRANSFER_CALL:               "transferCall",
}

const (
	generateDigits = uint64(1) << ctiv1.PermittedService_PERMITTED_SERVICE_GENERATE_DIGITS
	callControl    = generateDigits - 2
)

// Services gives the element of a bit mask: a true child for each permitted
// service, none for the others. Bits that this version does not know mean
// nothing. All groups are there, empty where nothing of them is permitted, as
// the standard wants it; the result is never nil.
func Services(mask uint64) *csta.ServicesPermitted {
	services := &csta.ServicesPermitted{
		CallControlServices: csta.Flags{}, CallAssociatedServices: csta.Flags{},
		MediaAttachementServices: csta.Flags{}, RouteingServices: csta.Flags{}, VoiceServices: csta.Flags{},
	}
	if rest := mask & callControl; rest != 0 {
		services.CallControlServices = make(csta.Flags, 0, bits.OnesCount64(rest))
		for ; rest != 0; rest &= rest - 1 {
			name := names[bits.TrailingZeros64(rest)]
			services.CallControlServices = append(services.CallControlServices, csta.Flag{Name: name, Value: true})
		}
	}
	if mask&generateDigits != 0 {
		services.CallAssociatedServices = csta.Flags{{Name: "generateDigits", Value: true}}
	}
	return services
}

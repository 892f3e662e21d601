// SPDX-License-Identifier: Apache-2.0

package callmodel

// Error is a negative response: category and value are element names of
// ECMA-323's CSTAErrorCode.
type Error struct {
	Category, Value string
	// Detail is for people, in logs.
	Detail string
}

// Error implements error.
func (e *Error) Error() string {
	text := e.Category + " " + e.Value
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

const (
	operation            = "operation"
	stateIncompatibility = "stateIncompatibility"
	// systemResource is misspelt in the standard.
	systemResource = "systemResourceAvailibility"
	subscribed     = "subscribedResourceAvailability"
)

func refuse(category, value, detail string) *Error {
	return &Error{Category: category, Value: value, Detail: detail}
}

// Refusals. They are made once, as each event asks which services would be
// refused.
var (
	errNotNamed       = refuse(operation, "invalidConnectionID", "neither call nor device is named")
	errAmbiguous      = refuse(operation, "invalidConnectionID", "more than one connection matches; name call and device")
	errNotDifferent   = refuse(operation, "notDifferentDevices", "a device can be in a call only once")
	errNotSameDevice  = refuse(operation, "notSameDevice", "the connections are of different devices")
	errSameConnection = refuse(operation, "invalidActiveConnectionID", "held and active connection are the same")
	errDestination    = refuse(operation, "invalidDestination", "the number leads nowhere")
	errBarred         = refuse(operation, "privilegeViolationDestinationDevice", "the dial plan does not allow the number")
	errCalled         = refuse(operation, "invalidCalledDeviceID", "no number to call")
	errCalling        = refuse(operation, "invalidCallingDeviceID", "no such line")
	errNoDigits       = refuse(operation, "invalidParameterValue", "no digits")
	errBadDigits      = refuse(operation, "charactersToSendNotSupported", "digits are 0-9, *, #, A-D and ,")
	errNoLine         = refuse(operation, "invalidDeviceID", "no such line")
	errPickupLine     = refuse(operation, "invalidPickUpDeviceID", "no such line")
	errParkLine       = refuse(operation, "invalidParkToDeviceID", "neither a park slot nor a line")
	errNoGroup        = refuse(operation, "requestIncompatibleWithDevice", "the line is in no pickup group")
	errMany           = refuse(operation, "requestIncompatibleWithConnection", "the call has more than two parties")
	errNotALine       = refuse(operation, "requestIncompatibleWithConnection", "the party is not a line of the target")
	errConsultPurpose = refuse(operation, "requestIncompatibleWithActiveConnection", "the consultation was made for another purpose")
	errAlreadySet     = refuse(operation, "featureAlreadySet", "the call back is set already")
	errFeature        = refuse(operation, "invalidFeature", "no such call back is set")
	errRegistration   = refuse(operation, "invalidRouteRegistrationCrossRefID", "no such registration")
	errRouteing       = refuse(operation, "invalidRouteingCrossRefID", "no such routeing dialogue")
	errRouteTime      = refuse(operation, "routeingTimerExpired", "the application did not route the call in time")
	errNotRouteing    = refuse(operation, "requestIncompatibleWithDevice", "not a routeing device")

	errNothingToAnswer = refuse(stateIncompatibility, "noCallToAnswer", "no call rings there")
	errNothingActive   = refuse(stateIncompatibility, "noActiveCall", "no call is connected there")
	errNothingHeld     = refuse(stateIncompatibility, "noHeldCall", "no call is on hold there")
	errNothingToClear  = refuse(stateIncompatibility, "noConnectionToClear", "no call is there")
	errNothingThere    = refuse(stateIncompatibility, "noCallToClear", "no call is there")
	errNothingToGo     = refuse(stateIncompatibility, "noCallToComplete", "no call is there that this could be done with")
	errState           = refuse(stateIncompatibility, "invalidConnectionState", "the connection is in another state")
	errActiveState     = refuse(stateIncompatibility, "invalidActiveConnectionState", "the connection is not active")
	errHeldState       = refuse(stateIncompatibility, "invalidHeldConnectionState", "the connection is not on hold")
	errNotEstablished  = refuse(stateIncompatibility, "invalidConnectionState", "the other party has not answered yet")
	errFailedCall      = refuse(stateIncompatibility, "invalidConnectionState", "the call has failed and can only be cleared")
	errCleared         = refuse(stateIncompatibility, "invalidConnectionState", "the connection was cleared meanwhile")
	errRingingEnded    = refuse(stateIncompatibility, "noCallToAnswer", "the call stopped ringing")
	errOverruled       = refuse(stateIncompatibility, "invalidConnectionState", "the user pressed another key meanwhile")
	errUnfinished      = refuse(stateIncompatibility, "invalidObjectState", "another service on the connection is not finished")
	errConnected       = refuse(stateIncompatibility, "connectedCallExists", "hold or clear the connected call first")
	errCallingState    = refuse(stateIncompatibility, "invalidCallingDeviceState", "the line has all the calls it may have")
	errCallingAlready  = refuse(stateIncompatibility, "invalidCallingDeviceState", "the line is making a call already")
	errDeviceState     = refuse(stateIncompatibility, "invalidDeviceState", "the line has all the calls it may have")
	errParkState       = refuse(stateIncompatibility, "invalidParkToDeviceState", "no call can be parked there now")

	errDrains         = refuse(systemResource, "resourceOutOfService", "the target drains")
	errCallingOut     = refuse(systemResource, "callingDeviceOutOfService", "no phone of the line is registered")
	errDeviceOut      = refuse(systemResource, "deviceOutOfService", "no phone of the line is registered")
	errPickupOut      = refuse(systemResource, "pickupDeviceOutOfService", "no phone of the line is registered")
	errAllCalls       = refuse(systemResource, "resourceLimitExceeded", "the target has all the calls it may have")
	errSlots          = refuse(systemResource, "resourceBusy", "all park slots are taken")
	errParties        = refuse(systemResource, "conferenceMemberLimitExceeded", "the conference has all the parties it may have")
	errNotObeyed      = refuse(systemResource, "resourceBusy", "the phone did not obey in time")
	errRefused        = refuse(systemResource, "resourceBusy", "the phone refused")
	errNoTrunk        = refuse(systemResource, "networkOutOfService", "the target has no trunk")
	errTrunkCalls     = refuse(subscribed, "trunkLimitExceeded", "the trunk has all the calls it may have")
	errCallBacks      = refuse(subscribed, "outstandingReqLimitExceeded", "the line has all the call backs it may have")
	errRegistrations  = refuse(subscribed, "objectRegistrationLimitExceeded", "the device is routed by another application")
	errManyRegistered = refuse(systemResource, "registrationLimitExceeded", "the target has all the registrations it may have")
)

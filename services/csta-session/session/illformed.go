// SPDX-License-Identifier: Apache-2.0

package session

import (
	"errors"
	"strings"

	"offhook.dev/csta"
)

// forgiven reports whether a request with missing children is served.
func forgiven(message csta.Message, err error) bool {
	var missing *csta.MissingChildError
	if message == nil || !errors.As(err, &missing) || !forgivenChild(message.Element(), missing) {
		return false
	}
	for _, more := range missing.More {
		if !forgivenChild(message.Element(), more) {
			return false
		}
	}
	return true
}

// forgivenChild reports whether a request may lack a child: a device that is
// not there is the session's line, a number that is not there means none.
func forgivenChild(element string, missing *csta.MissingChildError) bool {
	if missing.Path != element {
		return false
	}
	switch missing.Child {
	case "device", "requestingDevice", "joiningDevice", "originatingDevice", "participationType":
		return true
	}
	switch element + "/" + missing.Child {
	case "MakeCall/callingDevice", "ParkCall/parkTo", "GroupPickupCall/newDestination", "SnapshotDevice/snapshotObject",
		"CancelCallBack/targetDevice":
		return true
	}
	return false
}

// preciseError is the answer to a request of which a child is missing or holds
// what its type does not allow: the value that ECMA-269 has for the parameter,
// where it has one.
func preciseError(answer csta.CSTAErrorCode, message csta.Message, err error) *csta.CSTAErrorCode {
	var missing *csta.MissingChildError
	var value *csta.ValueError
	path := ""
	switch {
	case errors.As(err, &missing):
		path = firstUnforgiven(message, missing)
	case errors.As(err, &value):
		path = value.Path
	}
	if refusal, ok := refusalOf(path); ok {
		return csta.NewError(refusal)
	}
	return &answer
}

// firstUnforgiven is the path of the missing child that refuses the request.
func firstUnforgiven(message csta.Message, missing *csta.MissingChildError) string {
	for _, one := range append([]*csta.MissingChildError{missing}, missing.More...) {
		if message == nil || !forgivenChild(message.Element(), one) {
			return one.Path + "/" + one.Child
		}
	}
	return missing.Path
}

// refusalOf is the error value of a parameter, by the path of its element.
func refusalOf(path string) (csta.ErrorValue, bool) {
	element, parameter, _ := strings.Cut(path, "/")
	parameter, _, _ = strings.Cut(parameter, "/")
	switch parameter {
	case "callToBeAnswered", "connectionToBeCleared", "callToBeCleared", "callToBeHeld", "callToBeRetrieved", "diallingConnection",
		"callToBePickedUp", "callToBeDiverted", "parking", "callbackConnection", "connectionToSendDigits":
		return csta.OperationInvalidConnectionID, true
	case "existingCall":
		if element == "ConsultationCall" {
			return csta.OperationInvalidActiveConnectionID, true
		}
		return csta.OperationInvalidConnectionID, true
	case "snapshotObject":
		if element == "SnapshotCall" {
			return csta.OperationInvalidConnectionID, true
		}
		return csta.OperationInvalidDeviceID, true
	case "activeCall":
		return csta.OperationInvalidActiveConnectionID, true
	case "heldCall":
		return csta.OperationInvalidHeldConnectionID, true
	case "calledDirectoryNumber", "consultedDevice", "targetDevice", "diallingSequence":
		return csta.OperationInvalidCalledDeviceID, true
	case "transferredTo", "newDestination", "deviceToJoin":
		return csta.OperationInvalidDestinationDeviceID, true
	case "routeSelected":
		return csta.OperationInvalidDestination, true
	case "monitorObject":
		return csta.OperationInvalidMonitorObject, true
	case "monitorCrossRefID":
		return csta.OperationInvalidMonitorCrossRefID, true
	case "requestedMonitorFilter", "requestedFilterList":
		return csta.OperationInvalidMonitorFilter, true
	case "crossRefIdentifier":
		return csta.OperationInvalidRouteingCrossRefID, true
	case "routeRegisterReqID":
		return csta.OperationInvalidRouteRegistrationCrossRefID, true
	case "remainRetries":
		return csta.OperationInvalidRemainRetry, true
	}
	return featureRefusal(parameter)
}

// featureRefusal is refusalOf for features of lines and phones.
func featureRefusal(parameter string) (csta.ErrorValue, bool) {
	switch parameter {
	case "activateForward":
		return csta.OperationInvalidForwardingFlag, true
	case "ringCount":
		return csta.OperationInvalidRingCount, true
	case "doNotDisturbOn":
		return csta.OperationInvalidDoNotDisturb, true
	case "autoAnswerOn", "numberOfRings":
		return csta.OperationInvalidAutoAnswer, true
	case "requestedAgentState":
		return csta.OperationInvalidAgentState, true
	case "messageWaitingOn":
		return csta.OperationInvalidMessageWaitingSetting, true
	case "microphoneMuteOn":
		return csta.OperationInvalidMicrophoneMute, true
	case "speakerMuteOn":
		return csta.OperationInvalidSpeakerMute, true
	case "speakerVolume":
		return csta.OperationInvalidSpeakerVolume, true
	case "button":
		return csta.OperationInvalidButtonIdentifier, true
	case "lamp":
		return csta.OperationInvalidLampID, true
	case "lampMode":
		return csta.OperationInvalidLampMode, true
	}
	return "", false
}

// SPDX-License-Identifier: Apache-2.0

package linefeatures

import "offhook.dev/services/phone-control/callmodel"

func refuse(category, value, detail string) *callmodel.Error {
	return &callmodel.Error{Category: category, Value: value, Detail: detail}
}

func operation(value, detail string) *callmodel.Error { return refuse("operation", value, detail) }

func errNoLine() *callmodel.Error { return operation("invalidDeviceID", "no such line") }

func errRouteing() *callmodel.Error {
	return operation("requestIncompatibleWithDevice", "an application routes the line's calls; it has no features")
}

func errForwardingType() *callmodel.Error {
	return operation("forwardingTypeOutOfRange", "no such forwarding type")
}

func errRings(value string) *callmodel.Error { return operation(value, "0 to 100 rings") }

func errNoDestination() *callmodel.Error {
	return operation("invalidForwardingDestination", "no destination is named, and none was set before")
}

func errDestination() *callmodel.Error {
	return operation("invalidForwardingDestination", "the number leads nowhere")
}

func errItself() *callmodel.Error {
	return operation("invalidForwardingDestination", "a line can't forward to itself")
}

func errBarred() *callmodel.Error {
	return operation("privilegeViolationDestinationDevice", "the dial plan does not allow the number")
}

// errNoTrunk has a category that is misspelt in the standard.
func errNoTrunk() *callmodel.Error {
	return refuse("systemResourceAvailibility", "networkOutOfService", "the target has no trunk")
}

func errAgentState(detail string) *callmodel.Error { return operation("invalidAgentState", detail) }

func errAgentStateWord() *callmodel.Error {
	return operation("agentStateOutOfRange", "no such agent state")
}

func errAgent(detail string) *callmodel.Error { return operation("invalidAgentIdentifier", detail) }

func errAgentGroup(detail string) *callmodel.Error { return operation("invalidAgentGroup", detail) }

func errAgents() *callmodel.Error {
	return refuse("systemResourceAvailibility", "resourceLimitExceeded", "the line has all the agents it may have")
}

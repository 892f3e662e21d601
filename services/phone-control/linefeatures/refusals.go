// SPDX-License-Identifier: Apache-2.0

package linefeatures

import "offhook.dev/services/phone-control/callmodel"

const (
	operation = "operation"
	// systemResource is misspelt in the standard.
	systemResource = "systemResourceAvailibility"
)

func refuse(category, value, detail string) *callmodel.Error {
	return &callmodel.Error{Category: category, Value: value, Detail: detail}
}

// Refusals.
var (
	errNoLine         = refuse(operation, "invalidDeviceID", "no such line")
	errRouteing       = refuse(operation, "requestIncompatibleWithDevice", "an application routes the line's calls; it has no features")
	errForwardingType = refuse(operation, "forwardingTypeOutOfRange", "no such forwarding type")
	errRingCount      = refuse(operation, "ringCountOutOfRange", "more rings than 100")
	errAutoAnswer     = refuse(operation, "autoAnswerOutOfRange", "more rings than 100")
	errNoDestination  = refuse(operation, "invalidForwardingDestination", "no destination is named, and none was set before")
	errDestination    = refuse(operation, "invalidForwardingDestination", "the number leads nowhere")
	errItself         = refuse(operation, "invalidForwardingDestination", "a line can't forward to itself")
	errBarred         = refuse(operation, "privilegeViolationDestinationDevice", "the dial plan does not allow the number")
	errNoTrunk        = refuse(systemResource, "networkOutOfService", "the target has no trunk")
	errStateWord      = refuse(operation, "agentStateOutOfRange", "no such agent state")
	errNoAgent        = refuse(operation, "invalidAgentState", "the agent is not logged on at the line")
	errAgentText      = refuse(operation, "invalidAgentIdentifier", "the identifier is longer than 64 bytes")
	errAgentElsewhere = refuse(operation, "invalidAgentIdentifier", "the agent is logged on at another line")
	errWhichAgent     = refuse(operation, "invalidAgentIdentifier", "more than one agent is logged on at the line")
	errGroupText      = refuse(operation, "invalidAgentGroup", "the group is longer than 64 bytes")
	errGroup          = refuse(operation, "invalidAgentGroup", "the agent is not logged on to the group")
	errAgents         = refuse(systemResource, "resourceLimitExceeded", "the line has all the agents it may have")
)

// SPDX-License-Identifier: Apache-2.0

package callmodel

// CallID names a call; unique over restarts and owners by Options.Prefix.
type CallID string

// DeviceID is a directory number of the target, or a number as dialled.
type DeviceID string

// RequestID is the caller's name for a service request until its Reply.
type RequestID uint64

// LegID is the driver's name for a call dialled by hand, until the model has
// given it its ConnectionID in Adopt.
type LegID uint64

// ConnectionID names a connection: a device in a call (ECMA-269, connection
// identifier). In services either part may be empty where exactly one
// connection matches the other.
type ConnectionID struct {
	Call   CallID
	Device DeviceID
}

// State is the state of a connection (ECMA-269, connection states).
type State uint8

// States of a connection.
const (
	Null State = iota
	Initiated
	Alerting
	Connected
	Hold
	Queued
	Fail
)

// String is the state's name in ECMA-323.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		return "unknown"
	}
	return stateNames[s]
}

var stateNames = [...]string{"null", "initiated", "alerting", "connected", "hold", "queued", "fail"}

// Cause is an ECMA-323 EventCause.
type Cause string

// Causes the model gives by itself. Drivers give others as they come.
const (
	CauseMakeCall          Cause = "makeCall"
	CauseNewCall           Cause = "newCall"
	CauseNormal            Cause = "normal"
	CauseNormalClearing    Cause = "normalClearing"
	CauseKeyOperation      Cause = "keyOperation"
	CauseCallCancelled     Cause = "callCancelled"
	CauseCallNotAnswered   Cause = "callNotAnswered"
	CauseBusy              Cause = "busy"
	CauseDoNotDisturb      Cause = "doNotDisturb"
	CauseNumberUnallocated Cause = "numberUnallocated"
	CauseDestOutOfOrder    Cause = "destOutOfOrder"
	CauseResources         Cause = "resourcesNotAvailable"
	CauseBlocked           Cause = "blocked"
	CauseMaintenance       Cause = "maintenance"
)

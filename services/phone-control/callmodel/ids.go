// SPDX-License-Identifier: Apache-2.0

package callmodel

// CallID names a call; unique over restarts and owners by Options.Prefix.
type CallID string

// DeviceID is a directory number of the target, or a number as dialled.
type DeviceID string

// RequestID is the caller's name for a service request until its Reply.
type RequestID uint64

// LegID names a leg: the driver's one dialog with a phone, or with the trunk.
// The model gives it, in Ring or Adopt; it is never used again. One leg may
// carry several connections of its device (consultation over the phone's only
// dialog), of which at most one is connected.
type LegID uint64

// DialledID is the driver's name for a call that came from a phone or the
// trunk, until Adopt has given it a leg.
type DialledID uint64

// ReferID is the driver's name for a phone's wish to transfer.
type ReferID uint64

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
	CauseMakeCall             Cause = "makeCall"
	CauseNewCall              Cause = "newCall"
	CauseNormal               Cause = "normal"
	CauseNormalClearing       Cause = "normalClearing"
	CauseKeyOperation         Cause = "keyOperation"
	CauseCallCancelled        Cause = "callCancelled"
	CauseCallNotAnswered      Cause = "callNotAnswered"
	CauseBusy                 Cause = "busy"
	CauseDoNotDisturb         Cause = "doNotDisturb"
	CauseNumberUnallocated    Cause = "numberUnallocated"
	CauseDestNotObtainable    Cause = "destNotObtainable"
	CauseDestOutOfOrder       Cause = "destOutOfOrder"
	CauseResources            Cause = "resourcesNotAvailable"
	CauseBlocked              Cause = "blocked"
	CauseMaintenance          Cause = "maintenance"
	CauseConsultation         Cause = "consultation"
	CauseAlternate            Cause = "alternate"
	CauseTransfer             Cause = "transfer"
	CauseSingleStepTransfer   Cause = "singleStepTransfer"
	CauseConference           Cause = "conference"
	CauseSingleStepConference Cause = "singleStepConference"
	CauseActiveParticipation  Cause = "activeParticipation"
	CauseSilentParticipation  Cause = "silentParticipation"
	CauseJoinCall             Cause = "joinCall"
	CauseRedirected           Cause = "redirected"
	CauseForwardImmediate     Cause = "callForwardImmediate"
	CauseForwardBusy          Cause = "callForwardBusy"
	CauseForwardNoAnswer      Cause = "callForwardNoAnswer"
	CauseForward              Cause = "callForward"
	CausePickup               Cause = "callPickup"
	CausePark                 Cause = "park"
	CauseRecall               Cause = "recall"
	CauseCallBack             Cause = "callBack"
	CauseTrunksBusy           Cause = "trunksBusy"
	CauseTimeout              Cause = "timeout"
	CauseTerminated           Cause = "switchingFunctionTerminated"
)

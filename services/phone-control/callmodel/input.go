// SPDX-License-Identifier: Apache-2.0

package callmodel

import "time"

// Input is what Step takes: a service (service.go), an indication of the
// driver, a change of configuration, or the time.
type Input interface{ isInput() }

// Dialled tells of a call that a phone or the trunk made. The model answers
// with Adopt or RejectDialled in the same step. A call that is adopted can fail
// in that step too: Release with the cause follows.
type Dialled struct {
	Dialled DialledID
	// From is the line whose phone dials, or the caller's number on the trunk.
	From DeviceID
	// Trunk is its name for a call from outside; empty for a phone of the target.
	Trunk  string
	Number string
	// Replaces is the leg of this driver that the call takes the place of
	// (RFC 3891); zero: none.
	Replaces LegID
	// Restricted: the caller does not want to be known.
	Restricted bool
	// RedirectedBy is who sent the call here from outside (Diversion, RFC 5806);
	// empty: nobody.
	RedirectedBy DeviceID
	// GlobalCallID as it came in, 32 hex digits; empty: none.
	GlobalCallID string
}

// LegRinging tells that the phone of a leg that Ring began rings.
type LegRinging struct{ Leg LegID }

// LegProceeds tells that the network beyond the trunk has the call of a leg
// that Ring began, and works on it.
type LegProceeds struct{ Leg LegID }

// LegAnswered tells that the phone of a leg that Ring began was picked up.
type LegAnswered struct{ Leg LegID }

// LegEnded tells that a phone refused, gave up, hung up, or is unreachable. The
// leg is gone; it is not released any more.
type LegEnded struct {
	Leg   LegID
	Cause Cause
}

// LegHeld and LegRetrieved tell what the user did at the phone. They are not
// told of what SetMedia brought about.
type LegHeld struct{ Leg LegID }

// LegRetrieved tells that the user took the call off hold at the phone.
type LegRetrieved struct{ Leg LegID }

// LegRedirects tells that a called phone wants its call elsewhere (302). The
// leg is gone.
type LegRedirects struct {
	Leg LegID
	To  string
}

// LegRefers tells that the user transfers at the phone (REFER). Referred ends
// it, in this step or later.
type LegRefers struct {
	Leg   LegID
	Refer ReferID
	// To is the number of a blind transfer.
	To string
	// Replaces is the leg of the same or another phone whose far party the far
	// party of Leg is to be joined with; zero: a blind transfer.
	Replaces LegID
}

// LegDigits tells of DTMF digits that a phone sent in its call.
type LegDigits struct {
	Leg    LegID
	Digits string
}

// MediaSet tells that the media of a leg are as SetMedia asked last. What an
// earlier SetMedia asked is not told of any more.
type MediaSet struct{ Leg LegID }

// CommandFailed tells that Answer, SendDigits or the last SetMedia of a leg
// could not be carried out. The leg stays as it was.
type CommandFailed struct {
	Leg     LegID
	Command CommandKind
	Error   *Error
}

// CommandKind tells which command failed.
type CommandKind uint8

// Commands that can fail.
const (
	AnswerCommand CommandKind = iota + 1
	SetMediaCommand
	SendDigitsCommand
)

// DigitsSent tells that SendDigits of a leg is done.
type DigitsSent struct{ Leg LegID }

// ServiceChanged tells that a line has a phone that can be reached, or none any
// more. Calls that are up stay.
type ServiceChanged struct {
	Device    DeviceID
	InService bool
}

// SetLines replaces the configuration. Calls of lines that are gone are cleared;
// of a number that is there twice, the first counts.
type SetLines struct {
	Lines []Line
	// Plan resolves dialled numbers; nil: every number is that of a line.
	Plan DialPlan
	// Trunk is the name of the target's trunk; empty: none. TrunkCalls bounds its
	// calls; zero: no bound of its own.
	Trunk      string
	TrunkCalls int
	// NoAnswer is how long a called line rings, Prompt how long MakeCall waits
	// for the caller to pick up.
	NoAnswer, Prompt time.Duration
	// RingDuration is one ring, for ring counts. RouteTimeout is how long an
	// application has to route a call, ParkTimeout how long a parked call waits
	// before it goes back, CallBackTimeout how long a wish to be called back is
	// kept. FailedTime is how long the caller of a MakeCall that failed stays in
	// the call; negative: not at all. Zero takes the default of each.
	RingDuration, RouteTimeout, ParkTimeout, CallBackTimeout, FailedTime time.Duration
	// ParkSlots are the numbers that calls are parked at.
	ParkSlots []DeviceID
	// MaxCalls of the target, and of a line that has no limit of its own.
	MaxCalls, MaxCallsPerLine int
	// MaxRedirections of one call, MaxParties of a conference. Zero takes the
	// default of each.
	MaxRedirections, MaxParties int
	// Drain refuses new calls.
	Drain bool
}

// Line is one directory number.
type Line struct {
	Number DeviceID
	// DisplayName is shown to called parties.
	DisplayName string
	// MaxCalls at a time; zero takes SetLines.MaxCallsPerLine.
	MaxCalls int
	// PickupGroup is empty for none.
	PickupGroup string
	// Routeing: an application routes its calls; it has no phones. DefaultRoute
	// is where they go without one.
	Routeing     bool
	DefaultRoute string
	// AlwaysInService: in service without a phone (CME's `cti notify`).
	AlwaysInService bool
}

// DialPlan tells what a dialled number means. It is pure and quick.
type DialPlan interface {
	Resolve(dialled string) Destination
}

// Destination is what a number means: exactly one of Line, External and
// Blocked, or none for a number that is no number.
type Destination struct {
	Line DeviceID
	// External is the number as the trunk is to be given it.
	External string
	// Shown is the external number as events name it; empty: as External.
	Shown   DeviceID
	Blocked bool
}

// Features tells the feature settings of lines. It lives on the model's
// goroutine and changes between steps only.
type Features interface {
	DoNotDisturb(line DeviceID) bool
	// Redirect tells where a call to a line goes under a condition; external: it
	// comes from outside the target. Kind is the ECMA-323 ForwardingType that
	// applies.
	Redirect(line DeviceID, when Condition, external bool) (to, kind string, ok bool)
	// NoAnswerRings is after how many rings ForwardNoAnswer applies.
	NoAnswerRings(line DeviceID, external bool) (rings int, ok bool)
	// CallerIDSuppressed: the line's number is not shown to others.
	CallerIDSuppressed(line DeviceID) bool
	// AutoAnswer tells after how many rings the line answers by itself.
	AutoAnswer(line DeviceID) (rings int, on bool)
}

// Condition is why a call is forwarded.
type Condition uint8

// Conditions of forwarding.
const (
	ForwardImmediate Condition = iota + 1
	ForwardBusy
	ForwardNoAnswer
	ForwardDoNotDisturb
)

// FeaturesChanged tells that settings of a line changed, so that calls that
// wait for it (call back after do not disturb) can go on.
type FeaturesChanged struct{ Line DeviceID }

// SessionGone tells that an application's session ended: its route
// registrations end.
type SessionGone struct{ Session string }

// Tick tells only the time; it is due at NextDeadline.
type Tick struct{}

func (MakeCall) isInput()                 {}
func (AnswerCall) isInput()               {}
func (ClearConnection) isInput()          {}
func (ClearCall) isInput()                {}
func (HoldCall) isInput()                 {}
func (RetrieveCall) isInput()             {}
func (AlternateCall) isInput()            {}
func (ConsultationCall) isInput()         {}
func (ReconnectCall) isInput()            {}
func (TransferCall) isInput()             {}
func (SingleStepTransferCall) isInput()   {}
func (ConferenceCall) isInput()           {}
func (SingleStepConferenceCall) isInput() {}
func (JoinCall) isInput()                 {}
func (DeflectCall) isInput()              {}
func (DirectedPickupCall) isInput()       {}
func (GroupPickupCall) isInput()          {}
func (ParkCall) isInput()                 {}
func (CallBack) isInput()                 {}
func (CallBackNonCallRelated) isInput()   {}
func (CancelCallBack) isInput()           {}
func (DialDigits) isInput()               {}
func (GenerateDigits) isInput()           {}
func (SendUserInformation) isInput()      {}
func (RouteRegister) isInput()            {}
func (RouteRegisterCancel) isInput()      {}
func (RouteSelect) isInput()              {}
func (RouteReject) isInput()              {}
func (RouteEnd) isInput()                 {}
func (Dialled) isInput()                  {}
func (LegRinging) isInput()               {}
func (LegProceeds) isInput()              {}
func (LegAnswered) isInput()              {}
func (LegEnded) isInput()                 {}
func (LegHeld) isInput()                  {}
func (LegRetrieved) isInput()             {}
func (LegRedirects) isInput()             {}
func (LegRefers) isInput()                {}
func (LegDigits) isInput()                {}
func (MediaSet) isInput()                 {}
func (CommandFailed) isInput()            {}
func (DigitsSent) isInput()               {}
func (ServiceChanged) isInput()           {}
func (SetLines) isInput()                 {}
func (FeaturesChanged) isInput()          {}
func (SessionGone) isInput()              {}
func (RegistrationsRestored) isInput()    {}
func (Tick) isInput()                     {}

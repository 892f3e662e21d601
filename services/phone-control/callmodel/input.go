// SPDX-License-Identifier: Apache-2.0

package callmodel

import "time"

// Input is what Step takes: a service, an indication of the driver, a change of
// configuration, or the time.
type Input interface{ isInput() }

// MakeCall calls a number from a line (ECMA-269, Make Call).
type MakeCall struct {
	Request RequestID
	Calling DeviceID
	// Called is the number as dialled.
	Called string
	// DoNotPrompt asks the caller's phone to go off hook by itself.
	DoNotPrompt bool
	// CorrelatorData and UserData are reported with the call's events.
	CorrelatorData, UserData []byte
}

// AnswerCall answers an alerting connection.
type AnswerCall struct {
	Request    RequestID
	Connection ConnectionID
}

// ClearConnection takes a connection out of its call.
type ClearConnection struct {
	Request    RequestID
	Connection ConnectionID
}

// HoldCall puts a connected connection on hold.
type HoldCall struct {
	Request    RequestID
	Connection ConnectionID
}

// RetrieveCall connects a held connection again.
type RetrieveCall struct {
	Request    RequestID
	Connection ConnectionID
}

// Dialled tells that a phone called a number by hand. The model answers with
// Adopt or RejectDialled in the same step. A call that is adopted can fail in
// that step too: Release with the cause follows.
type Dialled struct {
	Leg    LegID
	From   DeviceID
	Number string
}

// LegRinging tells that the phone of a called connection rings.
type LegRinging struct{ Connection ConnectionID }

// LegAnswered tells that a phone was picked up: that of a called connection, or
// the caller's that RingOriginator rang.
type LegAnswered struct{ Connection ConnectionID }

// LegEnded tells that a phone refused, gave up, hung up, or is unreachable. The
// leg is gone; the model releases only the other one.
type LegEnded struct {
	Connection ConnectionID
	Cause      Cause
}

// LegHeld tells that a connection is on hold, by command or by hand.
type LegHeld struct{ Connection ConnectionID }

// LegRetrieved tells that a connection is off hold, by command or by hand.
type LegRetrieved struct{ Connection ConnectionID }

// CommandFailed tells that Answer, Hold or Retrieve could not be carried out.
type CommandFailed struct {
	Connection ConnectionID
	Error      *Error
}

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
	// NoAnswer is how long a called line rings, Prompt how long MakeCall waits
	// for the caller to pick up.
	NoAnswer, Prompt time.Duration
	// MaxCalls of the target, and of a line that has no limit of its own.
	MaxCalls, MaxCallsPerLine int
	// Drain refuses new calls.
	Drain bool
}

// Line is one directory number.
type Line struct {
	Number       DeviceID
	DoNotDisturb bool
	// MaxCalls at a time; zero takes SetLines.MaxCallsPerLine.
	MaxCalls int
}

// Tick tells only the time; it is due at NextDeadline.
type Tick struct{}

func (MakeCall) isInput()        {}
func (AnswerCall) isInput()      {}
func (ClearConnection) isInput() {}
func (HoldCall) isInput()        {}
func (RetrieveCall) isInput()    {}
func (Dialled) isInput()         {}
func (LegRinging) isInput()      {}
func (LegAnswered) isInput()     {}
func (LegEnded) isInput()        {}
func (LegHeld) isInput()         {}
func (LegRetrieved) isInput()    {}
func (CommandFailed) isInput()   {}
func (ServiceChanged) isInput()  {}
func (SetLines) isInput()        {}
func (Tick) isInput()            {}

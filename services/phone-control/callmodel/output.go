// SPDX-License-Identifier: Apache-2.0

package callmodel

import "time"

// Output is what Step gives: a Command, a Reply, a TellRouteing or an Event.
type Output interface{ isOutput() }

// Command is an output for the driver.
type Command interface {
	Output
	isCommand()
}

// Adopt accepts a call that a phone or the trunk made, and names its leg.
type Adopt struct {
	Dialled DialledID
	Leg     LegID
	// Connection is for logs.
	Connection ConnectionID
}

// RejectDialled refuses a call that a phone or the trunk made.
type RejectDialled struct {
	Dialled DialledID
	Cause   Cause
}

// Ring calls the phones of a line, or a number on the trunk. LegProceeds,
// LegRinging, LegAnswered, LegRedirects or LegEnded follow.
type Ring struct {
	Leg LegID
	// Connection is for logs.
	Connection ConnectionID
	// Line is the line whose phones ring; empty: External is called on the trunk.
	Line     DeviceID
	External string
	// Shown is the other party as the phone shows it, RedirectedBy who sent the
	// call here (Diversion, RFC 5806) and RedirectedFor why.
	Shown         Party
	RedirectedBy  DeviceID
	RedirectedFor Cause
	// AutoAnswer asks the phone to go off hook by itself.
	AutoAnswer bool
	// Caller is the leg that this one is to be connected with when it answers:
	// what the phone offers and sends early goes there. Zero: none yet.
	Caller       LegID
	GlobalCallID string
}

// Party is who a phone is shown.
type Party struct {
	Number DeviceID
	Name   string
	// Restricted: number and name are not shown.
	Restricted bool
}

// Answer makes a ringing phone answer. LegAnswered or CommandFailed follows.
type Answer struct{ Leg LegID }

// SetMedia says what a leg's phone hears and who hears it, from now on and until
// the next SetMedia; for a leg that is not answered yet, once it is. MediaSet or
// CommandFailed follows where no later SetMedia comes first.
type SetMedia struct {
	Leg   LegID
	Media Media
}

// Media is the other end of a leg's media.
type Media struct {
	Kind MediaKind
	// Leg is the other one, for WithLeg. Both legs get a SetMedia that names the
	// other, in one step.
	Leg LegID
	// Conference is the one to join, for InConference.
	Conference CallID
	// ListenOnly: the party is not heard.
	ListenOnly bool
}

// MediaKind tells kinds of Media apart.
type MediaKind uint8

// Kinds of media.
const (
	// OnHold: the phone holds the call for its user: no media either way.
	OnHold MediaKind = iota
	// HeldByOther: the far party has put the call on hold: music, silence or
	// nothing as the target's configuration says.
	HeldByOther
	// Ringback: the far party's phone rings.
	Ringback
	// WithLeg: phone to phone.
	WithLeg
	// InConference: through the mixer.
	InConference
)

// Release ends a leg in whatever state it is. The leg is gone for the model;
// what the driver still says of it is passed over.
type Release struct {
	Leg   LegID
	Cause Cause
}

// SendDigits sends DTMF digits to the phone of a leg. DigitsSent or
// CommandFailed follows.
type SendDigits struct {
	Leg         LegID
	Digits      string
	Tone, Pause time.Duration
}

// Referred ends a phone's wish to transfer (LegRefers): Cause is empty where it
// is done. The model releases the legs that are left over.
type Referred struct {
	Refer ReferID
	Cause Cause
}

// Reply ends a service request, which has exactly one: Error is nil for a
// positive response.
type Reply struct {
	Request RequestID
	// Connection that the service made (MakeCall, ConsultationCall, transferred
	// or conferenced call, picked call, parked to), or that the request was
	// resolved to.
	Connection ConnectionID
	// Connections after a transfer or conference.
	Connections []ConnectionListItem
	// ID of a route registration, or the target of CallBack.
	ID    string
	Error *Error
}

// ConnectionListItem is one connection after a transfer or conference.
type ConnectionListItem struct {
	New ConnectionID
	// Old is empty where the connection is new.
	Old ConnectionID
	// Endpoint is the device of the connection.
	Endpoint DeviceID
}

// TellRouteing asks or tells the application that routes a call.
type TellRouteing struct {
	Session        string
	CrossRef       string
	RegistrationID string
	Kind           RouteingKind
	// Route is the current route, or the one used.
	Route         DeviceID
	Calling       DeviceID
	Routeing      DeviceID
	Connection    ConnectionID
	ReplyTimeout  time.Duration
	Data          Data
	GlobalCallID  string
	ErrorCategory string
	ErrorValue    string
}

// RouteingKind tells kinds of TellRouteing apart.
type RouteingKind uint8

// Kinds of TellRouteing.
const (
	RouteRequested RouteingKind = iota + 1
	ReRouteRequested
	RouteWasUsed
	RouteEnded
	RouteRegisterAborted
)

func (Adopt) isOutput()         {}
func (RejectDialled) isOutput() {}
func (Ring) isOutput()          {}
func (Answer) isOutput()        {}
func (SetMedia) isOutput()      {}
func (Release) isOutput()       {}
func (SendDigits) isOutput()    {}
func (Referred) isOutput()      {}
func (Reply) isOutput()         {}
func (TellRouteing) isOutput()  {}
func (*Event) isOutput()        {}

func (Adopt) isCommand()         {}
func (RejectDialled) isCommand() {}
func (Ring) isCommand()          {}
func (Answer) isCommand()        {}
func (SetMedia) isCommand()      {}
func (Release) isCommand()       {}
func (SendDigits) isCommand()    {}
func (Referred) isCommand()      {}

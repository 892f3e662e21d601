// SPDX-License-Identifier: Apache-2.0

package callmodel

import "time"

// Data is what an application ties to a call; it is reported with the call's
// events and kept across redirection, transfer and conference.
type Data struct {
	// Correlator and User are the text of correlatorData and userData as the
	// application wrote it; nil leaves what the call has.
	Correlator, User []byte
}

// MakeCall calls a number from a line (ECMA-269, Make Call).
type MakeCall struct {
	Request RequestID
	Calling DeviceID
	// Called is the number as dialled; empty: DialDigits brings it.
	Called string
	// DoNotPrompt asks the caller's phone to go off hook by itself.
	DoNotPrompt bool
	Data        Data
	// FirstLeg is the number of the user's remote phone, which is called in place
	// of the line's own phones (dial-via-office); empty: the line's phones.
	FirstLeg string
}

// AnswerCall answers an alerting connection.
type AnswerCall struct {
	Request    RequestID
	Connection ConnectionID
	Data       Data
}

// ClearConnection takes a connection out of its call. An alerting connection is
// rejected: its caller finds it busy.
type ClearConnection struct {
	Request    RequestID
	Connection ConnectionID
	Data       Data
	// Cause is the application's reason; empty: normalClearing.
	Cause Cause
}

// ClearCall takes all connections out of a call.
type ClearCall struct {
	Request    RequestID
	Connection ConnectionID
	Data       Data
	Cause      Cause
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

// AlternateCall holds one call of a device and connects its other one.
type AlternateCall struct {
	Request      RequestID
	Held, Active ConnectionID
}

// ConsultationCall holds a call and makes another one from the same device.
type ConsultationCall struct {
	Request   RequestID
	Existing  ConnectionID
	Consulted string
	Data      Data
	// Options bound what the consultation may end in.
	Options ConsultOptions
}

// ConsultOptions are ECMA-269's consult options.
type ConsultOptions uint8

// Consult options.
const (
	ConsultUnrestricted ConsultOptions = iota
	ConsultOnly
	ConsultTransferOnly
	ConsultConferenceOnly
)

// ReconnectCall clears the active call of a device and retrieves its held one.
type ReconnectCall struct {
	Request      RequestID
	Active, Held ConnectionID
}

// TransferCall joins the far parties of a device's two calls and takes the
// device out.
type TransferCall struct {
	Request      RequestID
	Held, Active ConnectionID
}

// SingleStepTransferCall sends the far party of a call to another number.
type SingleStepTransferCall struct {
	Request RequestID
	Active  ConnectionID
	To      string
	Data    Data
}

// ConferenceCall joins all parties of a device's two calls.
type ConferenceCall struct {
	Request      RequestID
	Held, Active ConnectionID
}

// SingleStepConferenceCall adds a number to a call.
type SingleStepConferenceCall struct {
	Request RequestID
	Active  ConnectionID
	Joining string
	// Silent: the new party hears, and is not heard.
	Silent bool
	Data   Data
}

// JoinCall lets a line join a call.
type JoinCall struct {
	Request RequestID
	// Call is any connection of the call.
	Call        ConnectionID
	Joining     DeviceID
	Silent      bool
	DoNotPrompt bool
	Data        Data
}

// DeflectCall sends an alerting (or waiting, or queued) connection's call to
// another number.
type DeflectCall struct {
	Request    RequestID
	Connection ConnectionID
	To         string
	Data       Data
}

// DirectedPickupCall answers at a line the call that rings or is parked at
// another device.
type DirectedPickupCall struct {
	Request    RequestID
	PickedUp   ConnectionID
	Requesting DeviceID
	Data       Data
}

// GroupPickupCall answers at a line the call that has rung longest in its
// pickup group, or in the group named.
type GroupPickupCall struct {
	Request RequestID
	Line    DeviceID
	Group   string
	Data    Data
}

// ParkCall leaves the far party of a call waiting at a park slot or a line.
type ParkCall struct {
	Request RequestID
	Parking ConnectionID
	// To is empty for a free slot.
	To   string
	Data Data
}

// CallBack asks to be called back when the party that is busy or does not
// answer is free.
type CallBack struct {
	Request    RequestID
	Connection ConnectionID
}

// CallBackNonCallRelated asks to be called back when a line is free.
type CallBackNonCallRelated struct {
	Request             RequestID
	Originating, Target DeviceID
}

// CancelCallBack takes a request to be called back away; all of the
// originating line where Target is empty.
type CancelCallBack struct {
	Request             RequestID
	Originating, Target DeviceID
}

// DialDigits dials (more of) the number of a call that is initiated.
type DialDigits struct {
	Request    RequestID
	Connection ConnectionID
	Digits     string
	Data       Data
}

// GenerateDigits sends DTMF digits to the other parties of a connection.
type GenerateDigits struct {
	Request    RequestID
	Connection ConnectionID
	// Digits are 0-9, *, #, A-D and "," for a pause.
	Digits string
	// Tone and Pause are zero for the driver's defaults.
	Tone, Pause time.Duration
}

// SendUserInformation ties data to a call that is up and tells all parties
// (CallInformation).
type SendUserInformation struct {
	Request    RequestID
	Connection ConnectionID
	Data       Data
}

// RouteRegister lets a session route the calls of routeing lines.
type RouteRegister struct {
	Request RequestID
	Session string
	// Device is empty for all of Allowed.
	Device  DeviceID
	Allowed []DeviceID
}

// RouteRegisterCancel ends a registration; all of the session where ID is
// empty.
type RouteRegisterCancel struct {
	Request RequestID
	Session string
	ID      string
}

// RouteSelect routes a call.
type RouteSelect struct {
	Request    RequestID
	Session    string
	CrossRef   string
	Route      string
	Alternates []string
	// RemainRetries is how often the application wants to be asked again;
	// negative: as the server likes.
	RemainRetries int
	UsedRequested bool
	Data          Data
}

// RouteReject refuses a call.
type RouteReject struct {
	Request  RequestID
	Session  string
	CrossRef string
	// Cause is ECMA-323's RejectCause.
	Cause string
}

// RouteEnd leaves a call to its default route.
type RouteEnd struct {
	Request  RequestID
	Session  string
	CrossRef string
}

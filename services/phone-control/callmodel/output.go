// SPDX-License-Identifier: Apache-2.0

package callmodel

// Output is what Step gives: a Command, a Reply or an Event.
type Output interface{ isOutput() }

// Command is an output for the driver.
type Command interface {
	Output
	isCommand()
}

// Adopt accepts a call dialled by hand and names its connection.
type Adopt struct {
	Leg        LegID
	Connection ConnectionID
}

// RejectDialled refuses a call dialled by hand.
type RejectDialled struct {
	Leg   LegID
	Cause Cause
}

// RingOriginator rings the phone of the caller of MakeCall. LegAnswered or
// LegEnded follows, within the prompt time.
type RingOriginator struct {
	Connection ConnectionID
	// Called is what the phone is shown as the other party.
	Called string
	// AutoAnswer asks the phone to go off hook by itself.
	AutoAnswer bool
}

// Offer rings the phones of a called connection. LegRinging, LegAnswered or
// LegEnded follows, within the no-answer time.
type Offer struct {
	Connection ConnectionID
	// From is the caller's connection, whose leg is up or has an INVITE waiting.
	From ConnectionID
}

// Answer makes a ringing phone answer. LegAnswered or CommandFailed follows.
type Answer struct{ Connection ConnectionID }

// PutOnHold holds a leg. LegHeld or CommandFailed follows.
type PutOnHold struct{ Connection ConnectionID }

// TakeOffHold retrieves a leg. LegRetrieved or CommandFailed follows.
type TakeOffHold struct{ Connection ConnectionID }

// Release ends a leg in whatever state it is. The connection is gone for the
// model; what the driver still says of it is passed over.
type Release struct {
	Connection ConnectionID
	Cause      Cause
}

// Reply ends a service request, which has exactly one: Error is nil for a
// positive response.
type Reply struct {
	Request RequestID
	// Connection of MakeCall's caller, or the one the request was resolved to.
	Connection ConnectionID
	Error      *Error
}

// Event is one occurrence.
type Event struct {
	Kind EventKind
	Call CallID
	// Connection is the one the event is about.
	Connection ConnectionID
	// Device is the event's own device: initiating, alerting, answering,
	// holding, retrieving, releasing or failing device.
	Device          DeviceID
	Calling, Called DeviceID
	Cause           Cause
	// Reported are the devices of the target it is reported to.
	Reported                 []Reported
	CorrelatorData, UserData []byte
	// reported has room for two parties, so that most events are one piece of
	// memory.
	reported [2]Reported
}

// Reported is a device an event is reported to, with its own connection state
// after the event.
type Reported struct {
	Device DeviceID
	State  State
}

// EventKind names an event without "Event", as in ECMA-269.
type EventKind uint8

// Kinds of event.
const (
	ServiceInitiated EventKind = iota + 1
	Originated
	Delivered
	Established
	Held
	Retrieved
	ConnectionCleared
	Failed
	CallCleared
	BackInService
	OutOfService
)

// String is the event's name.
func (k EventKind) String() string {
	if int(k) >= len(eventNames) {
		return "unknown"
	}
	return eventNames[k]
}

var eventNames = [...]string{
	"none", "ServiceInitiated", "Originated", "Delivered", "Established", "Held", "Retrieved",
	"ConnectionCleared", "Failed", "CallCleared", "BackInService", "OutOfService",
}

func (Adopt) isOutput()          {}
func (RejectDialled) isOutput()  {}
func (RingOriginator) isOutput() {}
func (Offer) isOutput()          {}
func (Answer) isOutput()         {}
func (PutOnHold) isOutput()      {}
func (TakeOffHold) isOutput()    {}
func (Release) isOutput()        {}
func (Reply) isOutput()          {}
func (*Event) isOutput()         {}

func (Adopt) isCommand()          {}
func (RejectDialled) isCommand()  {}
func (RingOriginator) isCommand() {}
func (Offer) isCommand()          {}
func (Answer) isCommand()         {}
func (PutOnHold) isCommand()      {}
func (TakeOffHold) isCommand()    {}
func (Release) isCommand()        {}

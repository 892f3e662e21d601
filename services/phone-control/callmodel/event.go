// SPDX-License-Identifier: Apache-2.0

package callmodel

// Event is one occurrence.
type Event struct {
	Kind EventKind
	Call CallID
	// Connection is the one the event is about; the primary old call of
	// Transferred and Conferenced, Secondary their secondary old call (empty after
	// a single step).
	Connection, Secondary ConnectionID
	// Device is the event's own device: initiating, alerting, answering, holding,
	// retrieving, releasing, failing, diverting, transferring, conferencing,
	// queueing or dialling device.
	Device          DeviceID
	Calling, Called DeviceID
	// LastRedirection redirected the call last; empty: nobody did.
	LastRedirection DeviceID
	// Other is the new destination, the device transferred to, the added party.
	Other DeviceID
	// AssociatedCalling is the remote phone that stands for the caller.
	AssociatedCalling DeviceID
	// Restricted: the caller does not want to be known.
	Restricted bool
	// Connections after a transfer or conference.
	Connections []ConnectionListItem
	// Digits dialled or generated.
	Digits string
	// Trunk of NetworkReached.
	Trunk string
	// Queued is how many wait, of Queued.
	Queued       int
	Cause        Cause
	GlobalCallID string
	// OldGlobalCallID is that of the secondary old call.
	OldGlobalCallID string
	// CallBackSet tells whether CallBack was set or taken away.
	CallBackSet bool
	// Reported are the devices of the target it is reported to.
	Reported []Reported
	Data     Data
	// reported has room for two parties, so that most events are one piece of
	// memory.
	reported [2]Reported
}

// Reported is a device an event is reported to, with its own connection state
// after the event.
type Reported struct {
	Device DeviceID
	State  State
	// Permitted is what the device may do in the call now.
	Permitted Services
}

// Services is a set of services: bits of cti.v1.PermittedService, 1 << value.
type Services uint64

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
	Offered
	NetworkReached
	Diverted
	Transferred
	Conferenced
	QueuedAt
	DigitsDialed
	DigitsGenerated
	CallInformation
	ServiceCompletionFailure
	CalledBack
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
	"ConnectionCleared", "Failed", "CallCleared", "BackInService", "OutOfService", "Offered",
	"NetworkReached", "Diverted", "Transfered", "Conferenced", "Queued", "DigitsDialed",
	"DigitsGenerated", "CallInformation", "ServiceCompletionFailure", "CallBack",
}

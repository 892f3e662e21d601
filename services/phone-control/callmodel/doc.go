// SPDX-License-Identifier: Apache-2.0

// Package callmodel is the call model of ECMA-269 for one target: which calls
// there are, the connections of each, and the state of every connection. It is
// a pure state machine: Step takes one input and the time, and gives what is to
// be done, in order. It has no goroutine, no clock and no I/O, and never knows
// SIP, XML or sessions.
//
// # Connection states
//
// A connection is a device in a call. States and who moves between them:
//
//	null ──MakeCall──▶ initiated ──picked up──▶ connected ──hold──▶ hold
//	null ──dialled by hand───────────────────▶ connected ◀─retrieve─┘
//	null ──called──▶ alerting ──answered─────▶ connected
//	                 alerting ──refused, no answer──▶ fail ──▶ null
//	any ──cleared, hung up──▶ null
//
// The called connection exists before its phone rings, but is null until then:
// it is in no event and no snapshot.
//
// # Events
//
// One Event is one occurrence with the devices of the target it is reported to
// and each one's own connection state afterwards (localConnectionInfo). A
// device is reported to while it is in the call, and once more by the
// ConnectionCleared that takes it out.
//
//	MakeCall            ServiceInitiated (makeCall), Originated (newCall) when
//	                    the caller's phone is picked up, Delivered (newCall),
//	                    Established (newCall)
//	dialled by hand     ServiceInitiated (normal), Originated (newCall), Delivered
//	                    (newCall), Established (newCall)
//	HoldCall            Held (normal); by hand Held (keyOperation)
//	RetrieveCall        Retrieved (normal); by hand Retrieved (keyOperation)
//	call can't complete Failed with the cause, then ConnectionCleared of the
//	                    called one if it was alerting, then of the caller
//	ClearConnection     ConnectionCleared (normalClearing) of that connection,
//	                    then of the other one, then CallCleared
//	caller gives up     ConnectionCleared (normalClearing) of the caller,
//	                    ConnectionCleared (callCancelled) of the called one
//
// # Order
//
// The Reply to a service comes before the events that it causes. HoldCall,
// RetrieveCall and AnswerCall are replied to when the phone has obeyed or
// refused, MakeCall and ClearConnection at once.
package callmodel

// SPDX-License-Identifier: Apache-2.0

// Package callmodel is the call model of ECMA-269 for one target: which calls
// there are, the connections of each, and the state of every connection. It is
// a pure state machine: Step takes one input and the time, and gives what is to
// be done, in order. It has no goroutine, no clock and no I/O, and never knows
// SIP, XML or sessions.
//
// # Connection states
//
// A connection is a device in a call (ECMA-269, "Connection" and "Connection
// states"). States and who moves between them:
//
//	null ──MakeCall──▶ initiated ──picked up──▶ connected ──hold──▶ hold
//	null ──dialled by hand───────────────────▶ connected ◀─retrieve─┘
//	null ──rung──▶ alerting ──answered───────▶ connected
//	               alerting ──refused, no answer──▶ fail ──▶ null
//	any ──cleared, hung up──▶ null
//
// The called connection exists before its phone rings, but is null until then:
// it is in no event and no snapshot. Where a called party can't even be rung
// (no such number, do not disturb, no phone, all calls taken), Failed names its
// connection to the caller alone; the snapshot of the caller shows it as fail.
//
// # Who sends what
//
// Applications send services (MakeCall, AnswerCall, ClearConnection, HoldCall,
// RetrieveCall), each of which gets exactly one Reply. The driver of the line
// side carries out commands and sends indications. A leg, the driver's call
// with one phone, is one connection:
//
//	begins   RingOriginator, Offer, or Adopt as the answer to Dialled
//	ends     Release by the model, or LegEnded by the driver; never both
//	between  Answer, PutOnHold and TakeOffHold, each of which is followed by
//	         LegAnswered, LegHeld or LegRetrieved, or by CommandFailed
//
// Indications that come too late (the leg was released in the same moment) or
// twice are passed over and counted. The owner of the clock sends Tick at
// NextDeadline; the configuration comes as SetLines, registrations as
// ServiceChanged.
//
// # Events
//
// One Event is one occurrence with the devices of the target it is reported to
// and each one's own connection state afterwards (localConnectionInfo). A
// device is reported to while it is in the call, and once more by the
// ConnectionCleared that takes it out. ECMA-269 describes each under the name
// of its service or event.
//
//	MakeCall            ServiceInitiated (makeCall), Originated (newCall) when
//	                    the caller's phone is picked up, by itself or by its
//	                    user, Delivered (newCall), Established (newCall)
//	dialled by hand     ServiceInitiated (normal), Originated (newCall), Delivered
//	                    (newCall), Established (newCall)
//	prompt not obeyed   ConnectionCleared (callNotAnswered, or the phone's cause)
//	HoldCall            Held (normal); by hand Held (keyOperation)
//	RetrieveCall        Retrieved (normal); by hand Retrieved (keyOperation)
//	call can't complete Failed with the cause, then ConnectionCleared of the
//	                    called one if it was alerting, then of the caller: at
//	                    once where the phone dialled, as the refusal of its
//	                    INVITE ends the call; after Options.FailedTime, or when
//	                    someone clears it first, where MakeCall made it
//	ClearConnection     ConnectionCleared (normalClearing) of that connection,
//	                    then of the other one, then CallCleared; whatever their
//	                    states, for a call of two ends with either
//	hung up             the same, with the phone's cause for its own connection
//	caller gives up     ConnectionCleared (normalClearing) of the caller,
//	                    ConnectionCleared (callCancelled) of the called one
//	line taken away     ConnectionCleared (maintenance) of both
//	registration gone   OutOfService; calls stay until their legs end
//
// Each side holds for itself: a connection on hold says nothing of the other
// one, and either is retrieved alone.
//
// # Replies
//
// The Reply to a service comes before the events that it causes. MakeCall
// (when the caller's connection is there) and ClearConnection are replied to at
// once, AnswerCall, HoldCall and RetrieveCall when the phone has obeyed or
// refused, or after Options.ServiceTimeout: a positive response to a phone that
// then does nothing would be of no use to anyone.
//
// AnswerCall and RetrieveCall are refused with connectedCallExists while
// another call of the line is connected: the model holds no call that nobody
// asked it to hold. Whether a phone can be made to answer is known to the
// driver, which says so by CommandFailed; the call rings on.
//
// A service whose connection is cleared while it waits is refused with
// invalidConnectionState, or noCallToAnswer where the ringing ended by itself.
package callmodel

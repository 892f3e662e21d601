// SPDX-License-Identifier: Apache-2.0

// Package callmodel is the call model of ECMA-269 for one target: which calls
// there are, the connections of each, the state of every connection, and what
// the phones' media are for that. It is a pure state machine: Step takes one
// input and the time, and gives what is to be done, in order. It has no
// goroutine, no clock and no I/O, and never knows SIP, XML or how an
// application is reached. Equal inputs give equal outputs.
//
// # Connections and legs
//
// A connection is a device in a call (ECMA-269, "Connection" and "Connection
// states"). A leg is the driver's dialog with one phone, or with the trunk. They
// are apart: over one leg a phone may have several connections, of which at most
// one is connected. A consultation by service makes its call over the leg that
// the phone has; a second call by hand, or one that waits, is a leg of its own.
// Services that need two calls of a device take both kinds.
//
//	null ──MakeCall──▶ initiated ──picked up──▶ connected ──hold──▶ hold
//	null ──dialled by hand───────────────────▶ connected ◀─retrieve─┘
//	null ──rung──▶ alerting ──answered───────▶ connected
//	               alerting ──refused, no answer──▶ fail ──▶ null
//	null ──parked, at a routeing line──▶ queued ──picked up, routed──▶ null
//	any ──cleared, hung up, diverted, transferred──▶ null
//
// A called connection exists before its phone rings, but is null until then: it
// is in no event and no snapshot. So is that of a line that is rung to pick a
// call up or to join one, until it is in the call. Where a called party can't
// even be rung, Failed names its connection to those in the call alone; the
// snapshot of the caller shows it as fail.
//
// A leg begins with Ring, or with Adopt as the answer to Dialled, and ends with
// Release by the model or with LegEnded or LegRedirects by the driver; never
// both. It is released when its last connection goes. A leg that ends clears
// all connections it carries, the active one first.
//
// # Media
//
// After each step the model knows what every leg is to hear and says SetMedia
// where that changed. A service that is done by media (HoldCall, RetrieveCall,
// AlternateCall, ReconnectCall, ConsultationCall) sets them first; when MediaSet
// has come for the legs of its device, connections change their states, the
// reply is given and the events are told. CommandFailed or the service time-out
// sets all media back. What the user did at the phone counts at once, and the
// media of that leg are said again even where they stay, as the driver waits for
// what comes of it.
//
//	two parties connected                   WithLeg, each the other's leg
//	one of them on hold                     its leg OnHold, the other HeldByOther
//	                                        also where its phone is on another call
//	three parties up, or a silent one       InConference; WithLeg when two remain
//	nobody has answered the caller yet      Ringback, if its leg is up
//	parked                                  HeldByOther
//	dialling, or the call has failed        OnHold
//
// A phone whose own INVITE is open hears nothing of this until its call is
// answered.
//
// # Events
//
// One Event is one occurrence with the lines of the target it is reported to,
// each one's own connection state afterwards and what it may do now. A line is
// reported to while it is in the call, and once more by the event that takes it
// out. Event.Call is the call after the event. ECMA-269 describes each under
// the name of its service or event.
//
//	MakeCall            ServiceInitiated (makeCall), Originated (newCall) when
//	                    the caller's phone is picked up, Delivered (newCall),
//	                    Established (newCall); without a number the connection
//	                    stays initiated, and DigitsDialed comes for each DialDigits
//	                    or key
//	dialled by hand     ServiceInitiated (normal), Originated (newCall), Delivered
//	                    (newCall), Established (newCall)
//	to the trunk        NetworkReached when the network has the call, then as above;
//	                    calls from the trunk begin with Delivered
//	MakeCall, FirstLeg  the same as MakeCall; the connection of the line is the
//	                    remote phone, which is the associated calling device
//	prompt not obeyed   ConnectionCleared (callNotAnswered, or the phone's cause)
//	HoldCall, Retrieve  Held, Retrieved (normal); by hand (keyOperation)
//	AlternateCall       Held and Retrieved (alternate)
//	ReconnectCall       ConnectionCleared (normalClearing), Retrieved (normal)
//	ConsultationCall    Held, ServiceInitiated and Originated (consultation),
//	                    Delivered, Established (newCall)
//	TransferCall, REFER Transfered (transfer): a new call with the global call id
//	                    of the held one. The far party may still ring.
//	SingleStepTransfer  Transfered (singleStepTransfer), then Delivered
//	                    (singleStepTransfer) and Established at the target, or
//	                    Failed to those who are left
//	ConferenceCall      Conferenced (conference): a new call, as above
//	SingleStepConference Delivered (singleStepConference) at the new party, and when
//	                    it answers Conferenced (activeParticipation or
//	                    silentParticipation); the call stays the same one
//	JoinCall            Conferenced (joinCall) when the line's phone is picked up
//	forwarding          Offered where the line was not rung, Diverted with the
//	                    cause of its kind, Delivered with the same at the next
//	DeflectCall, 302    Diverted (redirected), Delivered (redirected)
//	pickup              Diverted and Established (callPickup) when the line that
//	                    picks up answers; until then the call rings on
//	ParkCall            Diverted and Queued (park); after SetLines.ParkTimeout
//	                    Diverted and Delivered (recall) at who parked. The slot's
//	                    number, called, gives Transfered and Established
//	                    (callPickup): the parked party comes into the new call
//	INVITE with Replaces of a ringing leg as pickup, of another as Transfered
//	CallBack            CallBack set and taken away; ServiceInitiated and Originated
//	                    (callBack) when both are free. On no reply the other line
//	                    must have been used first.
//	routeing line       Queued; RouteSelect: Diverted (redirected), Delivered
//	GenerateDigits      DigitsGenerated, also for keys of a phone
//	call can't complete Failed with the cause, then ConnectionCleared of the
//	                    called one if it was alerting, then of the caller: at
//	                    once where the phone dialled, as the refusal of its
//	                    INVITE ends the call; after SetLines.FailedTime, or when
//	                    someone clears it first, where a service made it
//	reject              ClearConnection of an alerting connection: Failed (busy)
//	ClearConnection     ConnectionCleared (normalClearing) of that connection;
//	                    of the other one too, and CallCleared, where nobody is
//	                    left to talk to
//	hung up             the same, with the phone's cause for its own connection
//	caller gives up     ConnectionCleared (normalClearing) of the caller,
//	                    ConnectionCleared (callCancelled) of the called one
//	line taken away     ConnectionCleared (maintenance)
//	registration gone   OutOfService; calls stay until their legs end
//	promised in vain    ServiceCompletionFailure: a line that was rung to pick up or
//	                    join, or a conference that can't be mixed
//
// # Replies
//
// The Reply to a service comes before the events that it causes. AnswerCall,
// GenerateDigits and those done by media are replied to when the phones have
// obeyed or refused, or after Options.ServiceTimeout; all others at once. A
// service whose connection is cleared while it waits is refused with
// invalidConnectionState, or noCallToAnswer where the ringing ended by itself.
//
// The checks that refuse a service for its connection (check.go) are the ones
// that servicesPermitted asks, so that neither can differ from the other.
//
// AnswerCall and RetrieveCall are refused with connectedCallExists while
// another call of the line is connected: the model holds no call that nobody
// asked it to hold. A device can be in a call only once; what would bring it in
// twice is refused with notDifferentDevices.
//
// # Limits
//
// Calls of the target and of a line, legs on the trunk, parties of a call,
// redirections of a call, call backs of a line (8), registrations (1000),
// routes of one RouteSelect (16) and its retries (5) are bounded; what is one
// too many is refused, or fails. A call that a line forwarded before is not
// forwarded by it again. While the target drains, no call begins but for
// consultation.
package callmodel

// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"math/rand/v2"
	"slices"
)

// everyService that the interleavings must have carried out, by the input whose
// step brought the positive reply.
var everyService = []string{
	"MakeCall", "LegAnswered", "ClearConnection", "ClearCall", "MediaSet", "TransferCall", "SingleStepTransferCall",
	"ConferenceCall", "SingleStepConferenceCall", "JoinCall", "DeflectCall", "DirectedPickupCall", "GroupPickupCall",
	"ParkCall", "CallBack", "CallBackNonCallRelated", "CancelCallBack", "DialDigits", "DigitsSent",
	"SendUserInformation", "RouteRegister", "RouteRegisterCancel", "RouteSelect", "RouteReject", "RouteEnd",
}

// anyConnection is a connection of a line, rather one in a state that suits,
// rarely named in part.
func (w *world) anyConnection(who, more byte, suits ...State) ConnectionID {
	var all, suitable []ConnectionID
	for _, number := range append([]DeviceID{"1500"}, numbers...) {
		l := w.model.lines[number]
		if l == nil {
			continue
		}
		for _, n := range l.connections {
			if n.seen() {
				all = append(all, n.id)
			}
			if slices.Contains(suits, n.state) {
				suitable = append(suitable, n.id)
			}
		}
	}
	if n := w.model.parked["70"]; n != nil && slices.Contains(suits, Queued) {
		suitable = append(suitable, n.id)
	}
	if len(suitable) > 0 && who < 230 {
		all = suitable
	}
	if len(all) == 0 {
		return ConnectionID{Call: "c1", Device: "1001"}
	}
	id := all[int(who)%len(all)]
	switch more {
	case 1, 2:
		id.Call = ""
	case 3, 4:
		id.Device = ""
	}
	return id
}

// pairOf is a held and an active connection of the same device.
func (w *world) pairOf(who, more byte) (held, active ConnectionID) {
	active = w.anyConnection(who, more, Connected)
	held = w.anyConnection(who, more, Hold)
	for _, number := range numbers {
		number = numbers[(slices.Index(numbers, number)+int(who))%len(numbers)]
		if l := w.model.lines[number]; l != nil {
			for _, n := range l.connections {
				if other := n.counterpart(Hold); n.state == Connected && other != nil {
					return other.id, n.id
				}
			}
		}
	}
	return held, active
}

// serve is an application that wants something.
func (w *world) serve(what, who, more byte, number DeviceID, to string) {
	request := w.newRequest()
	data := Data{Correlator: []byte{who}}
	held, active := w.pairOf(who, more)
	connected := w.anyConnection(who, more, Connected)
	waiting := w.anyConnection(who, more, Alerting, Queued)
	switch what % 42 {
	case 0, 1, 2:
		in := MakeCall{Request: request, Calling: number, Called: to, DoNotPrompt: who%2 == 0, Data: data}
		if more%9 == 0 {
			in.Called = ""
		}
		if more%10 == 0 {
			in.FirstLeg = "05553"
		}
		w.step(in)
	case 3, 4:
		w.step(AnswerCall{Request: request, Connection: w.anyConnection(who, more, Alerting)})
	case 5:
		w.step(ClearConnection{Request: request, Connection: w.anyConnection(who, more, Alerting)})
	case 6:
		if more%3 == 0 {
			w.step(ClearCall{Request: request, Connection: connected})
			return
		}
		w.step(HoldCall{Request: request, Connection: connected})
	case 7:
		w.step(HoldCall{Request: request, Connection: connected})
	case 8, 9:
		w.step(RetrieveCall{Request: request, Connection: w.anyConnection(who, more, Hold)})
	case 10, 11:
		w.step(AlternateCall{Request: request, Held: held, Active: active})
	case 12:
		w.step(ReconnectCall{Request: request, Held: held, Active: active})
	case 13, 14, 15, 16, 17:
		w.step(ConsultationCall{Request: request, Existing: connected, Consulted: to, Data: data, Options: ConsultOptions(max(int(who%20)-16, 0))})
	case 18, 19:
		w.step(TransferCall{Request: request, Held: held, Active: active})
	case 20, 21, 37:
		w.step(ConferenceCall{Request: request, Held: held, Active: active})
	case 22:
		w.step(SingleStepTransferCall{Request: request, Active: connected, To: to})
	case 23, 24:
		w.step(SingleStepConferenceCall{Request: request, Active: connected, Joining: to, Silent: who%2 == 0})
	case 25:
		w.step(JoinCall{Request: request, Call: connected, Joining: number, Silent: who%3 == 0, DoNotPrompt: true})
	case 26:
		w.step(DeflectCall{Request: request, Connection: waiting, To: to})
	case 27:
		w.step(DirectedPickupCall{Request: request, PickedUp: waiting, Requesting: number})
	case 28:
		w.step(GroupPickupCall{Request: request, Line: number})
	case 29, 30:
		w.step(ParkCall{Request: request, Parking: connected, To: []string{"", "70", string(number)}[more%3]})
	case 31:
		w.step(CallBack{Request: request, Connection: connected})
	case 32:
		w.step(CallBackNonCallRelated{Request: request, Originating: number, Target: DeviceID(to)})
	case 33:
		w.step(CancelCallBack{Request: request, Originating: number})
	case 34:
		w.step(DialDigits{Request: request, Connection: w.anyConnection(who, more, Initiated), Digits: to})
	case 35:
		w.step(GenerateDigits{Request: request, Connection: connected, Digits: "12#"})
	case 36:
		w.step(SendUserInformation{Request: request, Connection: connected, Data: data})
	default:
		w.route(request, who, more, to)
	}
}

// route is an application that routes calls.
func (w *world) route(request RequestID, who, more byte, to string) {
	session, crossRef := "s"+string('0'+rune(who%2)), "none"
	if len(w.dialogues) > 0 {
		crossRef = w.dialogues[int(more)%len(w.dialogues)]
	}
	switch more % 10 {
	case 0, 8:
		w.step(RouteReject{Request: request, Session: session, CrossRef: crossRef, Cause: "busyOverflow"})
	case 1, 9:
		w.step(RouteEnd{Request: request, Session: session, CrossRef: crossRef})
	case 2:
		if who > 200 {
			w.step(RouteRegisterCancel{Request: request, Session: session})
			return
		}
		fallthrough
	case 3:
		w.step(RouteRegister{Request: request, Session: session, Device: "1500"})
	default:
		w.step(RouteSelect{
			Request: request, Session: session, CrossRef: crossRef, Route: to, Alternates: []string{"1003"},
			RemainRetries: int(who%4) - 1, UsedRequested: who%2 == 0,
		})
	}
}

// checkPermitted tries a service on a copy of the model and expects that it is
// refused exactly where it is not among those permitted.
func (w *world) checkPermitted(random *rand.Rand) {
	id := w.anyConnection(byte(random.Uint32()%230), 100, []State{Initiated, Alerting, Connected, Hold, Queued}[random.IntN(5)])
	call, err := w.model.SnapshotCall(id)
	if err != nil {
		return
	}
	for _, party := range call.Parties {
		if party.Connection != id {
			continue
		}
		service := random.IntN(20) + 1
		permitted := party.Permitted&(1<<service) != 0
		in := w.attempt(service, id, permitted)
		if in == nil {
			return
		}
		if refused := w.try(in); (refused == nil) != permitted {
			w.log = append(w.log, permittedNames(party.Permitted))
			w.fail("%T of %v: permitted %v, the service says %v", in, id, permitted, refused)
		}
	}
}

// attempt is a service with nothing against it but the state of a connection;
// nil: there is none now.
func (w *world) attempt(service int, id ConnectionID, permitted bool) Input {
	const request = 1 << 40
	var free DeviceID
	for _, l := range w.model.lines {
		if l.inService && !l.Routeing && len(l.connections) == 0 && l.PickupGroup != "" {
			free = max(free, l.Number)
		}
	}
	n := w.model.calls[id.Call].of(id.Device)
	held, active := ConnectionID{Device: id.Device}, ConnectionID{Device: id.Device}
	if n.state == Connected {
		active = id
	} else {
		held = id
	}
	switch Services(1) << service { //nolint:exhaustive // the others follow
	case permitAlternateCall:
		return AlternateCall{Request: request, Held: held, Active: active}
	case permitAnswerCall:
		return AnswerCall{Request: request, Connection: id}
	case permitCallBack:
		if n.state == Alerting {
			return nil // names the party that does not answer
		}
		return CallBack{Request: request, Connection: id}
	case permitClearCall:
		return ClearCall{Request: request, Connection: id}
	case permitClearConnection:
		return ClearConnection{Request: request, Connection: id}
	case permitConferenceCall:
		return ConferenceCall{Request: request, Held: held, Active: active}
	case permitConsultationCall:
		return ConsultationCall{Request: request, Existing: id, Consulted: "1001"}
	case permitDialDigits:
		return DialDigits{Request: request, Connection: id, Digits: "1"}
	case permitHoldCall:
		return HoldCall{Request: request, Connection: id}
	case permitParkCall:
		return ParkCall{Request: request, Parking: id}
	case permitReconnectCall:
		return ReconnectCall{Request: request, Held: held, Active: active}
	case permitRetrieveCall:
		return RetrieveCall{Request: request, Connection: id}
	case permitTransferCall:
		return TransferCall{Request: request, Held: held, Active: active}
	case permitGenerateDigits:
		return GenerateDigits{Request: request, Connection: id, Digits: "1"}
	}
	if free == "" {
		return nil
	}
	switch Services(1) << service { //nolint:exhaustive // those that name another device
	case permitDeflectCall:
		return DeflectCall{Request: request, Connection: id, To: string(free)}
	case permitDirectedPickupCall:
		return DirectedPickupCall{Request: request, PickedUp: id, Requesting: free}
	case permitGroupPickupCall:
		if permitted {
			return GroupPickupCall{Request: request, Line: free}
		}
	case permitJoinCall:
		return JoinCall{Request: request, Call: id, Joining: free}
	case permitSingleStepConferenceCall:
		return SingleStepConferenceCall{Request: request, Active: id, Joining: string(free)}
	case permitSingleStepTransferCall:
		return SingleStepTransferCall{Request: request, Active: id, To: string(free)}
	}
	return nil
}

// try gives an input to a copy of the model; it tells how it is refused at
// once.
func (w *world) try(in Input) *Error {
	features := make(testFeatures)
	m := newModel(features)
	for _, before := range w.inputs {
		if before.features != nil {
			before.features(features)
		}
		m.Step(before.input, before.now)
	}
	for _, output := range m.Step(in, w.now) {
		if reply, ok := output.(Reply); ok && reply.Request == 1<<40 {
			return reply.Error
		}
	}
	return nil
}

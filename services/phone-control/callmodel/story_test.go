// SPDX-License-Identifier: Apache-2.0

package callmodel

import (
	"fmt"
	"strings"
)

// service is the service that a command asks for, or nil.
func (s *story) service() Input {
	s.request++
	request, data := s.request, Data{}
	if text := s.key("data"); text != "" {
		data.Correlator = []byte(text)
	}
	connection, second, to := s.connection(s.word(0)), s.connection(s.word(1)), s.word(1)
	switch s.d.Cmd {
	case "make":
		return MakeCall{
			Request: request, Calling: DeviceID(s.word(0)), Called: strings.TrimPrefix(to, "-"),
			DoNotPrompt: !s.has("prompt"), FirstLeg: s.key("remote"), Data: data,
		}
	case "answer":
		return AnswerCall{Request: request, Connection: connection, Data: data}
	case "clear":
		return ClearConnection{Request: request, Connection: connection, Data: data}
	case "clear-call":
		return ClearCall{Request: request, Connection: connection, Data: data}
	case "hold":
		return HoldCall{Request: request, Connection: connection}
	case "retrieve":
		return RetrieveCall{Request: request, Connection: connection}
	case "alternate":
		return AlternateCall{Request: request, Held: connection, Active: second}
	case "reconnect":
		return ReconnectCall{Request: request, Held: connection, Active: second}
	case "consult":
		options := map[string]ConsultOptions{"only": ConsultOnly, "transfer": ConsultTransferOnly, "conference": ConsultConferenceOnly}
		return ConsultationCall{Request: request, Existing: connection, Consulted: to, Data: data, Options: options[s.key("for")]}
	case "transfer":
		return TransferCall{Request: request, Held: connection, Active: second}
	case "conference":
		return ConferenceCall{Request: request, Held: connection, Active: second}
	case "single-step-transfer":
		return SingleStepTransferCall{Request: request, Active: connection, To: to, Data: data}
	case "single-step-conference":
		return SingleStepConferenceCall{Request: request, Active: connection, Joining: to, Silent: s.has("silent"), Data: data}
	case "join":
		return JoinCall{Request: request, Call: connection, Joining: DeviceID(to), Silent: s.has("silent"), DoNotPrompt: true, Data: data}
	case "deflect":
		return DeflectCall{Request: request, Connection: connection, To: to, Data: data}
	case "pickup":
		return DirectedPickupCall{Request: request, PickedUp: connection, Requesting: DeviceID(to), Data: data}
	case "group-pickup":
		return GroupPickupCall{Request: request, Line: DeviceID(s.word(0)), Group: to, Data: data}
	case "park":
		return ParkCall{Request: request, Parking: connection, To: to, Data: data}
	case "call-back":
		return CallBack{Request: request, Connection: connection}
	case "call-back-line":
		return CallBackNonCallRelated{Request: request, Originating: DeviceID(s.word(0)), Target: DeviceID(to)}
	case "cancel-call-back":
		return CancelCallBack{Request: request, Originating: DeviceID(s.word(0)), Target: DeviceID(to)}
	case "dial":
		return DialDigits{Request: request, Connection: connection, Digits: to, Data: data}
	case "digits":
		return GenerateDigits{Request: request, Connection: connection, Digits: to}
	case "information":
		return SendUserInformation{Request: request, Connection: connection, Data: data}
	}
	s.request--
	return s.routeingService()
}

func (s *story) routeingService() Input {
	s.request++
	request := s.request
	switch s.d.Cmd {
	case "route-register":
		return RouteRegister{Request: request, Session: s.word(0), Device: DeviceID(s.word(1)), Allowed: []DeviceID{"1500", "1501"}}
	case "route-register-cancel":
		return RouteRegisterCancel{Request: request, Session: s.word(0), ID: s.word(1)}
	case "route-select":
		in := RouteSelect{
			Request: request, Session: s.word(0), CrossRef: s.word(1), Route: s.word(2), RemainRetries: -1,
			UsedRequested: s.has("used"),
		}
		if alternate := s.key("alternate"); alternate != "" {
			in.Alternates = []string{alternate}
		}
		if retries := s.key("retries"); retries != "" {
			in.RemainRetries = int(retries[0] - '0')
		}
		return in
	case "route-reject":
		return RouteReject{Request: request, Session: s.word(0), CrossRef: s.word(1), Cause: s.word(2)}
	case "route-end":
		return RouteEnd{Request: request, Session: s.word(0), CrossRef: s.word(1)}
	}
	s.request--
	return nil
}

// indication is what a command says that phones do, or nil.
func (s *story) indication() Input {
	leg := s.leg(s.word(0))
	switch s.d.Cmd {
	case "dialled":
		s.dialled++
		in := Dialled{Dialled: s.dialled, From: DeviceID(strings.TrimPrefix(s.word(0), "-")), Number: s.word(1), GlobalCallID: s.key("gcid"), RedirectedBy: DeviceID(s.key("by"))}
		if s.has("trunk") {
			in.Trunk = "pstn"
		}
		if replaces := s.key("replaces"); replaces != "" {
			in.Replaces = s.leg(replaces)
		}
		return in
	case "ringing":
		return LegRinging{leg}
	case "proceeds":
		return LegProceeds{leg}
	case "answered":
		return LegAnswered{leg}
	case "held":
		return LegHeld{leg}
	case "retrieved":
		return LegRetrieved{leg}
	case "media":
		return MediaSet{leg}
	case "ended":
		return LegEnded{Leg: leg, Cause: Cause(s.word(1))}
	case "redirects":
		return LegRedirects{Leg: leg, To: s.word(1)}
	case "refers":
		s.refer++
		return LegRefers{Leg: leg, Refer: s.refer, To: s.word(1), Replaces: s.leg(s.key("replaces"))}
	case "pressed":
		return LegDigits{Leg: leg, Digits: s.word(1)}
	case "sent":
		return DigitsSent{leg}
	case "failed":
		kind := SetMediaCommand
		if l := s.model.legs[leg]; l != nil && len(l.digits) > 0 {
			kind = SendDigitsCommand
		} else if l != nil && l.state == legRings {
			kind = AnswerCommand
		}
		return CommandFailed{Leg: leg, Command: kind, Error: refuse(operation, "requestIncompatibleWithDevice", "the phone can't")}
	case "service":
		return ServiceChanged{Device: DeviceID(s.word(0)), InService: s.word(1) == "in"}
	case "session-gone":
		return SessionGone{Session: s.word(0)}
	}
	return nil
}

func (s *story) snapshot(device DeviceID) string {
	snapshots, err := s.model.SnapshotDevice(device)
	if err != nil {
		return err.Error() + "\n"
	}
	var out strings.Builder
	for _, call := range snapshots {
		fmt.Fprintf(&out, "%s/%s %s, others %v, endpoint %s\n", call.Connection.Call, call.Connection.Device, call.State, call.Others, call.Endpoint)
	}
	return out.String()
}

func (s *story) snapshotCall(id ConnectionID) string {
	call, err := s.model.SnapshotCall(id)
	if err != nil {
		return err.Error() + "\n"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s calls %s, data %q, global id %s\n", call.Call, call.Calling, call.Called, call.Data.Correlator, call.GlobalCallID)
	for _, party := range call.Parties {
		fmt.Fprintf(&out, "%s/%s %s\n", party.Connection.Call, party.Connection.Device, party.State)
	}
	return out.String()
}

func (s *story) permitted(id ConnectionID) string {
	call, err := s.model.SnapshotCall(id)
	if err != nil {
		return err.Error() + "\n"
	}
	for _, party := range call.Parties {
		if party.Connection == id {
			return permittedNames(party.Permitted) + "\n"
		}
	}
	return "not in the call\n"
}

func permittedNames(set Services) string {
	names := []string{
		"alternate", "answer", "callBack", "clearCall", "clearConnection", "conference", "consultation", "deflect",
		"dialDigits", "directedPickup", "groupPickup", "hold", "join", "park", "reconnect", "retrieve",
		"singleStepConference", "singleStepTransfer", "transfer", "generateDigits",
	}
	var permitted []string
	for i, name := range names {
		if set&(1<<(i+1)) != 0 {
			permitted = append(permitted, name)
		}
	}
	return strings.Join(permitted, " ")
}

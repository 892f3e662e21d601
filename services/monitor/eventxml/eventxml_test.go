// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	ctiv1 "offhook.dev/proto/offhook/cti/v1"

	"offhook.dev/csta"
	"offhook.dev/services/deviceid"
)

var update = flag.Bool("update", false, "rewrite golden files")

func connection(call, device string) *ctiv1.ConnectionID {
	return &ctiv1.ConnectionID{CallId: call, DeviceId: device}
}

// examples has one event of each kind, as phone-control writes them.
func examples() map[Kind]*ctiv1.Event {
	agent := func(event ctiv1.AgentEvent) *ctiv1.Event {
		return &ctiv1.Event{Event: &ctiv1.Event_Agent{Agent: &ctiv1.Agent{AgentDevice: "1001", AgentId: "7", AcdGroup: "sales", Event: event}}}
	}
	return map[Kind]*ctiv1.Event{
		KindServiceInitiated: {Cause: "makeCall", AssociatedCallingDevice: "+15550199", Event: &ctiv1.Event_ServiceInitiated{ServiceInitiated: &ctiv1.ServiceInitiated{
			InitiatedConnection: connection("c1", "1001"), InitiatingDevice: "1001"}}},
		KindOriginated: {Cause: "newCall", AssociatedCallingDevice: "+15550199", Event: &ctiv1.Event_Originated{Originated: &ctiv1.Originated{
			OriginatedConnection: connection("c1", "1001"), CallingDevice: "1001", CalledDevice: "+15550100"}}},
		KindOffered: {Cause: "newCall", Event: &ctiv1.Event_Offered{Offered: &ctiv1.Offered{
			OfferedConnection: connection("c1", "1001"), OfferedDevice: "1001", CallingDevice: "1002", CalledDevice: "1001"}}},
		KindDelivered: {Cause: "callForwardBusy", LastRedirectionDevice: "1003", AssociatedCalledDevice: "1004", Event: &ctiv1.Event_Delivered{Delivered: &ctiv1.Delivered{
			Connection: connection("c1", "1002"), AlertingDevice: "1002", CallingDevice: "1001", CalledDevice: "1003"}}},
		KindNetworkReached: {Cause: "newCall", Event: &ctiv1.Event_NetworkReached{NetworkReached: &ctiv1.NetworkReached{
			OutboundConnection: connection("c1", "+15550100"), NetworkInterfaceUsed: "carrier", CallingDevice: "1001", CalledDevice: "+15550100"}}},
		KindEstablished: {Cause: "newCall", RestrictedDevice: "1002", Event: &ctiv1.Event_Established{Established: &ctiv1.Established{
			EstablishedConnection: connection("c1", "1001"), AnsweringDevice: "1001", CallingDevice: "1002", CalledDevice: "1001"}}},
		KindHeld: {Event: &ctiv1.Event_Held{Held: &ctiv1.Held{
			HeldConnection: connection("c1", "1001"), HoldingDevice: "1001"}}},
		KindRetrieved: {Cause: "keyOperation", Event: &ctiv1.Event_Retrieved{Retrieved: &ctiv1.Retrieved{
			RetrievedConnection: connection("c1", "1001"), RetrievingDevice: "1001"}}},
		KindDiverted: {Cause: "redirected", LastRedirectionDevice: "1001", Event: &ctiv1.Event_Diverted{Diverted: &ctiv1.Diverted{
			Connection: connection("c1", "1001"), DivertingDevice: "1001", NewDestination: "1002", CallingDevice: "1003", CalledDevice: "1001"}}},
		KindQueued: {Cause: "park", Event: &ctiv1.Event_Queued{Queued: &ctiv1.Queued{
			QueuedConnection: connection("c1", "7001"), Queue: "7001", CallingDevice: "1001", CalledDevice: "1002", NumberQueued: 2}}},
		KindTransferred: {Cause: "transfer", OldGlobalCallId: "00000000000000000000000000000002", Event: &ctiv1.Event_Transferred{Transferred: &ctiv1.Transferred{
			PrimaryOldCall: connection("c1", "1002"), SecondaryOldCall: connection("c2", "1002"), TransferringDevice: "1002", TransferredToDevice: "1003",
			TransferredConnections: []*ctiv1.ConnectionListItem{
				{NewConnection: connection("c3", "1001"), OldConnection: connection("c1", "1001"), Endpoint: "1001"},
				{NewConnection: connection("c3", "1003"), OldConnection: connection("c2", "1003"), Endpoint: "1003"},
			}}}},
		KindConferenced: {Cause: "activeParticipation", Event: &ctiv1.Event_Conferenced{Conferenced: &ctiv1.Conferenced{
			PrimaryOldCall: connection("c1", "1002"), ConferencingDevice: "1002", AddedParty: "1003",
			ConferenceConnections: []*ctiv1.ConnectionListItem{
				{NewConnection: connection("c1", "1001"), OldConnection: connection("c1", "1001"), Endpoint: "1001"},
				{NewConnection: connection("c1", "1003")},
			}}}},
		KindDigitsDialed: {Event: &ctiv1.Event_DigitsDialed{DigitsDialed: &ctiv1.DigitsDialed{
			DialingConnection: connection("c1", "1001"), DialingDevice: "1001", DialingSequence: "10"}}},
		KindDigitsGenerated: {Event: &ctiv1.Event_DigitsGenerated{DigitsGenerated: &ctiv1.DigitsGenerated{Connection: connection("c1", "1001"), Digits: "12#"}}},
		KindCallInformation: {Event: &ctiv1.Event_CallInformation{CallInformation: &ctiv1.CallInformation{
			Connection: connection("c1", "1001"), Device: "1001", CallingDevice: "1002"}}},
		KindServiceCompletionFailure: {Cause: "callNotAnswered", Event: &ctiv1.Event_ServiceCompletionFailure{ServiceCompletionFailure: &ctiv1.ServiceCompletionFailure{
			PrimaryCall: connection("c1", "1001")}}},
		KindConnectionCleared: {Cause: "normalClearing", Event: &ctiv1.Event_ConnectionCleared{ConnectionCleared: &ctiv1.ConnectionCleared{
			DroppedConnection: connection("c1", "1001"), ReleasingDevice: "1002"}}},
		KindFailed: {Cause: "busy", Event: &ctiv1.Event_Failed{Failed: &ctiv1.Failed{
			FailedConnection: connection("c1", ""), FailingDevice: "", CallingDevice: "1001", CalledDevice: "9"}}},
		KindCallCleared:  {Cause: "normalClearing", Event: &ctiv1.Event_CallCleared{CallCleared: &ctiv1.CallCleared{ClearedCall: "c1"}}},
		KindDoNotDisturb: {Event: &ctiv1.Event_DoNotDisturb{DoNotDisturb: &ctiv1.DoNotDisturb{Device: "1001", DoNotDisturbOn: true}}},
		KindForwarding: {Event: &ctiv1.Event_Forwarding{Forwarding: &ctiv1.Forwarding{
			Device: "1001", ForwardingType: "forwardNoAns", ForwardStatus: true, ForwardTo: "1002", RingCount: 3}}},
		KindCallBack:              {Event: &ctiv1.Event_CallBack{CallBack: &ctiv1.CallBack{OriginatingDevice: "1001", TargetDevice: "1002", CallBackSetCanceled: true}}},
		KindAutoAnswer:            {Event: &ctiv1.Event_AutoAnswer{AutoAnswer: &ctiv1.AutoAnswer{InvokingDevice: "1001", AutoAnswerOn: true, NumberOfRings: 2}}},
		KindCallerIDStatus:        {Event: &ctiv1.Event_CallerIdStatus{CallerIdStatus: &ctiv1.CallerIDStatus{InvokingDevice: "1001", CallerIdProvided: true}}},
		KindAgentLoggedOn:         agent(ctiv1.AgentEvent_AGENT_EVENT_LOGGED_ON),
		KindAgentLoggedOff:        agent(ctiv1.AgentEvent_AGENT_EVENT_LOGGED_OFF),
		KindAgentNotReady:         agent(ctiv1.AgentEvent_AGENT_EVENT_NOT_READY),
		KindAgentReady:            agent(ctiv1.AgentEvent_AGENT_EVENT_READY),
		KindAgentWorkingAfterCall: agent(ctiv1.AgentEvent_AGENT_EVENT_WORKING_AFTER_CALL),
		KindMessageWaiting:        {Event: &ctiv1.Event_MessageWaiting{MessageWaiting: &ctiv1.MessageWaiting{TargetDevice: "1001", MessageWaitingOn: true}}},
		KindMicrophoneMute:        {Event: &ctiv1.Event_MicrophoneMute{MicrophoneMute: &ctiv1.MicrophoneMute{InvokingDevice: "1001", MicrophoneMuteOn: true}}},
		KindSpeakerMute:           {Event: &ctiv1.Event_SpeakerMute{SpeakerMute: &ctiv1.SpeakerMute{InvokingDevice: "1001", SpeakerMuteOn: true}}},
		KindSpeakerVolume:         {Event: &ctiv1.Event_SpeakerVolume{SpeakerVolume: &ctiv1.SpeakerVolume{InvokingDevice: "1001", SpeakerVolume: 40}}},
		KindDisplayUpdated: {Event: &ctiv1.Event_DisplayUpdated{DisplayUpdated: &ctiv1.DisplayUpdated{
			Device: "1001", Rows: 2, Columns: 24, ContentsOfDisplay: "Bob & Co"}}},
		KindButtonPress:   {Event: &ctiv1.Event_ButtonPress{ButtonPress: &ctiv1.ButtonPress{Device: "1001", Button: "5"}}},
		KindLampMode:      {Event: &ctiv1.Event_LampMode{LampMode: &ctiv1.LampMode{Device: "1001", Lamp: "1", LampMode: "flutter"}}},
		KindBackInService: {Event: &ctiv1.Event_BackInService{BackInService: &ctiv1.BackInService{Device: "1001"}}},
		KindOutOfService:  {Cause: "maintenance", Event: &ctiv1.Event_OutOfService{OutOfService: &ctiv1.OutOfService{Device: "1001"}}},
	}
}

func writer() Writer {
	return Writer{
		Names: deviceid.Names{
			Form: deviceid.FormOf("tel:1001;phone-context=dialstring"), Texts: map[string]string{"1002": "sip:<1002>@lab&co"},
		},
		Target: "lab", Permitted: true,
	}
}

func TestGolden(t *testing.T) {
	events := examples()
	for _, kind := range Kinds() {
		t.Run(kind.Name(), func(t *testing.T) {
			event := events[kind]
			event.CorrelatorData, event.UserData = []byte("0fAB"), []byte("6869")
			event.GlobalCallId = "00000000000000000000000000000001"
			reported := &ctiv1.Reported{
				DeviceId: "1001", LocalConnectionInfo: ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED,
				ServicesPermitted: 1<<ctiv1.PermittedService_PERMITTED_SERVICE_HOLD_CALL | 1<<ctiv1.PermittedService_PERMITTED_SERVICE_GENERATE_DIGITS,
			}
			if got := KindOf(event); got != kind {
				t.Fatalf("kind is %d, want %d", got, kind)
			}
			var body []byte
			for _, edition := range []csta.Edition{csta.Edition3, csta.Edition6, csta.EditionNone} {
				message := writer().Message(event, reported)
				message.SetCrossRef("7")
				one := csta.Append(nil, message, edition)
				if edition != csta.EditionNone {
					if _, err := csta.Read(one, csta.ReadOptions{Strict: true}); err != nil {
						t.Errorf("edition %s is not what the schema says: %v", edition, err)
					}
				}
				body = append(append(body, one...), '\n')
			}
			basic := writer()
			basic.Basic = true
			message := basic.Message(event, reported)
			message.SetCrossRef("7")
			body = append(csta.Append(body, message, csta.Edition3), '\n')
			// A monitor on a call.
			message = writer().Message(event, nil)
			message.SetCrossRef("7")
			body = append(csta.Append(body, message, csta.Edition5), '\n')
			path := filepath.Join("testdata", kind.Name()+".xml.txt")
			if *update {
				if err := os.WriteFile(path, body, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(body)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryEventOfTheContractHasAKind fails when the contract gets an event
// that monitors do not report.
func TestEveryEventOfTheContractHasAKind(t *testing.T) {
	fields := (&ctiv1.Event{}).ProtoReflect().Descriptor().Oneofs().ByName("event").Fields()
	for i := range fields.Len() {
		event := &ctiv1.Event{}
		field := fields.Get(i)
		event.ProtoReflect().Set(field, protoreflect.ValueOfMessage(event.ProtoReflect().NewField(field).Message()))
		if event.GetAgent() != nil {
			continue // is one kind for each of its events, below
		}
		kind := KindOf(event)
		if kind == KindNone || kind.Name() == "" || kind.Message() == nil || (Writer{}).Message(event, nil) == nil {
			t.Errorf("event %s is not reported", field.Name())
		}
	}
	for value := range ctiv1.AgentEvent_name {
		event := &ctiv1.Event{Event: &ctiv1.Event_Agent{Agent: &ctiv1.Agent{Event: ctiv1.AgentEvent(value)}}}
		if known := value != 0; (KindOf(event) != KindNone) != known || ((Writer{}).Message(event, nil) != nil) != known {
			t.Errorf("agent event %d is not reported", value)
		}
	}
	if want := fields.Len() - 1 + len(ctiv1.AgentEvent_name) - 1; want != len(Kinds()) {
		t.Errorf("%d events, %d kinds", want, len(Kinds()))
	}
	if KindOf(&ctiv1.Event{}) != KindNone || (Writer{}).Message(&ctiv1.Event{}, nil) != nil {
		t.Error("an event of a later version has a kind")
	}
}

// TestAppendDevices finds every device that a message names.
func TestAppendDevices(t *testing.T) {
	numbers := regexp.MustCompile(`tel:([^;<]+)`)
	for kind, event := range examples() {
		got := AppendDevices(nil, event)
		slices.Sort(got)
		got = slices.Compact(got)
		message := Writer{Names: deviceid.Names{Form: deviceid.FormOf("tel:1;phone-context=x")}}.Message(event, &ctiv1.Reported{DeviceId: callingDevice(event)})
		message.SetCrossRef("7")
		var want []string
		for _, number := range numbers.FindAllStringSubmatch(string(csta.Append(nil, message, csta.Edition5)), -1) {
			want = append(want, number[1])
		}
		slices.Sort(want)
		if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind.Name(), diff)
		}
	}
}

func TestSet(t *testing.T) {
	set := NewSet([]string{"delivered", "outOfService", "conferenced"})
	for _, kind := range Kinds() {
		want := kind == KindDelivered || kind == KindOutOfService || kind == KindConferenced
		if set.Has(kind) != want {
			t.Errorf("%s is in the set: %v", kind.Name(), set.Has(kind))
		}
	}
	if NewSet(nil) != 0 {
		t.Error("no names give a set")
	}
}

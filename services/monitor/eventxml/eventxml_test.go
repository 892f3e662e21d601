// SPDX-License-Identifier: Apache-2.0

package eventxml

import (
	"flag"
	"os"
	"path/filepath"
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

// examples has one event of each kind.
func examples() map[Kind]*ctiv1.Event {
	return map[Kind]*ctiv1.Event{
		KindServiceInitiated: {Cause: "makeCall", Event: &ctiv1.Event_ServiceInitiated{ServiceInitiated: &ctiv1.ServiceInitiated{
			InitiatedConnection: connection("c1", "1001"), InitiatingDevice: "1001"}}},
		KindOriginated: {Cause: "newCall", Event: &ctiv1.Event_Originated{Originated: &ctiv1.Originated{
			OriginatedConnection: connection("c1", "1001"), CallingDevice: "1001", CalledDevice: "+15550100"}}},
		KindDelivered: {Cause: "newCall", Event: &ctiv1.Event_Delivered{Delivered: &ctiv1.Delivered{
			Connection: connection("c1", "1002"), AlertingDevice: "1002", CallingDevice: "1001", CalledDevice: "1002"}}},
		KindEstablished: {Cause: "newCall", Event: &ctiv1.Event_Established{Established: &ctiv1.Established{
			EstablishedConnection: connection("c1", "1002"), AnsweringDevice: "1002", CallingDevice: "1001", CalledDevice: "1002"}}},
		KindHeld: {Event: &ctiv1.Event_Held{Held: &ctiv1.Held{
			HeldConnection: connection("c1", "1001"), HoldingDevice: "1001"}}},
		KindRetrieved: {Cause: "keyOperation", Event: &ctiv1.Event_Retrieved{Retrieved: &ctiv1.Retrieved{
			RetrievedConnection: connection("c1", "1001"), RetrievingDevice: "1001"}}},
		KindConnectionCleared: {Cause: "normalClearing", Event: &ctiv1.Event_ConnectionCleared{ConnectionCleared: &ctiv1.ConnectionCleared{
			DroppedConnection: connection("c1", "1001"), ReleasingDevice: "1002"}}},
		KindFailed: {Cause: "busy", Event: &ctiv1.Event_Failed{Failed: &ctiv1.Failed{
			FailedConnection: connection("c1", ""), FailingDevice: "", CallingDevice: "1001", CalledDevice: "9"}}},
		KindCallCleared:   {Cause: "normalClearing", Event: &ctiv1.Event_CallCleared{CallCleared: &ctiv1.CallCleared{ClearedCall: "c1"}}},
		KindBackInService: {Event: &ctiv1.Event_BackInService{BackInService: &ctiv1.BackInService{Device: "1001"}}},
		KindOutOfService:  {Cause: "maintenance", Event: &ctiv1.Event_OutOfService{OutOfService: &ctiv1.OutOfService{Device: "1001"}}},
	}
}

func writer() Writer {
	return Writer{Names: deviceid.Names{
		Form: deviceid.FormOf("tel:1001;phone-context=dialstring"), Texts: map[string]string{"1002": "sip:<1002>@lab&co"},
	}}
}

func TestGolden(t *testing.T) {
	events := examples()
	for _, kind := range Kinds() {
		t.Run(kind.Name(), func(t *testing.T) {
			event := events[kind]
			event.CorrelatorData, event.UserData = []byte("0fAB"), []byte("6869")
			reported := &ctiv1.Reported{DeviceId: "1001", LocalConnectionInfo: ctiv1.LocalConnectionState_LOCAL_CONNECTION_STATE_CONNECTED}
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
		kind := KindOf(event)
		if kind == KindNone || kind.Name() == "" || kind.Message() == nil || (Writer{}).Message(event, nil) == nil {
			t.Errorf("event %s is not reported", field.Name())
		}
	}
	if fields.Len() != len(Kinds()) {
		t.Errorf("%d events, %d kinds", fields.Len(), len(Kinds()))
	}
	if KindOf(&ctiv1.Event{}) != KindNone || (Writer{}).Message(&ctiv1.Event{}, nil) != nil {
		t.Error("an event of a later version has a kind")
	}
}

func TestAppendDevices(t *testing.T) {
	for kind, event := range examples() {
		got := AppendDevices(nil, event)
		slices.Sort(got)
		got = slices.Compact(got)
		want := map[Kind][]string{
			KindServiceInitiated: {"1001"}, KindOriginated: {"+15550100", "1001"}, KindDelivered: {"1001", "1002"},
			KindEstablished: {"1001", "1002"}, KindHeld: {"1001"}, KindRetrieved: {"1001"}, KindConnectionCleared: {"1001", "1002"},
			KindFailed: {"1001", "9"}, KindBackInService: {"1001"}, KindOutOfService: {"1001"},
		}[kind]
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind.Name(), diff)
		}
	}
}

func TestSet(t *testing.T) {
	set := NewSet([]string{"delivered", "outOfService", "conferenced"})
	for _, kind := range Kinds() {
		want := kind == KindDelivered || kind == KindOutOfService
		if set.Has(kind) != want {
			t.Errorf("%s is in the set: %v", kind.Name(), set.Has(kind))
		}
	}
	if NewSet(nil) != 0 {
		t.Error("no names give a set")
	}
}

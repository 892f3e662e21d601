// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"reflect"
	"strings"
	"testing"
)

func TestPartiesOfEvents(t *testing.T) {
	tests := []struct {
		xml  string
		want SubjectDeviceID
	}{
		{"<deviceIdentifier>1</deviceIdentifier>", Subject(DeviceID{Text: "1"})},
		{"<deviceIdentifier/>", Subject(DeviceID{})},
		{"<notKnown/>", SubjectDeviceID{}},
		{"<restricted></restricted>", SubjectDeviceID{Kind: PartyRestricted}},
		{" 1001 ", Subject(DeviceID{Text: "1001"})},
		{"", SubjectDeviceID{}},
		{"<vendor/>", SubjectDeviceID{}},
	}
	for _, test := range tests {
		body := "<BackInServiceEvent><monitorCrossRefID>1</monitorCrossRefID><device>" + test.xml + "</device></BackInServiceEvent>"
		document, err := Read([]byte(body), ReadOptions{})
		if err != nil || document.Message.(*BackInServiceEvent).Device != test.want {
			t.Errorf("%s: %+v, %v", test.xml, document.Message, err)
		}
	}
}

func TestRedirectionDevices(t *testing.T) {
	for _, want := range []RedirectionDeviceID{
		{}, RedirectedBy(DeviceID{Text: "1"}), {Kind: RedirectionNotKnown}, {Kind: RedirectionNotSpecified}, {Kind: RedirectionRestricted},
	} {
		event := deliveredEvent()
		event.LastRedirectionDevice = want
		document, err := Read(Append(nil, event, Edition3), ReadOptions{Strict: true})
		if err != nil || document.Message.(*DeliveredEvent).LastRedirectionDevice != want {
			t.Errorf("%+v came back as %+v, %v", want, document.Message, err)
		}
	}
	if got := string(Append(nil, deliveredEvent(), Edition3)); !strings.Contains(got, "<lastRedirectionDevice><notRequired/></lastRedirectionDevice>") {
		t.Error("the zero value is not notRequired:", got)
	}
}

func TestConnectionsStandInAnyOrderAndAlone(t *testing.T) {
	tests := []struct {
		xml  string
		want ConnectionID
	}{
		{"<callID>7</callID><deviceID>1</deviceID>", ConnectionID{CallID: "7", DeviceID: DeviceID{Text: "1"}}},
		{"<deviceID>1</deviceID><callID>7</callID>", ConnectionID{CallID: "7", DeviceID: DeviceID{Text: "1"}}},
		{"<callID>7</callID>", ConnectionID{CallID: "7"}},
		{"<deviceID>1</deviceID>", ConnectionID{DeviceID: DeviceID{Text: "1"}}},
		{"", ConnectionID{}},
	}
	for _, test := range tests {
		document, err := Read([]byte("<HoldCall><callToBeHeld>"+test.xml+"</callToBeHeld></HoldCall>"), ReadOptions{})
		if err != nil || document.Message.(*HoldCall).CallToBeHeld != test.want {
			t.Errorf("%s: %+v, %v", test.xml, document.Message, err)
		}
	}
}

// TestEditionDifferencesAreReadInAnyEdition: both forms are taken whatever the
// namespace says.
func TestEditionDifferencesAreReadInAnyEdition(t *testing.T) {
	tests := []struct {
		body string
		want Message
	}{
		{"<DeflectCall><callToBeDiverted/><newDestination>1</newDestination></DeflectCall>", &DeflectCall{NewDestination: Destinations{{Text: "1"}}}},
		{"<DeflectCall><callToBeDiverted/><newDestination typeOfNumber='other'>1</newDestination></DeflectCall>", &DeflectCall{NewDestination: Destinations{{Text: "1", TypeOfNumber: TypeOfNumberOther}}}},
		{"<DeflectCall><callToBeDiverted/><newDestination> <device>1</device><device>2</device><x/></newDestination></DeflectCall>", &DeflectCall{NewDestination: Destinations{{Text: "1"}, {Text: "2"}}}},
		{"<SetLampMode><device>1</device><lamp>2</lamp><LampMode>off</LampMode></SetLampMode>", &SetLampMode{Device: DeviceID{Text: "1"}, Lamp: "2", LampMode: LampModeOff}},
		{"<SetLampMode><device>1</device><lamp>2</lamp><lampMode>off</lampMode></SetLampMode>", &SetLampMode{Device: DeviceID{Text: "1"}, Lamp: "2", LampMode: LampModeOff}},
		{"<ClearCall><callToBeCleared/><reason>normal</reason></ClearCall>", &ClearCall{Reason: EventCauseNormal}},
	}
	for _, test := range tests {
		document, err := Read([]byte(test.body), ReadOptions{})
		if err != nil || !reflect.DeepEqual(document.Message, test.want) {
			t.Errorf("%s: %+v, %v", test.body, document.Message, err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const lcsLine = `<lcs:line xmlns:lcs="http://schemas.microsoft.com/Lcs/2005/04/RCCExtension">tel:1001;phone-context=dialstring</lcs:line>`

func privateExtensions(content RawXML) *Extensions {
	return &Extensions{PrivateData: PrivateDataList{{Private: content}}}
}

type wildCase struct {
	message  Message
	edition  Edition
	encoding string
	missing  string // the child that is not there
	offence  string // part of the error of strict reading, empty for none
}

// wildCases are documents as applications and phones send them.
var wildCases = map[string]wildCase{
	"communicator-features": {message: &GetCSTAFeatures{Extensions: privateExtensions(lcsLine)}, edition: Edition3},
	"line-prefix-outside": {
		message: &RequestSystemStatus{Extensions: privateExtensions(
			`<lcs:line xmlns:lcs="http://schemas.microsoft.com/Lcs/2005/04/RCCExtension">tel:1001</lcs:line>` +
				`<lcs:line xmlns:lcs="http://schemas.microsoft.com/Lcs/2005/04/RCCExtension" lcs:kind="a">tel:1002</lcs:line>`)},
		edition: Edition3,
	},
	"no-namespace": {message: &MonitorStart{MonitorObject: MonitorObject{DeviceObject: &DeviceID{}}}},
	"prefixed": {
		message: &MonitorStart{
			MonitorObject: MonitorObject{DeviceObject: &DeviceID{Text: "1001", TypeOfNumber: TypeOfNumberDialingNumber}},
			MonitorType:   MonitorTypeDevice,
		},
		edition: Edition4, encoding: "utf-8",
	},
	"device-only-reversed": {
		message: &AnswerCall{CallToBeAnswered: ConnectionID{CallID: "7", DeviceID: DeviceID{Text: "1002", TypeOfNumber: "deviceID"}}},
		edition: Edition3, offence: `@typeOfNumber is "deviceID"`,
	},
	"vendor-children": {
		message: &MakeCall{CallingDevice: DeviceID{Text: "1001"}, CalledDirectoryNumber: DeviceID{Text: "2000"}},
		edition: Edition2, encoding: "UTF-8", offence: "MakeCall/callingDevice: not a child",
	},
	"latin1": {
		message: &MakeCall{CallingDevice: DeviceID{Text: "1001"}, CalledDirectoryNumber: DeviceID{Text: "2000"}, SubjectOfCall: "Müller & Söhne"},
		edition: Edition3, encoding: "ISO-8859-1",
	},
	"broken-namespace": {
		message: &SetDoNotDisturb{Device: DeviceID{Text: "1001"}, DoNotDisturbOn: true},
		edition: Edition5, offence: "not in a namespace",
	},
	"avaya-priv": {
		message: &SnapshotDevice{SnapshotObject: DeviceID{Text: "1001:switch:0", TypeOfNumber: TypeOfNumberOther, MediaClass: "notKnown"}},
		edition: Edition3,
	},
	"feature-event": {
		message: &DoNotDisturbEvent{Device: Subject(DeviceID{Text: "1001"})},
		edition: Edition3, encoding: "ISO-8859-1", missing: "monitorCrossRefID", offence: "DoNotDisturbEvent/device/: text instead",
	},
	"private-error": {message: &CSTAErrorCode{Category: ErrorCategoryPrivateErrorCode, Value: "URM Denied"}},
	"plain-account": {
		message: &MakeCall{CalledDirectoryNumber: DeviceID{Text: "+4930123"}, AccountCode: "Kunde 7"},
		edition: Edition4, offence: `MakeCall/accountCode is "Kunde 7", want hexBinary`,
	},
	"session-in-ed3": {
		message: &StartApplicationSession{
			ApplicationInfo: &ApplicationInfo{
				ApplicationID:           "app",
				ApplicationSpecificInfo: `<SessionLoginInfo xmlns="http://www.avaya.com/csta"><userName>u</userName></SessionLoginInfo>`,
			},
			RequestedProtocolVersions: ProtocolVersions{ProtocolVersion: []string{namespacePrefix + "3/priv2"}},
			RequestedSessionDuration:  new(180),
		},
		edition: Edition3,
	},
	"services-permitted": {
		message: &ServiceInitiatedEvent{
			MonitorCrossRefID:   "1169",
			InitiatedConnection: ConnectionID{CallID: "FF0001", DeviceID: DeviceID{Text: "4930100"}},
			InitiatingDevice:    Subject(DeviceID{Text: "N<4930100>;noa=nk"}),
			LocalConnectionInfo: LocalConnectionStateInitiated,
			Cause:               EventCauseMakeCall,
			ServicesPermitted: &ServicesPermitted{
				CallControlServices:      Flags{{Name: "clearConnection", Value: true}},
				CallAssociatedServices:   Flags{},
				MediaAttachementServices: Flags{},
				RouteingServices:         Flags{},
				VoiceServices:            Flags{},
			},
			MediaCallCharacteristics: &MediaCallCharacteristics{MediaClass: Flags{{Name: "voice", Value: true}, {Name: "image", Value: false}}},
			Extensions:               privateExtensions(`<v:permitted xmlns:v="urn:vendor"/>`),
		},
		edition: Edition4, encoding: "UTF-8",
	},
	"features-response": {
		message: &GetCSTAFeaturesResponse{SupportedServices: SupportedServices{CallControlServList: CapabilityList{
			{Name: "makeCall", Options: Flags{{Name: "autoOriginate", Value: true}}}, {Name: "answerCall"},
		}}},
		edition: Edition3, missing: "supportedEvents", offence: "answerCall: out of order",
	},
}

func TestWildDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/wild/*.xml")
	if err != nil || len(files) != len(wildCases) {
		t.Fatalf("%d files for %d cases, %v", len(files), len(wildCases), err)
	}
	for name, c := range wildCases {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile("testdata/wild/" + name + ".xml")
			if err != nil {
				t.Fatal(err)
			}
			document, err := Read(body, ReadOptions{})
			var missing *MissingChildError
			switch {
			case c.missing == "" && err != nil:
				t.Fatal(err)
			case c.missing != "" && (!asError(err, &missing) || missing.Child != c.missing):
				t.Fatalf("error %v, want %s missing", err, c.missing)
			}
			if !reflect.DeepEqual(document.Message, c.message) {
				t.Errorf("got  %s\nwant %s", Append(nil, document.Message, Edition3), Append(nil, c.message, Edition3))
			}
			if document.Edition != c.edition || document.Encoding != c.encoding && c.encoding != "" {
				t.Errorf("edition %s, encoding %q", document.Edition, document.Encoding)
			}
			_, err = Read(body, ReadOptions{Strict: true})
			if (err != nil) != (c.offence != "") || err != nil && !strings.Contains(err.Error(), c.offence) {
				t.Errorf("strict reading gives %v, want %q", err, c.offence)
			}
		})
	}
}

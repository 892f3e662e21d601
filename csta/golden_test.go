// SPDX-License-Identifier: Apache-2.0

package csta

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func line(number string) DeviceID {
	return DeviceID{Text: "tel:" + number + ";phone-context=dialstring"}
}

func connection(call CallID, number string) ConnectionID {
	return ConnectionID{CallID: call, DeviceID: line(number)}
}

func linkage(id string) *CallLinkageData {
	return &CallLinkageData{GlobalCallData: GlobalCallData{
		GlobalCallSwitchingSubDomainName: "office", GlobalCallLinkageID: GlobalCallLinkageID{GloballyUniqueCallLinkageID: id},
	}}
}

func transferred() *TransferedEvent {
	return &TransferedEvent{
		MonitorCrossRefID: "9", PrimaryOldCall: connection("17", "1001"), SecondaryOldCall: new(connection("18", "1001")),
		TransferringDevice: Subject(line("1001")), TransferredToDevice: Subject(line("1003")),
		TransferredConnections: []ConnectionListItem{{
			NewConnection: new(connection("19", "1002")), Endpoint: &Endpoint{DeviceID: new(line("1002"))},
		}, {
			NewConnection: new(connection("19", "1003")), Endpoint: &Endpoint{NotKnown: true},
		}},
		LocalConnectionInfo: LocalConnectionStateNull, Cause: EventCauseTransfer,
		CallLinkageDataList: &CallLinkageDataList{
			NewCallLinkageData: *linkage("0123456789ABCDEF0123456789ABCDEF"), OldCallLinkageData: *linkage("89ABCDEF0123456789ABCDEF01234567"),
		},
	}
}

type goldenCase struct {
	name    string
	edition Edition
	message Message
}

func goldenCases() []goldenCase {
	deflect := &DeflectCall{CallToBeDiverted: connection("17", "1002"), NewDestination: Destinations{line("1003"), line("1004")}}
	lamp := &SetLampMode{Device: line("1001"), Lamp: "2", LampMode: LampModeFlutter}
	initiated := &ServiceInitiatedEvent{
		MonitorCrossRefID: "9", InitiatedConnection: connection("17", "1001"), InitiatingDevice: Subject(line("1001")),
		CalledDevice: new(Subject(line("1002"))), LocalConnectionInfo: LocalConnectionStateInitiated, Cause: EventCauseMakeCall,
		ServicesPermitted: &ServicesPermitted{CallControlServices: Flags{{Name: "clearConnection", Value: true}}},
		LocationInfoList:  "<locationInfo/>",
	}
	return []goldenCase{
		{"request-system-status-response", Edition3, &RequestSystemStatusResponse{SystemStatus: SystemStatusNormal}},
		{"system-status", Edition5, &SystemStatus{SysStatRegisterID: "27", SystemStatus: SystemStatusMessagesLost}},
		{"monitor-start", Edition3, &MonitorStart{
			MonitorObject:          MonitorObject{DeviceObject: new(line("1001"))},
			RequestedMonitorFilter: &MonitorFilter{Callcontrol: Flags{{Name: "offered", Value: true}}, PhysicalDeviceFeature: Flags{{Name: "lampMode", Value: true}, {Name: "ringerStatus", Value: false}}},
			MonitorType:            MonitorTypeDevice,
		}},
		{"monitor-start-response", Edition4, &MonitorStartResponse{MonitorCrossRefID: "9", MonitorExistingCalls: new(true)}},
		{"monitor-stop", EditionNone, &MonitorStop{MonitorCrossRefID: "9"}},
		{"make-call", Edition3, &MakeCall{
			CallingDevice: line("1001"), CalledDirectoryNumber: DeviceID{Text: "+14255550123", TypeOfNumber: TypeOfNumberExplicitPublicInternational},
			AutoOriginate: AutoOriginateDoNotPrompt, CorrelatorData: &CorrelatorData{String: "0102"},
			SubjectOfCall: "R&D", Reason: EventCauseNormal, Extensions: privateExtensions(lcsLine),
		}},
		{"make-call-response", Edition3, &MakeCallResponse{CallingDevice: connection("17", "1001")}},
		{"answer-call-response", Edition3, &AnswerCallResponse{}},
		{"clear-connection", Edition3, &ClearConnection{ConnectionToBeCleared: ConnectionID{DeviceID: line("1001")}}},
		{"deflect-call-ed3", Edition3, deflect},
		{"deflect-call-ed6", Edition6, deflect},
		{"set-lamp-mode-ed3", Edition3, lamp},
		{"set-lamp-mode-ed6", Edition6, lamp},
		{"set-forwarding", Edition6, &SetForwarding{
			Device: line("1001"), ForwardingType: ForwardingTypeForwardNoAns, ActivateForward: true, ForwardDN: new(line("1002")), RingCount: new(3), RingDuration: new(12),
		}},
		{"snapshot-device-response-idle", Edition3, &SnapshotDeviceResponse{CrossRefIDorSnapshotData: SnapshotDeviceResult{SnapshotData: &SnapshotDeviceItems{}}}},
		{"snapshot-device-response", Edition3, &SnapshotDeviceResponse{CrossRefIDorSnapshotData: SnapshotDeviceResult{SnapshotData: &SnapshotDeviceItems{
			SnapshotDeviceResponseInfo: []SnapshotDeviceResponseInfo{{
				ConnectionIdentifier: connection("17", "1001"), EndpointDevice: new(Subject(line("1002"))),
				LocalCallState: LocalCallState{CompoundCallState: &CompoundCallState{LocalConnectionState: []LocalConnectionState{LocalConnectionStateConnected, LocalConnectionStateHold}}},
			}},
		}}}},
		{"service-initiated-ed3", Edition3, initiated},
		{"service-initiated-ed6", Edition6, initiated},
		{"delivered", Edition3, deliveredEvent()},
		{"established", Edition4, &EstablishedEvent{
			MonitorCrossRefID: "9", EstablishedConnection: connection("17", "1002"), AnsweringDevice: Subject(line("1002")),
			CallingDevice: SubjectDeviceID{Kind: PartyRestricted}, CalledDevice: Subject(line("1002")), LastRedirectionDevice: RedirectedBy(line("1003")),
			OriginatinNIDConnection: new(connection("17", "trunk")), LocalConnectionInfo: LocalConnectionStateConnected, Cause: EventCauseNewCall,
		}},
		{"connection-cleared", Edition3, &ConnectionClearedEvent{
			MonitorCrossRefID: "9", DroppedConnection: connection("17", "1001"), ReleasingDevice: Subject(line("1001")),
			LocalConnectionInfo: LocalConnectionStateNull, Cause: EventCauseNormalClearing,
		}},
		{"transfered", Edition3, transferred()},
		{"forwarding-event", Edition3, &ForwardingEvent{
			MonitorCrossRefID: "9", Device: Subject(line("1001")), ForwardingType: ForwardingTypeForwardImmediate, ForwardStatus: true, ForwardTo: new(line("1002")),
		}},
		{"error", Edition3, NewError(OperationInvalidDeviceID)},
		{"error-unspecified", Edition3, &CSTAErrorCode{Category: ErrorCategoryUnspecified}},
		{"start-application-session-response", Edition3, &StartApplicationSessionPosResponse{SessionID: "s1", ActualProtocolVersion: Edition3.Namespace(), ActualSessionDuration: 180}},
	}
}

func TestGolden(t *testing.T) {
	cases := goldenCases()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join("testdata", "golden", c.name+".xml")
			got := Append(nil, c.message, c.edition)
			if *update {
				if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got)+"\n" != string(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			document, err := Read(want, ReadOptions{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if again := Append(nil, document.Message, c.edition); string(again) != string(got) {
				t.Errorf("reads as %s", again)
			}
		})
	}
	files, err := filepath.Glob("testdata/golden/*.xml")
	if err != nil || len(files) != len(cases) {
		t.Errorf("%d golden files for %d cases", len(files), len(cases))
	}
}

// TestGoldenMakeCallIsReadWhole compares every field, which TestGolden leaves
// to the writer.
func TestGoldenMakeCallIsReadWhole(t *testing.T) {
	body, err := os.ReadFile("testdata/golden/make-call.xml")
	if err != nil {
		t.Fatal(err)
	}
	document, err := Read(body, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := &MakeCall{
		CallingDevice: line("1001"), CalledDirectoryNumber: DeviceID{Text: "+14255550123", TypeOfNumber: TypeOfNumberExplicitPublicInternational},
		AutoOriginate: AutoOriginateDoNotPrompt, CorrelatorData: &CorrelatorData{String: "0102"},
		SubjectOfCall: "R&D", Extensions: privateExtensions(lcsLine),
	}
	if !reflect.DeepEqual(document.Message, want) {
		t.Errorf("got %+v", document.Message)
	}
}

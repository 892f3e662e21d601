// SPDX-License-Identifier: Apache-2.0

package cstaclient_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"offhook.dev/csta"
	"offhook.dev/services/cstaclient"
)

func TestSummarize(t *testing.T) {
	subject := func(number string) csta.SubjectDeviceID { return csta.Subject(csta.DeviceID{Text: number}) }
	connection := cstaclient.Connection("c1", "1002")
	calling, called := subject("1001"), subject("1002")
	const state, cause = csta.LocalConnectionStateAlerting, csta.EventCauseNewCall
	at := cstaclient.Summary{Monitor: "7", CallID: "c1", Device: "1002", LocalState: state, Cause: cause}
	between := at
	between.Calling, between.Called = "1001", "1002"
	detailed := func(summary cstaclient.Summary, detail string) cstaclient.Summary {
		summary.Detail = detail
		return summary
	}
	feature := func(detail string) cstaclient.Summary {
		return cstaclient.Summary{Monitor: "7", Device: "1002", Detail: detail}
	}
	connections := []csta.ConnectionListItem{{NewConnection: new(cstaclient.Connection("c2", "1003"))}}
	tests := []struct {
		event csta.Event
		want  cstaclient.Summary
		text  string
	}{
		{&csta.ServiceInitiatedEvent{InitiatedConnection: connection, LocalConnectionInfo: state, Cause: cause}, at,
			"ServiceInitiated  1002        local alerting  cause newCall         call c1"},
		{&csta.OriginatedEvent{OriginatedConnection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"Originated        1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.DeliveredEvent{Connection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"Delivered         1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.EstablishedEvent{EstablishedConnection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"Established       1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.FailedEvent{FailedConnection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"Failed            1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.HeldEvent{HeldConnection: connection, LocalConnectionInfo: state, Cause: cause}, at,
			"Held              1002        local alerting  cause newCall         call c1"},
		{&csta.RetrievedEvent{RetrievedConnection: connection, LocalConnectionInfo: state, Cause: cause}, at,
			"Retrieved         1002        local alerting  cause newCall         call c1"},
		{&csta.ConnectionClearedEvent{DroppedConnection: connection, LocalConnectionInfo: state, Cause: cause}, at,
			"ConnectionCleared 1002        local alerting  cause newCall         call c1"},
		{&csta.BackInServiceEvent{Device: called}, cstaclient.Summary{Monitor: "7", Device: "1002"}, "BackInService     1002"},
		{&csta.OutOfServiceEvent{Device: called}, cstaclient.Summary{Monitor: "7", Device: "1002"}, "OutOfService      1002"},
		{&csta.OfferedEvent{OfferedConnection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"Offered           1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.QueuedEvent{QueuedConnection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"Queued            1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.NetworkReachedEvent{OutboundConnection: connection, CallingDevice: calling, CalledDevice: called, LocalConnectionInfo: state, Cause: cause}, between,
			"NetworkReached    1002        local alerting  cause newCall         1001 -> 1002 call c1"},
		{&csta.DigitsDialedEvent{DialingConnection: connection, DialingSequence: "12", LocalConnectionInfo: state, Cause: cause}, detailed(at, "digits 12"),
			"DigitsDialed      1002        local alerting  cause newCall         digits 12 call c1"},
		{&csta.DivertedEvent{Connection: connection, NewDestination: calling, LocalConnectionInfo: state, Cause: cause}, detailed(at, "to 1001"),
			"Diverted          1002        local alerting  cause newCall         to 1001 call c1"},
		{&csta.TransferedEvent{PrimaryOldCall: connection, TransferringDevice: called, TransferredToDevice: calling, TransferredConnections: connections, LocalConnectionInfo: state, Cause: cause},
			detailed(at, "by 1002 to 1001 now call c2"),
			"Transfered        1002        local alerting  cause newCall         by 1002 to 1001 now call c2 call c1"},
		{&csta.ConferencedEvent{PrimaryOldCall: connection, ConferencingDevice: called, AddedParty: calling, LocalConnectionInfo: state, Cause: cause},
			detailed(at, "by 1002 with 1001"),
			"Conferenced       1002        local alerting  cause newCall         by 1002 with 1001 call c1"},
		{&csta.CallClearedEvent{ClearedCall: csta.ConnectionID{CallID: "c1"}, Cause: cause}, cstaclient.Summary{Monitor: "7", CallID: "c1", Cause: cause},
			"CallCleared                   cause newCall         call c1"},
		{&csta.DoNotDisturbEvent{Device: called, DoNotDisturbOn: true}, feature("on"), "DoNotDisturb      1002        on"},
		{&csta.ForwardingEvent{Device: called, ForwardingType: csta.ForwardingTypeForwardBusy, ForwardStatus: true, ForwardTo: &csta.DeviceID{Text: "1003"}},
			feature("forwardBusy on to 1003"), "Forwarding        1002        forwardBusy on to 1003"},
		{&csta.MessageWaitingEvent{TargetDevice: called}, feature("off"), "MessageWaiting    1002        off"},
		{&csta.AutoAnswerEvent{InvokingDevice: called, AutoAnswerOn: true}, feature("on"), "AutoAnswer        1002        on"},
		{&csta.CallerIDStatusEvent{InvokingDevice: called}, feature("off"), "CallerIDStatus    1002        off"},
		{&csta.CallBackEvent{OriginatingDevice: called, TargetDevice: calling, CallBackSetCanceled: true}, feature("on to 1001"), "CallBack          1002        on to 1001"},
		{&csta.MicrophoneMuteEvent{InvokingDevice: called, MicrophoneMuteOn: true}, feature("on"), "MicrophoneMute    1002        on"},
		{&csta.SpeakerMuteEvent{InvokingDevice: called}, feature("off"), "SpeakerMute       1002        off"},
		{&csta.DigitsGeneratedEvent{Connection: connection}, cstaclient.Summary{Monitor: "7", CallID: "c1", Device: "1002"}, "DigitsGenerated   1002        call c1"},
		{&csta.CallInformationEvent{Connection: connection}, cstaclient.Summary{Monitor: "7", CallID: "c1", Device: "1002"}, "CallInformation   1002        call c1"},
		{&csta.HookswitchEvent{}, cstaclient.Summary{Monitor: "7"}, "Hookswitch"},
		{&csta.DeliveredEvent{Connection: connection, CallingDevice: csta.SubjectDeviceID{Kind: csta.PartyRestricted}},
			cstaclient.Summary{Monitor: "7", CallID: "c1", Device: "1002", Calling: "restricted", Called: "not known"},
			"Delivered         1002        restricted -> not known call c1"},
	}
	for _, test := range tests {
		t.Run(test.event.Element(), func(t *testing.T) {
			test.event.SetCrossRef("7")
			got := cstaclient.Summarize(test.event)
			test.want.Event = got.Event
			if got.Event+"Event" != test.event.Element() {
				t.Errorf("event is called %q", got.Event)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.text, got.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

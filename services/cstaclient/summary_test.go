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

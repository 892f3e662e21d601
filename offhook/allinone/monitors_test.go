// SPDX-License-Identifier: Apache-2.0

package allinone_test

import (
	"errors"
	"testing"

	"offhook.dev/csta"
	"offhook.dev/offhook/allinone/allinonetest"
	"offhook.dev/offhook/softphone"
	"offhook.dev/services/cstaclient"
)

// TestMonitorsOfTwoSessions: what MakeCall carries comes back in the events, a
// true bit of a filter keeps an event away, and a monitor can be stopped by its
// own session only.
func TestMonitorsOfTwoSessions(t *testing.T) {
	process := allinonetest.Start(t, allinonetest.Options(allinonetest.Quickstart(t)))
	server := process.Server("tcp")
	for _, number := range []string{"1001", "1002"} {
		phone(t, softphone.Settings{Number: number, Password: "pw" + number, Registrar: server, Transport: "tcp"})
	}
	ctx := t.Context()
	// Each is an application of its own: the same one would replace its session.
	open := func() *cstaclient.Session {
		client, err := cstaclient.New(ctx, cstaclient.Options{Server: server})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		session, err := client.Open(ctx, cstaclient.SessionOptions{User: "alice", Password: "alice-secret", Line: "1001"})
		if err != nil {
			t.Fatal(err)
		}
		return session
	}
	all, filtered := open(), open()
	monitor, err := all.MonitorStart(ctx, "1001")
	if err != nil {
		t.Fatal(err)
	}
	request := &csta.MonitorStart{RequestedMonitorFilter: &csta.MonitorFilter{}}
	request.MonitorObject.DeviceObject = &csta.DeviceID{Text: "1001"}
	request.RequestedMonitorFilter.Exclude(&csta.OriginatedEvent{})
	request.RequestedMonitorFilter.Exclude(&csta.ServiceInitiatedEvent{})
	if _, err := filtered.Invoke(ctx, request); err != nil {
		t.Fatal(err)
	}

	var refused *cstaclient.ServiceError
	if err := filtered.MonitorStop(ctx, monitor); !errors.As(err, &refused) || refused.Value != "invalidMonitorCrossRefID" {
		t.Errorf("stopping another session's monitor gives %v", err)
	}

	made, err := all.Invoke(ctx, &csta.MakeCall{
		CallingDevice: csta.DeviceID{Text: "1001"}, CalledDirectoryNumber: csta.DeviceID{Text: "1002"},
		AutoOriginate: csta.AutoOriginateDoNotPrompt, CorrelatorData: &csta.CorrelatorData{String: "CAFE01"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if first := <-all.Events(); cstaclient.Summarize(first).Event != "ServiceInitiated" {
		t.Errorf("the first event is %s", first.Element())
	}
	for event := range all.Events() {
		delivered, ok := event.(*csta.DeliveredEvent)
		if !ok {
			continue
		}
		if delivered.CorrelatorData == nil || delivered.CorrelatorData.String != "CAFE01" {
			t.Errorf("Delivered carries %+v", delivered.CorrelatorData)
		}
		break
	}
	if first := <-filtered.Events(); cstaclient.Summarize(first).Event != "Delivered" {
		t.Errorf("the first event past the filter is %s", first.Element())
	}
	response, ok := made.(*csta.MakeCallResponse)
	if !ok {
		t.Fatalf("MakeCall was answered with %s", made.Element())
	}
	if err := all.ClearConnection(ctx, response.CallingDevice); err != nil {
		t.Error(err)
	}
	for _, session := range []*cstaclient.Session{all, filtered} {
		if err := session.Close(ctx); err != nil {
			t.Error(err)
		}
	}
}

// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	configv1 "offhook.dev/proto/offhook/config/v1"
	ctiv1 "offhook.dev/proto/offhook/cti/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/ctierr"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// quiet expects that no event comes before the target has had its turn.
func (f *fixture) quiet(t *testing.T) {
	t.Helper()
	f.indicate(t, callmodel.Tick{})
	select {
	case events := <-f.writer.batches:
		t.Errorf("there are events %v", events)
	default:
	}
}

// happened are the events of a line's features, without numbers and times.
func (f *fixture) happened(t *testing.T, n int) []*ctiv1.Event {
	t.Helper()
	events := f.events(t, n)
	for _, event := range events {
		event.Number, event.Time = 0, nil
	}
	return events
}

func ofLine(line string, event *ctiv1.Event) *ctiv1.Event {
	event.Reported = []*ctiv1.Reported{{DeviceId: line}}
	return event
}

// TestFeatureServices sets each feature twice and reads it: monitors are told
// once.
func TestFeatureServices(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2) // both lines come in service
	ctx, agent := t.Context(), func(event ctiv1.AgentEvent) *ctiv1.Event {
		return ofLine("1001", &ctiv1.Event{Event: &ctiv1.Event_Agent{
			Agent: &ctiv1.Agent{AgentDevice: "1001", AgentId: "7", AcdGroup: "sales", Event: event},
		}})
	}
	setAgent := func(state string) func() error {
		return func() error {
			_, err := f.SetAgentState(ctx, &phonecontrolv1.SetAgentStateRequest{
				Target: "cme", Device: "1001", RequestedAgentState: state, AgentId: "7", AcdGroup: "sales",
			})
			return err
		}
	}
	getAgents := func() (proto.Message, error) {
		return f.GetAgentState(ctx, &phonecontrolv1.GetAgentStateRequest{Target: "cme", Device: "1001"})
	}
	for _, tt := range []struct {
		name   string
		set    func() error
		events []*ctiv1.Event
		get    func() (proto.Message, error)
		want   proto.Message
	}{
		{"forwarding", func() error {
			_, err := f.SetForwarding(ctx, &phonecontrolv1.SetForwardingRequest{
				Target: "cme", Device: "1001", ForwardingType: "forwardNoAns", ActivateForward: true, ForwardDn: "1002", RingCount: 4,
			})
			return err
		}, []*ctiv1.Event{ofLine("1001", &ctiv1.Event{Event: &ctiv1.Event_Forwarding{Forwarding: &ctiv1.Forwarding{
			Device: "1001", ForwardingType: "forwardNoAns", ForwardStatus: true, ForwardTo: "1002", RingCount: 4,
		}}})}, func() (proto.Message, error) {
			return f.GetForwarding(ctx, &phonecontrolv1.GetForwardingRequest{Target: "cme", Device: "1001"})
		}, &phonecontrolv1.GetForwardingResponse{ForwardingList: []*phonecontrolv1.Forwarding{
			{ForwardingType: "forwardImmediate"}, {ForwardingType: "forwardBusy"},
			{ForwardingType: "forwardNoAns", ForwardStatus: true, ForwardDn: "1002", RingCount: 4}, {ForwardingType: "forwardDND"},
		}}},
		{"do not disturb", func() error {
			_, err := f.SetDoNotDisturb(ctx, &phonecontrolv1.SetDoNotDisturbRequest{Target: "cme", Device: "1001", DoNotDisturbOn: true})
			return err
		}, []*ctiv1.Event{ofLine("1001", &ctiv1.Event{Event: &ctiv1.Event_DoNotDisturb{
			DoNotDisturb: &ctiv1.DoNotDisturb{Device: "1001", DoNotDisturbOn: true},
		}})}, func() (proto.Message, error) {
			return f.GetDoNotDisturb(ctx, &phonecontrolv1.GetDoNotDisturbRequest{Target: "cme", Device: "1001"})
		}, &phonecontrolv1.GetDoNotDisturbResponse{DoNotDisturbOn: true}},
		{"auto answer", func() error {
			_, err := f.SetAutoAnswer(ctx, &phonecontrolv1.SetAutoAnswerRequest{Target: "cme", Device: "1001", AutoAnswerOn: true, NumberOfRings: 2})
			return err
		}, []*ctiv1.Event{ofLine("1001", &ctiv1.Event{Event: &ctiv1.Event_AutoAnswer{
			AutoAnswer: &ctiv1.AutoAnswer{InvokingDevice: "1001", AutoAnswerOn: true, NumberOfRings: 2},
		}})}, func() (proto.Message, error) {
			return f.GetAutoAnswer(ctx, &phonecontrolv1.GetAutoAnswerRequest{Target: "cme", Device: "1001"})
		}, &phonecontrolv1.GetAutoAnswerResponse{AutoAnswerOn: true, NumberOfRings: 2}},
		{"caller id", func() error {
			_, err := f.SetCallerIDStatus(ctx, &phonecontrolv1.SetCallerIDStatusRequest{Target: "cme", Device: "1001"})
			return err
		}, []*ctiv1.Event{ofLine("1001", &ctiv1.Event{Event: &ctiv1.Event_CallerIdStatus{
			CallerIdStatus: &ctiv1.CallerIDStatus{InvokingDevice: "1001"},
		}})}, func() (proto.Message, error) {
			return f.GetCallerIDStatus(ctx, &phonecontrolv1.GetCallerIDStatusRequest{Target: "cme", Device: "1001"})
		}, &phonecontrolv1.GetCallerIDStatusResponse{}},
		{"message waiting", func() error {
			_, err := f.SetMessageWaitingIndicator(ctx, &phonecontrolv1.SetMessageWaitingIndicatorRequest{Target: "cme", Device: "1001", MessageWaitingOn: true})
			return err
		}, []*ctiv1.Event{ofLine("1001", &ctiv1.Event{Event: &ctiv1.Event_MessageWaiting{
			MessageWaiting: &ctiv1.MessageWaiting{TargetDevice: "1001", MessageWaitingOn: true},
		}})}, func() (proto.Message, error) {
			return f.GetMessageWaitingIndicator(ctx, &phonecontrolv1.GetMessageWaitingIndicatorRequest{Target: "cme", Device: "1001"})
		}, &phonecontrolv1.GetMessageWaitingIndicatorResponse{MessageWaitingOn: true, LampIsPresent: true}},
		{
			"agent logs on", setAgent("loggedOn"),
			[]*ctiv1.Event{agent(ctiv1.AgentEvent_AGENT_EVENT_LOGGED_ON), agent(ctiv1.AgentEvent_AGENT_EVENT_NOT_READY)},
			getAgents, &phonecontrolv1.GetAgentStateResponse{AgentStates: []*phonecontrolv1.AgentState{
				{AgentId: "7", LoggedOn: true, AcdGroup: "sales", AgentState: "agentNotReady"},
			}},
		},
		{
			"agent is ready", setAgent("ready"), []*ctiv1.Event{agent(ctiv1.AgentEvent_AGENT_EVENT_READY)},
			getAgents, &phonecontrolv1.GetAgentStateResponse{AgentStates: []*phonecontrolv1.AgentState{
				{AgentId: "7", LoggedOn: true, AcdGroup: "sales", AgentState: "agentReady"},
			}},
		},
	} {
		for range 2 {
			if err := tt.set(); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
		}
		if diff := cmp.Diff(tt.events, f.happened(t, len(tt.events)), protocmp.Transform()); diff != "" {
			t.Errorf("%s: events differ (-want +got):\n%s", tt.name, diff)
		}
		f.quiet(t)
		got, err := tt.get()
		if diff := cmp.Diff(tt.want, got, protocmp.Transform()); err != nil || diff != "" {
			t.Errorf("%s: %v, differs (-want +got):\n%s", tt.name, err, diff)
		}
	}
	if err := setAgent("loggedOff")(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*ctiv1.Event{agent(ctiv1.AgentEvent_AGENT_EVENT_LOGGED_OFF)}, f.happened(t, 1), protocmp.Transform()); diff != "" {
		t.Errorf("log off differs (-want +got):\n%s", diff)
	}
	if got, err := getAgents(); err != nil || len(got.(*phonecontrolv1.GetAgentStateResponse).GetAgentStates()) != 0 {
		t.Errorf("after log off there are agents %v, %v", got, err)
	}
}

func TestFeaturesAreRefusedPrecisely(t *testing.T) {
	f := startServer(t, atOnce(), nil, "1001", "1002")
	f.events(t, 2)
	ctx := t.Context()
	for _, tt := range []struct {
		want string
		call func() error
	}{
		{"invalidDeviceID", func() error {
			_, err := f.SetDoNotDisturb(ctx, &phonecontrolv1.SetDoNotDisturbRequest{Target: "cme", Device: "1999"})
			return err
		}},
		{"invalidDeviceID", func() error {
			_, err := f.GetForwarding(ctx, &phonecontrolv1.GetForwardingRequest{Target: "cme", Device: "1999"})
			return err
		}},
		{"invalidForwardingDestination", func() error {
			_, err := f.SetForwarding(ctx, &phonecontrolv1.SetForwardingRequest{Target: "cme", Device: "1001", ActivateForward: true, ForwardDn: "1001"})
			return err
		}},
		{"autoAnswerOutOfRange", func() error {
			_, err := f.SetAutoAnswer(ctx, &phonecontrolv1.SetAutoAnswerRequest{Target: "cme", Device: "1001", AutoAnswerOn: true, NumberOfRings: 1000})
			return err
		}},
		{"invalidAgentState", func() error {
			_, err := f.SetAgentState(ctx, &phonecontrolv1.SetAgentStateRequest{Target: "cme", Device: "1001", RequestedAgentState: "ready", AgentId: "7"})
			return err
		}},
	} {
		if got := ctierr.FromError(tt.call()); got == nil || got.Category != ctierr.CategoryOperation || got.Value != tt.want {
			t.Errorf("got %v, want %s", got, tt.want)
		}
	}
	f.quiet(t)
}

func (f *fixture) forward(t *testing.T, line, kind, to string) {
	t.Helper()
	if _, err := f.SetForwarding(t.Context(), &phonecontrolv1.SetForwardingRequest{
		Target: "cme", Device: line, ForwardingType: kind, ActivateForward: true, ForwardDn: to,
	}); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) setDoNotDisturb(t *testing.T, line string, on bool) {
	t.Helper()
	if _, err := f.SetDoNotDisturb(t.Context(), &phonecontrolv1.SetDoNotDisturbRequest{Target: "cme", Device: line, DoNotDisturbOn: on}); err != nil {
		t.Fatal(err)
	}
}

func TestFeaturesAct(t *testing.T) {
	f := startServer(t, &configv1.Simulated{}, nil, "1001", "1002", "1003")
	f.events(t, 3)
	f.forward(t, "1002", "forwardImmInt", "1003")
	f.setDoNotDisturb(t, "1003", true)
	f.events(t, 2)
	connection, err := f.makeCall(t, "1001", "1002")
	if err != nil {
		t.Fatal(err)
	}
	want := "ServiceInitiated@1001 Originated@1001 Offered@1001+1002 Diverted@1002+1001 Failed@1001"
	if got := f.events(t, 5); names(got) != want || got[4].GetCause() != "doNotDisturb" {
		t.Errorf("events %s\nwant   %s", names(got), want)
	}
	if _, err := f.ClearConnection(t.Context(), &phonecontrolv1.ClearConnectionRequest{Target: "cme", ConnectionToBeCleared: connection}); err != nil {
		t.Fatal(err)
	}
	f.events(t, 2)

	// A wish to be called back waits until the line may be disturbed.
	if _, err := f.CallBackNonCallRelated(t.Context(), &phonecontrolv1.CallBackNonCallRelatedRequest{
		Target: "cme", OriginatingDevice: "1001", TargetDevice: "1003",
	}); err != nil {
		t.Fatal(err)
	}
	f.events(t, 1) // CallBack
	f.quiet(t)
	f.setDoNotDisturb(t, "1003", false)
	if got := names(f.events(t, 3)); got != "DoNotDisturb@1003 CallBack@1001+1003 ServiceInitiated@1001" {
		t.Errorf("when 1003 may be disturbed, the events are %s", got)
	}
}

// TestDoNotDisturbLetsACallRing: what rings already goes on.
func TestDoNotDisturbLetsACallRing(t *testing.T) {
	f := startServer(t, &configv1.Simulated{}, nil, "1001", "1002")
	f.events(t, 2)
	if _, err := f.makeCall(t, "1001", "1002"); err != nil {
		t.Fatal(err)
	}
	f.events(t, 3)
	f.setDoNotDisturb(t, "1002", true)
	if got := names(f.events(t, 1)); got != "DoNotDisturb@1002" {
		t.Errorf("events %s", got)
	}
	if _, err := f.AnswerCall(t.Context(), &phonecontrolv1.AnswerCallRequest{
		Target: "cme", CallToBeAnswered: &ctiv1.ConnectionID{DeviceId: "1002"},
	}); err != nil {
		t.Errorf("AnswerCall gave %v", err)
	}
}

// withLines renders target "cme" with lines that have settings.
func withLines(t *testing.T, lines ...*configv1.Line) *targetconfig.Snapshot {
	t.Helper()
	for _, line := range lines {
		line.Name, line.Watch, line.Control = line.GetNumber(), true, true
	}
	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "cme", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "test"}, Lines: lines,
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// TestConfigurationChangesFeatures: what was not set follows the configuration,
// and monitors are told.
func TestConfigurationChangesFeatures(t *testing.T) {
	source := targetconfig.NewStatic(withLines(t, &configv1.Line{Number: "1001"}, &configv1.Line{Number: "1002"}))
	f := startServer(t, nil, func(o *Options) { o.Source = source })
	f.events(t, 2)
	f.setDoNotDisturb(t, "1002", true)
	f.events(t, 1)
	source.Set(withLines(t,
		&configv1.Line{Number: "1001", DoNotDisturb: true, AutoAnswer: true, CallerIdSuppressed: true, Forwardings: []*configv1.Forwarding{
			{Type: "forwardBusy", ForwardDn: "1002"},
		}},
		&configv1.Line{Number: "1002", DoNotDisturb: true},
	))
	if got := names(f.events(t, 4)); got != "Forwarding@1001 DoNotDisturb@1001 AutoAnswer@1001 CallerIDStatus@1001" {
		t.Errorf("events %s", got)
	}
	source.Set(withLines(t, &configv1.Line{Number: "1001"}, &configv1.Line{Number: "1002"}))
	events := f.events(t, 4)
	if slices.ContainsFunc(events, func(e *ctiv1.Event) bool { return e.GetReported()[0].GetDeviceId() != "1001" }) {
		t.Errorf("events %s", names(events))
	}
	got, err := f.GetDoNotDisturb(context.Background(), &phonecontrolv1.GetDoNotDisturbRequest{Target: "cme", Device: "1002"})
	if err != nil || !got.GetDoNotDisturbOn() {
		t.Errorf("what was set of 1002 is gone: %v, %v", got, err)
	}
}

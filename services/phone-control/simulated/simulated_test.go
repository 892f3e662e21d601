// SPDX-License-Identifier: Apache-2.0

package simulated

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeLoop notes indications and keeps timers for the test to run.
type fakeLoop struct {
	said   []string
	timers []func()
	due    chan func()
}

func (l *fakeLoop) Indicate(input callmodel.Input) {
	l.said = append(l.said, strings.TrimPrefix(fmt.Sprintf("%T%v", input, input), "callmodel."))
}
func (l *fakeLoop) Due(work func()) { l.due <- work }
func (l *fakeLoop) After(wait time.Duration, work func()) (stop func()) {
	i := len(l.timers)
	l.said = append(l.said, "timer "+wait.String())
	l.timers = append(l.timers, work)
	return func() { l.timers[i] = func() {} }
}

func targetWith(t *testing.T, simulated *configv1.Simulated, lines ...string) *targetconfig.Target {
	t.Helper()
	config := &configv1.TargetConfig{
		Target: "load", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: simulated}},
		Trunk:  &configv1.Trunk{Name: "pstn", Uri: "sip:192.0.2.1"},
		DialPlan: &configv1.DialPlan{
			CountryCode: "1", AreaCode: "425", OfficeCode: "555", ExtensionLength: 4, ExternalPrefix: "9",
		},
	}
	for _, line := range lines {
		config.Lines = append(config.Lines, &configv1.Line{Name: line, Number: line})
	}
	snapshot, err := targetconfig.Build([32]byte{}, config)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := snapshot.TargetByName("load")
	return target
}

// act makes a step of a story in which a user acts.
func act(phone string, action phonecontrolv1.Action, number string) *phonecontrolv1.ActRequest {
	return &phonecontrolv1.ActRequest{Phone: phone, Action: action, Number: number}
}

func TestPhonesDoWhatTheyAreTold(t *testing.T) {
	ring := callmodel.Ring{Leg: 2, Line: "1002", Caller: 1}
	dialled := act("1001", phonecontrolv1.Action_ACTION_DIAL, "1002")
	for _, tt := range []struct {
		name   string
		config *configv1.Simulated
		// steps are commands of the call model, acts of users, and "time" for what
		// time brings.
		steps []any
		want  []string
	}{
		{"phones that answer at once", &configv1.Simulated{AutoAnswer: true},
			[]any{ring, callmodel.SetMedia{Leg: 2, Media: callmodel.Media{Kind: callmodel.WithLeg, Leg: 1}}},
			[]string{"LegRinging{2}", "LegAnswered{2}", "MediaSet{2}"}},
		{"phones that answer after a time", &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(time.Second)},
			[]any{ring, "time"},
			[]string{"LegRinging{2}", "timer 1s", "LegAnswered{2}"}},
		{"a call that is released before", &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(time.Second)},
			[]any{ring, callmodel.Release{Leg: 2}, "time"},
			[]string{"LegRinging{2}", "timer 1s"}},
		{"phones that ring on", &configv1.Simulated{},
			[]any{
				callmodel.Ring{Leg: 1, Line: "1001", AutoAnswer: true}, ring,
				callmodel.SetMedia{Leg: 2}, callmodel.Answer{Leg: 2}, callmodel.Answer{Leg: 2}, callmodel.SetMedia{Leg: 2},
				callmodel.SendDigits{Leg: 2, Digits: "1"},
			},
			[]string{"LegRinging{1}", "LegAnswered{1}", "LegRinging{2}", "LegAnswered{2}", "MediaSet{2}", "DigitsSent{2}"}},
		{"a user who dials, holds, retrieves and hangs up", &configv1.Simulated{},
			[]any{
				dialled, callmodel.Adopt{Dialled: 1, Leg: 1},
				callmodel.SetMedia{Leg: 1, Media: callmodel.Media{Kind: callmodel.WithLeg, Leg: 2}},
				act("1001", phonecontrolv1.Action_ACTION_HOLD, ""), act("1001", phonecontrolv1.Action_ACTION_RETRIEVE, ""),
				act("1001", phonecontrolv1.Action_ACTION_DIGITS, "42"), act("1001", phonecontrolv1.Action_ACTION_TRANSFER, "1003"),
				act("1001", phonecontrolv1.Action_ACTION_HANG_UP, ""), act("1001", phonecontrolv1.Action_ACTION_HANG_UP, ""),
			},
			[]string{
				"Dialled{1 1001  1002 0 false  }", "MediaSet{1}", "LegHeld{1}", "LegRetrieved{1}", "LegDigits{1 42}",
				"LegRefers{1 0 1003 0}", "LegEnded{1 normalClearing}", "refused: " + ErrNoCall.Error(),
			}},
		{"a user who picks up, declines and redirects", &configv1.Simulated{},
			[]any{
				ring, act("1002", phonecontrolv1.Action_ACTION_PICK_UP, ""),
				callmodel.Ring{Leg: 3, Line: "1002", Caller: 1}, act("1002", phonecontrolv1.Action_ACTION_DECLINE, ""),
				callmodel.Ring{Leg: 4, Line: "1002", Caller: 1}, act("1002", phonecontrolv1.Action_ACTION_REDIRECT, "1003"),
				act("1002", phonecontrolv1.Action_ACTION_PICK_UP, ""),
			},
			[]string{
				"LegRinging{2}", "LegAnswered{2}", "LegRinging{3}", "LegEnded{3 busy}", "LegRinging{4}",
				"LegRedirects{4 1003}", "refused: ACTION_PICK_UP: " + ErrNoCall.Error(),
			}},
		{"an attended transfer", &configv1.Simulated{},
			[]any{
				ring, act("1002", phonecontrolv1.Action_ACTION_PICK_UP, ""), act("1002", phonecontrolv1.Action_ACTION_HOLD, ""),
				act("1002", phonecontrolv1.Action_ACTION_DIAL, "1003"), callmodel.Adopt{Dialled: 1, Leg: 3},
				callmodel.SetMedia{Leg: 3, Media: callmodel.Media{Kind: callmodel.WithLeg, Leg: 4}},
				act("1002", phonecontrolv1.Action_ACTION_ATTENDED_TRANSFER, ""),
			},
			[]string{
				"LegRinging{2}", "LegAnswered{2}", "LegHeld{2}", "Dialled{1 1002  1003 0 false  }", "MediaSet{3}",
				"LegRefers{2 0  3}",
			}},
		{"a phone that is unplugged", &configv1.Simulated{},
			[]any{
				ring, act("1002", phonecontrolv1.Action_ACTION_UNPLUG, ""), callmodel.Ring{Leg: 5, Line: "1002"},
				act("1002", phonecontrolv1.Action_ACTION_PLUG_IN, ""),
			},
			[]string{
				"LegRinging{2}", "LegEnded{2 destOutOfOrder}", "ServiceChanged{1002 false}", "LegEnded{5 destOutOfOrder}",
				"ServiceChanged{1002 true}",
			}},
		{"a number beyond the trunk", &configv1.Simulated{},
			[]any{
				callmodel.Ring{Leg: 2, External: "+1425", Caller: 1}, act("+1425", phonecontrolv1.Action_ACTION_PICK_UP, ""),
				act("+1426", phonecontrolv1.Action_ACTION_DIAL, "1001"), act("4265550100", phonecontrolv1.Action_ACTION_DIAL, "1001"),
			},
			[]string{
				"LegProceeds{2}", "LegRinging{2}", "LegAnswered{2}", "Dialled{1 +1426 pstn 1001 0 false  }",
				"Dialled{2 +14265550100 pstn 1001 0 false  }",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			loop := &fakeLoop{}
			driver := New(targetWith(t, tt.config, "1001", "1002"), loop)
			for _, step := range tt.steps {
				switch step := step.(type) {
				case callmodel.Command:
					driver.Execute(step)
				case *phonecontrolv1.ActRequest:
					if err := driver.Act(step); err != nil {
						loop.said = append(loop.said, "refused: "+err.Error())
					}
				default:
					for _, timer := range loop.timers {
						timer()
					}
				}
			}
			if diff := cmp.Diff(tt.want, loop.said); diff != "" {
				t.Errorf("indications (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithoutATrunkNobodyCallsFromOutside(t *testing.T) {
	config := &configv1.TargetConfig{
		Target: "load", Version: "1", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "test"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{Simulated: &configv1.Simulated{}}},
	}
	snapshot, err := targetconfig.Build([32]byte{}, config)
	if err != nil {
		t.Fatal(err)
	}
	target, _ := snapshot.TargetByName("load")
	driver := New(target, &fakeLoop{})
	if err := driver.Act(act("+1426", phonecontrolv1.Action_ACTION_DIAL, "1001")); !errors.Is(err, ErrNoTrunk) {
		t.Errorf("dialled: %v", err)
	}
	if err := driver.Act(act("1001", phonecontrolv1.Action_ACTION_UNSPECIFIED, "")); !errors.Is(err, ErrAction) {
		t.Errorf("did nothing in particular: %v", err)
	}
}

func TestLinesComeInService(t *testing.T) {
	loop := &fakeLoop{due: make(chan func(), 1)}
	driver := New(targetWith(t, &configv1.Simulated{}, "1001"), loop)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = driver.Run(ctx) }()
	(<-loop.due)()
	driver.Configure(targetWith(t, &configv1.Simulated{}, "1001", "1002"))
	want := []string{"ServiceChanged{1001 true}", "ServiceChanged{1002 true}"}
	if diff := cmp.Diff(want, loop.said); diff != "" {
		t.Errorf("indications (-want +got):\n%s", diff)
	}
	if got := driver.Registrations(); len(got) != 2 || got[1].GetLine() != "1002" {
		t.Errorf("registrations are %v", got)
	}
	driver.Release()
	cancel()
	<-done
}

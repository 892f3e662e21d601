// SPDX-License-Identifier: Apache-2.0

package simulated

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/durationpb"

	configv1 "offhook.dev/proto/offhook/config/v1"
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
	l.said = append(l.said, fmt.Sprintf("%T%v", input, input))
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

func TestCommandsAreObeyedAtOnce(t *testing.T) {
	a := callmodel.ConnectionID{Call: "1", Device: "1001"}
	b := callmodel.ConnectionID{Call: "1", Device: "1002"}
	for _, tt := range []struct {
		name     string
		config   *configv1.Simulated
		commands []callmodel.Command
		want     []string
	}{
		{"phones that answer at once", &configv1.Simulated{AutoAnswer: true},
			[]callmodel.Command{callmodel.RingOriginator{Connection: a}, callmodel.Offer{Connection: b, From: a}},
			[]string{"callmodel.LegAnswered{{1 1001}}", "callmodel.LegRinging{{1 1002}}", "callmodel.LegAnswered{{1 1002}}"}},
		{"phones that answer after a time", &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(time.Second)},
			[]callmodel.Command{callmodel.Offer{Connection: b, From: a}},
			[]string{"callmodel.LegRinging{{1 1002}}", "timer 1s", "callmodel.LegAnswered{{1 1002}}"}},
		{"a call that is released before", &configv1.Simulated{AutoAnswer: true, AnswerAfter: durationpb.New(time.Second)},
			[]callmodel.Command{callmodel.Offer{Connection: b, From: a}, callmodel.Release{Connection: b}},
			[]string{"callmodel.LegRinging{{1 1002}}", "timer 1s"}},
		{"phones that ring on", &configv1.Simulated{},
			[]callmodel.Command{
				callmodel.RingOriginator{Connection: a}, callmodel.RingOriginator{Connection: a, AutoAnswer: true},
				callmodel.Offer{Connection: b, From: a}, callmodel.Answer{Connection: b},
				callmodel.PutOnHold{Connection: a}, callmodel.TakeOffHold{Connection: a},
			},
			[]string{
				"callmodel.LegAnswered{{1 1001}}", "callmodel.LegRinging{{1 1002}}", "callmodel.LegAnswered{{1 1002}}",
				"callmodel.LegHeld{{1 1001}}", "callmodel.LegRetrieved{{1 1001}}",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			loop := &fakeLoop{}
			driver := New(targetWith(t, tt.config, "1001", "1002"), loop)
			for _, command := range tt.commands {
				driver.Execute(command)
			}
			for _, timer := range loop.timers {
				timer()
			}
			if diff := cmp.Diff(tt.want, loop.said); diff != "" {
				t.Errorf("indications (-want +got):\n%s", diff)
			}
		})
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
	want := []string{"callmodel.ServiceChanged{1001 true}", "callmodel.ServiceChanged{1002 true}"}
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

// SPDX-License-Identifier: Apache-2.0

package sessionmanager

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/targetconfig"
)

func TestSweepRemovesWhatRanOutAndWhatIsConfiguredNoLonger(t *testing.T) {
	records := bustest.Run(t).Connect(t).SessionManagers()
	snapshot, err := targetconfig.Build([32]byte{}, &configv1.TargetConfig{
		Target: "branch", Sip: &configv1.SIP{Domains: []string{"*"}, Realm: "r"},
		Driver: &configv1.Driver{Driver: &configv1.Driver_Simulated{}},
		Users:  []*configv1.CTIUser{{Name: "crm", User: "crm"}},
		SessionManagers: []*configv1.SessionManager{
			{RegisterId: "app1", User: "crm"}, {RegisterId: "app2", User: "crm"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_000_000, 0)
	s := New(Options{Targets: targetconfig.NewStatic(snapshot), Records: records, Now: func() time.Time { return now }})
	for id, expires := range map[string]time.Time{"app1": now.Add(time.Second), "app2": now, "app3": now.Add(time.Hour)} {
		record := &statev1.SessionManagerRecord{RegisterId: id, Target: "branch", Expires: timestamppb.New(expires)}
		if _, err := records.Put(t.Context(), Key("branch", id), record); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, stays := range map[string]bool{"app1": true, "app2": false, "app3": false} {
		if _, err := records.Get(t.Context(), Key("branch", id)); errors.Is(err, bus.ErrNotFound) == stays {
			t.Errorf("%s: %v, stays %v", id, err, stays)
		}
	}
}

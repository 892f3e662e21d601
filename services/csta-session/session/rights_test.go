// SPDX-License-Identifier: Apache-2.0

package session

import (
	"testing"
	"testing/synctest"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/csta-session/sessionstore/storetest"
	"offhook.dev/services/targetconfig"
)

// TestSessionsOutliveAConfigurationThatIsNotThereYet: a replica that starts
// before its targets, or while one is refused, ends no session of them; what
// was revoked meanwhile it does end.
func TestSessionsOutliveAConfigurationThatIsNotThereYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := storetest.New()
		for id, line := range map[string]string{"good": "1001", "bad": "1009"} {
			if _, err := bucket.Create(t.Context(), id, &statev1.SessionRecord{SessionId: id, User: "alice", Target: "lab", Line: line}); err != nil {
				t.Fatal(err)
			}
		}
		server := startServer(t, bucket, &tape{}, nil)
		targets, ok := server.options.Targets.(*targetconfig.Static)
		if !ok {
			t.Fatal("targets are not static")
		}
		synctest.Wait()
		if all := server.store.All(); len(all) != 1 || all[0].GetSessionId() != "good" {
			t.Fatalf("after the start: %v", all)
		}
		lab := labSnapshot(t)
		other := &targetconfig.Snapshot{}
		targets.Set(other)
		synctest.Wait()
		if n := server.store.Len(); n != 0 {
			t.Errorf("%d sessions outlive their target", n)
		}
		// Now it never was there.
		if _, err := bucket.Create(t.Context(), "waits", &statev1.SessionRecord{SessionId: "waits", User: "alice", Target: "refused", Line: "1001"}); err != nil {
			t.Fatal(err)
		}
		targets.Set(lab)
		synctest.Wait()
		if n := server.store.Len(); n != 1 {
			t.Errorf("%d sessions, want the one whose target was never seen", n)
		}
	})
}

// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"testing"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

func TestTableExpiresWhatIsNotRenewed(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	known := newTable(6*time.Second, 4*time.Second)
	lease := &statev1.Lease{Target: "branch-1", Replica: "pc-0", Epoch: 10}
	if !known.putLease("branch-1", lease, 10, at(0)) || !known.putReplica(&statev1.Replica{Id: "pc-0", Service: PhoneControl}, at(0)) {
		t.Fatal("what is new made no difference")
	}
	if known.putLease("branch-1", lease, 11, at(3)) {
		t.Error("a renewal is told as a change")
	}
	if known.putLease("branch-1", &statev1.Lease{Target: "branch-1", Replica: "pc-old"}, 9, at(3)) {
		t.Error("an older revision replaced a newer one")
	}
	if known.expire(at(5)) {
		t.Error("expired too early")
	}
	if !known.expire(at(6)) || len(known.replicas) != 0 || len(known.leases) != 1 {
		t.Errorf("after 6 s: %v, %v", known.replicas, known.leases)
	}
	if !known.expire(at(7)) || len(known.leases) != 0 || known.stale["branch-1"] != 11 {
		t.Errorf("after 7 s: %v, stale %v", known.leases, known.stale)
	}
	if known.putLease("branch-1", lease, 11, at(8)) {
		t.Error("the revision that expired came back to life")
	}
	if !known.putLease("branch-1", lease, 12, at(8)) || len(known.stale) != 0 {
		t.Error("a renewal after the expiry does not count")
	}
}

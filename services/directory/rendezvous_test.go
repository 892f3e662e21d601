// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"fmt"
	"testing"

	statev1 "offhook.dev/proto/offhook/state/v1"
)

func TestPickMovesOnlyTheShareOfTheReplicaThatLeft(t *testing.T) {
	var replicas []*statev1.Replica
	for i := range 4 {
		replicas = append(replicas, &statev1.Replica{Id: fmt.Sprint("monitor-", i)})
	}
	const keys = 8000
	share := map[string]int{}
	for i := range keys {
		key := fmt.Sprint("session ", i)
		before := pick(replicas, key).GetId()
		share[before]++
		if ranked := rank(replicas, key); ranked[0].GetId() != before {
			t.Fatalf("rank puts %s first, pick gives %s", ranked[0].GetId(), before)
		}
		after := pick(replicas[:3], key).GetId()
		if before != "monitor-3" && after != before {
			t.Fatalf("%s moved from %s to %s", key, before, after)
		}
	}
	for id, count := range share {
		if count < keys/4*9/10 || count > keys/4*11/10 {
			t.Errorf("%s has %d of %d keys", id, count, keys)
		}
	}
}

func TestPickAvoidsDrainingReplicas(t *testing.T) {
	draining := &statev1.Replica{Id: "a", Draining: true}
	if got := pick([]*statev1.Replica{draining}, "k"); got != draining {
		t.Errorf("only replica: %v", got)
	}
	for i := range 50 {
		if got := pick([]*statev1.Replica{draining, {Id: "b"}}, fmt.Sprint(i)); got.GetId() != "b" {
			t.Errorf("key %d: %v", i, got)
		}
	}
	if pick(nil, "k") != nil {
		t.Error("picked from nothing")
	}
}

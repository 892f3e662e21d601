// SPDX-License-Identifier: Apache-2.0

package bus_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBucketKeepsRevisions(t *testing.T) {
	sessions := bustest.Run(t).Connect(t).Sessions()
	ctx := t.Context()
	if _, err := sessions.Get(ctx, "a"); !errors.Is(err, bus.ErrNotFound) {
		t.Fatalf("get of nothing: %v", err)
	}
	first, err := sessions.Create(ctx, "a", &statev1.SessionRecord{Line: "1001"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sessions.Create(ctx, "a", &statev1.SessionRecord{}); !errors.Is(err, bus.ErrConflict) {
		t.Fatalf("second create: %v", err)
	}
	second, err := sessions.Update(ctx, "a", &statev1.SessionRecord{Line: "1002"}, first)
	if err != nil || second <= first {
		t.Fatalf("update: revision %d after %d, %v", second, first, err)
	}
	if _, err := sessions.Update(ctx, "a", &statev1.SessionRecord{}, first); !errors.Is(err, bus.ErrConflict) {
		t.Fatalf("update of an old revision: %v", err)
	}
	got, err := sessions.Get(ctx, "a")
	if err != nil || got.Value.GetLine() != "1002" || got.Revision != second {
		t.Fatalf("get: %v, %v", got, err)
	}
	if err := sessions.DeleteRevision(ctx, "a", first); !errors.Is(err, bus.ErrConflict) {
		t.Fatalf("delete of an old revision: %v", err)
	}
	if err := sessions.DeleteRevision(ctx, "a", second); err != nil {
		t.Fatal(err)
	}
	if err := sessions.Delete(ctx, "never"); err != nil {
		t.Fatalf("delete of nothing: %v", err)
	}
	if _, err := sessions.Create(ctx, "a", &statev1.SessionRecord{}); err != nil {
		t.Fatalf("create after delete: %v", err)
	}
	if _, err := sessions.Put(ctx, "b.c", &statev1.SessionRecord{Line: "1003"}); err != nil {
		t.Fatal(err)
	}
	keys, err := sessions.Keys(ctx, ">")
	slices.Sort(keys)
	if err != nil || !slices.Equal(keys, []string{"a", "b.c"}) {
		t.Fatalf("keys %v, %v", keys, err)
	}
	listed, err := sessions.List(ctx, "b.*")
	if err != nil || len(listed) != 1 || listed[0].Value.GetLine() != "1003" {
		t.Fatalf("list %v, %v", listed, err)
	}
}

// watched starts a watch whose changes come on a channel.
func watched(t *testing.T, leases *bus.Bucket[*statev1.Lease]) <-chan bus.Change[*statev1.Lease] {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	changes := make(chan bus.Change[*statev1.Lease], 64)
	ended := make(chan error, 1)
	go func() {
		ended <- leases.Watch(ctx, ">", func(change bus.Change[*statev1.Lease]) { changes <- change })
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
	})
	return changes
}

func expectChange(t *testing.T, changes <-chan bus.Change[*statev1.Lease], operation bus.Operation, key, replica string) {
	t.Helper()
	select {
	case got := <-changes:
		if got.Operation != operation || got.Key != key || got.Value.GetReplica() != replica {
			t.Fatalf("change %v %q %q, want %v %q %q", got.Operation, got.Key, got.Value.GetReplica(), operation, key, replica)
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("no change, want %v %q", operation, key)
	}
}

func TestWatchSurvivesARestart(t *testing.T) {
	server := bustest.Run(t)
	b := server.Connect(t)
	other := server.Connect(t)
	ctx := t.Context()
	put := func(key, replica string) {
		t.Helper()
		if _, err := other.Leases().Put(ctx, key, &statev1.Lease{Replica: replica}); err != nil {
			t.Fatal(err)
		}
	}
	put("one", "pc-0")
	changes := watched(t, b.Leases())
	expectChange(t, changes, bus.OperationPut, "one", "pc-0")
	expectChange(t, changes, bus.OperationSynced, "", "")
	put("two", "pc-1")
	expectChange(t, changes, bus.OperationPut, "two", "pc-1")
	if err := other.Leases().Delete(ctx, "two"); err != nil {
		t.Fatal(err)
	}
	expectChange(t, changes, bus.OperationDelete, "two", "")

	server.Stop(t)
	if _, err := b.Leases().Put(ctx, "lost", &statev1.Lease{}); err == nil {
		t.Fatal("put without a server succeeded")
	}
	server.Restart(t)
	awaitReady(t, other)
	put("three", "pc-2")
	// Leases live 4 s: whether the first one is still there depends on how long
	// the restart took, so its deletion is allowed to come first.
	for {
		got := <-changes
		if got.Key == "one" && got.Operation == bus.OperationDelete {
			continue
		}
		if got.Key != "three" || got.Value.GetReplica() != "pc-2" {
			t.Fatalf("change after the restart: %v %q", got.Operation, got.Key)
		}
		break
	}
}

func awaitReady(t *testing.T, b *bus.Bus) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for {
		if _, err := b.Config().Keys(ctx, ">"); err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal("bus did not come back")
		}
	}
}

func TestWatchTellsWhatALostBucketHeld(t *testing.T) {
	server := bustest.Run(t)
	b := server.ConnectWith(t, bus.Options{MemoryStorage: true, LeaseTTL: time.Hour})
	if _, err := b.Leases().Put(t.Context(), "one", &statev1.Lease{Replica: "pc-0"}); err != nil {
		t.Fatal(err)
	}
	changes := watched(t, b.Leases())
	expectChange(t, changes, bus.OperationPut, "one", "pc-0")
	expectChange(t, changes, bus.OperationSynced, "", "")
	server.Stop(t)
	server.Restart(t)
	expectChange(t, changes, bus.OperationDelete, "one", "")
	if _, err := b.Leases().Create(t.Context(), "one", &statev1.Lease{Replica: "pc-1"}); err != nil {
		t.Fatal(err)
	}
	expectChange(t, changes, bus.OperationPut, "one", "pc-1")
}

func TestClosedBusEndsItsWatches(t *testing.T) {
	b := bustest.Run(t).Connect(t)
	synced := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- b.Replicas().Watch(context.Background(), ">", func(bus.Change[*statev1.Replica]) { close(synced) })
	}()
	<-synced
	b.Close()
	if err := <-ended; !errors.Is(err, bus.ErrClosed) {
		t.Errorf("watch ended with %v", err)
	}
	if err := b.Ready(); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("ready: %v", err)
	}
}

func TestConnectGivesUpWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := bus.Connect(ctx, bus.Options{URL: "nats://127.0.0.1:1"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

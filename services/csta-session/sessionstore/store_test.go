// SPDX-License-Identifier: Apache-2.0

package sessionstore_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/csta-session/sessionstore"
	"offhook.dev/services/csta-session/sessionstore/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func record(id string) *statev1.SessionRecord {
	return &statev1.SessionRecord{SessionId: id, Target: "lab", User: "alice", Line: "1001", Edge: "edge-1"}
}

func anybody(sessionstore.Counts) error { return nil }

func start(t *testing.T, bucket sessionstore.Bucket) *sessionstore.Store {
	t.Helper()
	store := sessionstore.New(bucket)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = store.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	if err := store.WaitSynced(ctx); err != nil {
		t.Fatal(err)
	}
	return store
}

func TestOwnWritesAreVisibleAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := storetest.New()
		store := start(t, bucket)
		bucket.Hold()
		if err := store.Create(t.Context(), record("a1"), anybody); err != nil {
			t.Fatal(err)
		}
		updated, err := store.Update(t.Context(), "a1", func(r *statev1.SessionRecord) bool { r.Edge = "edge-2"; return true })
		if err != nil || updated.GetEdge() != "edge-2" {
			t.Fatalf("update gives %v, %v", updated, err)
		}
		if known, err := store.Get(t.Context(), "a1"); err != nil || known.GetEdge() != "edge-2" {
			t.Fatalf("get gives %v, %v before the watch", known, err)
		}
		if _, removed, err := store.Remove(t.Context(), "a1", func(*statev1.SessionRecord) bool { return true }); !removed || err != nil {
			t.Fatalf("remove gives %v, %v", removed, err)
		}
		bucket.Release()
		if known, err := store.Get(t.Context(), "a1"); !errors.Is(err, sessionstore.ErrNotFound) {
			t.Fatalf("get after remove gives %v, %v", known, err)
		}
		if store.Len() != 0 || len(store.OfUser("lab", "alice")) != 0 {
			t.Errorf("%d sessions are left", store.Len())
		}
	})
}

func TestOtherReplicaIsSeenBeforeTheWatchTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := storetest.New()
		one, other := start(t, bucket), start(t, bucket)
		bucket.Hold()
		if err := one.Create(t.Context(), record("a1"), anybody); err != nil {
			t.Fatal(err)
		}
		if known, err := other.Get(t.Context(), "a1"); err != nil || known.GetUser() != "alice" {
			t.Fatalf("get gives %v, %v", known, err)
		}
		if _, err := one.Update(t.Context(), "a1", func(r *statev1.SessionRecord) bool { r.Peer = "one"; return true }); err != nil {
			t.Fatal(err)
		}
		updated, err := other.Update(t.Context(), "a1", func(r *statev1.SessionRecord) bool { r.Contact = "other"; return true })
		if err != nil || updated.GetPeer() != "one" || updated.GetContact() != "other" {
			t.Fatalf("update after a conflict gives %v, %v", updated, err)
		}
		bucket.Release()
	})
}

func TestExactlyOneReplicaRemoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := storetest.New()
		stores := []*sessionstore.Store{start(t, bucket), start(t, bucket), start(t, bucket)}
		if err := stores[0].Create(t.Context(), record("a1"), anybody); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		var removed atomic.Int32
		var all sync.WaitGroup
		for _, store := range stores {
			all.Go(func() {
				_, ok, err := store.Remove(t.Context(), "a1", func(*statev1.SessionRecord) bool { return true })
				if err != nil {
					t.Error(err)
				}
				if ok {
					removed.Add(1)
				}
			})
		}
		all.Wait()
		if removed.Load() != 1 {
			t.Errorf("%d replicas removed the session", removed.Load())
		}
	})
}

func TestCreateAdmitsWithinCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := start(t, storetest.New())
		full := errors.New("full")
		admit := func(counts sessionstore.Counts) error {
			if counts.User >= 2 || counts.Target >= 2 {
				return full
			}
			return nil
		}
		var refused atomic.Int32
		var all sync.WaitGroup
		for _, id := range []string{"a1", "a2", "a3", "a4"} {
			all.Go(func() {
				if err := store.Create(t.Context(), record(id), admit); errors.Is(err, full) {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if refused.Load() != 2 || store.Len() != 2 {
			t.Errorf("%d refused, %d sessions", refused.Load(), store.Len())
		}
		if err := store.Create(t.Context(), store.All()[0], anybody); !errors.Is(err, sessionstore.ErrExists) {
			t.Errorf("second create gives %v", err)
		}
		if ids := store.WithPrefix("a"); len(ids) != 2 {
			t.Errorf("prefix fits %v", ids)
		}
		if ids := store.WithPrefix(store.All()[0].GetSessionId()); len(ids) != 1 {
			t.Errorf("whole id fits %v", ids)
		}
	})
}

func TestStoreOnNATS(t *testing.T) {
	server := bustest.Run(t)
	one := start(t, server.Connect(t).Sessions())
	if err := one.Create(t.Context(), record("a1"), anybody); err != nil {
		t.Fatal(err)
	}
	other := start(t, server.Connect(t).Sessions())
	if known, err := other.Get(t.Context(), "a1"); err != nil || known.GetUser() != "alice" {
		t.Fatalf("get gives %v, %v", known, err)
	}
	if _, err := other.Update(t.Context(), "a1", func(r *statev1.SessionRecord) bool { r.Edge = "edge-2"; return true }); err != nil {
		t.Fatal(err)
	}
	record, removed, err := one.Remove(t.Context(), "a1", func(*statev1.SessionRecord) bool { return true })
	if err != nil || !removed || record.GetEdge() != "edge-2" {
		t.Fatalf("remove gives %v, %v, %v", record, removed, err)
	}
	if _, removed, err := other.Remove(t.Context(), "a1", func(*statev1.SessionRecord) bool { return true }); removed || err != nil {
		t.Errorf("second remove gives %v, %v", removed, err)
	}
}

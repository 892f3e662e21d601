// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	configv1 "offhook.dev/proto/offhook/config/v1"
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
	"offhook.dev/services/bus/bustest"
	"offhook.dev/services/targetconfig"
)

// fakeFeatures is a FeatureStore that fails when told to.
type fakeFeatures struct {
	mu      sync.Mutex
	records map[string]bus.Entry[*statev1.LineFeatures]
	last    uint64
	failure error
	// writes are all that were tried.
	writes int
}

func newFakeFeatures() *fakeFeatures {
	return &fakeFeatures{records: make(map[string]bus.Entry[*statev1.LineFeatures])}
}

func (f *fakeFeatures) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failure = err
}

// of is the record under a key, nil where there is none.
func (f *fakeFeatures) of(key string) *statev1.LineFeatures {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.records[key].Value
}

func (f *fakeFeatures) tried() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

func (f *fakeFeatures) List(_ context.Context, pattern string) ([]bus.Entry[*statev1.LineFeatures], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var entries []bus.Entry[*statev1.LineFeatures]
	for key, entry := range f.records {
		if strings.HasPrefix(key, strings.TrimSuffix(pattern, "*")) {
			entries = append(entries, entry)
		}
	}
	return entries, f.failure
}

func (f *fakeFeatures) Get(_ context.Context, key string) (bus.Entry[*statev1.LineFeatures], error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entry, found := f.records[key]
	if !found {
		return entry, bus.ErrNotFound
	}
	return entry, f.failure
}

func (f *fakeFeatures) Create(ctx context.Context, key string, record *statev1.LineFeatures) (uint64, error) {
	return f.Update(ctx, key, record, 0)
}

func (f *fakeFeatures) Update(_ context.Context, key string, record *statev1.LineFeatures, revision uint64) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	switch {
	case f.failure != nil:
		return 0, f.failure
	case f.records[key].Revision != revision:
		return 0, bus.ErrConflict
	}
	f.last++
	f.records[key] = bus.Entry[*statev1.LineFeatures]{Key: key, Value: proto.CloneOf(record), Revision: f.last}
	return f.last, nil
}

func (f *fakeFeatures) DeleteRevision(_ context.Context, key string, revision uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	switch {
	case f.failure != nil:
		return f.failure
	case f.records[key].Revision != revision:
		return bus.ErrConflict
	}
	delete(f.records, key)
	return nil
}

func disturbed(line string) *statev1.LineFeatures {
	return &statev1.LineFeatures{Target: "cme", Line: line, DoNotDisturb: new(true)}
}

// runRecords runs a writer in a bubble until the returned function is called.
func runRecords(store FeatureStore) (records *featureRecords, stop func()) {
	records = newFeatureRecords("cme", Options{Features: store, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	ended, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); records.run(ctx, ended) }()
	return records, func() { cancel(); close(ended); <-done }
}

// wait lets the time of a bubble pass.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestRecordsAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeFeatures()
		store.fail(errors.New("no bus"))
		records, stop := runRecords(store)
		defer stop()
		for range 100 {
			records.put("1001", disturbed("1001"))
		}
		synctest.Wait()
		records.put("1001", &statev1.LineFeatures{Target: "cme", Line: "1001", MessageWaiting: true})
		synctest.Wait()
		if tried := store.tried(); tried < 1 || tried > 101 {
			t.Errorf("%d writes were tried", tried)
		}
		store.fail(nil)
		wait(featureRetry)
		if got := store.of("cme.1001"); !got.GetMessageWaiting() || got.DoNotDisturb != nil {
			t.Errorf("the store has %v, want the latest", got)
		}
		before := store.tried()
		wait(10 * featureRetry)
		if store.tried() != before {
			t.Error("what is written was written again")
		}
		records.put("1001", nil)
		synctest.Wait()
		if got := store.of("cme.1001"); got != nil {
			t.Errorf("the store still has %v", got)
		}
	})
}

// TestOwnerOverwritesOthers: the owner counts, not who wrote last.
func TestOwnerOverwritesOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeFeatures()
		records, stop := runRecords(store)
		defer stop()
		for _, other := range []*statev1.LineFeatures{disturbed("1001"), disturbed("1002")} {
			if _, err := store.Create(t.Context(), "cme."+other.GetLine(), other); err != nil {
				t.Fatal(err)
			}
		}
		records.put("1001", &statev1.LineFeatures{Target: "cme", Line: "1001", MessageWaiting: true})
		synctest.Wait()
		if got := store.of("cme.1001"); !got.GetMessageWaiting() {
			t.Errorf("the store has %v", got)
		}
		entry, _ := store.Get(t.Context(), "cme.1001")
		if err := store.DeleteRevision(t.Context(), "cme.1001", entry.Revision); err != nil {
			t.Fatal(err)
		}
		records.put("1001", disturbed("1001"))
		synctest.Wait()
		if got := store.of("cme.1001"); !got.GetDoNotDisturb() {
			t.Errorf("the store has %v", got)
		}
	})
}

// TestFormerOwnerOverwritesNothing: what it did not write in time is written
// when it is let go, but not over what the next owner wrote.
func TestFormerOwnerOverwritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeFeatures()
		records, stop := runRecords(store)
		records.put("1001", disturbed("1001"))
		synctest.Wait()
		store.fail(errors.New("no bus"))
		records.put("1001", nil)
		records.put("1002", disturbed("1002"))
		synctest.Wait()
		store.fail(nil)
		next := &statev1.LineFeatures{Target: "cme", Line: "1001", MessageWaiting: true}
		entry, _ := store.Get(t.Context(), "cme.1001")
		if _, err := store.Update(t.Context(), "cme.1001", next, entry.Revision); err != nil {
			t.Fatal(err)
		}
		stop()
		if got := store.of("cme.1001"); !got.GetMessageWaiting() {
			t.Errorf("the next owner's record is %v", got)
		}
		if got := store.of("cme.1002"); !got.GetDoNotDisturb() {
			t.Errorf("what waited was not written: %v", got)
		}
	})
}

func TestFeaturesOfLinesThatWentAreDeleted(t *testing.T) {
	store := newFakeFeatures()
	for _, line := range []string{"1002", "1999"} {
		if _, err := store.Create(t.Context(), "cme."+line, disturbed(line)); err != nil {
			t.Fatal(err)
		}
	}
	source := targetconfig.NewStatic(withLines(t, &configv1.Line{Number: "1001"}, &configv1.Line{Number: "1002"}))
	f := startServer(t, nil, func(o *Options) { o.Source, o.Features = source, store })
	f.events(t, 2)
	eventually(t, "the record of a line that there is no more is deleted", func() bool { return store.of("cme.1999") == nil })
	if got, err := f.GetDoNotDisturb(t.Context(), &phonecontrolv1.GetDoNotDisturbRequest{Target: "cme", Device: "1002"}); err != nil || !got.GetDoNotDisturbOn() {
		t.Errorf("1002 is %v, %v", got, err)
	}
	source.Set(withLines(t, &configv1.Line{Number: "1001"}))
	eventually(t, "the record of a line that goes is deleted", func() bool { return store.of("cme.1002") == nil })
}

// TestTargetIsNotRunWithoutItsFeatures: calls would ring where they are to be
// forwarded.
func TestTargetIsNotRunWithoutItsFeatures(t *testing.T) {
	store := newFakeFeatures()
	store.fail(errors.New("no bus"))
	_, err := newTarget(t.Context(), Options{
		Features: store, Logger: slog.New(slog.DiscardHandler),
		Events: func(context.Context, string, uint64) (EventWriter, error) { return &fakeWriter{}, nil },
	}, withLines(t, &configv1.Line{Number: "1001"}).Targets()[0], &statev1.Lease{Target: "cme"})
	if err == nil {
		t.Error("the target would run")
	}
}

// TestNextOwnerTakesFeaturesOver sets features through one server, and reads them
// from the next, with the real store between.
func TestNextOwnerTakesFeaturesOver(t *testing.T) {
	kept := bustest.Run(t).Connect(t).Features()
	adjust := func(o *Options) { o.Features = kept }
	t.Run("first", func(t *testing.T) {
		f := startServer(t, atOnce(), adjust, "1001", "1002", "1003")
		f.events(t, 3)
		f.forward(t, "1002", "forwardImmediate", "1003")
		f.setDoNotDisturb(t, "1001", true)
		f.setDoNotDisturb(t, "1003", true)
		f.setDoNotDisturb(t, "1003", false)
	}) // lets the target go, after what waits was written
	if keys, err := kept.Keys(t.Context(), ">"); err != nil || len(keys) != 2 {
		t.Errorf("the store has %q, %v", keys, err)
	}
	t.Run("next", func(t *testing.T) {
		f := startServer(t, atOnce(), adjust, "1001", "1002", "1003")
		f.events(t, 3)
		if got, err := f.GetDoNotDisturb(t.Context(), &phonecontrolv1.GetDoNotDisturbRequest{Target: "cme", Device: "1001"}); err != nil || !got.GetDoNotDisturbOn() {
			t.Errorf("1001 is %v, %v", got, err)
		}
		if _, err := f.makeCall(t, "1001", "1002"); err != nil {
			t.Fatal(err)
		}
		want := "ServiceInitiated@1001 Originated@1001 Offered@1001+1002 Diverted@1002+1001 Delivered@1001+1003"
		if got := names(f.events(t, 6)[:5]); got != want {
			t.Errorf("events %s\nwant   %s", got, want)
		}
		f.forward(t, "1002", "forwardImmediate", "1001")
		f.setDoNotDisturb(t, "1001", false)
		eventually(t, "the record of 1001 is deleted", func() bool {
			_, err := kept.Get(t.Context(), "cme.1001")
			return errors.Is(err, bus.ErrNotFound)
		})
	})
	entry, err := kept.Get(t.Context(), "cme.1002")
	if err != nil || entry.Value.GetForwardings()[0].GetForwardDn() != "1001" {
		t.Errorf("1002 is kept as %v, %v", entry.Value, err)
	}
}

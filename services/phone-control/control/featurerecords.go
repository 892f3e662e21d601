// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

const (
	// featureTimeout bounds reading all records, and writing those that wait.
	featureTimeout = 3 * time.Second
	// featureRetry is when records that could not be written are tried again.
	featureRetry = time.Second
)

// FeatureStore keeps the feature settings of lines over the life of an owner;
// *bus.Bucket is one. Keys are "<target>.<line>". Errors are bus.ErrConflict
// where a record is not of the revision that is to be replaced.
type FeatureStore interface {
	List(ctx context.Context, pattern string) ([]bus.Entry[*statev1.LineFeatures], error)
	Get(ctx context.Context, key string) (bus.Entry[*statev1.LineFeatures], error)
	Create(ctx context.Context, key string, record *statev1.LineFeatures) (revision uint64, err error)
	Update(ctx context.Context, key string, record *statev1.LineFeatures, revision uint64) (uint64, error)
	DeleteRevision(ctx context.Context, key string, revision uint64) error
}

// featureRecords writes the records of one target's lines: the latest of each,
// until it is written. An owner that was replaced can't overwrite what the next
// one wrote.
type featureRecords struct {
	target  string
	store   FeatureStore // nil: nothing is kept
	logger  *slog.Logger
	metrics *Metrics
	wake    chan struct{}

	mu sync.Mutex
	// waiting are records to be written, at most one a line; nil: to be deleted.
	waiting map[string]*statev1.LineFeatures

	// revisions of what is stored belong to run, after load.
	revisions map[string]uint64
}

func newFeatureRecords(target string, options Options) *featureRecords {
	return &featureRecords{
		target: target, store: options.Features, logger: options.Logger, metrics: options.Metrics,
		wake: make(chan struct{}, 1), waiting: make(map[string]*statev1.LineFeatures), revisions: make(map[string]uint64),
	}
}

func (r *featureRecords) key(line string) string {
	return bus.EncodeKey(r.target) + "." + bus.EncodeKey(line)
}

// load reads all records. A target does not run without them: calls would ring
// where they are to be forwarded.
func (r *featureRecords) load(ctx context.Context) ([]*statev1.LineFeatures, error) {
	if r.store == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, featureTimeout)
	defer cancel()
	entries, err := r.store.List(ctx, bus.EncodeKey(r.target)+".*")
	if err != nil {
		return nil, fmt.Errorf("load features of target %s: %w", r.target, err)
	}
	records := make([]*statev1.LineFeatures, len(entries))
	for i, entry := range entries {
		records[i] = entry.Value
		r.revisions[entry.Value.GetLine()] = entry.Revision
	}
	return records, nil
}

// put queues a record, nil to delete it. It never blocks.
func (r *featureRecords) put(line string, record *statev1.LineFeatures) {
	if r.store == nil {
		return
	}
	r.mu.Lock()
	r.waiting[line] = record
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run writes until the context ends, and what came before ended is closed.
func (r *featureRecords) run(ctx context.Context, ended <-chan struct{}) {
	retry := time.NewTimer(time.Hour)
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			<-ended
			r.write(context.WithoutCancel(ctx), false)
			return
		case <-r.wake:
		case <-retry.C:
		}
		if !r.write(ctx, true) {
			retry.Reset(featureRetry)
		}
	}
}

// write writes what waits, and reports whether nothing is left. Insist: what
// others wrote meanwhile is overwritten, as this replica owns the target until
// the context ends. What has begun is not given up with the context: nobody would
// know whether it is stored.
func (r *featureRecords) write(ctx context.Context, insist bool) bool {
	r.mu.Lock()
	batch := r.waiting
	r.waiting = make(map[string]*statev1.LineFeatures)
	r.mu.Unlock()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), featureTimeout)
	defer cancel()
	done := true
	for _, line := range slices.Sorted(maps.Keys(batch)) {
		err := r.writeOne(bounded, line, batch[line])
		if errors.Is(err, bus.ErrConflict) && insist && ctx.Err() == nil {
			if err = r.look(bounded, line); err == nil {
				err = r.writeOne(bounded, line, batch[line])
			}
		}
		if err == nil {
			continue
		}
		done = false
		r.metrics.refused(r.target, "features_not_stored")
		r.logger.Warn("feature settings were not stored", "target", r.target, "line", line, "error", err)
		r.mu.Lock()
		if _, newer := r.waiting[line]; !newer {
			r.waiting[line] = batch[line]
		}
		r.mu.Unlock()
	}
	return done
}

func (r *featureRecords) writeOne(ctx context.Context, line string, record *statev1.LineFeatures) error {
	key, before := r.key(line), r.revisions[line]
	var revision uint64
	var err error
	switch {
	case record == nil && before == 0:
		return nil
	case record == nil:
		err = r.store.DeleteRevision(ctx, key, before)
	case before == 0:
		revision, err = r.store.Create(ctx, key, record)
	default:
		revision, err = r.store.Update(ctx, key, record, before)
	}
	if err == nil {
		r.revisions[line] = revision
	}
	return err
}

// look learns the revision that is stored.
func (r *featureRecords) look(ctx context.Context, line string) error {
	entry, err := r.store.Get(ctx, r.key(line))
	switch {
	case errors.Is(err, bus.ErrNotFound):
		r.revisions[line] = 0
		return nil
	case err != nil:
		return err
	}
	r.revisions[line] = entry.Revision
	return nil
}

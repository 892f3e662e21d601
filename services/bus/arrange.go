// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Names on the bus.
const (
	eventStream   = "EVENTS"
	eventSubjects = "offhook.events."

	bucketConfig        = "config"
	bucketConfigAcks    = "config-acks"
	bucketSessions      = "sessions"
	bucketDialogs       = "dialogs"
	bucketMonitors      = "monitors"
	bucketRegistrations = "registrations"
	bucketLeases        = "leases"
	bucketReplicas      = "replicas"

	bucketFeatures           = "features"
	bucketRouteRegistrations = "route-registrations"
	bucketSessionManagers    = "session-managers"
	bucketHandOvers          = "handovers"
)

// handOverTTL is how long calls that were handed over wait for the next owner.
// It is the most that a restart of the last replica may take.
const handOverTTL = 2 * time.Minute

// eventSubject is the subject of a target's events.
func eventSubject(target string) string { return eventSubjects + EncodeKey(target) }

// arrange creates or updates stream and buckets.
func (b *Bus) arrange(ctx context.Context) (*layout, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*b.options.RequestTimeout)
	defer cancel()
	storage := jetstream.FileStorage
	if b.options.MemoryStorage {
		storage = jetstream.MemoryStorage
	}
	events, err := b.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name:        eventStream,
		Description: "numbered events of targets",
		Subjects:    []string{eventSubjects + ">"},
		Storage:     storage,
		Replicas:    b.options.Replicas,
		MaxAge:      b.options.EventsMaxAge,
		MaxBytes:    b.options.EventsMaxBytes,
		Discard:     jetstream.DiscardOld,
		Duplicates:  min(2*time.Minute, b.options.EventsMaxAge),
	})
	if err != nil {
		return nil, fmt.Errorf("create or update stream %s: %w", eventStream, err)
	}
	made := &layout{
		events:        events,
		eventsCreated: events.CachedInfo().Created,
		buckets:       map[string]bucketLayout{},
		replaced:      make(chan struct{}),
	}
	for name, ttl := range map[string]time.Duration{
		bucketConfig: 0, bucketConfigAcks: 0, bucketSessions: 0, bucketDialogs: 0, bucketMonitors: 0,
		bucketFeatures: 0, bucketRouteRegistrations: 0, bucketSessionManagers: 0,
		bucketHandOvers:     handOverTTL,
		bucketRegistrations: 0, bucketLeases: b.options.LeaseTTL, bucketReplicas: b.options.ReplicaTTL,
	} {
		store, err := b.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: name, History: 1, TTL: ttl, Storage: storage, Replicas: b.options.Replicas,
		})
		if err != nil {
			return nil, fmt.Errorf("create or update bucket %s: %w", name, err)
		}
		found, err := store.Status(ctx)
		if err != nil {
			return nil, fmt.Errorf("read bucket %s: %w", name, err)
		}
		created := time.Time{}
		if status, ok := found.(*jetstream.KeyValueBucketStatus); ok {
			created = status.StreamInfo().Created
		}
		made.buckets[name] = bucketLayout{store: store, created: created}
	}
	return made, nil
}

// SPDX-License-Identifier: Apache-2.0

package sessionstore

import (
	"context"

	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// Bucket is what the store needs of the sessions bucket.
type Bucket interface {
	Get(ctx context.Context, key string) (bus.Entry[*statev1.SessionRecord], error)
	Create(ctx context.Context, key string, value *statev1.SessionRecord) (revision uint64, err error)
	Update(ctx context.Context, key string, value *statev1.SessionRecord, revision uint64) (uint64, error)
	DeleteRevision(ctx context.Context, key string, revision uint64) error
	Watch(ctx context.Context, pattern string, tell func(bus.Change[*statev1.SessionRecord])) error
}

var _ Bucket = (*bus.Bucket[*statev1.SessionRecord])(nil)

// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// Publisher writes rendered configurations to the bus. Only one publisher may
// be at work at a time.
type Publisher struct{ bus *bus.Bus }

// NewPublisher gives a publisher on a bus.
func NewPublisher(b *bus.Bus) *Publisher { return &Publisher{bus: b} }

// Publish makes the bucket hold exactly these configurations: it writes those
// whose version differs and deletes the targets that are not among them. It
// goes on after a failure and joins the errors.
func (p *Publisher) Publish(ctx context.Context, configs ...*configv1.TargetConfig) error {
	bucket := p.bus.Config()
	entries, err := bucket.List(ctx, ">")
	if err != nil {
		return fmt.Errorf("publish configuration: %w", err)
	}
	published := map[string]bus.Entry[*configv1.TargetConfig]{}
	for _, entry := range entries {
		published[entry.Key] = entry
	}
	var failed []error
	wanted := map[string]bool{}
	for _, config := range configs {
		key := bus.EncodeKey(config.GetTarget())
		wanted[key] = true
		if before, ok := published[key]; ok && config.GetVersion() != "" && before.Value.GetVersion() == config.GetVersion() {
			continue
		}
		if _, err := bucket.Put(ctx, key, config); err != nil {
			failed = append(failed, fmt.Errorf("publish configuration of target %s: %w", config.GetTarget(), err))
		}
	}
	for key, entry := range published {
		if wanted[key] {
			continue
		}
		if err := bucket.DeleteRevision(ctx, key, entry.Revision); err != nil {
			failed = append(failed, fmt.Errorf("withdraw target %s: %w", entry.Value.GetTarget(), err))
		}
	}
	return errors.Join(failed...)
}

// WaitApplied waits until every replica given as "<service>.<replica id>" has
// acknowledged the configurations, applied or refused, and returns the
// refusals, sorted. The error is the context's or the bus's.
func (p *Publisher) WaitApplied(ctx context.Context, replicas []string, configs ...*configv1.TargetConfig) ([]*statev1.Acknowledgement, error) {
	type place struct{ target, replica, version string }
	missing := map[place]bool{}
	for _, config := range configs {
		for _, replica := range replicas {
			missing[place{config.GetTarget(), replica, config.GetVersion()}] = true
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	var refusals []*statev1.Acknowledgement
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	err := p.bus.ConfigAcks().Watch(watching, ">", func(change bus.Change[*statev1.Acknowledgement]) {
		ack := change.Value
		awaited := place{ack.GetTarget(), ack.GetService() + "." + ack.GetReplica(), ack.GetVersion()}
		if change.Operation != bus.OperationPut || !missing[awaited] {
			return
		}
		delete(missing, awaited)
		if ack.GetError() != "" {
			refusals = append(refusals, ack)
		}
		if len(missing) == 0 {
			cancel()
		}
	})
	slices.SortFunc(refusals, func(a, b *statev1.Acknowledgement) int {
		return strings.Compare(a.GetTarget()+a.GetService()+a.GetReplica(), b.GetTarget()+b.GetService()+b.GetReplica())
	})
	if len(missing) == 0 {
		return refusals, nil
	}
	return refusals, fmt.Errorf("wait for %d acknowledgements: %w", len(missing), err)
}

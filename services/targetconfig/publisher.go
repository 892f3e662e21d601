// SPDX-License-Identifier: Apache-2.0

package targetconfig

import (
	"context"
	"errors"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
	"offhook.dev/services/bus"
)

// Publisher writes rendered configurations to the bus. Only one publisher may
// be at work at a time.
type Publisher struct{}

// NewPublisher gives a publisher on a bus.
func NewPublisher(b *bus.Bus) *Publisher { return &Publisher{} }

// Publish makes the bucket hold exactly these configurations: it writes those
// whose version differs and deletes the targets that are not among them.
func (p *Publisher) Publish(ctx context.Context, configs ...*configv1.TargetConfig) error {
	return errors.ErrUnsupported
}

// WaitApplied waits until every replica given as "<service>.<replica id>" has
// acknowledged the configurations. It returns the refusals; the error is the
// context's.
func (p *Publisher) WaitApplied(ctx context.Context, replicas []string, configs ...*configv1.TargetConfig) ([]*statev1.Acknowledgement, error) {
	return nil, errors.ErrUnsupported
}

// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
)

// Bus is a connection to NATS. It is safe for concurrent use.
type Bus struct{}

// Connect connects and creates or updates stream and buckets. It waits for the
// server until the context ends.
func Connect(ctx context.Context, options Options) (*Bus, error) {
	return nil, errors.ErrUnsupported
}

// Close ends the connection; every watch and reader returns.
func (b *Bus) Close() {}

// Ready is nil while the connection is up and stream and buckets are in place.
func (b *Bus) Ready() error { return nil }

// Config holds rendered target configurations by target name.
func (b *Bus) Config() *Bucket[*configv1.TargetConfig] { return nil }

// ConfigAcks holds acknowledgements under "<target>.<service>.<replica>".
func (b *Bus) ConfigAcks() *Bucket[*statev1.Acknowledgement] { return nil }

// Sessions holds CSTA sessions by session id.
func (b *Bus) Sessions() *Bucket[*statev1.SessionRecord] { return nil }

// Dialogs holds the SIP dialogs of sessions by session id.
func (b *Bus) Dialogs() *Bucket[*statev1.DialogRecord] { return nil }

// Monitors holds monitors under "<session id>.<monitorCrossRefID>".
func (b *Bus) Monitors() *Bucket[*statev1.MonitorRecord] { return nil }

// Registrations holds phones' bindings under "<target>.<line>.<binding hash>".
func (b *Bus) Registrations() *Bucket[*statev1.RegistrationRecord] { return nil }

// Leases holds the owner of each target by target name.
func (b *Bus) Leases() *Bucket[*statev1.Lease] { return nil }

// Replicas holds live replicas under "<service>.<replica id>".
func (b *Bus) Replicas() *Bucket[*statev1.Replica] { return nil }

// SPDX-License-Identifier: Apache-2.0

package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	configv1 "offhook.dev/proto/offhook/config/v1"
	statev1 "offhook.dev/proto/offhook/state/v1"
)

// ErrClosed: the bus or writer was closed.
var ErrClosed = errors.New("bus is closed")

// Bus is a connection to NATS. It is safe for concurrent use.
type Bus struct {
	options Options
	metrics *metrics
	conn    *nats.Conn
	js      jetstream.JetStream
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	// reconnected wakes the goroutine that puts stream and buckets in place.
	reconnected chan struct{}

	mu     sync.Mutex
	layout *layout
}

// layout is stream and buckets as they were found or made after a connect.
// Every reconnect makes a new one; replaced is closed when that happens.
type layout struct {
	events        jetstream.Stream
	eventsCreated time.Time
	buckets       map[string]bucketLayout
	replaced      chan struct{}
}

type bucketLayout struct {
	store   jetstream.KeyValue
	created time.Time
}

// Connect connects and creates or updates stream and buckets. It waits for the
// server until the context ends.
func Connect(ctx context.Context, options Options) (*Bus, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Bus{options: options, metrics: newMetrics(options.Registerer), reconnected: make(chan struct{}, 1)}
	b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	connected := make(chan struct{})
	var once sync.Once
	b.conn, err = nats.Connect(options.URL, append(options.natsOptions(b),
		nats.ConnectHandler(func(*nats.Conn) { once.Do(func() { close(connected) }) }))...)
	if err != nil {
		b.cancel()
		return nil, fmt.Errorf("connect to NATS at %s: %w", options.where(), err)
	}
	select {
	case <-connected:
	case <-ctx.Done():
		err = b.conn.LastError()
		b.Close()
		return nil, fmt.Errorf("connect to NATS at %s: %w", options.where(), errors.Join(ctx.Err(), err))
	}
	b.js, err = jetstream.New(b.conn, jetstream.WithDefaultTimeout(options.RequestTimeout))
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	if err := b.retryArrange(ctx); err != nil {
		b.Close()
		return nil, err
	}
	b.running.Go(b.keepArranged)
	return b, nil
}

// Close ends the connection; every watch and reader returns ErrClosed.
func (b *Bus) Close() {
	b.cancel()
	if b.conn != nil {
		b.conn.Close()
	}
	b.running.Wait()
}

// Ready is nil while the connection is up and stream and buckets are in place.
func (b *Bus) Ready() error {
	if b.ctx.Err() != nil {
		return ErrClosed
	}
	if !b.conn.IsConnected() {
		return fmt.Errorf("NATS at %s is not connected: %s", b.options.where(), b.conn.Status())
	}
	return nil
}

// keepArranged puts stream and buckets in place after every reconnect: a server
// that keeps them in memory may have lost them.
func (b *Bus) keepArranged() {
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-b.reconnected:
			if err := b.retryArrange(b.ctx); err != nil && b.ctx.Err() == nil {
				b.options.Logger.Error("stream and buckets are not in place", "error", err)
			}
		}
	}
}

// retryArrange arranges until it succeeds or the context ends.
func (b *Bus) retryArrange(ctx context.Context) error {
	for {
		next, err := b.arrange(ctx)
		if err == nil {
			b.mu.Lock()
			before := b.layout
			b.layout = next
			b.mu.Unlock()
			if before != nil {
				close(before.replaced)
			}
			return nil
		}
		b.options.Logger.Warn("put stream and buckets in place", "error", err)
		if !pause(ctx, b.ctx, 250*time.Millisecond) {
			return fmt.Errorf("put stream and buckets in place: %w", err)
		}
	}
}

// current gives the layout of now.
func (b *Bus) current() *layout {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.layout
}

// ended is why an operation that waits must end, or nil.
func (b *Bus) ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.ctx.Err() != nil {
		return ErrClosed
	}
	return nil
}

// joined gives a context that ends with the bus too.
func (b *Bus) joined(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// pause waits; false: one of the contexts ended first.
func pause(ctx, other context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-other.Done():
	}
	return false
}

// Config holds rendered target configurations by EncodeKey of the target name.
func (b *Bus) Config() *Bucket[*configv1.TargetConfig] {
	return &Bucket[*configv1.TargetConfig]{bus: b, name: bucketConfig}
}

// ConfigAcks holds acknowledgements under "<target>.<service>.<replica>".
func (b *Bus) ConfigAcks() *Bucket[*statev1.Acknowledgement] {
	return &Bucket[*statev1.Acknowledgement]{bus: b, name: bucketConfigAcks}
}

// Sessions holds CSTA sessions by session id.
func (b *Bus) Sessions() *Bucket[*statev1.SessionRecord] {
	return &Bucket[*statev1.SessionRecord]{bus: b, name: bucketSessions}
}

// Dialogs holds the SIP dialogs of sessions by session id.
func (b *Bus) Dialogs() *Bucket[*statev1.DialogRecord] {
	return &Bucket[*statev1.DialogRecord]{bus: b, name: bucketDialogs}
}

// Monitors holds monitors under "<session id>.<monitorCrossRefID>".
func (b *Bus) Monitors() *Bucket[*statev1.MonitorRecord] {
	return &Bucket[*statev1.MonitorRecord]{bus: b, name: bucketMonitors}
}

// Registrations holds phones' bindings under "<target>.<line>.<binding hash>".
func (b *Bus) Registrations() *Bucket[*statev1.RegistrationRecord] {
	return &Bucket[*statev1.RegistrationRecord]{bus: b, name: bucketRegistrations}
}

// Features holds lines' feature settings under "<target>.<line>".
func (b *Bus) Features() *Bucket[*statev1.LineFeatures] {
	return &Bucket[*statev1.LineFeatures]{bus: b, name: bucketFeatures}
}

// RouteRegistrations holds who routes calls, under
// "<target>.<routeRegisterReqID>".
func (b *Bus) RouteRegistrations() *Bucket[*statev1.RouteRegistration] {
	return &Bucket[*statev1.RouteRegistration]{bus: b, name: bucketRouteRegistrations}
}

// SessionManagers holds registered session managers under
// "<target>.<register-id>".
func (b *Bus) SessionManagers() *Bucket[*statev1.SessionManagerRecord] {
	return &Bucket[*statev1.SessionManagerRecord]{bus: b, name: bucketSessionManagers}
}

// Leases holds the owner of each target by EncodeKey of its name.
func (b *Bus) Leases() *Bucket[*statev1.Lease] {
	return &Bucket[*statev1.Lease]{bus: b, name: bucketLeases}
}

// HandOvers holds what owners leave to the next one under "<target>.<part>".
func (b *Bus) HandOvers() *Bucket[*statev1.HandOver] {
	return &Bucket[*statev1.HandOver]{bus: b, name: bucketHandOvers}
}

// Replicas holds live replicas under "<service>.<replica id>".
func (b *Bus) Replicas() *Bucket[*statev1.Replica] {
	return &Bucket[*statev1.Replica]{bus: b, name: bucketReplicas}
}

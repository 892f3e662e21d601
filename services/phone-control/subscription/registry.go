// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/ratelimit"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Endpoint is what the package needs of *sipstack.Endpoint.
type Endpoint interface {
	Send(req *sipstack.Request, dest sipstack.Flow, onResponse sipstack.ResponseFunc) (*sipstack.ClientTx, error)
}

// Options are a Registry's dependencies.
type Options struct {
	Target string
	// Config gives the target's configuration now; it must not block.
	Config   func() *targetconfig.Target
	Endpoint Endpoint
	// Auth verifies phones, as at REGISTER.
	Auth  *digestauth.Authenticator
	Lines Lines
	// Phones lists the phones of a line that are registered, to be told of
	// messages unasked; nil: only phones that subscribed are told.
	Phones  func(line string) []registrar.Binding
	Limits  Limits
	Logger  *slog.Logger
	Metrics *Metrics
	// Now is the clock: time.Now.
	Now func() time.Time
}

// linesTimeout bounds one question to Lines.
const linesTimeout = 5 * time.Second

// Registry holds the subscriptions of one target's phones. It is safe for
// concurrent use.
type Registry struct {
	options Options
	limits  Limits
	limiter *ratelimit.PerSource
	wake    chan struct{}

	mu     sync.Mutex
	table  *Table
	closed bool
	// summaries are lines whose phones are to be told of messages unasked;
	// deaf are phones that don't understand that.
	summaries map[string]struct{}
	deaf      map[string]struct{}
}

// New makes a registry without subscriptions.
func New(options Options) *Registry {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	limits := options.Limits.withDefaults()
	return &Registry{
		options: options, limits: limits, wake: make(chan struct{}, 1), table: NewTable(limits),
		limiter:   ratelimit.New(ratelimit.Config{PerSecond: limits.RequestsPerSecond, Burst: limits.Burst, Sources: 16384, Now: options.Now}),
		summaries: make(map[string]struct{}), deaf: make(map[string]struct{}),
	}
}

// Changed tells that something of a line has changed. It doesn't block and asks
// nothing: what is told is what Lines says a moment later.
func (r *Registry) Changed(line string, kind Kind) {
	r.change(func() {
		r.table.Changed(packageOf(kind), line)
		if kind == KindMessageWaiting && r.options.Phones != nil {
			r.summaries[line] = struct{}{}
		}
	})
}

// Registered tells that a phone of a line has come into service: it is told of
// messages that wait, unless it subscribes. It doesn't block.
func (r *Registry) Registered(line string) {
	if r.options.Phones == nil {
		return
	}
	r.change(func() { r.summaries[line] = struct{}{} })
}

// Reconfigure applies a change of the target's configuration: subscriptions of
// phones and to lines that are gone or may not be watched any more end.
func (r *Registry) Reconfigure() {
	target := r.options.Config()
	r.change(func() {
		r.table.Retain(func(s *Subscription) Reason {
			device, ok := target.Device(s.Device)
			if !ok {
				return ReasonRejected
			}
			line, ok := target.Line(s.Line)
			switch {
			case !ok:
				return ReasonNoResource
			case !mayWatch(device, line, s.Package):
				return ReasonRejected
			default:
				return ""
			}
		})
	})
}

// Len is the number of subscriptions.
func (r *Registry) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.Len()
}

// change changes the table and wakes Run.
func (r *Registry) change(do func()) {
	r.mu.Lock()
	if !r.closed {
		do()
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run sends what is due, until the context ends; then all subscriptions end
// with the reason deactivated, upon which phones subscribe anew.
func (r *Registry) Run(ctx context.Context) error {
	defer r.close()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(r.untilExpiry())
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timer.C:
		case <-r.wake:
		}
		r.sendDue(ctx)
	}
}

func (r *Registry) untilExpiry() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	next, ok := r.table.NextExpiry()
	if !ok {
		return time.Hour
	}
	return max(0, next.Sub(r.options.Now()))
}

func (r *Registry) sendDue(ctx context.Context) {
	for ctx.Err() == nil {
		r.mu.Lock()
		r.table.Expire(r.options.Now())
		notice, ok := r.table.Next()
		r.options.Metrics.held(r.options.Target, r.table)
		r.mu.Unlock()
		if !ok {
			break
		}
		r.notify(ctx, notice)
	}
	r.sendSummaries(ctx)
}

// close ends all subscriptions.
func (r *Registry) close() {
	r.mu.Lock()
	r.closed = true
	r.table.Retain(func(s *Subscription) Reason {
		s.flying = false // not waited for any more
		return ReasonDeactivated
	})
	var last []Notice
	for {
		notice, ok := r.table.Next()
		if !ok {
			break
		}
		last = append(last, notice)
	}
	r.options.Metrics.held(r.options.Target, r.table)
	r.mu.Unlock()
	for _, notice := range last {
		r.sendLast(notice, nil, "")
	}
}

// SPDX-License-Identifier: Apache-2.0

package replica

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"offhook.dev/services/phone-control/control"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/targetconfig"
)

// sipPhones are the driver of one target's SIP phones, and what these phones
// subscribe to.
type sipPhones struct {
	*sipline.Driver
	subscriptions *subscription.Registry
	// config is the target's configuration now.
	config atomic.Pointer[targetconfig.Target]
}

var _ control.Driver = (*sipPhones)(nil)

func newSIPPhones(options sipline.Options, target *targetconfig.Target, loop control.Loop, metrics *subscription.Metrics) *sipPhones {
	p := &sipPhones{}
	p.config.Store(target)
	p.subscriptions = subscription.New(subscription.Options{
		Target: target.Name, Config: p.config.Load, Endpoint: options.Endpoint, Auth: options.Auth, Lines: loop.Lines(),
		Phones: func(line string) []registrar.Binding { return p.Phones(line) }, Logger: options.Logger, Metrics: metrics,
	})
	options.Subscriptions = p.subscriptions
	p.Driver = sipline.New(options, loop)
	return p
}

// Run implements control.Driver.
func (p *sipPhones) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.subscriptions.Run(ctx) })
	group.Go(func() error { return p.Driver.Run(ctx) })
	return group.Wait()
}

// Configure implements control.Driver.
func (p *sipPhones) Configure(target *targetconfig.Target) {
	p.config.Store(target)
	p.Driver.Configure(target)
	p.subscriptions.Reconfigure()
}

// Changed tells the phones that watch a line that something of it has changed.
// It does not block.
func (p *sipPhones) Changed(line string, kind subscription.Kind) { p.subscriptions.Changed(line, kind) }

// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"offhook.dev/services/digestauth"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/phone-control/registrar"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/sipstack"
	"offhook.dev/services/targetconfig"
)

// Loop is the goroutine of a target, on which everything of a driver runs.
type Loop interface {
	// Indicate gives the call model an input. Only on the target's goroutine.
	Indicate(callmodel.Input)
	// New, Further and Due run work on the target's goroutine, from any
	// goroutine, without blocking. New (a call that begins) and Further (a
	// request within a call) report false when the target has too much to do;
	// Due is always taken.
	New(func()) bool
	Further(func()) bool
	Due(func())
	// Leaving tells that the target is about to go to another replica: New is
	// refused. From any goroutine.
	Leaving() bool
	// After runs work on the target's goroutine later, unless stopped.
	After(time.Duration, func()) (stop func())
}

// Options are a driver's dependencies.
type Options struct {
	Target   string
	Source   targetconfig.Source
	Endpoint *sipstack.Endpoint
	Gateway  *Gateway
	Auth     *digestauth.Authenticator
	Store    registrar.Store
	// Mixer is where media end that do not run from phone to phone. Nil: there
	// are no conferences, no music and no tones, and held phones have no media.
	Mixer mixer.Mixer
	// LatchRTP has the mixer send to where a phone's packets come from, whatever
	// its description says.
	LatchRTP bool
	// TrunkRoute gives the URI of an edge by which calls go out to the trunk, as
	// the function TrunkRoute writes it; false: there is none now. Nil: the trunk
	// is reached straight.
	TrunkRoute func(target string) (uri string, ok bool)
	Logger     *slog.Logger
	Metrics    *Metrics
	// Neighbour is the target's other line side; nil: there is none.
	Neighbour lineside.Neighbour
	// Subscriptions serve what phones subscribe to; nil: they are refused.
	Subscriptions Subscriptions
	// RegistrarMetrics may be nil.
	RegistrarMetrics *registrar.Metrics
}

// Subscriptions serve what the phones of a target subscribe to. Its methods are
// called on goroutines of the SIP stack and the registrar.
type Subscriptions interface {
	// HandleSubscribe answers a SUBSCRIBE outside any dialog, having verified the
	// phone.
	HandleSubscribe(*sipstack.ServerTx)
	// Registered tells that a line has got its first phone. It does not block.
	Registered(line string)
}

// Driver is the line side of one target. Its exported methods but Run are
// called on the target's goroutine.
type Driver struct {
	target    string
	source    targetconfig.Source
	endpoint  *sipstack.Endpoint
	gateway   *Gateway
	auth      *digestauth.Authenticator
	registrar *registrar.Registrar
	// subscriptions may be nil.
	subscriptions Subscriptions
	mixer         mixer.Mixer
	latch         bool
	// trunkRoute may be nil.
	trunkRoute func(target string) (string, bool)
	loop       Loop
	logger     *slog.Logger
	metrics    *Metrics
	// neighbour may be nil.
	neighbour lineside.Neighbour
	// address is our own in descriptions that we make.
	address string

	legs map[callmodel.LegID]*leg
	// dialled are legs that the call model has not named yet.
	dialled     map[callmodel.DialledID]*leg
	lastDialled callmodel.DialledID
	// lastOrder counts SetMedia.
	lastOrder uint64
	// lastRefer counts transfers that phones asked for.
	lastRefer callmodel.ReferID
	patience  time.Duration
	// last is the target's configuration for when the source has none any more.
	last atomic.Pointer[targetconfig.Target]
	// lost are bindings of phones found dead, for Run to remove; reconfigured
	// tells Run of a new configuration.
	lost         chan registrar.Binding
	reconfigured chan struct{}
	// started is called when the driver takes requests, for tests.
	started func()
}

// New makes the driver of a target that the source knows.
func New(options Options, loop Loop) *Driver {
	d := &Driver{
		target: options.Target, source: options.Source, endpoint: options.Endpoint, gateway: options.Gateway,
		auth: options.Auth, mixer: options.Mixer, latch: options.LatchRTP, trunkRoute: options.TrunkRoute, loop: loop, logger: options.Logger, metrics: options.Metrics,
		subscriptions: options.Subscriptions, neighbour: options.Neighbour,
		legs:         make(map[callmodel.LegID]*leg),
		dialled:      make(map[callmodel.DialledID]*leg),
		lost:         make(chan registrar.Binding, 64),
		reconfigured: make(chan struct{}, 1),
		patience:     defaultPatience,
	}
	if target, ok := options.Source.Snapshot().TargetByName(options.Target); ok {
		d.last.Store(target)
	}
	d.address = addressOf(options.Endpoint)
	d.registrar = registrar.New(registrar.Options{
		Target: options.Target, Config: d.config, Auth: options.Auth, Store: options.Store,
		HoldFlow: options.Endpoint.HoldFlow,
		OnBinding: func(binding registrar.Binding) {
			if len(binding.Path) > 0 {
				loop.Due(func() { d.follow(binding) })
			}
		},
		OnService: func(line string, inService bool) {
			if inService && options.Subscriptions != nil {
				options.Subscriptions.Registered(line)
			}
			loop.Due(func() {
				loop.Indicate(callmodel.ServiceChanged{Device: callmodel.DeviceID(line), InService: inService})
			})
		},
		Logger: options.Logger, Metrics: options.RegistrarMetrics,
	})
	return d
}

// SetNeighbour names the target's other line side, before anything else is asked
// of the driver.
func (d *Driver) SetNeighbour(neighbour lineside.Neighbour) { d.neighbour = neighbour }

// Run takes over the target's stored registrations, then takes requests for
// the target until the context ends.
func (d *Driver) Run(ctx context.Context) error {
	if err := d.registrar.Load(ctx); err != nil {
		return err
	}
	d.gateway.add(d)
	if d.started != nil {
		d.started()
	}
	defer d.gateway.remove(d)
	removed := make(chan struct{})
	go func() { // ends with ctx; awaited below
		defer close(removed)
		for {
			select {
			case <-ctx.Done():
				return
			case binding := <-d.lost:
				d.registrar.Remove(binding.Line, binding.Key())
			case <-d.reconfigured:
				d.registrar.Reconfigure()
			}
		}
	}()
	err := d.registrar.Run(ctx)
	<-removed
	return err
}

// Phones are the registered phones of a line, the newest first. It may be called
// from any goroutine.
func (d *Driver) Phones(line string) []registrar.Binding { return d.registrar.Of(line) }

// config is the target's configuration now. It may be called from any
// goroutine.
func (d *Driver) config() *targetconfig.Target {
	if target, ok := d.source.Snapshot().TargetByName(d.target); ok {
		return target
	}
	return d.last.Load()
}

// forget has the binding of an unreachable phone removed.
func (d *Driver) forget(binding registrar.Binding) {
	select {
	case d.lost <- binding:
	default: // it expires by itself
	}
}

// newOrigin is the origin of the descriptions that a leg is given.
func (d *Driver) newOrigin() *media.Origin { return media.NewOrigin(rand.Uint64()>>2, d.address) }

// addressOf is the host of the endpoint's own address as an IP literal.
func addressOf(endpoint *sipstack.Endpoint) string {
	uri := endpoint.LocalURI("tcp", "")
	host := strings.Trim(uri.Host, "[]")
	if net.ParseIP(host) == nil {
		return "0.0.0.0"
	}
	return host
}

func allowValue() string {
	methods := allowedMethods()
	names := make([]string, len(methods))
	for i, method := range methods {
		names[i] = string(method)
	}
	return strings.Join(names, ", ")
}

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
	Logger   *slog.Logger
	Metrics  *Metrics
	// RegistrarMetrics may be nil.
	RegistrarMetrics *registrar.Metrics
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
	loop      Loop
	logger    *slog.Logger
	metrics   *Metrics
	// address is our own in descriptions that we make.
	address string

	legs  map[callmodel.ConnectionID]*leg
	calls map[callmodel.CallID]*call
	// waiting are legs that the call model has not named yet.
	waiting map[callmodel.LegID]*leg
	lastLeg callmodel.LegID
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
		auth: options.Auth, loop: loop, logger: options.Logger, metrics: options.Metrics,
		legs:         make(map[callmodel.ConnectionID]*leg),
		calls:        make(map[callmodel.CallID]*call),
		waiting:      make(map[callmodel.LegID]*leg),
		lost:         make(chan registrar.Binding, 64),
		reconfigured: make(chan struct{}, 1),
	}
	if target, ok := options.Source.Snapshot().TargetByName(options.Target); ok {
		d.last.Store(target)
	}
	d.address = addressOf(options.Endpoint)
	d.registrar = registrar.New(registrar.Options{
		Target: options.Target, Config: d.config, Auth: options.Auth, Store: options.Store,
		HoldFlow: options.Endpoint.HoldFlow,
		OnService: func(line string, inService bool) {
			loop.Due(func() {
				loop.Indicate(callmodel.ServiceChanged{Device: callmodel.DeviceID(line), InService: inService})
			})
		},
		Logger: options.Logger, Metrics: options.RegistrarMetrics,
	})
	return d
}

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

// config is the target's configuration now. It may be called from any
// goroutine.
func (d *Driver) config() *targetconfig.Target {
	if target, ok := d.source.Snapshot().TargetByName(d.target); ok {
		return target
	}
	return d.last.Load()
}

// newLeg makes a leg in a call of its own, until the model names it.
func (d *Driver) newLeg() *leg {
	return &leg{driver: d, origin: media.NewOrigin(rand.Uint64()>>2, d.address)}
}

// join puts a leg under its connection.
func (d *Driver) join(l *leg, connection callmodel.ConnectionID) {
	l.connection = connection
	c, ok := d.calls[connection.Call]
	if !ok {
		c = &call{driver: d, id: connection.Call}
		d.calls[connection.Call] = c
	}
	c.legs = append(c.legs, l)
	l.call = c
	d.legs[connection] = l
	d.metrics.setLegs(d.target, len(d.legs))
}

func (d *Driver) forgetLeg(l *leg) {
	delete(d.waiting, l.dialled)
	if d.legs[l.connection] == l {
		delete(d.legs, l.connection)
		d.metrics.setLegs(d.target, len(d.legs))
	}
	c := l.call
	if c == nil {
		return
	}
	kept := c.legs[:0]
	for _, other := range c.legs {
		if other != l {
			kept = append(kept, other)
		}
	}
	c.legs = kept
	if len(c.legs) == 0 && d.calls[c.id] == c {
		delete(d.calls, c.id)
	}
}

// forget has the binding of an unreachable phone removed.
func (d *Driver) forget(binding registrar.Binding) {
	select {
	case d.lost <- binding:
	default: // it expires by itself
	}
}

// domain is what stands behind the @ in addresses that phones are shown.
func (d *Driver) domain() string {
	for _, domain := range d.config().Config.GetSip().GetDomains() {
		if domain != "*" {
			return domain
		}
	}
	return d.address
}

// addressOfNumber is the SIP URI of a number of the target.
func (d *Driver) addressOfNumber(number string) sipstack.URI {
	return sipstack.URI{Scheme: "sip", User: escapeUser(number), Host: d.domain()}
}

// party is a number as a phone is shown it.
func (d *Driver) party(number string) sipstack.NameAddr {
	name := ""
	if line, ok := d.config().Line(number); ok {
		name = line.GetDisplayName()
	}
	return sipstack.NameAddr{DisplayName: name, URI: d.addressOfNumber(number)}
}

// escapeUser escapes what a user part must not hold (RFC 3261 25.1).
func escapeUser(number string) string {
	const plain = "-_.!~*'()&=+$,;?/"
	var out strings.Builder
	for i := range len(number) {
		c := number[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte(plain, c) >= 0 {
			out.WriteByte(c)
			continue
		}
		const digits = "0123456789ABCDEF"
		out.WriteByte('%')
		out.WriteByte(digits[c>>4])
		out.WriteByte(digits[c&15])
	}
	return out.String()
}

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

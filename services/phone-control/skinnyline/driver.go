// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/linefeatures"
	"offhook.dev/services/phone-control/lineside"
	"offhook.dev/services/phone-control/mixer"
	"offhook.dev/services/targetconfig"
)

// FirstDialled is the first DialledID of this driver: another driver of the same
// target keeps below.
const FirstDialled callmodel.DialledID = 1 << 62

// Loop is the goroutine of a target, on which everything of a driver runs.
type Loop interface {
	// Indicate gives the call model an input. Only on the target's goroutine.
	Indicate(callmodel.Input)
	// New, Further and Due run work on the target's goroutine, from any
	// goroutine, without blocking. New and Further report false when the target
	// has too much to do; Due is always taken.
	New(func()) bool
	Further(func()) bool
	Due(func())
	// After runs work on the target's goroutine later, unless stopped.
	After(time.Duration, func()) (stop func())
	// Request gives the call model a service; done is told the reply.
	Request(service func(callmodel.RequestID) callmodel.Input, done func(callmodel.Reply))
	// Calls are the calls at a line.
	Calls(line callmodel.DeviceID) []callmodel.LineCall
	// Features are the settings of lines, to read; the others change them.
	Features() *linefeatures.Settings
	SetDoNotDisturb(line callmodel.DeviceID, on bool) *callmodel.Error
	SetForwarding(line callmodel.DeviceID, forwarding linefeatures.Forwarding) *callmodel.Error
}

// Options are a driver's dependencies.
type Options struct {
	Target  *targetconfig.Target
	Gateway *Gateway
	// Mixer is where media end that do not run from phone to phone. Nil: there
	// are no conferences and no music.
	Mixer mixer.Mixer
	// Latch has the mixer send to where a phone's packets come from.
	Latch  bool
	Logger *slog.Logger
	// Metrics may be nil.
	Metrics *Metrics
	// Now is the time; nil: time.Now.
	Now func() time.Time
}

// Driver is the Skinny line side of one target. Its exported methods but Run
// and Registrations are called on the target's goroutine.
type Driver struct {
	target  string
	gateway *Gateway
	mixer   mixer.Mixer
	latch   bool
	loop    Loop
	logger  *slog.Logger
	metrics *Metrics
	now     func() time.Time
	// neighbour is the target's other line side; it may be nil.
	neighbour lineside.Neighbour

	config *targetconfig.Target
	// zone of the phones' clocks.
	zone *time.Location
	// stations by device name.
	stations map[string]*station
	lines    map[callmodel.DeviceID]*line
	legs     map[callmodel.LegID]*leg
	// dialled are calls that the model has not named yet.
	dialled map[callmodel.DialledID]*call
	// channels are those whose acknowledgement is awaited or had, by their party.
	channels map[uint32]*channel
	// watchers are the stations that show the state of a line of others, by its
	// number, in the order in which they came.
	watchers map[string][]*station
	// assigned are lines that unknown phones were given.
	assigned map[string]callmodel.DeviceID

	lastDialled   callmodel.DialledID
	lastReference uint32
	lastParty     uint32

	// mu guards what other goroutines read: the registrations by device name.
	mu            sync.Mutex
	registrations map[string][]*phonecontrolv1.Registration
}

// New makes the driver of a target.
func New(options Options, loop Loop) *Driver {
	d := &Driver{
		target: options.Target.Name, gateway: options.Gateway, mixer: options.Mixer, latch: options.Latch,
		loop: loop, logger: options.Logger, metrics: options.Metrics, now: options.Now,
		stations: make(map[string]*station), lines: make(map[callmodel.DeviceID]*line),
		legs: make(map[callmodel.LegID]*leg), dialled: make(map[callmodel.DialledID]*call),
		channels: make(map[uint32]*channel), assigned: make(map[string]callmodel.DeviceID),
		watchers:      make(map[string][]*station),
		registrations: make(map[string][]*phonecontrolv1.Registration),
		lastDialled:   FirstDialled,
	}
	if d.now == nil {
		d.now = time.Now
	}
	d.take(options.Target)
	return d
}

// SetNeighbour names the target's other line side, before anything else is
// asked of the driver.
func (d *Driver) SetNeighbour(neighbour lineside.Neighbour) { d.neighbour = neighbour }

// Run serves phones until the context ends.
func (d *Driver) Run(ctx context.Context) error {
	d.gateway.add(d)
	defer d.gateway.remove(d)
	<-ctx.Done()
	return context.Cause(ctx)
}

// Configure applies a change of the target's configuration: a phone whose
// buttons changed registers anew.
func (d *Driver) Configure(target *targetconfig.Target) {
	d.take(target)
	for _, s := range d.sortedStations() {
		phone, known := d.phoneFor(s.name)
		switch {
		case !known:
			s.leave("configuration removed")
		case !sameButtons(s.phone, phone):
			s.send(restart())
		default:
			s.phone = phone
			s.features()
		}
	}
}

func (d *Driver) take(target *targetconfig.Target) {
	d.config = target
	d.zone = time.UTC
	if zone, err := time.LoadLocation(target.Config.GetDriver().GetSkinny().GetTimeZone()); err == nil {
		d.zone = zone
	}
}

// sortedStations are all stations in the order of their names, so that equal
// inputs give equal outputs.
func (d *Driver) sortedStations() []*station {
	sorted := make([]*station, 0, len(d.stations))
	for _, s := range d.stations {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(a, b *station) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return sorted
}

// Registrations lists the phones, once for each of their lines. It may be
// called from any goroutine.
func (d *Driver) Registrations() []*phonecontrolv1.Registration {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]*phonecontrolv1.Registration, 0, len(d.registrations))
	for _, name := range slices.Sorted(maps.Keys(d.registrations)) {
		list = append(list, d.registrations[name]...)
	}
	return list
}

// noteRegistration tells other goroutines of a station that came or went.
func (d *Driver) noteRegistration(s *station) {
	var list []*phonecontrolv1.Registration
	if d.stations[s.name] == s {
		for _, place := range s.lines {
			list = append(list, s.registration(place.line))
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if list == nil {
		delete(d.registrations, s.name)
	} else {
		d.registrations[s.name] = list
	}
	d.metrics.registered(d.target, len(d.stations))
}

// Release lets go of all phones without a word: another replica may run the
// target already.
func (d *Driver) Release() {
	for _, l := range d.legs {
		l.forget()
	}
	for _, s := range d.stations {
		s.conn.Close()
	}
	clear(d.stations)
}

// reference gives a call reference that no call has.
func (d *Driver) reference() uint32 {
	d.lastReference++
	return d.lastReference
}

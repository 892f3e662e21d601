// SPDX-License-Identifier: Apache-2.0

// Package simulated is a line side whose phones exist in memory only, for load
// and conformance tests: they ring and obey every command at once, and answer
// after a set time where the target's configuration says so. It does only what
// it is told and what time brings, so that equal inputs give equal events. It
// has no SIP and no media.
package simulated

import (
	"context"
	"sync"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// Loop is the goroutine of a target, on which everything of a driver runs.
type Loop interface {
	// Indicate gives the call model an input. Only on the target's goroutine.
	Indicate(callmodel.Input)
	// Due runs work on the target's goroutine; it never blocks.
	Due(func())
	// After runs work on the target's goroutine later, unless stopped.
	After(time.Duration, func()) (stop func())
}

// Driver is the line side of one target. Its methods but Run and Registrations
// are called on the target's goroutine.
type Driver struct {
	loop        Loop
	answerAfter time.Duration
	autoAnswer  bool
	ringing     map[callmodel.ConnectionID]func()

	mu    sync.Mutex
	lines []string
}

// New makes the driver of a target.
func New(target *targetconfig.Target, loop Loop) *Driver {
	d := &Driver{loop: loop, ringing: make(map[callmodel.ConnectionID]func())}
	d.take(target)
	return d
}

// Run puts all lines in service, and ends with the context.
func (d *Driver) Run(ctx context.Context) error {
	d.loop.Due(func() { d.inService(nil) })
	<-ctx.Done()
	return context.Cause(ctx)
}

// Execute carries out a command of the call model at once.
func (d *Driver) Execute(command callmodel.Command) {
	switch c := command.(type) {
	case callmodel.RingOriginator:
		if c.AutoAnswer {
			d.loop.Indicate(callmodel.LegAnswered{Connection: c.Connection})
			return
		}
		d.ring(c.Connection)
	case callmodel.Offer:
		d.loop.Indicate(callmodel.LegRinging{Connection: c.Connection})
		d.ring(c.Connection)
	case callmodel.Answer:
		d.stop(c.Connection)
		d.loop.Indicate(callmodel.LegAnswered{Connection: c.Connection})
	case callmodel.PutOnHold:
		d.loop.Indicate(callmodel.LegHeld{Connection: c.Connection})
	case callmodel.TakeOffHold:
		d.loop.Indicate(callmodel.LegRetrieved{Connection: c.Connection})
	case callmodel.Release:
		d.stop(c.Connection)
	case callmodel.Adopt, callmodel.RejectDialled:
		// These phones have no keys to dial with.
	}
}

// ring lets a phone ring until it answers by itself, if it does.
func (d *Driver) ring(connection callmodel.ConnectionID) {
	answered := func() {
		delete(d.ringing, connection)
		d.loop.Indicate(callmodel.LegAnswered{Connection: connection})
	}
	switch {
	case !d.autoAnswer:
	case d.answerAfter <= 0:
		answered()
	default:
		d.ringing[connection] = d.loop.After(d.answerAfter, answered)
	}
}

func (d *Driver) stop(connection callmodel.ConnectionID) {
	if stop, ok := d.ringing[connection]; ok {
		delete(d.ringing, connection)
		stop()
	}
}

// Configure applies a change of the target's configuration.
func (d *Driver) Configure(target *targetconfig.Target) {
	before := d.all()
	d.take(target)
	d.inService(before)
}

func (d *Driver) take(target *targetconfig.Target) {
	config := target.Config.GetDriver().GetSimulated()
	d.answerAfter, d.autoAnswer = config.GetAnswerAfter().AsDuration(), config.GetAutoAnswer()
	lines := make([]string, len(target.Lines))
	for i, line := range target.Lines {
		lines[i] = line.GetNumber()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = lines
}

func (d *Driver) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lines
}

// inService tells of the lines that have a phone since now.
func (d *Driver) inService(before []string) {
	known := make(map[string]bool, len(before))
	for _, line := range before {
		known[line] = true
	}
	for _, line := range d.all() {
		if !known[line] {
			d.loop.Indicate(callmodel.ServiceChanged{Device: callmodel.DeviceID(line), InService: true})
		}
	}
}

// Registrations lists one phone for each line. It may be called from any
// goroutine.
func (d *Driver) Registrations() []*phonecontrolv1.Registration {
	lines := d.all()
	list := make([]*phonecontrolv1.Registration, len(lines))
	for i, line := range lines {
		list[i] = &phonecontrolv1.Registration{Line: line, Contact: "simulated:" + line, UserAgent: "simulated"}
	}
	return list
}

// Release forgets all phones that ring.
func (d *Driver) Release() {
	for connection := range d.ringing {
		d.stop(connection)
	}
}

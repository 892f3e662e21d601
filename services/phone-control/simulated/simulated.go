// SPDX-License-Identifier: Apache-2.0

// Package simulated is a line side whose phones exist in memory only, for load
// and conformance tests: they ring and obey every command at once, answer after
// a set time where the target's configuration says so, and do what Act tells
// them as their users. Numbers beyond the trunk are phones as well. It does
// only what it is told and what time brings, so that equal inputs give equal
// events. It has no SIP and no media.
package simulated

import (
	"context"
	"sync"
	"time"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/dialplan"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
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
	trunk       string
	plan        *dialplan.Plan
	phones      map[callmodel.DeviceID]*phone
	legs        map[callmodel.LegID]*leg
	dialled     map[callmodel.DialledID]*leg
	lastDialled callmodel.DialledID
	desks       map[callmodel.DeviceID]*desk.Phone

	mu    sync.Mutex
	lines []string
}

// New makes the driver of a target.
func New(target *targetconfig.Target, loop Loop) *Driver {
	d := &Driver{
		loop: loop, phones: make(map[callmodel.DeviceID]*phone),
		legs: make(map[callmodel.LegID]*leg), dialled: make(map[callmodel.DialledID]*leg),
		desks: make(map[callmodel.DeviceID]*desk.Phone),
	}
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
	case callmodel.Adopt:
		d.adopt(c)
	case callmodel.RejectDialled:
		if l, ok := d.dialled[c.Dialled]; ok {
			d.forget(l)
		}
	case callmodel.Ring:
		d.ring(c)
	case callmodel.Answer:
		if l, ok := d.legs[c.Leg]; ok && l.state == ringing {
			d.pickUp(l)
		}
	case callmodel.SetMedia:
		d.setMedia(c)
	case callmodel.SendDigits:
		if _, ok := d.legs[c.Leg]; ok {
			d.loop.Indicate(callmodel.DigitsSent{Leg: c.Leg})
		}
	case callmodel.Release:
		if l, ok := d.legs[c.Leg]; ok {
			d.forget(l)
		}
	case callmodel.Referred:
		// These phones do not show how a transfer went.
	}
}

func (d *Driver) adopt(c callmodel.Adopt) {
	l, ok := d.dialled[c.Dialled]
	if !ok {
		d.loop.Indicate(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseNormalClearing})
		return
	}
	delete(d.dialled, c.Dialled)
	l.id = c.Leg
	d.legs[c.Leg] = l
}

// ring lets a phone ring until its user answers, or it answers by itself.
func (d *Driver) ring(c callmodel.Ring) {
	number := c.Line
	if number == "" {
		number = callmodel.DeviceID(c.External)
	}
	p := d.phone(number)
	if p.unplugged {
		d.loop.Indicate(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseDestOutOfOrder})
		return
	}
	l := &leg{id: c.Leg, phone: p, state: ringing}
	p.legs = append(p.legs, l)
	d.legs[c.Leg] = l
	if c.Line == "" {
		d.loop.Indicate(callmodel.LegProceeds{Leg: c.Leg})
	}
	d.loop.Indicate(callmodel.LegRinging{Leg: c.Leg})
	switch {
	case c.AutoAnswer, d.autoAnswer && d.answerAfter <= 0:
		d.pickUp(l)
	case d.autoAnswer:
		l.stop = d.loop.After(d.answerAfter, func() { d.pickUp(l) })
	}
}

// setMedia does at once what is asked of a phone that is up.
func (d *Driver) setMedia(c callmodel.SetMedia) {
	l, ok := d.legs[c.Leg]
	if !ok {
		return
	}
	l.media = c.Media
	if l.state == calling && c.Media.Kind != callmodel.Ringback {
		l.state = up // whom it called has answered
	}
	if l.state == up {
		d.loop.Indicate(callmodel.MediaSet{Leg: l.id})
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
	d.trunk, d.plan = target.Config.GetTrunk().GetName(), target.DialPlan
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

// Release forgets all calls.
func (d *Driver) Release() {
	for _, l := range d.legs {
		d.forget(l)
	}
	for _, l := range d.dialled {
		d.forget(l)
	}
}

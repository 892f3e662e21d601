// SPDX-License-Identifier: Apache-2.0

package lineside

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/desk"
	"offhook.dev/services/phone-control/subscription"
	"offhook.dev/services/targetconfig"
)

// Side is a driver of one kind of phones (control.Driver).
type Side interface {
	Execute(callmodel.Command)
	Configure(*targetconfig.Target)
	Registrations() []*phonecontrolv1.Registration
	Run(ctx context.Context) error
	Release()
	// Changed tells that something of a line has changed.
	Changed(line string, kind subscription.Kind)
	// Quiet, Export and Import hand legs over (control.HandingOver).
	Quiet() bool
	Export() ([]byte, error)
	Import(state []byte) ([]callmodel.LegID, error)
}

// SkinnySide is the driver of Skinny phones, which have more that can be
// controlled.
type SkinnySide interface {
	Side
	Desk(line callmodel.DeviceID) (*desk.Phone, bool)
	DeskChanged(line callmodel.DeviceID)
	PressButton(line callmodel.DeviceID, button string) *callmodel.Error
	ResetPhone(deviceName string, restart bool) *callmodel.Error
}

// Mux is two drivers as one. Its methods but Run and Registrations are called on
// the target's goroutine. Drivers are given Indicate of theirs in place of the
// target's.
type Mux struct {
	indicate func(callmodel.Input)
	sip      Side
	skinny   SkinnySide
	// firstSkinny is the first DialledID of the Skinny side.
	firstSkinny callmodel.DialledID
	// owners have the legs; forks are those that both have still.
	owners map[callmodel.LegID]Side
	forks  map[callmodel.LegID]*fork
	// inService are the lines that a side has phones of.
	inService map[callmodel.DeviceID]*service
}

// fork is a line that rings on both sides.
type fork struct {
	sip, skinny bool
	rang        bool
	cause       callmodel.Cause
}

type service struct{ sip, skinny bool }

// NewMux makes a Mux without sides; Serve names them. The Skinny side's
// DialledIDs begin with firstSkinny, those of the other side are below.
func NewMux(indicate func(callmodel.Input), firstSkinny callmodel.DialledID) *Mux {
	return &Mux{
		indicate: indicate, firstSkinny: firstSkinny, owners: make(map[callmodel.LegID]Side),
		forks: make(map[callmodel.LegID]*fork), inService: make(map[callmodel.DeviceID]*service),
	}
}

// Serve names both sides, before anything else is asked.
func (m *Mux) Serve(sip Side, skinny SkinnySide) { m.sip, m.skinny = sip, skinny }

// FromSIP is what the SIP side indicates.
func (m *Mux) FromSIP(input callmodel.Input) { m.from(false, input) }

// FromSkinny is what the Skinny side indicates.
func (m *Mux) FromSkinny(input callmodel.Input) { m.from(true, input) }

// Run runs both sides until the context ends.
func (m *Mux) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return m.sip.Run(ctx) })
	group.Go(func() error { return m.skinny.Run(ctx) })
	return group.Wait()
}

// Configure tells both sides.
func (m *Mux) Configure(target *targetconfig.Target) {
	m.sip.Configure(target)
	m.skinny.Configure(target)
}

// Registrations are those of both sides. It may be called from any goroutine.
func (m *Mux) Registrations() []*phonecontrolv1.Registration {
	return slices.Concat(m.sip.Registrations(), m.skinny.Registrations())
}

// Release lets go of the calls of both sides.
func (m *Mux) Release() {
	m.sip.Release()
	m.skinny.Release()
	clear(m.owners)
	clear(m.forks)
}

// Changed tells both sides.
func (m *Mux) Changed(line string, kind subscription.Kind) {
	m.sip.Changed(line, kind)
	m.skinny.Changed(line, kind)
}

// Desk is what a line's Skinny phone has on the desk, as all that follows.
func (m *Mux) Desk(line callmodel.DeviceID) (*desk.Phone, bool) { return m.skinny.Desk(line) }

// DeskChanged tells that something was set at a line's phone.
func (m *Mux) DeskChanged(line callmodel.DeviceID) { m.skinny.DeskChanged(line) }

// PressButton presses a button of a line's phone.
func (m *Mux) PressButton(line callmodel.DeviceID, button string) *callmodel.Error {
	return m.skinny.PressButton(line, button)
}

// ResetPhone makes a phone start again.
func (m *Mux) ResetPhone(deviceName string, restart bool) *callmodel.Error {
	return m.skinny.ResetPhone(deviceName, restart)
}

// Execute gives a command to the side that has the leg.
func (m *Mux) Execute(command callmodel.Command) {
	switch c := command.(type) {
	case callmodel.Adopt:
		m.owners[c.Leg] = m.dialledAt(c.Dialled)
		m.owners[c.Leg].Execute(c)
	case callmodel.RejectDialled:
		m.dialledAt(c.Dialled).Execute(c)
	case callmodel.Ring:
		m.ring(c)
	case callmodel.Answer:
		if m.forks[c.Leg] != nil {
			m.skinny.Execute(c) // such phones always can
			return
		}
		m.at(c.Leg, c)
	case callmodel.SetMedia:
		m.at(c.Leg, c)
	case callmodel.SendDigits:
		m.at(c.Leg, c)
	case callmodel.Release:
		m.release(c)
	case callmodel.Referred:
		m.sip.Execute(c)
	}
}

func (m *Mux) dialledAt(id callmodel.DialledID) Side {
	if id >= m.firstSkinny {
		return m.skinny
	}
	return m.sip
}

func (m *Mux) at(leg callmodel.LegID, command callmodel.Command) {
	if owner := m.owners[leg]; owner != nil {
		owner.Execute(command)
	}
}

// ring rings a line where it has phones, on both sides if need be. A phone that
// is to answer by itself is a Skinny phone, if there is one: it always does.
func (m *Mux) ring(c callmodel.Ring) {
	at := m.inService[c.Line]
	switch {
	case c.Line == "" || at == nil || !at.skinny:
		m.owners[c.Leg] = m.sip
	case !at.sip || c.AutoAnswer:
		m.owners[c.Leg] = m.skinny
	default:
		m.forks[c.Leg] = &fork{sip: true, skinny: true}
		m.sip.Execute(c)
		if f := m.forks[c.Leg]; f != nil {
			m.skinny.Execute(c)
		}
		return
	}
	m.owners[c.Leg].Execute(c)
}

func (m *Mux) release(c callmodel.Release) {
	f := m.forks[c.Leg]
	if f == nil {
		owner := m.owners[c.Leg]
		delete(m.owners, c.Leg)
		if owner != nil {
			owner.Execute(c)
		}
		return
	}
	delete(m.forks, c.Leg)
	if f.sip {
		m.sip.Execute(c)
	}
	if f.skinny {
		m.skinny.Execute(c)
	}
}

// from passes on what a side indicates.
func (m *Mux) from(skinny bool, input callmodel.Input) {
	switch in := input.(type) {
	case callmodel.ServiceChanged:
		m.serviceChanged(skinny, in)
		return
	case callmodel.LegRinging:
		if f := m.forks[in.Leg]; f != nil {
			if f.rang {
				return
			}
			f.rang = true
		}
	case callmodel.LegAnswered:
		m.decide(in.Leg, skinny)
	case callmodel.LegRedirects:
		m.decide(in.Leg, skinny)
		delete(m.owners, in.Leg)
	case callmodel.LegEnded:
		ended, last := m.ended(skinny, in)
		if !last {
			return
		}
		delete(m.owners, in.Leg)
		input = ended
	}
	m.indicate(input)
}

// decide leaves a leg that rang on both sides to one: it was answered, or sent
// elsewhere, there.
func (m *Mux) decide(leg callmodel.LegID, skinny bool) {
	f := m.forks[leg]
	if f == nil {
		return
	}
	delete(m.forks, leg)
	owner, other, rings := m.sip, Side(m.skinny), f.skinny
	if skinny {
		owner, other, rings = m.skinny, m.sip, f.sip
	}
	m.owners[leg] = owner
	if rings {
		other.Execute(callmodel.Release{Leg: leg, Cause: callmodel.CauseNormalClearing})
	}
}

// ended notes that a side's phones ring no longer. It gives what to tell once
// none rings: that a user refused says more than that phones were not reached.
func (m *Mux) ended(skinny bool, in callmodel.LegEnded) (callmodel.LegEnded, bool) {
	f := m.forks[in.Leg]
	if f == nil {
		return in, true
	}
	if skinny {
		f.skinny = false
	} else {
		f.sip = false
	}
	if f.cause == "" || in.Cause == callmodel.CauseBusy || in.Cause == callmodel.CauseDoNotDisturb {
		f.cause = in.Cause
	}
	if f.sip || f.skinny {
		return in, false
	}
	delete(m.forks, in.Leg)
	in.Cause = f.cause
	return in, true
}

// serviceChanged tells of a line when the first phone of either side comes, and
// when the last goes.
func (m *Mux) serviceChanged(skinny bool, in callmodel.ServiceChanged) {
	at := m.inService[in.Device]
	if at == nil {
		at = &service{}
		m.inService[in.Device] = at
	}
	before := at.sip || at.skinny
	if skinny {
		at.skinny = in.InService
	} else {
		at.sip = in.InService
	}
	if now := at.sip || at.skinny; now != before {
		in.InService = now
		m.indicate(in)
	}
	if !at.sip && !at.skinny {
		delete(m.inService, in.Device)
	}
}

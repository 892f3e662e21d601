// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/phone-control/sipline/media"
	"offhook.dev/services/targetconfig"
)

// errPhoneRefused is the negative answer for a phone that did not agree to hold
// or retrieve.
var errPhoneRefused = callmodel.Error{
	Category: "systemResourceAvailibility", Value: "resourceBusy", Detail: "the phone refused the re-INVITE",
}

// Execute carries out a command of the call model.
func (d *Driver) Execute(command callmodel.Command) {
	switch c := command.(type) {
	case callmodel.Adopt:
		d.adopt(c)
	case callmodel.RejectDialled:
		if l, ok := d.waiting[c.Leg]; ok {
			l.hangUp(c.Cause)
		}
	case callmodel.RingOriginator:
		l := d.newLeg()
		l.originator = true
		d.join(l, c.Connection)
		l.callPhone(ringing{shown: d.party(c.Called), offer: media.SilentOffer(d.address), autoAnswer: c.AutoAnswer})
	case callmodel.Offer:
		d.offer(c)
	case callmodel.Answer:
		l, ok := d.legs[c.Connection]
		if !ok || !l.pickUp() {
			d.commandFailed(l, errCantAnswer)
		}
	case callmodel.PutOnHold:
		if l, ok := d.legs[c.Connection]; ok {
			l.hold(func(done bool) { d.obeyed(l, done, callmodel.LegHeld{Connection: l.connection}) })
		}
	case callmodel.TakeOffHold:
		if l, ok := d.legs[c.Connection]; ok {
			l.retrieve(func(done bool) { d.obeyed(l, done, callmodel.LegRetrieved{Connection: l.connection}) })
		}
	case callmodel.Release:
		if l, ok := d.legs[c.Connection]; ok {
			l.hangUp(c.Cause)
		}
	}
}

// adopt gives a leg that a phone dialled its connection. The phone may have
// given up meanwhile.
func (d *Driver) adopt(c callmodel.Adopt) {
	l, ok := d.waiting[c.Leg]
	if !ok {
		d.loop.Indicate(callmodel.LegEnded{Connection: c.Connection, Cause: callmodel.CauseNormalClearing})
		return
	}
	delete(d.waiting, c.Leg)
	d.join(l, c.Connection)
}

// offer rings the called phone: with the caller's offer where the caller's
// INVITE waits for it, else without one.
func (d *Driver) offer(c callmodel.Offer) {
	l := d.newLeg()
	d.join(l, c.Connection)
	ring := ringing{shown: d.party(string(c.From.Device))}
	if from, ok := d.legs[c.From]; ok && from.tx != nil {
		ring.offer = from.remote
	}
	l.callPhone(ring)
}

// obeyed tells the call model whether a phone did what a service asked.
func (d *Driver) obeyed(l *leg, done bool, indication callmodel.Input) {
	switch {
	case l.state == legGone: // its end was told
	case done:
		d.loop.Indicate(indication)
	default:
		d.commandFailed(l, errPhoneRefused)
	}
}

func (d *Driver) commandFailed(l *leg, err callmodel.Error) {
	if l != nil && l.state != legGone {
		d.loop.Indicate(callmodel.CommandFailed{Connection: l.connection, Error: &err})
	}
}

// Configure applies a change of the target's configuration.
func (d *Driver) Configure(target *targetconfig.Target) {
	d.last.Store(target)
	select {
	case d.reconfigured <- struct{}{}:
	default:
	}
}

// Registrations lists the target's phones. It may be called from any goroutine.
func (d *Driver) Registrations() []*phonecontrolv1.Registration { return d.registrar.Registrations() }

// Release lets go of all calls without a word to phones that are in one:
// another replica may run the target already. Phones that wait for an answer
// are told to try again.
func (d *Driver) Release() {
	for _, l := range d.waiting {
		l.letGo()
	}
	for _, l := range d.legs {
		l.letGo()
	}
}

func (l *leg) letGo() {
	l.state = legGone
	if l.tx != nil {
		_ = l.tx.RejectBusy(retryAfter)
		l.tx = nil
	} else if l.dialog != nil {
		if l.dialog.Confirmed() {
			l.dialog.Reset()
		} else {
			l.dialog.Cancel()
		}
	}
	l.remove()
}

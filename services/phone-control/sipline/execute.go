// SPDX-License-Identifier: Apache-2.0

package sipline

import (
	phonecontrolv1 "offhook.dev/proto/offhook/phonecontrol/v1"
	"offhook.dev/services/phone-control/callmodel"
	"offhook.dev/services/targetconfig"
)

// Negative answers to commands.
var (
	// errPhoneRefused: a phone did not agree to what its media should be.
	errPhoneRefused = callmodel.Error{
		Category: "systemResourceAvailibility", Value: "resourceBusy", Detail: "the phone refused the re-INVITE",
	}
	// errHeldAtPhone: a phone offers no more while its user holds the call.
	errHeldAtPhone = callmodel.Error{
		Category: "systemResourceAvailibility", Value: "resourceBusy", Detail: "the user holds the call at the phone",
	}
	// errCantAnswer: a phone has no way to be told to answer, or refused.
	errCantAnswer = callmodel.Error{
		Category: "operation", Value: "requestIncompatibleWithDevice", Detail: "the phone can't be made to answer",
	}
)

// Execute carries out a command of the call model.
func (d *Driver) Execute(command callmodel.Command) {
	switch c := command.(type) {
	case callmodel.Adopt:
		d.adopt(c)
	case callmodel.RejectDialled:
		if l, ok := d.dialled[c.Dialled]; ok {
			l.hangUp(c.Cause)
		}
	case callmodel.Ring:
		d.ring(c)
	case callmodel.Answer:
		d.pickUp(c)
	case callmodel.SetMedia:
		d.setMedia(c)
	case callmodel.SendDigits:
		if l, ok := d.legs[c.Leg]; ok {
			l.sendDigits(c)
		}
	case callmodel.Referred:
		d.referred(c)
	case callmodel.Release:
		if l, ok := d.legs[c.Leg]; ok {
			l.hangUp(c.Cause)
		}
	}
}

// adopt gives a leg that a phone dialled its name. The phone may have given up
// meanwhile.
func (d *Driver) adopt(c callmodel.Adopt) {
	l, ok := d.dialled[c.Dialled]
	if !ok {
		d.loop.Indicate(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseNormalClearing})
		return
	}
	delete(d.dialled, c.Dialled)
	d.add(l, c.Leg)
}

// commandFailed tells the model that a command other than SetMedia failed.
func (l *leg) commandFailed(kind callmodel.CommandKind, err *callmodel.Error) {
	if l.state != legGone {
		l.driver.loop.Indicate(callmodel.CommandFailed{Leg: l.id, Command: kind, Error: err})
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
	for _, l := range d.dialled {
		l.letGo()
	}
	for _, l := range d.legs {
		l.letGo()
	}
}

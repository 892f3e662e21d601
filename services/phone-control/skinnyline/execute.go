// SPDX-License-Identifier: Apache-2.0

package skinnyline

import (
	"offhook.dev/services/phone-control/callmodel"
)

// Negative answers to commands.
var (
	errNoChannel = callmodel.Error{
		Category: "systemResourceAvailibility", Value: "resourceBusy", Detail: "the phone does not open a media channel",
	}
	errNoCodec = callmodel.Error{
		Category: "systemResourceAvailibility", Value: "resourceBusy", Detail: "the phones have no codec in common",
	}
	errBadDigits = callmodel.Error{
		Category: "operation", Value: "invalidParameterValue", Detail: "the phone has no tone for such a digit",
	}
)

// Execute carries out a command of the call model.
func (d *Driver) Execute(command callmodel.Command) {
	switch c := command.(type) {
	case callmodel.Adopt:
		d.adopt(c)
	case callmodel.RejectDialled:
		d.reject(c)
	case callmodel.Ring:
		d.ring(c)
	case callmodel.Answer:
		if l, ok := d.legs[c.Leg]; ok && l.state == legRinging && len(l.ringsAt) > 0 {
			l.answer(l.best())
		}
	case callmodel.SetMedia:
		d.setMedia(c)
	case callmodel.SendDigits:
		d.sendDigits(c)
	case callmodel.Release:
		d.release(c)
	case callmodel.Referred:
		// Users transfer by services.
	}
}

// adopt gives a call that a phone dialled its leg. The user may have hung up
// meanwhile.
func (d *Driver) adopt(c callmodel.Adopt) {
	dialled, ok := d.dialled[c.Dialled]
	if !ok {
		d.loop.Indicate(callmodel.LegEnded{Leg: c.Leg, Cause: callmodel.CauseNormalClearing})
		return
	}
	delete(d.dialled, c.Dialled)
	dialled.leg.id = c.Leg
	d.legs[c.Leg] = dialled.leg
}

// reject tells the user of a phone why the call that he dialled can't be.
func (d *Driver) reject(c callmodel.RejectDialled) {
	dialled, ok := d.dialled[c.Dialled]
	if !ok {
		return
	}
	delete(d.dialled, c.Dialled)
	dialled.leg.forget()
	dialled.leg = nil
	d.fail(dialled, c.Cause)
	d.refresh(dialled.line)
}

// failedTime is how long a phone shows why its call failed, unless its user
// goes on hook before.
const failedTime = 30 * second

// fail shows the user why a call ended.
func (d *Driver) fail(c *call, cause callmodel.Cause) {
	c.failed, c.model = cause, callmodel.LineCall{}
	c.stopDialling()
	c.stopFailed = d.loop.After(failedTime, func() {
		d.drop(c)
		d.refresh(c.line)
	})
}
